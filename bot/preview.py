"""What rules lead to: a case as `attune preview -` takes it, and when it falls due."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot import timetable
from bot.settings.times import Date, Days, Region
from bot.settings.values import Zone, nearest
from bot.timetable import DaysOff, Occurrence, Routine, Rule, RuleError

T = TypeVar("T")

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
"""Between these days, both included, a case may lie."""

MOST = 600_000
"""Occurrences of one case: more than a year has minutes."""

_SESSION_MINUTES, _MOST_MINUTES = 50, 24 * 60

_EXAMPLES = {
    "when": '"when": {"cron": "30 2 * * *"}',
    "zone": '"zone": "America/New_York"',
    "from": '"from": "2026-03-07"',
    "to": '"to": "2026-03-09"',
    "start": '"start": "2026-03-01"',
    "end": '"end": "2026-06-30"',
    "skip": '"skip": ["2026-12-24/2027-01-02"]',
    "holidays": '"holidays": "DE-BY"',
    "enrolled": '"enrolled": "2026-02-23"',
    "sessions": '"sessions": [{"at": "2026-03-09T15:00", "minutes": 50}]',
}
"""What a case may hold, each as it is written; the first four it must."""

_NEEDED = tuple(_EXAMPLES)[:4]


class PreviewError(ValueError):
    """A case that can't be previewed: the text says where it is wrong, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Case:
    """A rule, and from when to when it is looked at.

    Attributes:
        routine: the rule, with its start, its end and its days off.
        zone: whose clock it goes by.
        days: the first local date and the last.
        anchor: the local date from which days are counted.
        sessions: when each session starts and ends (aware UTC); rules around sessions look at them.
    """

    routine: Routine
    zone: str
    days: tuple[date, date]
    anchor: date
    sessions: tuple[tuple[datetime, datetime], ...] = ()

    def occurrences(self) -> Iterator[Occurrence]:
        """Give what falls due, in order of time."""
        if not isinstance(self.routine.when, timetable.SessionRule):
            return timetable.between(self.routine, self.days, self.zone, anchor=self.anchor)
        around = (timetable.around_session(self.routine.when, *one, self.zone) for one in self.sessions)
        found = (one for one in around if one is not None and self._holds(one.local_date))
        return iter(sorted(found, key=lambda one: one.due_at))

    def _holds(self, day: date) -> bool:
        start, end = self.routine.start or FIRST, self.routine.end or LAST
        inside = max(start, self.days[0]) <= day <= min(end, self.days[1])
        return inside and not self.routine.off.holds(day)


def previewed(given: object) -> dict[str, object]:
    """Answer a case with its occurrences, in UTC.

    Raises:
        PreviewError: it is no case, or has too many occurrences.
    """
    found = [utc(one.due_at) for one in islice(case_from(given).occurrences(), MOST + 1)]
    if len(found) > MOST:
        _wrong("to", f"there are more than {MOST} occurrences until then", "write an earlier date")
    return {"occurrences": found}


def utc(moment: datetime) -> str:
    """Write a moment in UTC: "2026-03-08T07:00:00Z"."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def case_from(given: object) -> Case:
    """Read a case.

    Raises:
        PreviewError: it is none.
    """
    values = _values(given)
    zone, rule = _read(_ZONES, values["zone"], "zone"), _rule(values["when"])
    first, last = (_day(values, key) or FIRST for key in ("from", "to"))
    if last < first:
        _wrong("to", "is before from", "write a later date, or the same")
    region = _read(_REGIONS, values["holidays"], "holidays") if "holidays" in values else None
    off = DaysOff(tuple(_skipped(values.get("skip", []))), region)
    start, end = _day(values, "start"), _day(values, "end")
    routine = Routine("previewed", (), rule, start=start, end=end, off=off)
    anchor = _day(values, "enrolled") or start or first
    return Case(routine, zone, (first, last), anchor, tuple(_sessions(values.get("sessions", []), zone)))


def _values(given: object) -> Mapping[str, object]:
    """Give what a case says, by key; null says nothing."""
    if not isinstance(given, dict):
        examples = ", ".join(_EXAMPLES[key] for key in _NEEDED)
        msg = f"a case is a JSON object; write e.g. {{{examples}}}"
        raise PreviewError(msg)
    for key in given:
        if key not in _EXAMPLES:
            near = nearest(key, _EXAMPLES)
            _wrong(key[:24], "is nothing that a case has", f"write {near or ', '.join(_EXAMPLES)}")
    values = {key: value for key, value in given.items() if value is not None}
    for key in _NEEDED:
        if key not in values:
            _wrong(key, "is missing", f"write e.g. {_EXAMPLES[key]}")
    return values


def _wrong(key: str, problem: str, instead: str) -> NoReturn:
    msg = f"{key}: {problem}; {instead}"
    raise PreviewError(msg)


_TOML = re.compile(r"(\{ )?(\w+) = (\[[^]]*\]|\"[^\"]*\")(?(1) \})")
"""What the config's texts give as an example: weekly = "mon 10:00", alone or in braces."""


