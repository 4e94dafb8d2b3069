"""The edges of reading, in English: what is taken, what is asked again, and why. More: tests/bot/reader."""

from __future__ import annotations

import pytest

from bot.languages import LANGUAGES
from bot.replies import (
    AllPoints,
    Comment,
    Correction,
    Expecting,
    Later,
    Points,
    Reply,
    Steer,
    Unclear,
    Until,
    Why,
    command,
    read,
)

ENGLISH = LANGUAGES["en"]
OPEN = Expecting(ENGLISH)
LANGUAGE_CODES = sorted(LANGUAGES)


def reply(text: str, suggested: int | None = None) -> Reply:
    """Read a reply of an English-speaking client."""
    return read(text, Expecting(ENGLISH, suggested)).reply


@pytest.mark.parametrize(
    ("text", "tenths"),
    [
        ("7", 70),
        ("0", 0),
        ("10", 100),
        ("7.5", 75),
        ("7,5", 75),
        ("7.50", 75),
        ("7.0", 70),
        ("10.0", 100),
        ("0.1", 1),
        ("07", 70),
        ("7.", 70),
        ("7!!!", 70),
        ("7?", 70),
        ("(7)", 70),
        ("#7", 70),
        ("~7", 70),
        ("*7*", 70),
        ('"7"', 70),
        ("\u201c7\u201d", 70),
        ("\u00ab7\u00bb", 70),
        ("...7", 70),
        ("\u20267", 70),
        ("7/10", 70),
        ("7 / 10", 70),
        ("7/10!", 70),
        ("(7/10)", 70),
        ("7,5/10", 75),
        ("0/10", 0),
        ("10/10", 100),
        ("9/10", 90),
        ("7 out of 10", 70),
        ("7 OUT OF 10.", 70),
        ("7.5 of 10", 75),
        ("\uff17", 70),
        ("\uff17\uff0e\uff15", 75),
        ("\uff17\uff0f\uff11\uff10", 70),
        ("\u0667", 70),
        ("\u0667\u066b\u0665", 75),
        ("\u0967", 10),
        ("7\ufe0f\u20e3", 70),
        ("\u2466", 70),
        ("\u200f7\u200f", 70),
        ("\u00a07\u00a0", 70),
        (" \n7\t", 70),
        ("\x007", 70),
        ("7\u00bd", 75),
        ("7-7", 70),
        ("seven", 70),
    ],
)
def test_a_number_that_stands_alone_is_taken(text: str, tenths: int) -> None:
    assert reply(text) == Points(tenths)


@pytest.mark.parametrize(
    ("text", "why", "suggest"),
    [
        # READER, "What is not, and why"
        ("6-7", Why.RANGE, 65),
        ("6\u20137", Why.RANGE, 65),
        ("6 - 7", Why.RANGE, 65),
        ("6 or 7", Why.RANGE, 65),
        ("between 6 and 7", Why.RANGE, 65),
        ("6 to 7", Why.RANGE, 65),
        ("6/7", Why.RANGE, 65),
        ("8-10", Why.RANGE, 90),
        ("6.5-7", Why.RANGE, 68),
        ("7-6", Why.RANGE, 65),
        ("9-11", Why.SEVERAL, None),
        ("7 5", Why.SEVERAL, None),
        ("5, 6", Why.SEVERAL, None),
        ("7 7 8", Why.SEVERAL, None),
        ("7, 6, 8, 7", Why.SEVERAL, None),
        ("7\n6\n8\n7", Why.SEVERAL, None),
        ("1\x0b0", Why.SEVERAL, None),
        ("7..5", Why.SEVERAL, None),
        ("7.5.3", Why.SEVERAL, None),
        ("7:30", Why.QUANTITY, None),
        ("of 7 10", Why.SEVERAL, None),
        ("11", Why.OFF_SCALE, None),
        ("15", Why.OFF_SCALE, None),
        ("100", Why.OFF_SCALE, None),
        ("-3", Why.OFF_SCALE, None),
        ("\u22123", Why.OFF_SCALE, None),
        ("- 3", Why.OFF_SCALE, None),
        ("-0", Why.OFF_SCALE, None),
        ("10.5", Why.OFF_SCALE, None),
        ("10.1", Why.OFF_SCALE, None),
        ("70%", Why.OFF_SCALE, None),
        ("3/5", Why.OFF_SCALE, None),
        ("70/100", Why.OFF_SCALE, None),
        ("10 out of 7", Why.OFF_SCALE, None),
        ("7 out of 5", Why.OFF_SCALE, None),
        ("-7/10", Why.OFF_SCALE, None),
        ("9+", Why.OFF_SCALE, None),
        ("7-", Why.OFF_SCALE, None),
        ("<5", Why.OFF_SCALE, None),
        ("$5", Why.QUANTITY, None),
        ("0007", Why.OFF_SCALE, None),
        ("9" * 4000, Why.OFF_SCALE, None),
        ("7.25", Why.OFF_SCALE, 73),
        ("7.24", Why.OFF_SCALE, 72),
        ("9.99", Why.OFF_SCALE, 100),
        ("10.04", Why.OFF_SCALE, 100),
        # what means another number to many: half a point, a thousand, five and ten
        (".5", Why.OFF_SCALE, 5),
        (",5", Why.OFF_SCALE, 5),
        ("(.5)", Why.OFF_SCALE, 5),
        ("1,000", Why.OFF_SCALE, 10),
        ("5,10", Why.OFF_SCALE, None),
        ("5 mins", Why.QUANTITY, None),
        ("4am", Why.QUANTITY, None),
        ("at 7", Why.QUANTITY, None),
        ("10th", Why.QUANTITY, None),
        ("3 kids", Why.QUANTITY, None),
        ("2moro", Why.QUANTITY, None),
        ("gr8", Why.QUANTITY, None),
        ("0k", Why.QUANTITY, None),
        ("1O", Why.QUANTITY, None),
        ("7e1", Why.QUANTITY, None),
        ("good", Why.WORDS, None),
        ("one moment", Why.WORDS, None),
        ("two of my friends came", Why.WORDS, None),
        ("8 but work was 3", Why.SEVERAL, None),
        (".", Why.WORDS, None),
        ("\U0001f642", Why.WORDS, None),
        ("", Why.EMPTY, None),
        (" \n ", Why.EMPTY, None),
        ("\u200b\0", Why.EMPTY, None),
    ],
)
def test_everything_else_is_asked_about(text: str, why: Why, suggest: int | None) -> None:
    assert reply(text) == Unclear(why, suggest)


