"""What is counted instead of read, and which files are refused."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from bot.calendars import CalendarError, Reading
from tests.bot.written_calendars import ONCE, SPRING, WEEKLY, calendar, reading, told


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(ONCE.replace("20260302T140000Z", "tomorrow"), id="no time"),
        pytest.param(ONCE.replace(" | DTSTART:20260302T140000Z", ""), id="no start"),
        pytest.param(ONCE.replace("UID:1 | ", ""), id="no name"),
        pytest.param(ONCE.replace("PT50M", "-PT50M"), id="ends before it starts"),
        pytest.param(ONCE.replace("DURATION:PT50M", "DTEND:20260302T135959Z"), id="ends a second too early"),
        pytest.param(ONCE.replace("PT50M", "an hour"), id="no length"),
        pytest.param(WEEKLY.replace("WEEKLY", "FORTNIGHTLY"), id="no frequency"),
        pytest.param(WEEKLY.replace("COUNT=3", "INTERVAL=0"), id="every none weeks"),
        pytest.param(WEEKLY.replace("COUNT=3", "COUNT=3;BYSETPOS=2"), id="weeks with a place in the week"),
        pytest.param(WEEKLY.replace("COUNT=3", "COUNT=3;BYHOUR=" + ",".join(["1"] * 300)), id="a long rule"),
        pytest.param(WEEKLY.replace("WEEKLY;COUNT=3", "YEARLY;BYMONTH=2;BYMONTHDAY=30"), id="no such day"),
        pytest.param(WEEKLY + " | EXRULE:FREQ=WEEKLY;INTERVAL=2", id="an older standard's exceptions"),
        pytest.param(WEEKLY + " | RDATE;VALUE=DATE:20260304", id="a day without a time"),
    ],
)
def test_an_event_that_makes_no_sense_is_counted_and_the_others_read(event: str) -> None:
    found = reading(calendar(event, "UID:2 | SUMMARY:CD | DTSTART:20260303T090000Z"))
    assert told(found) == ["CD 03-03 09:00 0"]
    assert found.unreadable == 1
    assert reading(calendar(event.replace("AB", "Mary"))) == Reading(())


def test_two_events_under_one_name_are_not_taken_for_one() -> None:
    other = ONCE.replace("02T", "03T")
    assert reading(calendar(ONCE, other)) == Reading((), unreadable=1)
    assert told(reading(calendar(ONCE, ONCE))) == ["AB 03-02 14:00 50"]
    assert told(reading(calendar(ONCE, other + " | SEQUENCE:1"))) == ["AB 03-03 14:00 50"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "give an iCalendar file", id="nothing"),
        pytest.param(b"<html>Mary</html>", "give an iCalendar file", id="a page"),
        pytest.param(calendar(ONCE).encode()[:-20], "cut off", id="cut off"),
        pytest.param(calendar(ONCE).replace("END:VEVENT", "END:VTODO").encode(), "damaged", id="crossed"),
        pytest.param(b"END:VCALENDAR", "damaged", id="an end without beginning"),
        pytest.param(b"BEGIN:X\n" * 100, "damaged", id="parts in parts in parts"),
        pytest.param(calendar(ONCE).encode() + b" " * 10_000_000, "export a shorter time", id="too large"),
        pytest.param(
            calendar(WEEKLY.replace("WEEKLY;COUNT=3", "SECONDLY")).encode(), "daily or less", id="by seconds"
        ),
        pytest.param(
            calendar(WEEKLY.replace("WEEKLY;COUNT=3", "MINUTELY")).encode(), "less often", id="by minutes"
        ),
        pytest.param(
            calendar(WEEKLY.replace("WEEKLY;COUNT=3", "MINUTELY").replace("2026", "1970")).encode(),
            "less often",
            id="by minutes, for long",
        ),
        pytest.param(
            calendar(
                *(
                    WEEKLY.replace("UID:1", f"UID:{number}").replace("COUNT=3", "UNTIL=20260401;BYMONTH=2")
                    for number in range(5)
                )
            ).encode(),
            "days that don't exist",
            id="rules that find nothing",
        ),
    ],
)
def test_a_file_is_refused_soon_and_says_nothing_of_what_is_in_it(data: bytes, said: str) -> None:
    before = time.perf_counter()
    with pytest.raises(CalendarError, match=said) as refused:
        reading(data)
    assert time.perf_counter() - before < 10  # under 2 s on an idle machine
    assert "Mary" not in str(refused.value)
    assert "AB" not in str(refused.value)


@pytest.mark.parametrize(("count", "refused"), [(5_000, False), (5_001, True)])
def test_an_event_has_at_most_so_many_meetings(count: int, refused: bool) -> None:
    data = calendar(WEEKLY.replace("WEEKLY;COUNT=3", f"MINUTELY;COUNT={count}"))
    if refused:
        with pytest.raises(CalendarError):
            reading(data)
    else:
        assert len(reading(data).meetings) == count


def test_a_file_of_the_largest_size_is_taken() -> None:
    written = calendar(ONCE).encode()
    before = time.perf_counter()
    assert len(reading(written + b"\n" * (10_000_000 - len(written))).meetings) == 1
    assert time.perf_counter() - before < 10  # under 2 s on an idle machine


def test_meetings_of_long_series_are_found_far_from_their_start() -> None:
    data = calendar(WEEKLY.replace("WEEKLY;COUNT=3", "DAILY").replace("2026", "1996"))
    assert len(reading(data, start=SPRING, end=SPRING + timedelta(days=7)).meetings) == 7
