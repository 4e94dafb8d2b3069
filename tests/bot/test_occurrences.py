"""When a schedule falls due: the first time, and each time after it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.timetable import DAYS, Occurrence, Routine, first, following, moment
from tests.bot.test_timetable import DATES, MOMENTS, WALLS, ZONES, at


def routine(weekday: int | None, days: int = 7, wall: time = time(18)) -> Routine:
    """Make a schedule."""
    return Routine("weekly", ("ors",), weekday, days, wall, None, timedelta(hours=48))


@pytest.mark.parametrize(
    ("one", "now", "zone", "expected"),
    [
        # 2026-03-02 is a Monday
        pytest.param(routine(0), "2026-03-02 17:59", "UTC", ("2026-03-02", "2026-03-02 18:00"), id="today"),
        pytest.param(
            routine(0), "2026-03-02 18:00", "UTC", ("2026-03-09", "2026-03-09 18:00"), id="just missed"
        ),
        pytest.param(
            routine(0), "2026-03-03 00:00", "UTC", ("2026-03-09", "2026-03-09 18:00"), id="next week"
        ),
        pytest.param(routine(6), "2026-03-02 00:00", "UTC", ("2026-03-08", "2026-03-08 18:00"), id="Sunday"),
        pytest.param(
            routine(0),
            "2026-03-01 12:00",
            "Asia/Tokyo",
            ("2026-03-02", "2026-03-02 09:00"),
            id="their Monday",
        ),
        pytest.param(
            routine(None, 3), "2026-03-02 17:00", "UTC", ("2026-03-02", "2026-03-02 18:00"), id="every 3"
        ),
        pytest.param(
            routine(None, 3),
            "2026-03-02 18:00",
            "UTC",
            ("2026-03-03", "2026-03-03 18:00"),
            id="from tomorrow",
        ),
    ],
)
def test_the_first_occurrence(one: Routine, now: str, zone: str, expected: tuple[str, str]) -> None:
    assert first(one, at(now), zone) == Occurrence(date.fromisoformat(expected[0]), at(expected[1]))


@pytest.mark.parametrize(
    ("one", "last", "zone", "expected"),
    [
        pytest.param(routine(0), "2026-03-02", "UTC", ("2026-03-09", "2026-03-09 18:00"), id="a week on"),
        pytest.param(
            routine(2), "2026-03-02", "UTC", ("2026-03-04", "2026-03-04 18:00"), id="the weekday changed"
        ),
        pytest.param(
            routine(0), "2026-03-03", "UTC", ("2026-03-09", "2026-03-09 18:00"), id="back on its weekday"
        ),
        pytest.param(
            routine(None, 3), "2026-03-02", "UTC", ("2026-03-05", "2026-03-05 18:00"), id="3 days on"
        ),
        pytest.param(
            routine(6),
            "2026-03-22",
            "Europe/Berlin",
            ("2026-03-29", "2026-03-29 16:00"),
            id="the same wall time in summer",
        ),
        pytest.param(
            routine(None, 1, time(2, 30)),
            "2026-03-28",
            "Europe/Berlin",
            ("2026-03-29", "2026-03-29 01:00"),
            id="a gap",
        ),
        pytest.param(
            routine(None, 1),
            "2011-12-29",
            "Pacific/Apia",
            ("2011-12-30", "2011-12-30 10:00"),
            id="a date that never was",
        ),
    ],
)
def test_the_following_occurrence(one: Routine, last: str, zone: str, expected: tuple[str, str]) -> None:
    assert following(one, date.fromisoformat(last), zone) == Occurrence(
        date.fromisoformat(expected[0]), at(expected[1])
    )


ROUTINES = st.builds(routine, st.integers(0, 6), st.just(7), WALLS) | st.builds(
    routine, st.none(), st.integers(1, 30), WALLS
)


@given(ROUTINES, MOMENTS, st.sampled_from(ZONES))
def test_the_first_is_the_next_that_there_is(one: Routine, now: datetime, zone: str) -> None:
    upcoming = first(one, now, zone)
    assert upcoming.due_at > now
    assert upcoming.due_at == moment(upcoming.local_date, one.at, zone)
    assert one.weekday is None or upcoming.local_date.weekday() == one.weekday
    before = upcoming.local_date - timedelta(days=7 if one.weekday is not None else 1)
    assert moment(before, one.at, zone) <= now


@given(ROUTINES, DATES, st.sampled_from(ZONES))
def test_one_follows_another_a_date_at_a_time(one: Routine, last: date, zone: str) -> None:
    following_one = following(one, last, zone)
    assert following_one.local_date > last
    assert following_one.due_at >= moment(last, one.at, zone), "at once where a date never was"
    assert following_one.due_at == moment(following_one.local_date, one.at, zone)
    days = (following_one.local_date - last).days
    if one.weekday is None:
        assert days == one.days
    else:
        assert following_one.local_date.weekday() == one.weekday
        assert days <= 7


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (routine(0), "mon 18:00 UTC"),
        (routine(6), "sun 18:00 UTC"),
        (routine(None, 3), "every 3 days 18:00 UTC"),
    ],
)
def test_a_rule_says_when_it_falls_due(one: Routine, rule: str) -> None:
    assert one.rule("UTC") == rule
    assert one.rule("Asia/Tokyo") != rule


def test_weekdays_are_in_their_order() -> None:
    assert [DAYS[date(2026, 3, day).weekday()] for day in range(2, 9)] == list(DAYS)
