"""The zones that a calendar's times are in."""

from __future__ import annotations

import pytest

from bot.calendars import Reading
from tests.bot.written_calendars import LATER, calendar, reading, told

NAMED = "UID:1 | SUMMARY:AB | DTSTART;TZID={}:20260701T150000"


@pytest.mark.parametrize(
    ("tzid", "hour"),
    [
        # Source: the IANA time zone database; Unicode CLDR for Windows' names.
        pytest.param("Europe/Berlin", 13, id="by its own name"),
        pytest.param("W. Europe Standard Time", 13, id="by Windows' name"),
        pytest.param("Eastern Standard Time", 19, id="by Windows' name, overseas"),
        pytest.param('"/freeassociation.sourceforge.net/America/New_York"', 19, id="by a program's name"),
        pytest.param("/America/Argentina/Buenos_Aires", 18, id="by a name in three"),
        pytest.param("UTC", 15, id="UTC"),
    ],
)
def test_a_zone_is_known_by_many_names(tzid: str, hour: int) -> None:
    found = reading(calendar(NAMED.format(tzid)), end=LATER)
    assert [one.starts_at.hour for one in found.meetings] == [hour]


def test_a_zone_that_nobody_knows_is_not_guessed() -> None:
    assert reading(calendar(NAMED.format("Middle/Earth")), end=LATER) == Reading((), unreadable=1)


OWN = (
    "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    "TZOFFSETFROM:{0}\r\nTZOFFSETTO:{0}\r\nEND:STANDARD\r\nEND:VTIMEZONE"
)


def test_one_files_zone_says_nothing_of_anothers() -> None:
    for offset, hour in (("+0300", 12), ("-0500", 20), ("+0300", 12)):
        data = calendar(NAMED.format("Ours"), head=OWN.format(offset))
        found = reading(data, end=LATER)
        assert [one.starts_at.hour for one in found.meetings] == [hour]


def test_a_zone_that_makes_no_sense_is_not_guessed() -> None:
    data = calendar(NAMED.format("Ours"), head=OWN.format("soon"))
    assert reading(data, end=LATER) == Reading((), unreadable=1)


@pytest.mark.parametrize(
    ("head", "hour"),
    [("", 13), ("X-WR-TIMEZONE:America/New_York", 19), ("X-WR-TIMEZONE:Nowhere", 13)],
)
def test_a_time_without_zone_is_the_calendars_or_the_readers(head: str, hour: int) -> None:
    data = calendar("UID:1 | SUMMARY:AB | DTSTART:20260701T150000", head=head)
    found = reading(data, end=LATER)
    assert [one.starts_at.hour for one in found.meetings] == [hour]


def test_a_session_lasts_as_long_when_clocks_change() -> None:
    # Source: the IANA time zone database: in Berlin 02:00 on March 29, 2026 was followed by 03:00.
    data = calendar("UID:1 | SUMMARY:AB | DTSTART;TZID=Europe/Berlin:20260328T023000 | DURATION:PT50M"
                    " | RRULE:FREQ=DAILY;COUNT=3")  # fmt: skip
    assert told(reading(data)) == ["AB 03-28 01:30 50", "AB 03-29 01:30 50", "AB 03-30 00:30 50"]
