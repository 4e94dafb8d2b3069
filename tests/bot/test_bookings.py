"""What therapists write about sessions and times away, in every language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from bot.bookings import (
    AHEAD,
    AskHow,
    Book,
    Booking,
    CallOff,
    ComeBack,
    EndSeries,
    GoAway,
    ListSessions,
    Move,
    NoShow,
    Repeat,
    clock_change,
    day_meant,
    read,
    start_meant,
    start_on,
)
from bot.languages import LANGUAGES
from bot.replies import command
from bot.wording import sessions as said

ENGLISH = LANGUAGES["en"]
THREE = time(15)
TUE = Book("AB", "tue", THREE)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def either(code: str, first: str, last: str) -> GoAway:
    """Give what is a client's time away where the first word is a client's code, and else the therapist's."""
    return GoAway(code, first, last, own=GoAway("", first, last))


@pytest.mark.parametrize(
    ("text", "booking"),
    [
        ("session AB tue 15:00", TUE),
        ("SESSION AB Tue 15:00.", TUE),
        ("/session AB tue 3pm", TUE),
        ("session AB tue 3 p.m.", TUE),
        ("session AB tue 15.00", TUE),
        ("session AB tue 15h", TUE),
        ("session AB tue 15h00", TUE),
        ("appointment AB tue at 15:00", TUE),
        ("session AB tue, 15:00, 60 min", Book("AB", "tue", THREE, 60)),
        ("session AB tue 15:00 5min", Book("AB", "tue", THREE, 5)),
        ("session AB tue 15:00 480 minutes", Book("AB", "tue", THREE, 480)),
        ("session AB 3 March 15:00", Book("AB", "3 march", THREE)),
        ("session AB 2026-03-03 15:00", Book("AB", "2026-03-03", THREE)),
        ("session AB 3.3. 15.30", Book("AB", "3.3.", time(15, 30))),
        ("session AB tue 12am", Book("AB", "tue", time(0))),
        ("session AB tue 12pm", Book("AB", "tue", time(12))),
        ("session AB tue 11pm", Book("AB", "tue", time(23))),
        ("session AB tue 7:00", Book("AB", "tue", time(7))),
        ("session AB tue 06:59", Book("AB", "tue", time(6, 59))),
        ("session AB tue 23:59", Book("AB", "tue", time(23, 59))),
        ("session AB weekly tue 15:00 50min", Repeat("AB", 1, Book("AB", "tue", THREE, 50))),
        ("session AB every week tue 15:00", Repeat("AB", 1, TUE)),
        ("session AB every 2 weeks tue 15:00", Repeat("AB", 2, TUE)),
        ("session AB fortnightly tue 15:00", Repeat("AB", 2, TUE)),
        ("session AB every 26 weeks tue 15:00", Repeat("AB", 26, TUE)),
        ("session AB move thu 16:00", Move("AB", "", Book("AB", "thu", time(16)))),
        ("session AB move to thu 16:00", Move("AB", "", Book("AB", "thu", time(16)))),
        ("session AB move tue to thu 16:00", Move("AB", "tue", Book("AB", "thu", time(16)))),
        ("session AB move 3 March to thu 16:00", Move("AB", "3 march", Book("AB", "thu", time(16)))),
        ("session AB cancel", CallOff("AB")),
        ("session AB cancel tue", CallOff("AB", "tue")),
        ("session AB cancel on 3 March", CallOff("AB", "3 march")),
        ("session AB end", EndSeries("AB")),
        ("session AB", ListSessions("AB")),
        ("sessions AB", ListSessions("AB")),
        ("sessions", ListSessions()),
        ("noshow AB", NoShow("AB")),
        ("no-show AB tue", NoShow("AB", "tue")),
        ("No show AB", NoShow("AB")),
        ("away 1 Aug to 14 Aug", GoAway("", "1 aug", "14 aug")),
        ("away from 2026-08-01 - 2026-08-14", either("from", "2026-08-01", "2026-08-14")),
        ("away tomorrow", GoAway("", "tomorrow", "tomorrow")),
        ("away AB 1 Aug until 14 Aug", GoAway("AB", "1 aug", "14 aug")),
        (
            "away MO 3 Aug to 14 Aug",
            GoAway("MO", "3 aug", "14 aug", own=GoAway("", "mo 3 aug", "14 aug")),
        ),
        ("away off", ComeBack()),
        ("away AB off", ComeBack("AB")),
    ],
)
def test_a_booking(text: str, booking: Booking) -> None:
    assert read(text, ENGLISH) == booking


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("session", AskHow()),
        ("session AB tue", AskHow("AB")),
        ("session AB tue 15", AskHow("AB")),
        ("session AB tue 24:00", AskHow("AB")),
        ("session AB tue 15:60", AskHow("AB")),
        pytest.param("session AB tue 3:00", AskHow("AB"), id="three at night, or in the afternoon?"),
        ("session AB tue 6:59", AskHow("AB")),
        ("session AB tue 13pm", AskHow("AB")),
        ("session AB tue 0am", AskHow("AB")),
        ("session AB tue 15:00 4min", AskHow("AB")),
        ("session AB tue 15:00 481min", AskHow("AB")),
        ("session AB every 0 weeks tue 15:00", AskHow("AB")),
        ("session AB every 27 weeks tue 15:00", AskHow("AB")),
        ("session AB went well today", AskHow("AB")),
        ("session AB move", AskHow("AB")),
        ("session AB move sometime", AskHow("AB")),
        ("sessions AB CD", AskHow()),
        ("noshow", AskHow()),
        ("away", AskHow(away=True)),
        ("away AB", AskHow(away=True)),
        ("away with the fairies", AskHow(away=True)),
    ],
)
def test_what_is_about_sessions_and_can_not_be_read(text: str, how: AskHow) -> None:
    assert read(text, ENGLISH) == how


