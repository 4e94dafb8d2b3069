"""The repetitions that the standard works out as examples.

Source: RFC 5545, 3.8.5.3: the rules and the dates that it gives for them, all in America/New_York. Where it
gives two rules for the same dates, both are here. A rule without end is read as far as it gives dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

import pytest

from bot.calendars import read

NEW_YORK = ZoneInfo("America/New_York")
FIRST = "19970902T090000"
THIRDS = [f"{hour:02}{minute:02}" for hour in range(9, 17) for minute in (0, 20, 40)]

EVERY_OTHER_DAY = (
    "1997 9:2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 10:2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 "
    "11:1,3,5,7,9,11,13,15,17,19,21,23,25,27,29 12:1,3"
)
SUMMER_THURSDAYS = (
    "1997 6:5,12,19,26 7:3,10,17,24,31 8:7,14,21,28 1998 6:4,11,18,25 7:2,9,16,23,30 8:6,13,20,27 "
    "1999 6:3,10,17,24 7:1,8,15,22,29 8:5,12,19,26"
)

# DTSTART, RRULE, the dates (months by number: days, with ranges), and whether these are all.
ALL, SOME = True, False
EXAMPLES = [
    (FIRST, "FREQ=DAILY;COUNT=10", "1997 9:2-11", ALL),
    (FIRST, "FREQ=DAILY;UNTIL=19971224T000000Z", "1997 9:2-30 10:1-31 11:1-30 12:1-23", ALL),
    (
        FIRST,
        "FREQ=DAILY;INTERVAL=2",
        EVERY_OTHER_DAY,
        SOME,
    ),
    (FIRST, "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 9:2,12,22 10:2,12", ALL),
    (
        "19980101T090000",
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "1998 1:1-31 1999 1:1-31 2000 1:1-31",
        ALL,
    ),
    (
        "19980101T090000",
        "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
        "1998 1:1-31 1999 1:1-31 2000 1:1-31",
        ALL,
    ),
    (FIRST, "FREQ=WEEKLY;COUNT=10", "1997 9:2,9,16,23,30 10:7,14,21,28 11:4", ALL),
    (
        FIRST,
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997 9:2,9,16,23,30 10:7,14,21,28 11:4,11,18,25 12:2,9,16,23",
        ALL,
    ),
    (
        FIRST,
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997 9:2,16,30 10:14,28 11:11,25 12:9,23 1998 1:6,20 2:3,17",
        SOME,
    ),
    (
        FIRST,
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997 9:2,4,9,11,16,18,23,25,30 10:2",
        ALL,
    ),
    (FIRST, "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997 9:2,4,9,11,16,18,23,25,30 10:2", ALL),
    (
        "19970901T090000",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997 9:1,3,5,15,17,19,29 10:1,3,13,15,17,27,29,31 11:10,12,14,24,26,28 12:8,10,12,22",
        ALL,
    ),
    (FIRST, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997 9:2,4,16,18,30 10:2,14,16", ALL),
    (
        "19970905T090000",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997 9:5 10:3 11:7 12:5 1998 1:2 2:6 3:6 4:3 5:1 6:5",
        ALL,
    ),
    ("19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997 9:5 10:3 11:7 12:5", ALL),
    (
        "19970907T090000",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997 9:7,28 11:2,30 1998 1:4,25 3:1,29 5:3,31",
        ALL,
    ),
    ("19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997 9:22 10:20 11:17 12:22 1998 1:19 2:16", ALL),
    ("19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997 9:28 10:29 11:28 12:29 1998 1:29 2:26", SOME),
    (
        FIRST,
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997 9:2,15 10:2,15 11:2,15 12:2,15 1998 1:2,15",
        ALL,
    ),
    (
        "19970930T090000",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997 9:30 10:1,31 11:1,30 12:1,31 1998 1:1,31 2:1",
        ALL,
    ),
    (
        "19970910T090000",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997 9:10-15 1999 3:10-13",
        ALL,
    ),
    (
        FIRST,
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 9:2,9,16,23,30 11:4,11,18,25 1998 1:6,13,20,27 3:3,10,17,24,31",
        SOME,
    ),
    (
        "19970610T090000",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997 6:10 7:10 1998 6:10 7:10 1999 6:10 7:10 2000 6:10 7:10 2001 6:10 7:10",
        ALL,
    ),
    (
        "19970310T090000",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997 3:10 1999 1:10 2:10 3:10 2001 1:10 2:10 3:10 2003 1:10 2:10 3:10",
        ALL,
    ),
    (
        "19970101T090000",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997 1:1 4:10 7:19 2000 1:1 4:9 7:18 2003 1:1 4:10 7:19 2006 1:1",
        ALL,
    ),
    ("19970519T090000", "FREQ=YEARLY;BYDAY=20MO", "1997 5:19 1998 5:18 1999 5:17", SOME),
    ("19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997 5:12 1998 5:11 1999 5:17", SOME),
    (
        "19970313T090000",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997 3:13,20,27 1998 3:5,12,19,26 1999 3:4,11,18,25",
        SOME,
    ),
    (
        "19970605T090000",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        SUMMER_THURSDAYS,
        SOME,
    ),
    (
        f"{FIRST}\nEXDATE;TZID=America/New_York:{FIRST}",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1998 2:13 3:13 11:13 1999 8:13 2000 10:13",
        SOME,
    ),
    (
        "19970913T090000",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997 9:13 10:11 11:8 12:13 1998 1:10 2:7 3:7 4:11 5:9 6:13",
        SOME,
    ),
    (
        "19961105T090000",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996 11:5 2000 11:7 2004 11:2",
        SOME,
    ),
    ("19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 9:4 10:7 11:6", ALL),
    (
        "19970929T090000",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997 9:29 10:30 11:27 12:30 1998 1:29 2:26 3:30",
        SOME,
    ),
    ("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 8:5,10,19,24", ALL),
    ("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 8:5,17,19,31", ALL),
    ("20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007 1:15,30 2:15 3:15,30", ALL),
]

# RRULE, the times on September 2, 1997, the same on the next day or not, and whether these are all.
TIMES_OF_DAY = [
    # The RFC gives 09:00, 12:00 and 15:00, meaning until 17:00 in New York; as it writes the end, in UTC, it
    # is 13:00 there. Source: its erratum 3883.
    ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", ["0900", "1200", "1500"], ALL),
    ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", ["0900", "1200"], ALL),
    ("FREQ=MINUTELY;INTERVAL=15;COUNT=6", ["0900", "0915", "0930", "0945", "1000", "1015"], ALL),
    ("FREQ=MINUTELY;INTERVAL=90;COUNT=4", ["0900", "1030", "1200", "1330"], ALL),
    ("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", THIRDS, SOME),
    ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", THIRDS, SOME),
]


@pytest.mark.parametrize(("starts", "rule", "dates", "all_of_them"), EXAMPLES)
def test_an_example_of_the_standard_has_its_dates(
    starts: str, rule: str, dates: str, all_of_them: bool
) -> None:
    expected = [datetime(*day, 9, tzinfo=NEW_YORK).astimezone(UTC) for day in days(dates)]
    assert moments(starts, rule, None if all_of_them else expected[-1]) == expected


@pytest.mark.parametrize(("rule", "times", "all_of_them"), TIMES_OF_DAY)
def test_an_example_of_the_standard_has_its_times(rule: str, times: list[str], all_of_them: bool) -> None:
    expected = [
        datetime.strptime(f"199709{day:02}{wall}", "%Y%m%d%H%M").replace(tzinfo=NEW_YORK).astimezone(UTC)
        for day in ([2] if all_of_them else [2, 3])
        for wall in times
    ]
    assert moments(FIRST, rule, None if all_of_them else expected[-1]) == expected


def moments(starts: str, rule: str, last: datetime | None) -> list[datetime]:
    """Read when an event of the rule starts, up to `last` or within twelve years."""
    lines = ("UID:1", "SUMMARY:AB", f"DTSTART;TZID=America/New_York:{starts}", f"RRULE:{rule}")
    event = "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])
    reading = read(
        event.encode(),
        {"AB"},
        start=datetime(1996, 1, 1, tzinfo=UTC),
        end=datetime(2008, 1, 1, tzinfo=UTC) if last is None else last.replace(second=1),
        zone="UTC",
    )
    assert reading.unreadable == 0
    return [meeting.starts_at for meeting in reading.meetings]


def days(dates: str) -> Iterator[tuple[int, int, int]]:
    """Read "1997 9:2,4 10:1-3" as years, months and days."""
    year = 0
    for word in dates.split():
        if word.isdigit():
            year = int(word)
            continue
        month, listed = word.split(":")
        ranges = (re.fullmatch(r"(\d+)-?(\d*)", one) for one in listed.split(","))
        spans = ((int(found[1]), int(found[2] or found[1])) for found in ranges if found)
        for day in chain.from_iterable(range(first, last + 1) for first, last in spans):
            yield year, int(month), day
