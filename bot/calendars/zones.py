"""The zones that a calendar's times are in, under names that mean the same in every file.

icalendar keeps each zone that a file defines under the file's name for it, for as long as the process
lives: one file's "Custom" would decide the times in another's. So a zone that has a name in tzdata goes by
that name, and one that only the file defines goes by what its definition says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from icalendar import Timezone
from icalendar.parser import Contentline
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from bot.calendars.parts import Part
from bot.calendars.values import UnreadableError

TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"})
"""The lines that hold times."""

# What VTIMEZONE needs to tell the offset; without comments and dates of change, so that a zone that is
# fetched every hour is kept once.
_DEFINING = frozenset({"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"})
_MOST_CHANGES = 200
_MOST_OWN = 10
_YEARLY = re.compile(r"RRULE:(?=[^:]*FREQ=YEARLY)[A-Z0-9=;,+-]{1,200}", re.IGNORECASE)
_ONLY_DATES = re.compile(r"\d{8}(?:,\d{8})*")

# What icalendar and dateutil raise at a definition that makes no sense.
_SENSELESS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones of one calendar.

    Attributes:
        floating: the tzdata name of the zone of times that say none.
        own: what the calendar itself defines: its names for zones, and those that icalendar knows.
    """

    floating: str
    own: Mapping[str, str]

    def name(self, tzid: str | None) -> str:
        """Give the name under which icalendar knows a zone, or the floating one where a time says none.

        Raises:
            UnreadableError: nobody says what zone it is; a guess could be hours off.
        """
        if tzid is None:
            return self.floating
        found = public_name(tzid) or self.own.get(tzid)
        if found is None:
            raise UnreadableError
        return found

    def placed(self, line: str) -> str:
        """Write a line of TIMES so that its zone is understood, without what else it says."""
        name, params, value = Contentline(line).raw_parts()
        kept = [f";{param}={params[param]}" for param in ("VALUE", "RANGE") if param in params]
        if params.get("VALUE", "").upper() == "DATE" or _ONLY_DATES.fullmatch(value):
            return f"{name};VALUE=DATE:{value}"
        # A time in UTC needs no zone, and some programs give it one all the same.
        zone = "" if "Z" in value else f";TZID={self.name(params.get('TZID'))}"
        return f"{name}{''.join(kept)}{zone}:{value}"


def zones_of(calendar: Part, zone: str) -> Zones:
    """Find what zones a calendar knows; `zone` is that of its reader, where it doesn't say its own."""
    own = dict(_own(calendar.inside("VTIMEZONE")))
    return Zones(public_name(calendar.value("X-WR-TIMEZONE")) or zone, own)


def public_name(tzid: str) -> str | None:
    """Give the tzdata name of a zone: its own, that of Windows' name, or the end of a longer name."""
    plain = tzid.strip().strip("/")
    for candidate in (plain, WINDOWS_TO_OLSON.get(plain)):
        if candidate in _known():
            return candidate
    # "/freeassociation.sourceforge.net/Europe/Berlin". Source: RFC 5545, 3.2.19.
    ends = (plain.split("/", cut)[-1] for cut in range(1, plain.count("/") + 1)) if tzid[:1] == "/" else ()
    return next((end for end in ends if end in _known()), None)


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones() - {"Factory", "localtime"})


def _own(definitions: Iterable[Part]) -> Iterator[tuple[str, str]]:
    taken = 0
    for definition in definitions:
        tzid = definition.value("TZID")
        if public_name(tzid) is None and taken < _MOST_OWN:
            taken += 1
            name = _taught(definition)
            if name is not None:
                yield tzid, name


def _taught(definition: Part) -> str | None:
    """Let icalendar know a zone, and give the name under which it does; None where it makes no sense."""
    lines = [line for change in definition.parts[:_MOST_CHANGES] for line in _defining(change)]
    name = f"own-{hashlib.sha256(repr(lines).encode()).hexdigest()}"
    try:
        Timezone.from_ical("\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *lines, "END:VTIMEZONE", ""]))
    except _SENSELESS:
        return None
    return name


def _defining(change: Part) -> Iterator[str]:
    yield f"BEGIN:{change.name}"
    for name, line in change.lines:
        # Clocks change by the year; a rule of any other kind is no zone's, and could be endless.
        if name in _DEFINING and (name != "RRULE" or _YEARLY.fullmatch(line)):
            yield line
    yield f"END:{change.name}"