@pytest.mark.parametrize(
    "text", ["", "ALERTS", "note AB session went well", "7", "the session", "awayday", "ok"]
)
def test_what_is_about_something_else(text: str) -> None:
    assert read(text, ENGLISH) is None


@pytest.mark.parametrize(
    ("code", "text", "booking"),
    [
        ("de", "Sitzung AB Di um 15 Uhr", Book("AB", "di", THREE)),
        (
            "de",
            "Termin AB wöchentlich Dienstag 15:00 50 Minuten",
            Repeat("AB", 1, Book("AB", "dienstag", THREE, 50)),
        ),
        ("de", "Sitzung AB verschieben Di auf Do 16:00", Move("AB", "di", Book("AB", "do", time(16)))),
        ("de", "Sitzung AB absagen", CallOff("AB")),
        ("de", "nicht erschienen AB", NoShow("AB")),
        ("de", "abwesend vom 1.8. bis 14.8.", either("vom", "1.8.", "14.8")),
        ("de", "abwesend AB 1. August bis 14. August", GoAway("AB", "1. august", "14. august")),
        ("de", "session AB tue 3pm", TUE),
        ("es", "sesión AB el martes a las 15:00", Book("AB", "el martes", THREE)),
        ("es", "cita AB mar a las 3 de la tarde", Book("AB", "mar", THREE)),
        ("es", "sesion AB mover jue 16:00", Move("AB", "", Book("AB", "jue", time(16)))),
        ("es", "ausente del 1 de agosto al 14 de agosto", either("del", "1 de agosto", "14 de agosto")),
        ("fr", "séance AB mardi à 15h30", Book("AB", "mardi", time(15, 30))),
        ("fr", "seance AB toutes les 2 semaines mar 15h", Repeat("AB", 2, Book("AB", "mar", THREE))),
        ("fr", "séance AB déplacer jeu 16h", Move("AB", "", Book("AB", "jeu", time(16)))),
        ("fr", "absente du 1 août au 14 août", either("du", "1 aout", "14 aout")),
        ("nl", "sessie AB di om 15 uur", Book("AB", "di", THREE)),
        ("nl", "afwezig 1 augustus t/m 14 augustus", GoAway("", "1 augustus", "14 augustus")),
        ("da", "session AB tirsdag kl. 15.00", Book("AB", "tirsdag", THREE)),
        pytest.param(
            "da", "session AB flyt to 16:00", Move("AB", "", Book("AB", "to", time(16))), id="Thursday"
        ),
        ("da", "fravær 1. august til 14. august", GoAway("", "1. august", "14. august")),
        ("ar", "جلسة AB الثلاثاء 15:00", Book("AB", "الثلاثاء", THREE)),
        ("ar", "جلسة AB يوم الثلاثاء الساعة ٣ م", Book("AB", "يوم الثلاثاء", THREE)),
        ("ar", "غائب من 1 أغسطس إلى 14 أغسطس", either("من", "1 اغسطس", "14 اغسطس")),
    ],
)
def test_a_booking_in_the_therapists_language(code: str, text: str, booking: Booking) -> None:
    assert read(text, LANGUAGES[code]) == booking


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("weekday", range(7))
def test_every_name_of_a_day_is_understood(code: str, weekday: int) -> None:
    day = date(2026, 3, 2) + timedelta(days=weekday)
    for pattern in ("EEEE", "EEE", "EEEEEE"):
        name = format_date(day, pattern, locale=code)
        assert day_meant(name, LANGUAGES[code], date(2026, 3, 2)) == day, name
    english = format_date(day, "EEE", locale="en")
    assert day_meant(english, LANGUAGES[code], date(2026, 3, 2)) == day


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_the_texts_tell_to_write_is_understood(code: str) -> None:
    language = LANGUAGES[code]
    told = said.how(language, "AB").rstrip(".").partition(":")[2]
    written = [
        part.split(": ")[-1].strip()
        for part in re.split(r"(?<=\D\D)\. |(?<=\d\d)\. |(?<=\dh)\. |[,\u060c]", told)
    ]
    kinds = [type(read(one, language)) for one in written]
    assert kinds == [Book, Book, Repeat, Move, CallOff, EndSeries, NoShow, ListSessions]


