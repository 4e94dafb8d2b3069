"""What laws of the timetable are held against: rules, schedules, zones and moments of every kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

from hypothesis import strategies as st

from bot.timetable import AfterEnrolment, Cron, DaysOff, Every, Routine, Weekly

ZONES = sorted(available_timezones() - {"Factory", "localtime"})

DATES = st.dates(date(1990, 1, 1), date(2037, 12, 31))
WALLS = st.times().map(lambda wall: wall.replace(microsecond=0))
MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2037, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001

MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59)) | st.sampled_from(
    [time(0), time(0, 30), time(2), time(2, 30), time(23, 30)]
)
"""Wall times to the minute, those that clock changes skip or repeat among them."""

RECENT = st.dates(date(2025, 1, 1), date(2029, 12, 31))

PLACES = st.sampled_from(ZONES) | st.sampled_from(
    ["America/New_York", "America/Nuuk", "America/Havana", "Antarctica/Troll", "Australia/Lord_Howe"]
)


def _slots(days: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[tuple[int, time], ...]]:
    return st.lists(st.tuples(days, MINUTES), min_size=1, max_size=4, unique=True).map(tuple)


def _field(least: int, most: int) -> st.SearchStrategy[str]:
    one = st.integers(least, most).map(str)
    span = st.tuples(st.integers(least, most), st.integers(least, most)).map(
        lambda pair: f"{min(pair)}-{max(pair)}"
    )
    steps = st.integers(1, most).map(lambda step: f"*/{step}")
    return st.just("*") | one | span | steps | st.lists(one | span, min_size=2, max_size=3).map(",".join)


SELDOM = st.integers(0, 59).map(str) | st.sampled_from(["0,30", "15,45", "*/20"])
CRONS = st.tuples(SELDOM, _field(0, 23), _field(1, 28), _field(1, 12), _field(0, 7)).map(" ".join)
"""Cron expressions that name some day of every year."""

RULES = (
    st.builds(Weekly, _slots(st.integers(0, 6)))
    | st.builds(Every, st.integers(1, 30), MINUTES)
    | st.builds(Every, st.sampled_from([7, 14, 28]), MINUTES, st.integers(0, 6))
    | st.builds(Cron, CRONS)
    | st.builds(AfterEnrolment, _slots(st.integers(0, 60)))
)

_RANGES = st.tuples(RECENT, st.integers(0, 30)).map(lambda one: (one[0], one[0] + timedelta(days=one[1])))

ROUTINES = st.builds(
    Routine,
    st.just("some"),
    st.just(("ors",)),
    RULES,
    late_by=st.integers(0, 72).map(lambda hours: timedelta(hours=hours)),
    start=st.none() | RECENT,
    end=st.none() | RECENT,
    off=st.builds(
        DaysOff, st.lists(_RANGES, max_size=3).map(tuple), st.sampled_from([None, None, "DE-BY", "US"])
    ),
)


def at(written: str) -> datetime:
    """Read a moment in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)
