"""Clocks: wall times in zones whose clocks jump, skip days and go back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.replies import Until
from bot.timetable import Delay, Pause, Quiet, moment, morning, pause, waking
from tests.bot.timetable.drawing import DATES, MOMENTS, WALLS, ZONES, at

NIGHT = Quiet(time(21), time(8))


@pytest.mark.parametrize(
    ("day", "wall", "zone", "expected"),
    [
        # Source: the IANA time zone database, as in tzdata.
        pytest.param("2026-01-15", "18:00", "UTC", "2026-01-15 18:00", id="no clock changes"),
        pytest.param("2026-07-15", "18:00", "Europe/Berlin", "2026-07-15 16:00", id="summer"),
        pytest.param("2026-07-15", "00:15", "Asia/Kathmandu", "2026-07-14 18:30", id="the day before in UTC"),
        pytest.param("2026-03-29", "01:59", "Europe/Berlin", "2026-03-29 00:59", id="just before the gap"),
        pytest.param("2026-03-29", "02:00", "Europe/Berlin", "2026-03-29 01:00", id="the gap's first minute"),
        pytest.param(
            "2026-03-29", "02:30", "Europe/Berlin", "2026-03-29 01:00", id="in the gap: right after it"
        ),
        pytest.param("2026-03-29", "02:59:59.5", "Europe/Berlin", "2026-03-29 01:00", id="at the gap's end"),
        pytest.param("2026-03-29", "03:00", "Europe/Berlin", "2026-03-29 01:00", id="just after the gap"),
        pytest.param(
            "2026-10-25", "01:59", "Europe/Berlin", "2026-10-24 23:59", id="just before the overlap"
        ),
        pytest.param("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25 00:30", id="twice: the first"),
        pytest.param("2026-10-25", "03:00", "Europe/Berlin", "2026-10-25 02:00", id="just after the overlap"),
        pytest.param(
            "2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-03 15:30", id="a gap of half an hour"
        ),
        pytest.param(
            "2026-09-06", "00:00", "America/Santiago", "2026-09-06 04:00", id="a day without a midnight"
        ),
        pytest.param("2011-12-30", "18:00", "Pacific/Apia", "2011-12-30 10:00", id="a date that never was"),
        pytest.param("2011-12-31", "18:00", "Pacific/Apia", "2011-12-31 04:00", id="the date after it"),
    ],
)
def test_a_wall_time_is_a_moment(day: str, wall: str, zone: str, expected: str) -> None:
    assert moment(date.fromisoformat(day), time.fromisoformat(wall), zone) == at(expected)


@given(DATES, WALLS, st.sampled_from(ZONES))
def test_a_moment_shows_its_wall_time_or_comes_right_after_a_gap(day: date, wall: time, zone: str) -> None:
    there = moment(day, wall, zone)
    assert there.tzinfo is UTC
    shown = there.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = datetime.combine(day, wall)
    if shown != wanted:
        assert shown > wanted
        before = (there - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert before < wanted, "the clock went over it"
    else:
        earlier = (there - timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert earlier != wanted, "the first of two"


@given(DATES, WALLS, WALLS, st.sampled_from(ZONES))
def test_a_later_wall_time_of_a_day_is_never_earlier(day: date, one: time, other: time, zone: str) -> None:
    early, late = sorted((one, other))
    assert moment(day, early, zone) <= moment(day, late, zone)


@pytest.mark.parametrize(
    ("start", "end", "wall", "quiet"),
    [
        pytest.param("21:00", "08:00", "20:59:59", False, id="a second before"),
        pytest.param("21:00", "08:00", "21:00", True, id="from its start on"),
        pytest.param("21:00", "08:00", "00:00", True, id="midnight"),
        pytest.param("21:00", "08:00", "07:59:59", True, id="to a second before its end"),
        pytest.param("21:00", "08:00", "08:00", False, id="its end is no longer quiet"),
        pytest.param("01:00", "06:00", "00:59", False, id="within one day: before"),
        pytest.param("01:00", "06:00", "01:00", True, id="within one day: start"),
        pytest.param("01:00", "06:00", "06:00", False, id="within one day: end"),
        pytest.param("08:00", "08:00", "08:00", False, id="no quiet hours"),
        pytest.param("00:00", "00:00", "12:00", False, id="no quiet hours, from midnight"),
    ],
)
def test_quiet_hours(start: str, end: str, wall: str, quiet: bool) -> None:
    hours = Quiet(time.fromisoformat(start), time.fromisoformat(end))
    assert hours.holds(time.fromisoformat(wall)) is quiet


@pytest.mark.parametrize(
    ("now", "zone", "quiet", "expected"),
    [
        pytest.param("2026-01-15 12:00", "UTC", NIGHT, "2026-01-15 12:00", id="by day: now"),
        pytest.param("2026-01-15 21:00", "UTC", NIGHT, "2026-01-16 08:00", id="in the evening: tomorrow"),
        pytest.param("2026-01-15 03:00", "UTC", NIGHT, "2026-01-15 08:00", id="at night: this morning"),
        pytest.param("2026-01-15 08:00", "UTC", NIGHT, "2026-01-15 08:00", id="at their end: now"),
        pytest.param(
            "2026-01-15 12:00", "Asia/Tokyo", NIGHT, "2026-01-15 23:00", id="by their clock, not ours"
        ),
        pytest.param(
            "2026-03-28 22:00", "Europe/Berlin", NIGHT, "2026-03-29 06:00", id="a night of one hour less"
        ),
        pytest.param(
            "2026-10-24 22:00", "Europe/Berlin", NIGHT, "2026-10-25 07:00", id="a night of one hour more"
        ),
        pytest.param(
            "2026-03-28 22:00",
            "Europe/Berlin",
            Quiet(time(21), time(2, 30)),
            "2026-03-29 01:00",
            id="an end that the clock goes over",
        ),
        pytest.param(
            "2026-10-25 01:10",
            "Europe/Berlin",
            Quiet(time(21), time(2, 30)),
            "2026-10-25 01:30",
            id="the second of two ends, where the first is past",
        ),
        pytest.param(
            "2011-12-30 08:00", "Pacific/Apia", NIGHT, "2011-12-30 18:00", id="a morning that never was"
        ),
        pytest.param(
            "2026-01-15 03:00", "UTC", Quiet(time(8), time(8)), "2026-01-15 03:00", id="no quiet hours"
        ),
    ],
)
def test_nobody_is_woken(now: str, zone: str, quiet: Quiet, expected: str) -> None:
    assert waking(at(now), zone, quiet) == at(expected)


@given(MOMENTS, st.sampled_from(ZONES), WALLS, WALLS)
def test_no_message_is_begun_in_quiet_hours_anywhere(
    now: datetime, zone: str, start: time, end: time
) -> None:
    quiet = Quiet(start, end)
    then = waking(now, zone, quiet)
    assert then >= now
    assert not quiet.holds(then.astimezone(ZoneInfo(zone)).time())
    assert waking(then, zone, quiet) == then


@given(MOMENTS, st.sampled_from(ZONES), st.builds(Quiet, WALLS, WALLS), st.floats(0, 1, exclude_max=True))
def test_and_none_waits_longer_than_the_quiet_hours(
    now: datetime, zone: str, quiet: Quiet, part: float
) -> None:
    then = waking(now, zone, quiet)
    between = now + (then - now) * part
    place = ZoneInfo(zone)
    assume(now.astimezone(place).utcoffset() == then.astimezone(place).utcoffset())
    assert between == then or quiet.holds(between.astimezone(place).time())


@pytest.mark.parametrize("quiet", [NIGHT, Quiet(time(1), time(6))])
def test_around_a_clock_change_nobody_is_woken_either(quiet: Quiet) -> None:
    changes = [(zone, day) for zone in ZONES[::5] for day in changes_of_2026(ZoneInfo(zone))]
    assert len(changes) > 30
    for zone, day in changes:
        for quarter in range(-96, 192):
            then = waking(day + quarter * timedelta(minutes=15), zone, quiet)
            assert not quiet.holds(then.astimezone(ZoneInfo(zone)).time())


def changes_of_2026(place: ZoneInfo) -> list[datetime]:
    """Find the days on which a zone's clocks change."""
    days = [at("2026-01-01 00:00") + timedelta(days=day) for day in range(365)]
    offsets = [day.astimezone(place).utcoffset() for day in days]
    return [day for day, now, later in zip(days, offsets, offsets[1:], strict=False) if now != later]


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-01-15 07:59", "UTC", "2026-01-15 08:00"),
        ("2026-01-15 08:00", "UTC", "2026-01-16 08:00"),
        ("2026-01-15 12:00", "UTC", "2026-01-16 08:00"),
        ("2026-01-15 23:00", "UTC", "2026-01-16 08:00"),
        ("2026-01-15 12:00", "Asia/Tokyo", "2026-01-15 23:00"),
        ("2011-12-30 09:00", "Pacific/Apia", "2011-12-30 18:00"),  # a morning that never was
    ],
)
def test_what_can_wait_waits_for_the_morning(now: str, zone: str, expected: str) -> None:
    assert morning(at(now), zone, NIGHT) == at(expected)


