"""What people read about sessions: short, in the alphabet of a text message, with days in their own words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.bookings import AskHow, read
from bot.languages import LANGUAGES
from bot.wording import sessions as said
from bot.wording.sessions import Clock
from tests.bot.test_wording import TWILIO_TAKES
from tests.segments import segments, strangers

ENGLISH = LANGUAGES["en"]
START = datetime(2026, 9, 30, 15, tzinfo=UTC)
"""A Wednesday in September: the longest day and month."""

TIMES = (START, START + timedelta(minutes=50))
CLOCK = Clock("Europe/London", datetime(2026, 9, 1, 9, tzinfo=UTC))
DAYS = (date(2026, 9, 30), date(2027, 1, 2))

TEXTS = (
    said.session(ENGLISH, "AB", TIMES, CLOCK),
    said.asked(ENGLISH, TIMES, [START - timedelta(days=1), START, TIMES[1]], CLOCK),
    *(said.series(ENGLISH, "AB", weeks=n, first=START, minutes=50, clock=CLOCK) for n in (1, 2)),
    said.skipped(ENGLISH, "01:30"),
    said.twice(ENGLISH, "01:30"),
    said.moved(ENGLISH, START, CLOCK),
    said.cancelled(ENGLISH, "AB", START, CLOCK),
    said.no_show(ENGLISH, "AB", START, CLOCK),
    said.ended(ENGLISH, "AB", 3),
    said.none_such(ENGLISH, "AB"),
    said.at_that_time(ENGLISH, "AB"),
    said.in_time_away(ENGLISH, "AB", START, CLOCK),
    said.planned(ENGLISH, ()),
    said.planned(ENGLISH, (said.session(ENGLISH, "AB", TIMES, CLOCK),)),
    said.confirmed_mark(ENGLISH),
    said.how(ENGLISH, "AB"),
    said.sessions_help(ENGLISH),
    said.away_how(ENGLISH, "AB"),
    *(said.away(ENGLISH, code, DAYS, CLOCK) for code in ("", "AB")),
    said.sessions_cancelled(ENGLISH, 0),
    *(said.back(ENGLISH, code, DAYS, CLOCK) for code in ("", "AB")),
    said.sessions_again(ENGLISH, 1),
    said.not_away(ENGLISH),
    *(said.confirm(one, START, CLOCK) for one in (ENGLISH, ENGLISH.discreetly)),
    *said.confirm_buttons(ENGLISH),
    said.confirmed(ENGLISH),
    *(said.called_off(one) for one in (ENGLISH, ENGLISH.discreetly)),
    said.client_cancelled(ENGLISH, "AB", START, CLOCK),
    said.client_cannot_come(ENGLISH, "AB", START, CLOCK),
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_keeps_to_the_alphabet_and_fills_its_gaps(text: str) -> None:
    assert strangers(text) == set()
    assert "{" not in text
    assert text == text.strip()
    assert segments(text) <= 2


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_asks_for_a_word_that_twilio_takes_for_itself(text: str) -> None:
    assert {word.upper() for word in text.split()} & TWILIO_TAKES <= {"CANCEL", "END"}, "beside a code only"
    assert not {word for word in text.split() if word.isupper()} & TWILIO_TAKES


@pytest.mark.parametrize("code", ["da", "de", "en"])
def test_what_clients_are_asked_costs_one_text_message(code: str) -> None:
    for language in (LANGUAGES[code], LANGUAGES[code].discreetly):
        asked = said.confirm(language, START, CLOCK)
        assert strangers(asked) == set()
        assert segments(asked) == 1


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_shared_phone_shows_no_word_of_sessions(code: str) -> None:
    plain, discreet = LANGUAGES[code], LANGUAGES[code].discreetly
    assert said.confirm(plain, START, CLOCK) != said.confirm(discreet, START, CLOCK)
    shown = f"{said.confirm(discreet, START, CLOCK)} {said.called_off(discreet)}".lower()
    for word in (*plain.sessions.session, *plain.sessions.sessions, "therap", "clinic"):
        assert word not in shown.split()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_words_that_help_names_are_answered_with_how(code: str) -> None:
    language = LANGUAGES[code]
    told = {word.strip(".,:\u060c") for word in said.sessions_help(language).split()}
    found = {read(word, language) for word in told}
    assert {AskHow(), AskHow(away=True)} <= found


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", "Wednesday 30 September, 16:00"),
        ("de", "Mittwoch, 30. September, 16:00"),
        ("es", "mi\u00e9rcoles 30 de septiembre, 16:00"),
        ("fr", "mercredi 30 septembre, 16:00"),
        ("nl", "woensdag 30 september, 16:00"),
        ("da", "onsdag den 30. september, 16:00"),
        (
            "ar",
            "\u0627\u0644\u0623\u0631\u0628\u0639\u0627\u0621 30 \u0633\u0628\u062a\u0645\u0628\u0631, 16:00",
        ),
    ],
)
def test_a_moment_is_told_in_full_on_the_readers_clock(code: str, written: str) -> None:
    assert said.moment(LANGUAGES[code], START, CLOCK) == written


def test_another_year_is_named() -> None:
    assert said.day(ENGLISH, date(2027, 1, 2), CLOCK) == "Saturday 2 January 2027"
    assert said.day(ENGLISH, date(2026, 1, 2), CLOCK) == "Friday 2 January"


def test_what_is_asked_on_another_day_names_it() -> None:
    due = [START - timedelta(days=1), START - timedelta(hours=2), TIMES[1]]
    assert said.asked(ENGLISH, TIMES, due, CLOCK) == (
        "asked before: Tuesday 29 September, 16:00, 14:00; asked after: 16:50"
    )
    assert said.asked(ENGLISH, TIMES, [], CLOCK) == ""
