"""Clock changes: daily schedules fall due once a date, as a walk from minute to minute sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bot.timetable import Cron, Every, Routine, Rule, between, exists
from tests.bot.timetable.walking import Change, distinct_zones, every_zone, faults

DISTINCT = distinct_zones()


@pytest.mark.parametrize(("zone", "changes"), DISTINCT.items(), ids=DISTINCT)
def test_a_daily_schedule_falls_due_once_a_date(zone: str, changes: tuple[Change, ...]) -> None:
    assert [fault for change in changes for fault in faults(zone, change.at)] == []


def test_many_ways_in_which_clocks_change_are_looked_at() -> None:
    """All zones are looked at by make zones."""
    assert len(every_zone()) > 550
    assert set(DISTINCT) >= {"Africa/Cairo", "Antarctica/Troll", "Australia/Lord_Howe", "America/Nuuk"}
    assert sum(map(len, DISTINCT.values())) > 400


def due(rule: Rule, zone: str, first: str, last: str) -> list[tuple[str, str]]:
    """List the local dates and moments (UTC) from a date to another."""
    days = (date.fromisoformat(first), date.fromisoformat(last))
    found = between(Routine("daily", ("ors",), rule), days, zone)
    return [(f"{one.local_date}", f"{one.due_at:%Y-%m-%d %H:%M}") for one in found]


NEW_YORK, LORD_HOWE, CASABLANCA = "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"


@pytest.mark.parametrize(
    ("cron", "zone", "day", "expected"),
    [
        # The day of the change, and the moments of that day and of its neighbours.
        # Source: the IANA time zone database, as zdump prints it.
        pytest.param(
            "30 2 * * *", NEW_YORK, "2026-03-08", "07 07:30, 08 07:00, 09 06:30", id="skipped: right after"
        ),
        pytest.param(
            "30 2 * * *", "America/Bogota", "2026-03-08", "07 07:30, 08 07:30, 09 07:30", id="no summer time"
        ),
        pytest.param(
            "30 1 * * *", NEW_YORK, "2026-11-01", "31 05:30, 01 05:30, 02 06:30", id="twice: the first"
        ),
        pytest.param(
            "0 0 * * *", "America/Havana", "2026-03-08", "07 05:00, 08 05:00, 09 04:00", id="no midnight"
        ),
        pytest.param(
            "0 0 * * *", "America/Havana", "2026-11-01", "31 04:00, 01 04:00, 02 05:00", id="two midnights"
        ),
        pytest.param(
            "30 23 * * *", "America/Nuuk", "2026-03-28", "28 01:30, 29 01:00, 30 00:30", id="no 23:30"
        ),
        pytest.param(
            "30 23 * * *", "America/Scoresbysund", "2026-03-28", "28 01:30, 29 01:00, 30 00:30", id="nor here"
        ),
        pytest.param(
            "15 2 * * *", LORD_HOWE, "2026-10-04", "02 15:45, 03 15:30, 04 15:15", id="half an hour skipped"
        ),
        pytest.param(
            "45 1 * * *", LORD_HOWE, "2026-04-05", "03 14:45, 04 14:45, 05 15:15", id="half an hour twice"
        ),
        pytest.param(
            "30 2 * * *",
            "Antarctica/Troll",
            "2026-03-29",
            "28 02:30, 29 01:00, 30 00:30",
            id="two hours skipped",
        ),
        pytest.param(
            "30 1 * * *",
            "Antarctica/Troll",
            "2026-10-25",
            "23 23:30, 24 23:30, 26 01:30",
            id="two hours twice",
        ),
        pytest.param(
            "30 1 * * *",
            "Europe/Dublin",
            "2026-03-29",
            "28 01:30, 29 01:00, 30 00:30",
            id="winter is set back",
        ),
        pytest.param(
            "30 2 * * *", CASABLANCA, "2026-02-15", "14 01:30, 15 01:30, 16 02:30", id="back for Ramadan"
        ),
        pytest.param(
            "30 2 * * *", CASABLANCA, "2026-03-22", "21 02:30, 22 02:00, 23 01:30", id="forward after it"
        ),
    ],
)
def test_what_a_clock_change_does(cron: str, zone: str, day: str, expected: str) -> None:
    middle = date.fromisoformat(day)
    before, after = (f"{middle + timedelta(days=days)}" for days in (-1, 1))
    found = due(Cron(cron), zone, before, after)
    assert [local for local, _ in found] == [before, day, after]
    assert ", ".join(at[8:] for _, at in found) == expected


@pytest.mark.parametrize(
    ("zone", "skipped"),
    [
        # Source: the IANA time zone database (australasia): the days on which these crossed the date line.
        ("Pacific/Apia", "2011-12-30"),
        ("Pacific/Fakaofo", "2011-12-30"),
        ("Pacific/Kwajalein", "1993-08-21"),
        ("Pacific/Kiritimati", "1994-12-31"),
    ],
)
def test_a_date_that_a_zone_left_out_has_no_occurrence(zone: str, skipped: str) -> None:
    day = date.fromisoformat(skipped)
    before, after = (f"{day + timedelta(days=days)}" for days in (-1, 1))
    assert not exists(day, zone)
    for rule in (Every(1, datetime.min.time()), Cron("30 23 * * *"), Cron("0 10 * * *")):
        assert [local for local, _ in due(rule, zone, before, after)] == [before, after]


def test_every_other_date_exists() -> None:
    days = [date(2026, 1, 1) + timedelta(days=days) for days in range(366)]
    assert all(exists(day, zone) for day in days for zone in ("America/Havana", "America/Nuuk", "UTC"))


@pytest.mark.parametrize(
    ("rule", "first", "last", "expected"),
    [
        pytest.param(
            Cron("0 9 29 2 *"),
            "2026-01-01",
            "2036-12-31",
            ["2028-02-29", "2032-02-29", "2036-02-29"],
            id="cron",
        ),
        pytest.param(
            Every(2, datetime.min.time()),
            "2028-02-27",
            "2028-03-04",
            ["2028-02-27", "2028-02-29", "2028-03-02", "2028-03-04"],
            id="every two days over it",
        ),
        pytest.param(
            Every(2, datetime.min.time()),
            "2027-02-27",
            "2027-03-04",
            ["2027-02-27", "2027-03-01", "2027-03-03"],
            id="and in a year without it",
        ),
        pytest.param(
            Every(366, datetime.min.time()),
            "2028-02-29",
            "2030-12-31",
            ["2028-02-29", "2029-03-01", "2030-03-02"],
            id="a long rhythm",
        ),
    ],
)
def test_leap_days(rule: Rule, first: str, last: str, expected: list[str]) -> None:
    assert [local for local, _ in due(rule, "UTC", first, last)] == expected


def test_wall_times_that_fall_into_one_gap_are_one_occurrence() -> None:
    quarters = Cron("*/15 1-3 * * *")
    found = due(quarters, NEW_YORK, "2026-03-08", "2026-03-08")
    assert [at[11:] for _, at in found] == [
        "06:00", "06:15", "06:30", "06:45", "07:00", "07:15", "07:30", "07:45",
    ]  # fmt: skip


def test_over_midnight_too_and_they_belong_to_the_date_before() -> None:
    late = Cron("30,45 0,23 * * *")
    assert due(late, "America/Nuuk", "2026-03-28", "2026-03-29") == [
        ("2026-03-28", "2026-03-28 02:30"),
        ("2026-03-28", "2026-03-28 02:45"),
        ("2026-03-28", "2026-03-29 01:00"),
        ("2026-03-29", "2026-03-29 01:30"),
        ("2026-03-29", "2026-03-29 01:45"),
        ("2026-03-29", "2026-03-30 00:30"),
        ("2026-03-29", "2026-03-30 00:45"),
    ]
    midnight = Cron("0,30 0,23 * * *")
    on_the_day = due(midnight, "America/Nuuk", "2026-03-29", "2026-03-29")
    assert on_the_day[0] == ("2026-03-29", "2026-03-29 01:30"), "its midnight was the skipped 23:00's moment"
