"""When a schedule asks: every week, every so many days, by cron, or around a session or the enrolment.

A rule knows wall times on a calendar without a zone; `occurrences` turns them into moments. What a rule is
written as (`read_rule`) is what it writes itself as (`text`), so that a changed one is seen by comparing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, takewhile
from typing import TYPE_CHECKING, NoReturn, assert_never

from cronsim import CronSim, CronSimError

from bot.timetable.clocks import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DAY = timedelta(days=1)
_SOME_TIME = datetime(2026, 1, 1)  # noqa: DTZ001 (a wall time has no zone)
_YEARS_AHEAD = 50
"""How far a rule looks for its next day: as far as cron expressions are followed."""

_LONGEST_CRON = 200
"""Characters of a cron expression."""

MOST_DAYS = 366
"""Days that may lie between two occurrences, or between one and its session or enrolment."""

_MINUTES = {"min": 1, "minute": 1, "h": 60, "hour": 60}
_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = "|".join((*_DAY_NAMES, *DAYS))
_WEEKLY = re.compile(rf"({_WEEKDAY}) {_CLOCK}")
_EVERY = re.compile(rf"(\d{{1,3}}) (day|week)s?(?: ({_WEEKDAY}))? {_CLOCK}")
_AWAY = re.compile(rf"(\d{{1,3}}) days? {_CLOCK}")
_SPAN = re.compile(rf"(\d{{1,4}}) ({'|'.join(_MINUTES)})s?")


class RuleError(ValueError):
    """A rule that can't be read: what is wrong with it, and what to write instead."""

    def __init__(self, problem: str, instead: str) -> None:
        """Keep both halves: the config shows them apart."""
        super().__init__(f"{problem}; {instead}")
        self.problem = problem
        self.instead = instead


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
        fields, clock = _fields(self.expression)
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


def read_rule(given: object) -> Rule:
    """Read a rule as the config or `attune preview -` writes it: a table of one key.

    Raises:
        RuleError: it is none; says what to write instead.
    """
    kinds = list(given.items()) if isinstance(given, Mapping) else []
    if len(kinds) != 1 or kinds[0][0] not in _READERS:
        problem = "names more than one kind of time" if len(kinds) > 1 else "names no kind of time"
        if len(kinds) == 1 and len(name := str(kinds[0][0])) <= len("after_enrolment"):
            problem = f'"{name}" is no kind of time'
        _refuse(problem, f'write one of {", ".join(_READERS)}, e.g. {{ weekly = "mon 10:00" }}')
    return _READERS[kinds[0][0]](kinds[0][1])


def times(rule: Rule) -> tuple[time, ...]:
    """List the wall times that a rule names, to see whether they are quiet."""
    match rule:
        case Weekly(slots) | AfterEnrolment(slots):
            return tuple(at for _, at in slots)
        case Every(_, at):
            return (at,)
        case Cron():
            return _fields(rule.expression)[1]
        case BeforeSession(away) | AfterSession(away):
            return () if away.days is None else (away.at,)
        case _:
            assert_never(rule)


@lru_cache(maxsize=1024)
def _fields(expression: str) -> tuple[CronSim, tuple[time, ...]]:
    """Read a cron expression: what knows its days and months, and its wall times in order.

    The library would walk on from minute to minute, which takes ten times as long.
    """
    fields = CronSim(expression, _SOME_TIME)
    return fields, tuple(time(hour, at) for hour in sorted(fields.hours) for at in sorted(fields.minutes))


def _refuse(problem: str, instead: str) -> NoReturn:
    raise RuleError(problem, instead)


def _days(first: date, step: int = 1) -> Iterator[date]:
    last = first.replace(day=1, year=min(first.year + _YEARS_AHEAD, date.max.year))
    return takewhile(lambda day: day < last, (first + timedelta(days=days) for days in count(0, step)))


def _weekly(given: object) -> Weekly:
    slots = tuple(_slot(one) for one in _listed(given, _weekly_wrong))
    return Weekly(slots) if len(set(slots)) == len(slots) else _weekly_wrong()


def _slot(text: str) -> tuple[int, time]:
    found = _WEEKLY.fullmatch(text) or _weekly_wrong()
    return _weekday(found[1]), _time(found[2], found[3])


