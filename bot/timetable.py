"""When things happen: local dates and wall times turned into moments. Pure: now is an argument.

A wall time that a clock change skips falls on the first moment after the gap; one that comes twice is
the first of the two. A schedule has one occurrence per local date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.replies import Until

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

A_YEAR = timedelta(days=365)

PUT_OFF = timedelta(hours=3)
"""How long a check-in is put off where the client says no time."""

LAST_CALL = timedelta(hours=1)
"""How long before a check-in is over it is put again at the latest."""

NOT_BEFORE = timedelta(minutes=30)
"""How far away a time of day must be to be the one that is meant."""

WALL_TIMES: Mapping[Until, time] = MappingProxyType(
    {
        Until.TOMORROW: time(10),
        Until.MORNING: time(9),
        Until.AFTERNOON: time(14),
        Until.EVENING: time(19),
    }
)
"""When "tomorrow" and the times of day are, on the client's clock. This project's own."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Routine:
    """One schedule of the config.

    Attributes:
        name: its key.
        measures: what is asked, in this order.
        weekday: 0 for Monday, where it comes every week; None where it comes every `days` days.
        days: days between occurrences; 7 for a weekly one.
        at: wall time in the client's zone.
        remind_after: how long after it opened an unanswered check-in is reminded of; None for never.
        expires_after: how long it stays open.
        default: whether new clients get it.
        together: whether all questions of a measure are put in one message.
    """

    name: str
    measures: tuple[str, ...]
    weekday: int | None
    days: int
    at: time
    remind_after: timedelta | None
    expires_after: timedelta
    default: bool = True
    together: bool = False

    def rule(self, zone: str) -> str:
        """Write when it falls due, so that a change can be seen by comparing."""
        every = DAYS[self.weekday] if self.weekday is not None else f"every {self.days} days"
        return f"{every} {self.at:%H:%M} {zone}"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a schedule falls due: its local date, and the moment (aware UTC)."""

    local_date: date
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours in which the bot starts no message, as wall times; `start` may be after `end`."""

    start: time
    end: time

    def holds(self, wall: time) -> bool:
        """Tell whether a wall time is quiet. Where start and end are the same, none is."""
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


def moment(day: date, wall: time, zone: str) -> datetime:
    """Turn a wall time of a local date into a moment (aware UTC)."""
    place = ZoneInfo(zone)
    early = datetime.combine(day, wall, place).replace(fold=0)
    if early.astimezone(UTC).astimezone(place).replace(tzinfo=None) == early.replace(tzinfo=None):
        return early.astimezone(UTC)
    return _after_gap(early.replace(fold=1).astimezone(UTC), early.astimezone(UTC), place)


def _after_gap(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """Find the moment of a clock change between two moments, to the second."""
    offset = before.astimezone(place).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(place).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def first(routine: Routine, now: datetime, zone: str) -> Occurrence:
    """Give the first occurrence after `now`."""
    day = now.astimezone(ZoneInfo(zone)).date()
    while True:
        if routine.weekday is None or day.weekday() == routine.weekday:
            due = moment(day, routine.at, zone)
            if due > now:
                return Occurrence(day, due)
        day += _DAY


def following(routine: Routine, last: date, zone: str) -> Occurrence:
    """Give the occurrence after the one on the local date `last`."""
    day = last + timedelta(days=routine.days)
    if routine.weekday is not None:
        day = last + timedelta(days=(routine.weekday - last.weekday() - 1) % 7 + 1)
    return Occurrence(day, moment(day, routine.at, zone))


def waking(now: datetime, zone: str, quiet: Quiet) -> datetime:
    """Give the first moment from `now` on that is outside a person's quiet hours."""
    when = now
    while quiet.holds(when.astimezone(ZoneInfo(zone)).time()):
        when = _next(when, quiet.end, zone)  # more than once where a clock change skips the waking hours
    return when


def morning(now: datetime, zone: str, quiet: Quiet) -> datetime:
    """Give the next end of a person's quiet hours: when what can wait until the morning is told."""
    return waking(_next(now, quiet.end, zone), zone, quiet)


@dataclass(frozen=True, slots=True)
class Delay:
    """How long somebody wants to be left alone: minutes, or until a time; PUT_OFF where neither is said."""

    minutes: int | None = None
    until: Until | None = None

    def end(self, now: datetime, zone: str) -> datetime:
        """Give the moment that is meant."""
        if self.until is None:
            return now + (PUT_OFF if self.minutes is None else min(timedelta(minutes=self.minutes), A_YEAR))
        today = now.astimezone(ZoneInfo(zone)).date()
        then = moment(today, WALL_TIMES[self.until], zone)
        if self.until is Until.TOMORROW or then < now + NOT_BEFORE:
            return moment(today + _DAY, WALL_TIMES[self.until], zone)
        return then


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when a check-in is put off; `cut` where it is over too soon to wait as long as was asked."""

    until: datetime
    cut: bool


def pause(delay: Delay, now: datetime, zone: str, *, quiet: Quiet, expires_at: datetime) -> Pause | None:
    """Find when to put a check-in again that its client put off: outside their quiet hours, and in time.

    Returns:
        None where it would be over before.
    """
    wanted = delay.end(now, zone)
    latest = expires_at - LAST_CALL
    if latest <= now:
        return None
    until = waking(min(wanted, latest), zone, quiet)
    return Pause(until, cut=latest < wanted) if until < expires_at else None


def _next(now: datetime, wall: time, zone: str) -> datetime:
    """Give the first moment after `now` at which a clock shows `wall`, or would have in a gap."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    second = datetime.combine(today, wall, place).replace(fold=1).astimezone(UTC)
    for comes in (moment(today, wall, zone), second):
        if comes > now:
            return comes
    return moment(today + _DAY, wall, zone)