@pytest.mark.parametrize(
    ("text", "steer"),
    [
        ("STOP", Steer.STOP),
        ("Stop.", Steer.STOP),
        ("Stop. Thank you", Steer.STOP),
        ("please stop", Steer.STOP),
        ("stop, please", Steer.STOP),
        ("stop texting me", Steer.STOP),
        ("unsubscribe me pls", Steer.STOP),
        ("/stop", Steer.STOP),
        ("\u201cSTOP\u201d", Steer.STOP),
        ("Start", Steer.START),
        ("/start", Steer.START),
        ("UNSTOP", Steer.START),
        ("help", Steer.HELP),
        ("HELP!!", Steer.HELP),
        ("/help", Steer.HELP),
        ("?", Steer.HELP),
        ("skip", Steer.SKIP),
        ("Skip please", Steer.SKIP),
        ("I\u2019d rather not say", Steer.SKIP),
        ("pass", Steer.SKIP),
        ("back", Steer.BACK),
        ("Go back!", Steer.BACK),
    ],
)
def test_a_word_that_steers(text: str, steer: Steer) -> None:
    assert reply(text) is steer


@pytest.mark.parametrize(
    "text",
    [
        # READER: not in a sentence about something else
        "got to stop this bill",
        "can't stop crying",
        "cancel my appointment",
        "by the end of the week",
        "I need help with my brother",
        "back pain",
        "I passed the exam",
        "start again",
        "continue",
        "we didn't meet",
    ],
)
def test_a_steering_word_in_a_sentence_steers_nothing(text: str) -> None:
    assert reply(text) == Unclear(Why.WORDS)


def test_some_words_steer_only_where_they_are_asked_for() -> None:
    assert read("Carry on, please", Expecting(ENGLISH, held=True)).reply is Steer.GO_ON
    assert read("We didn\u2019t meet", Expecting(ENGLISH, session=True)).reply is Steer.NO_SESSION


