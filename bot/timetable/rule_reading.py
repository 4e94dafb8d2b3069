"""Rules as people write them, in the config, on the command line or as JSON: a table of one key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING, NoReturn

from cronsim import CronSimError

from bot.timetable.clocks import DAYS
from bot.timetable.rules import (
    AfterEnrolment,
    AfterSession,
    Away,
    BeforeSession,
    Cron,
    Every,
    Rule,
    Weekly,
    cron_fields,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_DAYS = 366
"""Days that may lie between two occurrences, or between one and its session or enrolment."""

_LONGEST_CRON = 200
"""Characters of a cron expression."""

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


def _refuse(problem: str, instead: str) -> NoReturn:
    raise RuleError(problem, instead)


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
        cron_fields(expression)
    except CronSimError as error:
        if _names_no_date(expression):
            _refuse("never comes: there is no such day in those months", instead)
        _refuse(f"is no cron expression ({str(error).lower()})", instead)
    return Cron(expression)


def _names_no_date(expression: str) -> bool:
    """Tell whether an expression that can't be read could be in other months: "0 9 31 2 *"."""
    minute, hour, day, month, weekday = expression.split()
    try:
        cron_fields(f"{minute} {hour} {day} * {weekday}")
        cron_fields(f"{minute} {hour} * {month} {weekday}")
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
