"""When a schedule asks: every week, every so many days, by cron, or around a session or the enrolment.

A rule knows wall times on a calendar without a zone; `occurrences` turns them into moments. It writes itself
as `text`, so that a changed one is seen by comparing; `rule_reading` reads what people write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, takewhile
from typing import TYPE_CHECKING, assert_never

from cronsim import CronSim

from bot.timetable.clocks import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY = timedelta(days=1)
_SOME_TIME = datetime(2026, 1, 1)  # noqa: DTZ001 (a wall time has no zone)
_YEARS_AHEAD = 50
"""How far a rule looks for its next day: as far as cron expressions are followed."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week, at each of these (weekday, wall time); Monday is 0."""

    slots: tuple[tuple[int, time], ...]

    def walls(self, after: datetime, _anchor: date) -> Iterator[datetime]:
        """Give the wall times after one, in order."""
        by_day = {day: sorted(at for weekday, at in self.slots if weekday == day) for day, _ in self.slots}
        for day in _days(after.date()):
            for at in by_day.get(day.weekday(), ()):
                if (wall := datetime.combine(day, at)) > after:
                    yield wall

    @property
    def text(self) -> str:
        """Write the rule: "mon 10:00, thu 18:00"."""
        return ", ".join(f"{DAYS[day]} {at:%H:%M}" for day, at in sorted(self.slots))


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many days, counted from an anchor: the first day, or the first such weekday from there on."""

    days: int
    at: time
    weekday: int | None = None

    def walls(self, after: datetime, anchor: date) -> Iterator[datetime]:
        """Give the wall times after one, in order."""
        if self.weekday is not None:
            anchor += timedelta(days=(self.weekday - anchor.weekday()) % 7)
        gone = max(0, (after.date() - anchor).days // self.days)
        for day in _days(anchor + gone * timedelta(days=self.days), self.days):
            if (wall := datetime.combine(day, self.at)) > after:
                yield wall

    @property
    def text(self) -> str:
        """Write the rule: "14 days 10:00", or "2 weeks mon 10:00"."""
        if self.weekday is None:
            return f"{self.days} days {self.at:%H:%M}"
        return f"{self.days // 7} weeks {DAYS[self.weekday]} {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Cron:
    """By a cron expression of five fields: minute, hour, day of the month, month, day of the week.

    As Debian reads it: where both days are given, either is enough, and one that begins with * is not.
    """

    expression: str

    def walls(self, after: datetime, _anchor: date) -> Iterator[datetime]:
        """Give the wall times after one, in order; an expression that names no day ever gives none."""
        fields, clock = cron_fields(self.expression)
        for day in _days(after.date()):
            if day.month in fields.months and fields.match_day(day):
                yield from (wall for at in clock if (wall := datetime.combine(day, at)) > after)

    @property
    def text(self) -> str:
        """Write the rule as it was given."""
        return f"cron {self.expression}"


@dataclass(frozen=True, slots=True)
class AfterEnrolment:
    """Once, at each of these (days after the client agreed, wall time)."""

    slots: tuple[tuple[int, time], ...]

    def walls(self, after: datetime, anchor: date) -> Iterator[datetime]:
        """Give the wall times after one, in order; `anchor` is the local day on which the client agreed."""
        walls = sorted(datetime.combine(anchor + timedelta(days=days), at) for days, at in self.slots)
        return (wall for wall in walls if wall > after)

    @property
    def text(self) -> str:
        """Write the rule: "after enrolment 3 days 10:00"."""
        return "after enrolment " + ", ".join(f"{days} days {at:%H:%M}" for days, at in sorted(self.slots))


@dataclass(frozen=True, slots=True)
class Away:
    """How far from a session: so many minutes, or so many days at a wall time."""

    minutes: int = 0
    days: int | None = None
    at: time = time()

    @property
    def text(self) -> str:
        """Write it: "90 min", or "1 days 18:00"."""
        return f"{self.minutes} min" if self.days is None else f"{self.days} days {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class BeforeSession:
    """Before each session of the client."""

    away: Away

    @property
    def text(self) -> str:
        """Write the rule."""
        return f"before session {self.away.text}"


@dataclass(frozen=True, slots=True)
class AfterSession:
    """After the end of each session of the client."""

    away: Away

    @property
    def text(self) -> str:
        """Write the rule."""
        return f"after session {self.away.text}"


CalendarRule = Weekly | Every | Cron | AfterEnrolment
SessionRule = BeforeSession | AfterSession
Rule = CalendarRule | SessionRule


def times(rule: Rule) -> tuple[time, ...]:
    """List the wall times that a rule names, to see whether they are quiet."""
    match rule:
        case Weekly(slots) | AfterEnrolment(slots):
            return tuple(at for _, at in slots)
        case Every(_, at):
            return (at,)
        case Cron():
            return cron_fields(rule.expression)[1]
        case BeforeSession(away) | AfterSession(away):
            return () if away.days is None else (away.at,)
        case _:
            assert_never(rule)


@lru_cache(maxsize=1024)
def cron_fields(expression: str) -> tuple[CronSim, tuple[time, ...]]:
    """Read a cron expression: what knows its days and months, and its wall times in order.

    The library would walk on from minute to minute, which takes ten times as long.

    Raises:
        CronSimError: it is none.
    """
    fields = CronSim(expression, _SOME_TIME)
    return fields, tuple(time(hour, at) for hour in sorted(fields.hours) for at in sorted(fields.minutes))


def _days(first: date, step: int = 1) -> Iterator[date]:
    last = first.replace(day=1, year=min(first.year + _YEARS_AHEAD, date.max.year))
    return takewhile(lambda day: day < last, (first + timedelta(days=days) for days in count(0, step)))
