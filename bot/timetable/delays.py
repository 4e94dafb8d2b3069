"""How long a client wants to be left alone, and when a check-in is put again that they put off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.replies import Until
from bot.timetable.clocks import Quiet, day_of, moment, waking

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        Until.TOMORROW_MORNING: time(9),
        Until.TOMORROW_AFTERNOON: time(14),
        Until.TOMORROW_EVENING: time(19),
    }
)
"""When "tomorrow" and the times of day are, on the client's clock. This project's own."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delay:
    """How long somebody wants to be left alone: minutes, or until a time; PUT_OFF where neither is said."""

    minutes: int | None = None
    until: Until | None = None

    def end(self, now: datetime, zone: str) -> datetime:
        """Give the moment that is meant."""
        if self.until is None:
            return now + (PUT_OFF if self.minutes is None else min(timedelta(minutes=self.minutes), A_YEAR))
        today = day_of(now, zone)
        then = moment(today, WALL_TIMES[self.until], zone)
        if self.until.is_tomorrow or then < now + NOT_BEFORE:
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