def _weekday(name: str) -> int:
    """Read a weekday, in full or by its first three letters; Monday is 0."""
    return DAYS.index(name[:3])


def _weekly_wrong() -> NoReturn:
    _refuse(
        "is no weekday and time", 'write e.g. weekly = "mon 10:00", or weekly = ["mon 10:00", "thu 18:00"]'
    )


def _every(given: object) -> Every:
    found = _EVERY.fullmatch(_folded(given))
    days = 0 if found is None else int(found[1]) * (7 if found[2] == "week" else 1)
    if found is None or not 1 <= days <= MOST_DAYS or (found[3] and found[2] == "day"):
        _refuse(
            "is no number of days and time",
            f'write e.g. every = "14 days 10:00" (1 to {MOST_DAYS} days), or every = "2 weeks mon 10:00"',
        )
    return Every(days, _time(found[4], found[5]), _weekday(found[3]) if found[3] else None)


def _cron(given: object) -> Cron:
    expression = " ".join(given.split()) if isinstance(given, str) else ""
    instead = 'write five fields, e.g. cron = "0 10 * * mon": minute, hour, day, month, day of the week'
    if len(expression) > _LONGEST_CRON or len(expression.split()) != 5:  # noqa: PLR2004 (cron's five fields)
        _refuse("is no cron expression of five fields", instead)
    try:
        _fields(expression)
    except CronSimError as error:
        if _names_no_date(expression):
            _refuse("never comes: there is no such day in those months", instead)
        _refuse(f"is no cron expression ({str(error).lower()})", instead)
    return Cron(expression)


def _names_no_date(expression: str) -> bool:
    """Tell whether an expression that can't be read could be in other months: "0 9 31 2 *"."""
    minute, hour, day, month, weekday = expression.split()
    try:
        _fields(f"{minute} {hour} {day} * {weekday}")
        _fields(f"{minute} {hour} * {month} {weekday}")
    except CronSimError:
        return False
    return True


def _after_enrolment(given: object) -> AfterEnrolment:
    return AfterEnrolment(tuple(_away_days(one) for one in _listed(given, _enrolment_wrong)))


def _away_days(text: str) -> tuple[int, time]:
    found = _AWAY.fullmatch(text) or _enrolment_wrong()
    if int(found[1]) > MOST_DAYS:
        _enrolment_wrong()
    return int(found[1]), _time(found[2], found[3])


def _enrolment_wrong() -> NoReturn:
    _refuse(
        "is no number of days and time",
        f'write e.g. after_enrolment = "3 days 10:00" (at most {MOST_DAYS} days), or a list of such',
    )


def _away(name: str) -> Callable[[object], Away]:
    def read(given: object) -> Away:
        text = _folded(given)
        if (found := _AWAY.fullmatch(text)) and int(found[1]) <= MOST_DAYS:
            return Away(days=int(found[1]), at=_time(found[2], found[3]))
        if (found := _SPAN.fullmatch(text)) and int(found[1]) * _MINUTES[found[2]] <= MOST_DAYS * 24 * 60:
            return Away(minutes=int(found[1]) * _MINUTES[found[2]])
        _refuse(
            "is no length of time",
            f'write e.g. {name} = "2 hours", {name} = "30 min" or, at a time of day, {name} = "1 day 18:00"',
        )

    return read


def _listed(given: object, wrong: Callable[[], NoReturn]) -> Sequence[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list | tuple) or not texts or len(set(map(_folded, texts))) < len(texts):
        wrong()
    return [_folded(one) for one in texts]


def _folded(given: object) -> str:
    return " ".join(given.lower().split()) if isinstance(given, str) else ""


def _time(hour: str, minute: str) -> time:
    return time(int(hour), int(minute))


_READERS: Mapping[str, Callable[[object], Rule]] = {
    "weekly": _weekly,
    "every": _every,
    "cron": _cron,
    "before_session": lambda given: BeforeSession(_away("before_session")(given)),
    "after_session": lambda given: AfterSession(_away("after_session")(given)),
    "after_enrolment": _after_enrolment,
}

KINDS = tuple(_READERS)
"""What a rule may be called, as the config writes it."""
