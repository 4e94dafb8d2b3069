"""Which events and rules of repetition are read, and how what programs write wrong in them is put right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import prod
from types import MappingProxyType
from typing import TypeVar

from icalendar import Event, vDDDLists, vDDDTypes, vRecur

from bot.calendars.values import CalendarError, UnreadableError

T = TypeVar("T")

# The parts of a rule that choose days. Where no day fits, dateutil looks for one up to the year 9999: a
# second at most by years and months, ten by days, for ever by minutes. So by weeks and less only those are
# read that come true within the year, as calendar programs write them.
_BY_DAY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "YEARLY": frozenset({"BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS"}),
        "MONTHLY": frozenset({"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"}),
        "WEEKLY": frozenset({"BYMONTH", "BYDAY"}),
        "DAILY": frozenset({"BYMONTH", "BYDAY"}),
        "HOURLY": frozenset(),
        "MINUTELY": frozenset(),
    }
)
_BY_TIME = ("BYHOUR", "BYMINUTE", "BYSECOND")
_ANY = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_BY_TIME})
_MOST_TIMES_A_DAY = 100
_LONGEST = 500

MANY = frozenset({"RRULE", "RDATE", "EXDATE"})
"""The lines that an event may have more than one of."""

_EVERY_SECOND = "an event repeats every few seconds: have it repeat daily or less often"


def is_all_day(event: Event) -> bool:
    """Tell whether an event is for whole days: a note or a holiday, no session."""
    return _is_date(moment(event, "DTSTART"))


def _is_date(moment: object) -> bool:
    return isinstance(moment, date) and not isinstance(moment, datetime)


def checked(events: list[Event]) -> list[Event]:
    """Give those of one UID's events that can be meetings, with what is only written wrong put right.

    All-day events are left out, but for one that takes the place of a meeting.

    Raises:
        UnreadableError: one says something that can't be read.
        CalendarError: one repeats every few seconds.
    """
    for event in events:
        _check(event)
    whole = [event for event in events if "RECURRENCE-ID" not in event]
    changed = [event for event in events if "RECURRENCE-ID" in event]
    if len({moment(event, "DTSTART") for event in _latest(whole)}) > 1:
        raise UnreadableError  # different events under one name
    start = moment(max(whole, key=version), "DTSTART") if whole else None
    if not isinstance(start, datetime):
        return [event for event in changed if not is_all_day(event)]
    for event in changed:
        if _is_date(moment(event, "RECURRENCE-ID")):
            raise UnreadableError  # says the day, not which meeting of the day was changed
        _say_in(event, start.tzinfo)
    return [event for event in whole if not is_all_day(event)] + changed


def version(event: Event) -> int:
    """Give how often an event was changed, so far as it says."""
    said = event.get("SEQUENCE", -1)
    return int(said) if isinstance(said, int) else -1


def _say_in(event: Event, zone: tzinfo | None) -> None:
    """Put the times of a change on the clock of its series: what is moved with it moves by clock time."""
    for name in ("RECURRENCE-ID", "DTSTART", "DTEND"):
        said = moment(event, name) if name in event else None
        if isinstance(said, datetime):
            params = event[name].params
            event[name] = vDDDTypes(said.astimezone(zone))
            event[name].params.update({"RANGE": params["RANGE"]} if "RANGE" in params else {})


def _latest(events: list[Event]) -> list[Event]:
    newest = max(map(version, events), default=-1)
    return [event for event in events if version(event) == newest]


def _check(event: Event) -> None:
    if "DTSTART" not in event and "RECURRENCE-ID" in event:
        event["DTSTART"] = event["RECURRENCE-ID"]  # calling one off takes no more. Source: RFC 5546, 3.2.5
    start = moment(event, "DTSTART")
    if not isinstance(event.get("SEQUENCE", 0), int):
        del event["SEQUENCE"]
    if "EXRULE" in event or _ends_before(event, start):
        raise UnreadableError
    if not isinstance(start, datetime):
        return
    if any(_is_date(further) for further in _further(event)):
        raise UnreadableError
    for rule in _many(event, "RRULE", vRecur):
        _check_rule(rule)
        _end_in_utc(rule, start)


def moment(event: Event, name: str) -> date:
    """Give what a line of an event says: a moment (a datetime), or a day."""
    said = event[name]
    if not isinstance(said, vDDDTypes) or not isinstance(said.dt, date):
        raise UnreadableError
    return said.dt


def _ends_before(event: Event, start: date) -> bool:
    if "DTEND" in event and moment(event, "DTEND") < start:
        return True
    lasts = getattr(event.get("DURATION"), "dt", None) if "DURATION" in event else timedelta()
    return not isinstance(lasts, timedelta) or lasts < timedelta()


def _further(event: Event) -> Iterable[object]:
    return [entry.dt for dates in _many(event, "RDATE", vDDDLists) for entry in dates.dts]


def _many(event: Event, name: str, kind: type[T]) -> list[T]:
    """Give what the lines of a name say, of which an event may have none, one or several."""
    found = event.get(name, [])
    every = found if isinstance(found, list) else [found]
    if not all(isinstance(one, kind) for one in every):
        raise UnreadableError
    return every


def _check_rule(rule: vRecur) -> None:
    (often,) = rule["FREQ"]
    if often == "SECONDLY":
        raise CalendarError(_EVERY_SECOND)
    if len(rule.to_ical()) > _LONGEST or min(rule.get("INTERVAL", [1])) < 1:
        raise UnreadableError
    if not rule.keys() <= _ANY | _BY_DAY[often]:
        raise UnreadableError
    if prod(len(set(rule.get(name, [0]))) for name in _BY_TIME) > _MOST_TIMES_A_DAY:
        raise UnreadableError


def _end_in_utc(rule: vRecur, start: datetime) -> None:
    """Say in UTC when a rule ends, where it is said as a day (which it includes) or on the event's clock."""
    if "UNTIL" in rule:
        (until,) = rule["UNTIL"]
        if not isinstance(until, datetime):
            until = datetime.combine(until, time.max.replace(microsecond=0))
        rule["UNTIL"] = [(until if until.tzinfo else until.replace(tzinfo=start.tzinfo)).astimezone(UTC)]
