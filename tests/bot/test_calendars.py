"""Calendars as programs export them, read for whose sessions are when.

The files in tests/bot/calendars were written for this project, in the ways of Google Calendar, Outlook and
Apple's Calendar; nobody in them exists.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.calendars import Meeting
from tests.bot.written_calendars import ONCE, WEEKLY, calendar, reading, told

EXPORTS = Path(__file__).parent / "calendars"


def test_a_google_export() -> None:
    found = reading((EXPORTS / "google.ics").read_bytes(), zone="America/New_York")
    assert told(found) == [
        "AB 03-03 14:00 50",
        "AB 03-10 14:00 50",
        "AB 03-25 09:00 50",  # moved from the 24th; the 17th was deleted
        "AB 03-31 13:00 50",  # summer time
        "CD 04-02 08:30 50",
        "AB 04-07 13:00 50 off",
        "AB 04-14 13:00 50",
    ]
    assert (found.ambiguous, found.unreadable) == (0, 0)


def test_an_outlook_export() -> None:
    found = reading((EXPORTS / "outlook.ics").read_bytes(), zone="Asia/Tokyo")
    assert told(found) == [
        "AB-12 03-23 08:00 50",
        "AB-12 04-01 13:00 50",  # moved from the 30th
        "CD 04-02 13:00 60 off",  # in a zone that the file defines: New York's
        "AB-12 04-06 07:00 50",  # the 13th was deleted
    ]
    assert (found.ambiguous, found.unreadable) == (0, 0)


def test_an_apple_export() -> None:
    found = reading((EXPORTS / "apple.ics").read_bytes(), zone="America/New_York")
    assert told(found) == [
        "AB 03-05 15:00 60",
        "AB 03-20 15:00 60",  # from here on a day and an hour later
        "CD 03-31 18:00 45",  # at whatever is the reader's 14:00
        "AB 04-03 15:00 60",
        "AB 04-17 15:00 60",
    ]
    assert (found.ambiguous, found.unreadable) == (1, 0)


def test_a_meeting_is_all_that_is_known_of_it() -> None:
    (found,) = reading(calendar(ONCE.replace("UID:1", "UID:mary@example.org"))).meetings
    expected = Meeting(
        code="AB",
        key="179b5103bd219a3b072aad49d1608057",
        starts_at=datetime(2026, 3, 2, 14, tzinfo=UTC),
        ends_at=datetime(2026, 3, 2, 14, 50, tzinfo=UTC),
        cancelled=False,
    )
    assert found == expected


MOVED = "UID:1 | SUMMARY:AB | RECURRENCE-ID;TZID=Europe/Berlin:20260309T150000"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([WEEKLY], ["AB 03-02 14:00 50", "AB 03-09 14:00 50", "AB 03-16 14:00 50"], id="weekly"),
        pytest.param(
            [WEEKLY + " | EXDATE:20260309T140000Z"],
            ["AB 03-02 14:00 50", "AB 03-16 14:00 50"],
            id="one deleted, said in UTC",
        ),
        pytest.param(
            [WEEKLY + " | EXDATE;VALUE=DATE:20260309"],
            ["AB 03-02 14:00 50", "AB 03-16 14:00 50"],
            id="one deleted, said as a day",
        ),
        pytest.param(
            [WEEKLY + " | RDATE;TZID=Europe/Berlin:20260303T090000,20260310T090000"],
            [
                *("AB 03-02 14:00 50", "AB 03-03 08:00 50", "AB 03-09 14:00 50"),
                *("AB 03-10 08:00 50", "AB 03-16 14:00 50"),
            ],
            id="two added",
        ),
        pytest.param(
            [ONCE + " | RDATE;VALUE=PERIOD:20260304T090000Z/PT30M"],
            ["AB 03-02 14:00 50", "AB 03-04 09:00 30"],
            id="one added with a length of its own",
        ),
        pytest.param(
            [WEEKLY, MOVED + " | DTSTART:20260310T090000Z | DTEND:20260310T093000Z"],
            ["AB 03-02 14:00 50", "AB 03-10 09:00 30", "AB 03-16 14:00 50"],
            id="one moved",
        ),
        pytest.param(
            [MOVED + " | DTSTART:20260310T090000Z | DTEND:20260310T093000Z"],
            ["AB 03-10 09:00 30"],
            id="one moved, without its series",
        ),
        pytest.param(
            [
                MOVED + " | SEQUENCE:2 | DTSTART:20260311T090000Z | DURATION:PT50M",
                MOVED + " | SEQUENCE:1 | DTSTART:20260310T090000Z | DURATION:PT50M",
                WEEKLY,
            ],
            ["AB 03-02 14:00 50", "AB 03-11 09:00 50", "AB 03-16 14:00 50"],
            id="moved twice: the later counts",
        ),
        pytest.param(
            [WEEKLY, "UID:1 | RECURRENCE-ID:20260309T140000Z | STATUS:CANCELLED"],
            ["AB 03-02 14:00 50", "AB 03-09 14:00 0 off", "AB 03-16 14:00 50"],
            id="one called off, and nothing else said of it",
        ),
        pytest.param(
            [WEEKLY, MOVED.replace("AB", "CD") + " | DTSTART:20260309T140000Z | DURATION:PT50M"],
            ["AB 03-02 14:00 50", "CD 03-09 14:00 50", "AB 03-16 14:00 50"],
            id="one given to another client",
        ),
        pytest.param(
            [WEEKLY, MOVED.replace("AB", "dentist") + " | DTSTART:20260309T140000Z"],
            ["AB 03-02 14:00 50", "AB 03-16 14:00 50"],
            id="one given to nobody",
        ),
        pytest.param(
            [WEEKLY, MOVED + " | DTSTART;VALUE=DATE:20260309"],
            ["AB 03-02 14:00 50", "AB 03-16 14:00 50"],
            id="one made an all-day note",
        ),
        pytest.param(
            [WEEKLY + " | STATUS:CANCELLED"],
            ["AB 03-02 14:00 50 off", "AB 03-09 14:00 50 off", "AB 03-16 14:00 50 off"],
            id="all called off",
        ),
        pytest.param([ONCE + " | STATUS:TENTATIVE"], ["AB 03-02 14:00 50"], id="to be confirmed"),
        pytest.param([ONCE + " | STATUS:cancelled"], ["AB 03-02 14:00 50 off"], id="in small letters"),
        pytest.param([ONCE.replace(" | DURATION:PT50M", "")], ["AB 03-02 14:00 0"], id="no end"),
        pytest.param([ONCE.replace("20260302T140000Z", "20260302")], [], id="all day"),
        pytest.param(
            [WEEKLY.replace("COUNT=3", "UNTIL=20260316")],
            ["AB 03-02 14:00 50", "AB 03-09 14:00 50", "AB 03-16 14:00 50"],
            id="until a day, which counts",
        ),
        pytest.param(
            [WEEKLY.replace("COUNT=3", "UNTIL=20260316T145959")],
            ["AB 03-02 14:00 50", "AB 03-09 14:00 50"],
            id="until a second too early, on the event's clock",
        ),
        pytest.param(
            [WEEKLY.replace("COUNT=3", "UNTIL=20260316T140000Z")],
            ["AB 03-02 14:00 50", "AB 03-09 14:00 50", "AB 03-16 14:00 50"],
            id="until the very moment, in UTC",
        ),
    ],
)
def test_repetitions_and_what_was_changed_in_them(events: list[str], expected: list[str]) -> None:
    found = reading(calendar(*events))
    assert told(found) == expected
    assert (found.ambiguous, found.unreadable) == (0, 0)
    assert reading(calendar(*reversed(events))) == found


def test_a_file_that_calls_off_calls_off_all_that_it_holds() -> None:
    found = reading(calendar(WEEKLY, head="METHOD:CANCEL"))
    assert [one.cancelled for one in found.meetings] == [True] * 3


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(
            "03-02 14:00", "03-16 14:00", ["03-02", "03-10"], id="the start is in it, the end isn't"
        ),
        pytest.param("03-02 14:01", "03-16 14:01", ["03-10", "03-16"], id="what began before isn't in it"),
        pytest.param("03-09 00:00", "03-10 00:00", [], id="moved out of it"),
        pytest.param("03-10 00:00", "03-11 00:00", ["03-10"], id="moved into it"),
        pytest.param("03-10 00:00", "03-10 00:00", [], id="no time at all"),
        pytest.param("03-10 00:00", "03-02 00:00", [], id="less than none"),
    ],
)
def test_meetings_that_start_in_the_time_asked_for(start: str, end: str, expected: list[str]) -> None:
    data = calendar(WEEKLY, MOVED + " | DTSTART:20260310T090000Z | DURATION:PT50M")
    first, last = (datetime.fromisoformat(f"2026-{one}:00+00:00") for one in (start, end))
    assert [f"{one.starts_at:%m-%d}" for one in reading(data, start=first, end=last).meetings] == expected