def meant(book: Book, now: datetime, zone: str = "UTC") -> datetime:
    """Give when a session starts that can be planned."""
    start = start_meant(book, ENGLISH, now, zone)
    assert start is not None
    return start.when


def test_a_weekday_is_the_next_such_moment() -> None:
    monday_nine = Book("AB", "mon", time(9))
    assert meant(monday_nine, MONDAY) == MONDAY + timedelta(days=7)
    just_before = MONDAY - timedelta(microseconds=1)
    assert meant(monday_nine, just_before) == MONDAY


def test_it_is_the_writers_clock_that_counts() -> None:
    assert meant(TUE, MONDAY, "America/New_York") == datetime(2026, 3, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-03-01", True),
        pytest.param("2026-02-28", False, id="longer ago than a session is entered"),
        ("2027-03-03", True),
        pytest.param("2027-03-04", False, id="more than a year ahead"),
        ("tue 3 march", True),
        pytest.param("wed 3 march", False, id="3 March is a Tuesday"),
        ("someday", False),
        ("", False),
    ],
)
def test_a_day_that_can_be_meant(day: str, *, found: bool) -> None:
    assert (start_meant(Book("AB", day, time(9)), ENGLISH, MONDAY, "UTC") is not None) == found


@pytest.mark.parametrize(
    ("day", "at", "change", "taken"),
    [
        (date(2026, 3, 29), time(0, 59), None, "00:59"),
        (date(2026, 3, 29), time(1), "skipped", "02:00"),
        (date(2026, 3, 29), time(1, 59), "skipped", "02:00"),
        (date(2026, 3, 29), time(2), None, "02:00"),
        (date(2026, 10, 25), time(0, 59), None, "00:59"),
        (date(2026, 10, 25), time(1), "twice", "01:00"),
        (date(2026, 10, 25), time(1, 59), "twice", "01:59"),
        (date(2026, 10, 25), time(2), None, "02:00"),
    ],
)
def test_a_change_of_the_clocks_is_seen(day: date, at: time, change: str | None, taken: str) -> None:
    start = start_on(day, at, "Europe/London")
    assert start is not None
    assert clock_change(start, "Europe/London") == change
    assert f"{start.when.astimezone(ZoneInfo('Europe/London')):%H:%M}" == taken


def test_a_date_that_a_zone_left_out_has_no_session() -> None:
    assert start_on(date(2011, 12, 30), THREE, "Pacific/Apia") is None


words = st.sampled_from(
    [
        "session",
        "sessions",
        "away",
        "noshow",
        "AB",
        "tue",
        "15:00",
        "3pm",
        "move",
        "to",
        "cancel",
        "weekly",
        "every",
        "2",
        "weeks",
        "off",
        "1",
        "Aug",
        "2026-03-03",
        "50min",
        "-",
        "..",
        "di",
        "um",
        "الساعة",
        "24:61",
        "٤",
    ]
)


@given(st.lists(words, max_size=9).map(" ".join), st.sampled_from(sorted(LANGUAGES)))
def test_any_words_parse_or_are_none(text: str, code: str) -> None:
    language = LANGUAGES[code]
    booking = read(text, language)
    book = (
        booking.to if isinstance(booking, Move) else booking.first if isinstance(booking, Repeat) else booking
    )
    if isinstance(book, Book):
        start = start_meant(book, language, MONDAY, "Europe/London")
        assert start is None or start.when <= MONDAY + AHEAD


@given(st.text(max_size=80), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_parses_or_is_none(text: str, code: str) -> None:
    read(text, LANGUAGES[code])
    read(f"session {text}", LANGUAGES[code])
    read(f"away {text}", LANGUAGES[code])


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_of_a_command_is_stop_start_or_help(code: str) -> None:
    own = LANGUAGES[code].sessions
    for word in (*own.session, *own.sessions, *own.away, *own.no_show):
        assert command(word, LANGUAGES[code]) is None
