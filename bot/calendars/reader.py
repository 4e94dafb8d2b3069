"""From a calendar's bytes to its meetings."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Component, Event

from bot.calendars import rules
from bot.calendars.naming import naming
from bot.calendars.parts import Part, calendars
from bot.calendars.series import Bounded, Patience
from bot.calendars.values import CalendarError, Meeting, Reading, UnreadableError
from bot.calendars.zones import TIMES, Zones, zones_of

_A_DAY = timedelta(days=1)

# What icalendar, recurring-ical-events and dateutil raise where a file says something that makes no sense.
_SENSELESS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)


def read(data: bytes, codes: Collection[str], *, start: datetime, end: datetime, zone: str) -> Reading:
    """Read the meetings of clients that start between two moments.

    A meeting is a client's where its title holds their code as a word of its own, in capitals or not. Of
    an event nothing is read but its title, times, repetitions and state; of other people's, only the title.
    All-day events are no meetings. One that was moved out of the time asked for isn't in it.

    Args:
        data: an iCalendar file, at most 10 MB.
        codes: the clients' codes.
        start: the earliest start of a meeting (aware).
        end: the first moment that is too late (aware).
        zone: where times are meant that say no zone, in a calendar that says none.

    Raises:
        CalendarError: this is no whole calendar, it is too large, or it repeats without measure.
    """
    search = _Search(naming(codes), start.astimezone(UTC), end.astimezone(UTC), Patience())
    found = [one for calendar in calendars(data) for one in search.through(calendar, zone)]
    # The same event in two calendars of a file is one; the last says how it is.
    meetings = {meeting.key: meeting for one in found for meeting in one.meetings}
    return Reading(
        tuple(sorted(meetings.values(), key=lambda meeting: (meeting.starts_at, meeting.code, meeting.key))),
        ambiguous=sum(one.ambiguous for one in found),
        unreadable=sum(one.unreadable for one in found),
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for: whose meetings, from when, until when, and how long."""

    named: Callable[[str], frozenset[str]]
    start: datetime
    end: datetime
    patience: Patience

    def through(self, calendar: Part, zone: str) -> Iterator[Reading]:
        """Read each event of a calendar that names a client, with what was changed in its repetitions."""
        zones = zones_of(calendar, zone)
        called_off = calendar.value("METHOD").upper() == "CANCEL"
        for parts in _by_uid(calendar):
            if any(self.named(part.value("SUMMARY")) for part in parts) and not self._is_far(parts):
                try:
                    yield self._event(parts, zones, called_off=called_off)
                except CalendarError:
                    raise
                except (*_SENSELESS, UnreadableError):
                    yield Reading((), unreadable=1)

    def _is_far(self, parts: list[Part]) -> bool:
        """Tell at a glance that a single event is at another time, as most are: reading each takes long."""
        if len(parts) > 1 or any(parts[0].has(name) for name in ("RRULE", "RDATE")):
            return False
        day = parts[0].value("DTSTART")[:8]
        if not (day.isascii() and day.isdigit()):
            return False
        return not f"{self.start - _A_DAY:%Y%m%d}" <= day <= f"{self.end + _A_DAY:%Y%m%d}"

    def _event(self, parts: list[Part], zones: Zones, *, called_off: bool) -> Reading:
        uid = parts[0].value("UID")
        if not uid:
            raise UnreadableError
        events = rules.checked([_parsed(part, zones) for part in parts])
        whole = (event for event in events if "RECURRENCE-ID" not in event)
        first = max(whole, key=rules.version, default=None)
        repeats = any(name in event for event in events for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
        meetings, ambiguous = [], 0
        for instance in Bounded(events, self.patience).starting(self.start, self.end) if events else ():
            named = self.named(_title(instance.event) or _title(first))
            ambiguous |= len(named) > 1
            if len(named) == 1:
                meetings.append(
                    Meeting(
                        code=next(iter(named)),
                        key=_key(uid, instance.original if repeats else None),
                        starts_at=instance.starts_at,
                        ends_at=instance.ends_at,
                        cancelled=called_off or _is_off(instance.event) or _is_off(first),
                    )
                )
        return Reading(tuple(meetings), ambiguous=ambiguous)


def _by_uid(calendar: Part) -> list[list[Part]]:
    """Put an event together with what was changed in its repetitions."""
    groups: dict[object, list[Part]] = defaultdict(list)
    for part in calendar.inside("VEVENT"):
        groups[part.value("UID") or id(part)].append(part)
    return list(groups.values())


def _parsed(part: Part, zones: Zones) -> Event:
    """Let icalendar read an event: each line of it once, but those that may come more often."""
    lines: dict[object, str] = {}
    for name, line in part.lines:
        placed = zones.placed(line) if name in TIMES else line
        lines.setdefault(placed if name in rules.MANY else name, placed)
    event = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *lines.values(), "END:VEVENT", ""]))
    if not isinstance(event, Event):
        raise UnreadableError
    return event


def _title(event: Component | None) -> str:
    return str(event.get("SUMMARY", "")).strip() if event is not None else ""


def _is_off(event: Component | None) -> bool:
    return event is not None and str(event.get("STATUS", "")).upper() == "CANCELLED"


def _key(uid: str, original: datetime | None) -> str:
    """Name a meeting. A UID may hold people's addresses, so it is not kept."""
    which = original.isoformat() if original else ""
    return hashlib.sha256(f"{which}\n{uid}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
