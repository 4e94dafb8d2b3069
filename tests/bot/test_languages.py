"""What a language folder holds is whole: wording, guidance, and words that are heard as they are meant."""

from __future__ import annotations

from itertools import combinations

import pytest

from bot.languages import LANGUAGES, RISK_KINDS, ItemWords, Language, measure_words
from bot.replies import command, says
from bot.safety import at_risk
from scoring.guidance import suggest
from scoring.instrument import Gauge
from scoring.instruments import INSTRUMENTS
from scoring.rules import ItemChange
from tests.segments import segments, strangers

CODES = sorted(LANGUAGES)
SETS = ("stop", "start", "help", "skip", "back", "agree", "decline", "accept", "go_on", "nothing")
COMMANDS = ("stop", "start", "help")
MAY_SHARE = {
    frozenset(pair)
    for pair in (
        *(("agree", "accept"), ("agree", "nothing"), ("accept", "nothing"), ("decline", "nothing")),
        *(("go_on", "skip"), ("decline", "skip")),
    )
}
"""What is never listened for at the same time."""


@pytest.fixture(params=CODES)
def language(request: pytest.FixtureRequest) -> Language:
    """Give each language that ships."""
    return LANGUAGES[request.param]


def test_english_ships() -> None:
    assert "en" in CODES


@pytest.mark.parametrize("measure", sorted(INSTRUMENTS))
def test_every_item_of_every_measure_is_worded(language: Language, measure: str) -> None:
    words = language.measures[measure]
    assert tuple(words.items) == INSTRUMENTS[measure].items
    assert words.ours
    assert all((words.intro, words.about, words.title))
    for item in words.items.values():
        assert all((item.label, item.question, item.low, item.high))
        assert item.question.endswith(("?", "\u061f"))
        assert item.low != item.high
        assert len(item.label) <= 30, "it stands in a list on a phone"


@pytest.mark.parametrize("measure", sorted(INSTRUMENTS))
def test_every_suggestion_has_words(language: Language, measure: str) -> None:
    instrument = INSTRUMENTS[measure]
    for item in instrument.items:
        key = suggest(instrument.gauges, (), ItemChange(item, 80, 40))
        assert key in language.guidance or instrument.gauges is Gauge.TREND
    assert (instrument.gauges.value, "overall") in language.guidance, "what stands in for the others"


def test_guidance_asks_first(language: Language) -> None:
    for text in language.guidance.values():
        assert "?" in text or "\u061f" in text
        assert strangers(text) or segments(text) == 1


def test_english_data_keeps_to_the_alphabet_of_a_text_message() -> None:
    english = LANGUAGES["en"]
    texts = [*english.guidance.values()]
    for words in english.measures.values():
        texts += [words.intro, words.about, words.title]
        for item in words.items.values():
            texts += [item.label, item.question, item.low, item.high]
    assert [text for text in texts if strangers(text)] == []


@pytest.mark.parametrize("name", SETS)
def test_every_word_that_is_listened_for_is_heard(language: Language, name: str) -> None:
    known = getattr(language.reader, name)
    assert known
    for word in known:
        for written in (word, word.upper(), f"  {word.title()} ", word.replace("'", "\u2019")):
            heard = command(written, language) == name if name in COMMANDS else says(written, language, name)
            assert heard, written


@pytest.mark.parametrize(("one", "other"), list(combinations(SETS, 2)))
def test_no_word_means_two_things_at_once(language: Language, one: str, other: str) -> None:
    shared = getattr(language.reader, one) & getattr(language.reader, other)
    assert shared == frozenset() or frozenset((one, other)) in MAY_SHARE


def test_courtesy_changes_nothing(language: Language) -> None:
    for word in language.reader.stop:
        for polite in language.reader.courtesy:
            assert command(f"{word} {polite}", language) == command(f"{polite}, {word}!", language) == "stop"


@pytest.mark.parametrize("name", [*SETS, "no_session", "later", "courtesy", "before", "after"])
def test_no_steering_word_is_danger(language: Language, name: str) -> None:
    assert [word for word in getattr(language.reader, name) if at_risk(word)] == []


def test_every_kind_of_danger_has_its_phrases(language: Language) -> None:
    assert [kind for kind in RISK_KINDS if not language.risk.patterns[kind]] == []
    for kind, listed in language.risk.patterns.items():
        assert len(set(listed)) == len(listed), kind


def test_a_language_says_who_reviewed_it(language: Language) -> None:
    assert language.name
    assert language.draft is (language.reviewer == "")


def test_without_a_translation_the_english_stands(language: Language) -> None:
    assert language.text("a text that nobody wrote") == "a text that nobody wrote"


ITEM = {"label": "a", "question": "b?", "low": "c", "high": "d"}


def test_a_sites_own_wording_is_read_from_its_table() -> None:
    words = measure_words({"intro": "i", "about": "j", "title": "k", "items": {"one": ITEM}}, ours=False)
    assert (words.intro, words.about, words.title, words.ours) == ("i", "j", "k", False)
    assert dict(words.items) == {"one": ItemWords("a", "b?", "c", "d")}


def test_a_wording_without_items_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^items must be a table$"):
        measure_words({"intro": "i", "about": "j", "title": "k", "items": ["one"]})