@pytest.mark.parametrize(
    ("text", "remaining", "answered", "expected"),
    [
        ("7 6 8 7", 4, 0, AllPoints((70, 60, 80, 70))),
        ("1) 7 2) 6 3) 8 4) 7", 4, 0, AllPoints((70, 60, 80, 70))),
        ("7/6/8/7", 4, 0, AllPoints((70, 60, 80, 70))),
        ("7 6 8 7, rough week", 4, 0, AllPoints((70, 60, 80, 70), "rough week")),
        ("7, 6, 8 and 7", 4, 0, AllPoints((70, 60, 80, 70))),
        ("7 6 8", 4, 1, Unclear(Why.SEVERAL)),
        ("7 6 8 7 times", 4, 0, Unclear(Why.SEVERAL)),
        ("6-7", 2, 0, Unclear(Why.RANGE, 65)),
        ("6 7", 2, 0, AllPoints((60, 70))),
        ("7,5", 2, 0, Unclear(Why.SEVERAL)),
        ("7", 4, 0, Points(70)),
        ("7 7", 1, 0, Points(70)),
        ("sorry, 6", 3, 1, Correction(60)),
        ("sorry, 6", 4, 0, Points(60)),
        ("I meant 6, not 8", 3, 1, Correction(60, "not 8")),
        ("8. sorry 6", 3, 1, Points(60)),
        ("8 no wait 6", 3, 1, Points(60)),
        ("6, sorry about that", 3, 1, Points(60, "sorry about that")),
        ("rough week", 0, 4, Comment("rough week")),
        ("7", 0, 4, Points(70)),
    ],
)
def test_what_is_open_and_answered_decides(text: str, remaining: int, answered: int, expected: Reply) -> None:
    assert read(text, Expecting(ENGLISH, remaining=remaining, answered=answered)).reply == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("later", Later()),
        ("not now, thanks", Later()),
        ("in 2 hours", Later(120)),
        ("later, in 2 hours please", Later(120)),
        ("in 1.5 hours", Later(90)),
        ("ask me in two hours", Later(120)),
        ("2 hours", Unclear(Why.QUANTITY)),
        ("in 20 days", Later(28800)),
        ("in 1000 days", Later()),
        ("tomorrow morning", Later(until=Until.TOMORROW_MORNING)),
        ("tomorrow night please", Later(until=Until.TOMORROW_EVENING)),
        ("tomorrow", Later(until=Until.TOMORROW)),
        ("this afternoon", Later(until=Until.AFTERNOON)),
        ("can we do this tonight?", Later(until=Until.EVENING)),
        ("I have an exam tomorrow", Unclear(Why.WORDS)),
    ],
)
def test_putting_it_off(text: str, expected: Reply) -> None:
    assert reply(text) == expected


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("7 (Rough week)", "Rough week"),
        ("7 \u2013 Rough  week \U0001f622", "Rough  week \U0001f622"),
        ("Rough week: 7", "Rough week"),
        ("\uff17\uff0cStra\u00dfe war laut", "Stra\u00dfe war laut"),
        ("I'd say 7 because of work.", "because of work"),
        ("7\nno sleep\nat all", "no sleep at all"),
        ("maybe a 7, thanks", ""),
        ("7 \U0001f44d", ""),
    ],
)
def test_what_stands_beside_a_number_is_kept_as_it_was_written(text: str, comment: str) -> None:
    assert reply(text) == Points(70, comment)


TWILIO_STOPS = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]


@pytest.mark.parametrize("word", TWILIO_STOPS)
def test_what_twilio_takes_for_a_stop_is_one(word: str) -> None:
    # Source: twilio.com/docs/messaging/tutorials/advanced-opt-out, the default keywords.
    for code in LANGUAGE_CODES:
        for written in (word, word.lower(), f" {word.title()}. "):
            assert command(written, LANGUAGES[code]) is Steer.STOP


@pytest.mark.parametrize("text", ["ok", "OK!", "yes", "Yes please", "yeah", "right"])
def test_a_suggestion_is_taken_by_a_word(text: str) -> None:
    assert reply(text, suggested=65) == Points(65)
    assert reply(text) == Unclear(Why.WORDS), "and by none where nothing was suggested"


def test_a_number_counts_before_a_suggestion() -> None:
    assert reply("6", suggested=65) == Points(60)
    assert reply("no", suggested=65) == Unclear(Why.WORDS)
    assert reply("skip", suggested=65) is Steer.SKIP


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # READER: risk is looked for around a number too, and the number is kept
        ("2, I want to end it", Points(20, "I want to end it")),
        ("2 - I want to end it", Points(20, "I want to end it")),
        ("2.5; I want to die", Points(25, "I want to die")),
        ("2/10, I want to die", Points(20, "I want to die")),
        ("0! no reason to live", Points(0, "no reason to live")),
        ("I want to end it", Unclear(Why.WORDS)),
        ("2 pills left, I want to die", Unclear(Why.QUANTITY)),
        ("2, 3, I want to die", Unclear(Why.SEVERAL)),
        ("12, I want to die", Unclear(Why.OFF_SCALE)),
        ("-2, I want to die", Unclear(Why.OFF_SCALE)),
        ("I want to die, 2", Points(20, "I want to die")),
    ],
)
def test_a_number_beside_danger_is_kept(text: str, kept: Reply) -> None:
    reading = read(text, OPEN)
    assert reading.at_risk
    assert reading.reply == kept
