"""Danger is seen whatever stands around it, and figures of speech are not danger."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import LANGUAGES
from bot.safety import at_risk

PHRASES = sorted({phrase for language in LANGUAGES.values() for phrase in language.risk.phrases})
HARMLESS = sorted({phrase for language in LANGUAGES.values() for phrase in language.risk.harmless})

NOISE = st.text(st.characters(), max_size=30)


@given(st.sampled_from(PHRASES), NOISE, NOISE)
def test_every_phrase_is_found_with_anything_around_it(phrase: str, before: str, after: str) -> None:
    assert at_risk(f"{before} . {phrase} . {after}")


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_found_however_it_is_written(phrase: str) -> None:
    for written in (
        phrase,
        phrase.upper(),
        phrase.title(),
        phrase.replace(" ", "\n"),
        phrase.replace(" ", "   "),
        phrase.replace(" ", ", "),
        phrase.replace(" ", "_"),
        phrase.replace(" ", "\u00a0"),
        "\u200b".join(phrase),
        "".join(f"{each}\u0301" for each in phrase),
        f"2 {phrase}",
        f"2, {phrase}!!!",
        f"\U0001f622{phrase}\U0001f622",
        f"({phrase})",
        f"\u201c{phrase}\u201d",
    ):
        assert at_risk(written), written


@pytest.mark.parametrize("apostrophe", ["'", "\u2019", "\u00b4", "`", "\u02bc", ""])
def test_an_apostrophe_of_any_kind_or_none_hides_nothing(apostrophe: str) -> None:
    assert at_risk(f"i don{apostrophe}t want to live like this")
    assert at_risk(f"I can{apostrophe}t go on")
    assert at_risk(f"I{apostrophe}m a burden to them")


@pytest.mark.parametrize("word", [phrase for phrase in PHRASES if " " not in phrase])
def test_a_word_inside_another_is_not_found(word: str) -> None:
    for longer in (f"x{word}", f"{word}x", f"a hyper{word} of it", f"an {word}ology"):
        assert not at_risk(longer)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_figure_of_speech_is_not_danger(text: str) -> None:
    assert not at_risk(text)
    assert not at_risk(f"7, {text.upper()}!")


@pytest.mark.parametrize("figure", HARMLESS)
def test_danger_beside_a_figure_of_speech_is_found(figure: str) -> None:
    for danger in ("i want to kill myself", "there is no reason to live"):
        assert at_risk(f"{figure} {danger}")
        assert at_risk(f"{danger} {figure}")


@pytest.mark.parametrize(
    "text",
    [
        # CLINICAL, Risk: the traps
        "this is killing me",
        "dying of laughter",
        "I want to stop drinking for good",
        "giving my things away before the move",
        # READER, stop words in sentences about something else
        "can't stop crying",
        "got to stop this bill",
        "",
        "7",
        "7/10",
        "rough week",
        "I did the exercise myself",
        "my brother took his pills",
    ],
)
def test_what_people_say_every_day_is_not_danger(text: str) -> None:
    assert not at_risk(text)


@pytest.mark.parametrize(
    "text",
    [
        # CLINICAL, Risk: a false alarm is a call too many
        "I'm not suicidal",
        "not suicidal but I hope I don't wake up",
        "they would be better off without me",
        "I might do something to myself",
        "kms lol",
        "I overdosed last year",
    ],
)
def test_in_doubt_it_is_danger(text: str) -> None:
    assert at_risk(text)


@pytest.mark.parametrize("text", ["want to " * 600, "not wake up " * 400, "a" * 4096, " " * 4096, "'" * 4096])
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    at_risk(text)
    assert time.perf_counter() - began < 0.25  # some 5 ms where measured
