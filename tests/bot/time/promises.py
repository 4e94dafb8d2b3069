"""When schedules must have fallen due, read off a clock that is walked minute by minute.

Nothing here uses the timetable's own arithmetic: it is what that arithmetic is held against.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.timetable import AfterEnrolment, BeforeSession, Cron, Every, Weekly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.timetable.rules import CalendarRule, SessionRule

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(slots=True)
class Walk:
    """A zone's clock, looked at every minute from a moment on; it goes on as far as it is asked.

    Attributes:
        zone: whose clock.
        at: the last minute that was looked at.
        first: when each (local date, wall time) was first shown, or jumped over: then just after the jump.
    """

    zone: ZoneInfo
    at: datetime
    first: dict[tuple[date, time], datetime] = field(default_factory=dict)

    def until(self, moment: datetime) -> None:
        """Look at the clock every minute up to a moment."""
        shown = self._shown()
        while self.at < moment:
            before, self.at = shown, self.at + _MINUTE
            shown = self._shown()
            skipped = before + _MINUTE
            while skipped < shown:
                if skipped.date() in {before.date(), shown.date()}:  # a date that never comes has no times
                    self._note(skipped)
                skipped += _MINUTE
            self._note(shown)

    def _shown(self) -> datetime:
        return self.at.astimezone(self.zone).replace(tzinfo=None)

    def _note(self, shown: datetime) -> None:
        self.first.setdefault((shown.date(), shown.time()), self.at)


@lru_cache(maxsize=64)
def _walk(zone: str, begins: date) -> Walk:
    return Walk(ZoneInfo(zone), datetime.combine(begins - 2 * _DAY, time(), UTC))


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which neither the config nor the client changed: after one moment, up to another.

    Attributes:
        zone: the client's zone.
        begins: a date before all moments, from which the clock is walked.
        after: the moment of the last tick.
        until: the moment of this one.
    """

    zone: str
    begins: date
    after: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment is within the span."""
        return self.after < moment <= self.until

    def day_of(self, moment: datetime) -> date:
        """Give the local date of a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def around(self, rule: SessionRule, starts: datetime, ends: datetime) -> datetime:
        """Give when what is asked around a session falls due."""
        before, away = isinstance(rule, BeforeSession), rule.away
        if away.days is None:
            apart = timedelta(minutes=away.minutes)
            return starts - apart if before else ends + apart
        assert before, "this test's own schedules after a session count in minutes"
        day = self.day_of(starts) - away.days * _DAY
        due = self._shown_at(day, away.at)
        return due if due < starts else self._shown_at(day - _DAY, away.at)

    def _shown_at(self, day: date, wall: time) -> datetime:
        walk = _walk(self.zone, self.begins)
        walk.until(datetime.combine(day + 2 * _DAY, time(), UTC))
        return walk.first[day, wall]

    def fallen(self, rule: CalendarRule, counted_from: date | None) -> Iterator[tuple[date, time]]:
        """Give the (local date, wall time) at which a rule fell due within the span, in order.

        Two wall times that a jump of the clock brings to one moment are one: the first.

        Args:
            rule: the rule.
            counted_from: the date from which it counts its days; where None, one that counts gives nothing.
        """
        walk = _walk(self.zone, self.begins)
        walk.until(self.until + _DAY)
        moments = set()
        day = self.day_of(self.after) - _DAY
        while day <= self.day_of(self.until) + _DAY:
            for wall in sorted(_walls(rule, day, counted_from)):
                due = walk.first.get((day, wall))
                if due is not None and due not in moments:
                    moments.add(due)
                    if self.holds(due):
                        yield day, wall
            day += _DAY


def _walls(rule: CalendarRule, day: date, counted_from: date | None) -> Iterator[time]:
    """Give the wall times that a rule names for a date."""
    match rule:
        case Weekly(slots):
            yield from (at for weekday, at in slots if weekday == day.weekday())
        case Cron(expression):
            minute, hours, *others = expression.split()
            assert others == ["*", "*", "*"], "this test's own cron expressions are of every day"
            yield from (time(int(hour), int(minute)) for hour in hours.split(","))
        case Every(1, at):
            yield at
        case Every(days, at):
            gone = None if counted_from is None else (day - counted_from).days
            if gone is not None and gone > 0 and gone % days == 0:
                yield at
        case AfterEnrolment(slots):
            yield from (at for days, at in slots if counted_from and (day - counted_from).days == days)