@given(MOMENTS, st.sampled_from(ZONES), WALLS, WALLS)
def test_a_morning_is_to_come_and_not_quiet(now: datetime, zone: str, start: time, end: time) -> None:
    quiet = Quiet(start, end)
    then = morning(now, zone, quiet)
    assert then > now
    assert not quiet.holds(then.astimezone(ZoneInfo(zone)).time())


# Putting a check-in off


@pytest.mark.parametrize(
    ("delay", "now", "until"),
    [
        # Berlin is an hour ahead of UTC: 10:00 there.
        pytest.param(Delay(), "2026-11-23 09:00", "2026-11-23 12:00", id="no time said: three hours"),
        pytest.param(Delay(20), "2026-11-23 09:00", "2026-11-23 09:20", id="minutes"),
        pytest.param(Delay(), "2026-11-23 18:00", "2026-11-24 07:00", id="not at night"),
        pytest.param(Delay(None, Until.TOMORROW), "2026-11-23 09:00", "2026-11-24 09:00", id="tomorrow"),
        pytest.param(Delay(None, Until.MORNING), "2026-11-23 09:00", "2026-11-24 08:00", id="morning"),
        pytest.param(
            Delay(None, Until.TOMORROW_MORNING), "2026-11-23 09:00", "2026-11-24 08:00", id="tomorrow morning"
        ),
        pytest.param(
            Delay(None, Until.TOMORROW_MORNING),
            "2026-11-22 23:00",
            "2026-11-24 08:00",
            id="tomorrow morning, said at midnight: not the coming one",
        ),
        pytest.param(
            Delay(None, Until.TOMORROW_MORNING),
            "2026-11-23 22:59",
            "2026-11-24 08:00",
            id="tomorrow morning, said before midnight",
        ),
        pytest.param(
            Delay(None, Until.TOMORROW_AFTERNOON), "2026-11-23 09:00", "2026-11-24 13:00", id="its noon"
        ),
        pytest.param(
            Delay(None, Until.TOMORROW_EVENING), "2026-11-23 09:00", "2026-11-24 18:00", id="its eve"
        ),
        pytest.param(Delay(119), "2026-11-23 18:00", "2026-11-23 19:59", id="the last minute of the day"),
        pytest.param(Delay(120), "2026-11-23 18:00", "2026-11-24 07:00", id="the first of the night"),
        pytest.param(Delay(120), "2026-11-24 04:59", "2026-11-24 07:00", id="the last of the night"),
        pytest.param(Delay(120), "2026-11-24 05:00", "2026-11-24 07:00", id="the first of the morning"),
        pytest.param(Delay(None, Until.AFTERNOON), "2026-11-23 09:00", "2026-11-23 13:00", id="afternoon"),
        pytest.param(Delay(None, Until.EVENING), "2026-11-23 09:00", "2026-11-23 18:00", id="evening"),
        pytest.param(
            Delay(None, Until.EVENING), "2026-11-23 17:30", "2026-11-23 18:00", id="half an hour off"
        ),
        pytest.param(Delay(None, Until.EVENING), "2026-11-23 17:31", "2026-11-24 18:00", id="a minute less"),
    ],
)
def test_when_a_check_in_is_put_again(delay: Delay, now: str, until: str) -> None:
    found = pause(delay, at(now), "Europe/Berlin", quiet=NIGHT, expires_at=at("2026-11-30 09:00"))
    assert found == Pause(at(until), cut=False)


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        pytest.param(
            "2026-11-23 13:00", Pause(at("2026-11-23 12:00"), cut=False), id="just as long as asked"
        ),
        pytest.param(
            "2026-11-23 12:59", Pause(at("2026-11-23 11:59"), cut=True), id="an hour before its end"
        ),
        pytest.param("2026-11-23 10:01", Pause(at("2026-11-23 09:01"), cut=True), id="a minute is left"),
        pytest.param("2026-11-23 10:00", None, id="no time is left"),
    ],
)
def test_a_check_in_is_put_again_while_it_is_open(expires: str, expected: Pause | None) -> None:
    now = at("2026-11-23 09:00")
    assert pause(Delay(), now, "Europe/Berlin", quiet=NIGHT, expires_at=at(expires)) == expected


def test_a_check_in_that_is_over_by_the_morning_is_not_put_again() -> None:
    now, over = at("2026-11-23 18:00"), at("2026-11-24 06:59")
    assert pause(Delay(), now, "Europe/Berlin", quiet=NIGHT, expires_at=over) is None


@given(
    MOMENTS,
    st.sampled_from(ZONES),
    st.builds(Delay, st.none() | st.integers(0, 10**9), st.none() | st.sampled_from(Until)),
    st.integers(0, 10_000),
)
def test_a_pause_ends_awake_and_in_time(now: datetime, zone: str, delay: Delay, minutes: int) -> None:
    expires_at = now + timedelta(minutes=minutes)
    found = pause(delay, now, zone, quiet=NIGHT, expires_at=expires_at)
    if found is not None:
        assert now <= found.until < expires_at
        assert not NIGHT.holds(found.until.astimezone(ZoneInfo(zone)).time())
