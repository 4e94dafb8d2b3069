"""What holds for every calendar, however it is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendars import CalendarError, Reading, read

EXPORTS = sorted((Path(__file__).parent / "calendars").glob("*.ics"))
WRITTEN = [path.read_bytes() for path in EXPORTS]
CODES = ("AB", "CD", "AB-12")
START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 3, 15)  # noqa: DTZ001 # a wall time; each test says where
WEEKS = 8


def reading(data: bytes, zone: str = "Europe/Berlin") -> Reading:
    """Read a calendar for three clients in spring."""
    return read(data, CODES, start=START, end=END, zone=zone)


def calendar(*events: str) -> bytes:
    """Write a calendar of events, each given by its lines."""
    inside = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\n{inside}END:VCALENDAR\r\n".encode()


def series(uid: str, zone: str, title: str = "AB") -> str:
    """Write a weekly event of eight weeks."""
    return (
        f"UID:{uid}\r\nSUMMARY:{title}\r\nDTSTART;TZID={zone}:{FIRST:%Y%m%dT%H%M%S}\r\nDURATION:PT50M"
        f"\r\nRRULE:FREQ=WEEKLY;COUNT={WEEKS}"
    )


def is_well_formed(data: bytes) -> None:
    """Hold that bytes are read in order, within the time, one by one, or refused."""
    try:
        found = reading(data)
    except CalendarError:
        return
    times = [(one.starts_at, one.code) for one in found.meetings]
    assert times == sorted(times)
    assert all(START <= one.starts_at < END and one.starts_at <= one.ends_at for one in found.meetings)
    assert all(one.starts_at.tzinfo is UTC and one.ends_at.tzinfo is UTC for one in found.meetings)
    assert all(one.code in CODES for one in found.meetings)
    assert len({one.key for one in found.meetings}) == len(found.meetings)
    assert all(len(one.key) == 32 and int(one.key, 16) >= 0 for one in found.meetings)
    assert found.ambiguous >= 0
    assert found.unreadable >= 0


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    is_well_formed(data)
    is_well_formed(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + data + b"\nEND:VEVENT\nEND:VCALENDAR")


@given(st.sampled_from(WRITTEN), st.data())
def test_a_damaged_export_is_read_or_refused(written: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(written)), min_size=2, max_size=2).map(sorted))
    between = data.draw(st.binary(max_size=20) | st.sampled_from([b"\r\n", b";", b":", b"Z", b"-", b"9999"]))
    is_well_formed(written[: cuts[0]] + between + written[cuts[1] :])
    is_well_formed(written[: cuts[0]] + between + written[cuts[0] :])


NAMES = ["UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE"]
NAMES += ["RECURRENCE-ID", "STATUS", "SEQUENCE", "EXRULE", "X"]
PARAMS = ["", "", "", ";VALUE=DATE", ";VALUE=PERIOD", ";TZID=Europe/Berlin", ";TZID=Nowhere", ";TZID="]
PARAMS += [";RANGE=THISANDFUTURE", ";X", ";TZID=a,b", ';TZID="', ";VALUE=TEXT"]
VALUES = ["", "1", "AB", "AB CD", "20260303T150000Z", "20260303T150000", "20260310T150000", "20260303"]
VALUES += ["20260303T150000Z/PT1H", "20260303T150000/20260301T000000", "20260303,20260310T150000Z"]
VALUES += [
    "00010101T000000Z",
    "99991231T235959Z",
    "99991231T235959",
    "20260230T250000",
    "PT1H",
    "-PT1H",
    "P9999999D",
]
VALUES += ["FREQ=WEEKLY", "FREQ=WEEKLY;UNTIL=20260401", "FREQ=DAILY;COUNT=3;BYDAY=MO,2TU", "FREQ=;COUNT=x"]
VALUES += ["FREQ=YEARLY;BYWEEKNO=60", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=HOURLY;INTERVAL=5;BYHOUR=3;COUNT=2"]
VALUES += ["FREQ=DAILY;COUNT=-1", "FREQ=DAILY;COUNT=0;UNTIL=20260401T000000", "FREQ=WEEKLY,DAILY", "RSCALE=X"]
VALUES += ["FREQ=WEEKLY;INTERVAL=99999999999999999999", "FREQ=DAILY;UNTIL=99991231T235959Z;INTERVAL=9999"]
VALUES += ["CANCELLED", "-5", "99999999999999999999", "x"]
LINES = st.builds("{}{}:{}".format, *map(st.sampled_from, (NAMES, PARAMS, VALUES)))


@given(st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=3))
def test_any_lines_are_read_or_refused(events: list[list[str]]) -> None:
    is_well_formed(calendar(*("\r\n".join(["UID:1", "SUMMARY:AB", *lines]) for lines in events)))


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "UTC"])


@given(ZONES)
def test_a_weekly_meeting_is_at_the_same_time_by_its_clock(zone: str) -> None:
    found = reading(calendar(series("1", zone)), "Asia/Tokyo")
    expected = [
        (FIRST + timedelta(weeks=week)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for week in range(WEEKS)
    ]
    assert [one.starts_at for one in found.meetings] == expected


@given(
    zone=ZONES,
    week=st.integers(0, WEEKS - 1),
    by=st.timedeltas(timedelta(days=-2), timedelta(days=30)).map(
        lambda by: timedelta(minutes=by // timedelta(minutes=1))
    ),
    in_utc=st.booleans(),
    onward=st.booleans(),
)
def test_a_meeting_keeps_its_key_wherever_it_is_moved(
    *, zone: str, week: int, by: timedelta, in_utc: bool, onward: bool
) -> None:
    before = reading(calendar(series("1", zone)))
    original = (FIRST + timedelta(weeks=week)).replace(tzinfo=ZoneInfo(zone))
    named = (
        f":{original.astimezone(UTC):%Y%m%dT%H%M%SZ}" if in_utc else f";TZID={zone}:{original:%Y%m%dT%H%M%S}"
    )
    change = (
        f"UID:1\r\nSUMMARY:AB\r\nRECURRENCE-ID{';RANGE=THISANDFUTURE' * onward}{named}\r\n"
        f"DTSTART;TZID={zone}:{original + by:%Y%m%dT%H%M%S}\r\nDURATION:PT30M"
    )
    after = reading(calendar(series("1", zone), change))
    kept = {one.key: one for one in after.meetings}
    for number, one in enumerate(before.meetings):
        is_moved = number == week or (onward and number > week)
        moved = (one.starts_at.astimezone(ZoneInfo(zone)) + by * is_moved).astimezone(UTC)
        if START <= moved < END:
            assert kept.pop(one.key).starts_at == moved
    assert kept == {}


@given(st.text(min_size=1).filter(lambda text: not any(code in text.upper() for code in ("AB", "CD"))))
def test_events_of_other_people_never_show(title: str) -> None:
    others = [
        series("2", "UTC", title),
        f"UID:3\r\nSUMMARY:{title}\r\nDESCRIPTION:AB\r\nDTSTART:20260303T150000Z",
    ]
    try:
        assert reading(calendar(*others, series("1", "UTC"))) == reading(calendar(series("1", "UTC")))
    except CalendarError:  # the title ends its line and begins a part
        assert "\n" in title or "\r" in title


@pytest.mark.parametrize("written", WRITTEN, ids=[path.stem for path in EXPORTS])
def test_what_is_read_says_nothing_else_of_an_event(written: bytes) -> None:
    said = repr(reading(written)).lower()
    for word in (b"room", b"example", b"notes", b"session", b"google", b"0400000082", b"therapy", b"@"):
        assert word.decode() not in said
