"""A calendar's text as parts inside one another, without the lines that are nobody's business here.

Source: RFC 5545, 3.1 (lines and their folds), 3.4 and 3.6 (parts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar.parser import Contentline, unescape_backslash

from bot.calendars.values import CalendarError

MOST_BYTES = 10_000_000

# Descriptions, places, guests and alarms' texts are dropped before anything looks at them.
_KEPT = frozenset(
    {
        *("METHOD", "X-WR-TIMEZONE"),
        *("TZID", "TZOFFSETFROM", "TZOFFSETTO"),
        *("UID", "SUMMARY", "STATUS", "SEQUENCE", "DTSTART", "DTEND", "DURATION"),
        *("RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE"),
    }
)
_DEEPEST = 10
_FOLD = re.compile(r"(?:\r\n?|\n)[ \t]")
_LINE_ENDS = re.compile(r"[\r\n]+")
_KEPT_LINE = re.compile(rf"^(BEGIN|END|{'|'.join(_KEPT)})[:;].*", re.IGNORECASE | re.MULTILINE)

_NOT_A_CALENDAR = "this is not a calendar: give an iCalendar file (.ics), as calendar programs export it"
_DAMAGED = "the calendar is damaged or cut off: export or fetch it again, and give all of it"


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between a BEGIN and its END: its own lines (name and whole) and the parts inside."""

    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def inside(self, name: str) -> Iterator[Part]:
        """Give the parts of one name directly inside this one."""
        return (part for part in self.parts if part.name == name)

    def has(self, name: str) -> bool:
        """Tell whether there is a line of a name."""
        return any(found == name for found, _ in self.lines)

    def value(self, name: str) -> str:
        """Give what the first line of a name says; nothing where there is none, or it makes no sense."""
        line = next((line for found, line in self.lines if found == name), "")
        before, _, after = line.partition(":")
        if ";" not in before:
            return str(unescape_backslash(after)).strip()
        try:
            return Contentline(line).parts()[2].strip()
        except ValueError:
            return ""


def calendars(data: bytes) -> tuple[Part, ...]:
    """Take a file apart into its calendars (most files hold one).

    Raises:
        CalendarError: it is too large, no calendar, or cut off.
    """
    if len(data) > MOST_BYTES:
        msg = f"the calendar is larger than {MOST_BYTES // 1_000_000} MB: export a shorter time"
        raise CalendarError(msg)
    whole = Part("")
    path = [whole]
    text = _LINE_ENDS.sub("\n", _FOLD.sub("", data.decode("utf-8-sig", "replace")))
    for line in _KEPT_LINE.finditer(text):
        _place(line[1].upper(), line[0], path)
    if len(path) > 1:
        raise CalendarError(_DAMAGED)
    found = tuple(whole.inside("VCALENDAR"))
    if not found:
        raise CalendarError(_NOT_A_CALENDAR)
    return found


def _place(name: str, line: str, path: list[Part]) -> None:
    if name == "BEGIN":
        part = Part(_value(line))
        path[-1].parts.append(part)
        path.append(part)
        if len(path) > _DEEPEST:
            raise CalendarError(_DAMAGED)
    elif name == "END":
        if len(path) == 1 or path.pop().name != _value(line):
            raise CalendarError(_DAMAGED)
    else:
        path[-1].lines.append((name, line))


def _value(line: str) -> str:
    return line.partition(":")[2].strip().upper()
