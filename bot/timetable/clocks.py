"""Clocks: local dates and wall times turned into moments, and the hours in which nobody is written to.

A wall time that a clock change skips falls on the first moment after the gap; one that comes twice is
the first of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY = timedelta(days=1)


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
    here = datetime.combine(day, wall, place)
    first, second = (here.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    # Only in a gap is the second before the first: it is read by the clock after the change (PEP 495).
    return first if first <= second else _after_gap(second, first, place)


def day_of(when: datetime, zone: str) -> date:
    """Give the date that a moment has on a zone's calendar."""
    return when.astimezone(ZoneInfo(zone)).date()


def exists(day: date, zone: str) -> bool:
    """Tell whether a zone has a local date: some have left one out to change sides of the date line."""
    return day_of(moment(day, time(), zone), zone) == day


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


def waking(now: datetime, zone: str, quiet: Quiet) -> datetime:
    """Give the first moment from `now` on that is outside a person's quiet hours."""
    when = now
    while quiet.holds(when.astimezone(ZoneInfo(zone)).time()):
        when = _next(when, quiet.end, zone)  # more than once where a clock change skips the waking hours
    return when


def morning(now: datetime, zone: str, quiet: Quiet) -> datetime:
    """Give the next end of a person's quiet hours: when what can wait until the morning is told."""
    return waking(_next(now, quiet.end, zone), zone, quiet)


def _next(now: datetime, wall: time, zone: str) -> datetime:
    """Give the first moment after `now` at which a clock shows `wall`, or would have in a gap."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    second = datetime.combine(today, wall, place).replace(fold=1).astimezone(UTC)
    for comes in (moment(today, wall, zone), second):
        if comes > now:
            return comes
    return moment(today + _DAY, wall, zone)
