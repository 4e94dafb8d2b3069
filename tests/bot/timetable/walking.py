"""What a clock shows, minute by minute: tells when a wall time falls without any arithmetic of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from bot.timetable import Cron, Every, Routine, Weekly, between

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC)
"""The years in which every clock change is looked at: 2026 to 2032."""

WALLS = tuple(
    time.fromisoformat(wall) for wall in ("00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "23:30")
)
"""The wall times that clock changes skip or repeat, and some that they do not."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


_FOUR_DAYS = tuple(number * _MINUTE for number in range(-2 * 24 * 60, 2 * 24 * 60))


@dataclass(frozen=True, slots=True)
class Change:
    """A clock change: its moment, and what clocks are ahead of UTC from then on."""

    at: datetime
    offset: timedelta | None


def every_zone() -> Sequence[str]:
    """List every name of tzdata."""
    return resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()


def distinct_zones() -> Mapping[str, tuple[Change, ...]]:
    """Give one zone for each way in which clocks change in those years, with its changes."""
    files = resources.files("tzdata").joinpath("zoneinfo")
    by_content = {files.joinpath(*name.split("/")).read_bytes(): name for name in reversed(every_zone())}
    by_behaviour: dict[tuple[object, ...], str] = {}
    for name in sorted(by_content.values()):
        found = changes(name, _DAY)
        by_behaviour.setdefault((FIRST.astimezone(ZoneInfo(name)).utcoffset(), *found), name)
    return {name: changes(name, _DAY) for name in by_behaviour.values() if changes(name, _DAY)}


@cache
def changes(zone: str, step: timedelta = _HOUR) -> tuple[Change, ...]:
    """Find a zone's clock changes: by steps, and where the offset differs then minute by minute."""
    return tuple(_changes(ZoneInfo(zone), step))


def _changes(place: ZoneInfo, step: timedelta) -> Iterator[Change]:
    now, before = FIRST, FIRST.astimezone(place).utcoffset()
    while now < LAST:
        if (after := (now + step).astimezone(place).utcoffset()) != before:
            at = now
            while at.astimezone(place).utcoffset() != after:
                at += _MINUTE
            yield Change(at, after)
        now, before = now + step, after


def walked(
    zone: str, around: datetime, walls: Sequence[time] = WALLS
) -> Mapping[tuple[date, time], datetime]:
    """Walk two days before and after a moment, and note when each wall time of three days is reached.

    It is noted at the first minute at which a clock shows it, or shows a later one because it was skipped.
    """
    place = ZoneInfo(zone)
    middle = (around - _MINUTE).astimezone(place).date()
    days = (middle - _DAY, middle, middle + _DAY)
    # Times of one and the same zone are compared as clocks show them.
    wanted = sorted(datetime.combine(day, wall, place) for day in days for wall in walls)
    found: dict[tuple[date, time], datetime] = {}
    following = wanted[0]
    for minute in (around + step for step in _FOUR_DAYS):
        shown = minute.astimezone(place)
        while shown >= following:
            found[following.date(), following.time()] = minute
            if len(found) == len(wanted):
                return found
            following = wanted[len(found)]
    msg = "the walk was too short"
    raise AssertionError(msg)


def faults(zone: str, around: datetime) -> Sequence[str]:
    """Say where daily schedules do not fall due once a date around a moment, just when the walk says."""
    noted = walked(zone, around)
    span = (min(noted)[0], max(noted)[0])
    return [
        f"{zone} {around:%Y-%m-%d %H:%M}Z {rule.text}: {found} instead of {wanted}"
        for wall in WALLS
        for rule in _daily(wall)
        if (found := [(one.local_date, one.due_at) for one in between(_asking(rule), span, zone)])
        != (wanted := [(day, at) for (day, of), at in noted.items() if of == wall])
    ]


def _daily(wall: time) -> Sequence[Every | Weekly | Cron]:
    """Write a daily schedule in every way there is."""
    week = tuple((weekday, wall) for weekday in range(7))
    return Every(1, wall), Weekly(week), Cron(f"{wall.minute} {wall.hour} * * *")


def _asking(rule: Every | Weekly | Cron) -> Routine:
    return Routine("daily", ("ors",), rule)