def _rule(given: object) -> Rule:
    try:
        return timetable.read_rule(given)
    except RuleError as error:
        only = next(iter(given)) if isinstance(given, dict) and len(given) == 1 else None
        key = f"when.{only}" if only in timetable.KINDS else "when"
        _wrong(key, error.problem, _TOML.sub(r'{"\2": \3}', error.instead))


_ZONES: TypeAdapter[str] = TypeAdapter(Zone)
_DATES: TypeAdapter[date] = TypeAdapter(Date)
_RANGES: TypeAdapter[tuple[date, date]] = TypeAdapter(Days)
_REGIONS: TypeAdapter[str] = TypeAdapter(Region)


def _text(given: object, key: str) -> str:
    if not isinstance(given, str):
        _wrong(key, "is no text", f"write e.g. {_EXAMPLES[key.partition('[')[0]]}")
    return given


def _read(kind: TypeAdapter[T], given: object, key: str) -> T:
    """Read a text as the settings read it."""
    try:
        return kind.validate_python(_text(given, key))
    except ValidationError as error:
        msg = f"{key}: {error.errors(include_url=False)[0]['msg']}"
        raise PreviewError(msg) from error


def _day(values: Mapping[str, object], key: str) -> date | None:
    """Read a date; None where there is none."""
    return _within(_read(_DATES, values[key], key), key) if key in values else None


def _within(day: date, key: str) -> date:
    if not FIRST <= day <= LAST:
        _wrong(key, f"{day} is out of reach", f"write a date from {FIRST} to {LAST}")
    return day


def _skipped(given: object) -> Iterator[tuple[date, date]]:
    for number, one in enumerate(_listed(given, "skip")):
        yield _read(_RANGES, one, f"skip[{number}]")


def _listed(given: object, key: str) -> Sequence[object]:
    if not isinstance(given, list):
        _wrong(key, "is no list", f"write e.g. {_EXAMPLES[key]}")
    return given


def _sessions(given: object, zone: str) -> Iterator[tuple[datetime, datetime]]:
    for number, one in enumerate(_listed(given, "sessions")):
        key = f"sessions[{number}]"
        if not isinstance(one, dict) or not {"at"} <= one.keys() <= {"at", "minutes"}:
            _wrong(key, "is no session", f"write e.g. {_EXAMPLES['sessions']}")
        starts_at = _moment(one["at"], zone, f"{key}.at")
        yield starts_at, starts_at + timedelta(minutes=_minutes(one.get("minutes"), f"{key}.minutes"))


def _moment(given: object, zone: str, key: str) -> datetime:
    """Read a moment with its offset, or a wall time of the zone."""
    try:
        wall = datetime.fromisoformat(given) if isinstance(given, str) and "T" in given else None
    except ValueError:
        wall = None
    if wall is None:
        _wrong(
            key, "is no time", 'write e.g. "2026-03-09T15:00", or with its offset "2026-03-09T15:00-04:00"'
        )
    _within(wall.date(), key)
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    return timetable.moment(wall.date(), wall.time(), zone)


def _minutes(given: object, key: str) -> int:
    minutes = _SESSION_MINUTES if given is None else given
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= _MOST_MINUTES:
        _wrong(key, "is no length of a session", f"write minutes from 1 to {_MOST_MINUTES}, e.g. 50")
    return minutes
