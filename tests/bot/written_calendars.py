"""Calendars written for tests, and how what is read in them is told."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.calendars import Reading, read

CODES = ("AB", "CD", "AB-12")
SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SUMMER = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def reading(
    data: str | bytes, *, start: datetime = SPRING, end: datetime = SUMMER, zone: str = "Europe/Berlin"
) -> Reading:
    """Read a calendar for three clients."""
    return read(data if isinstance(data, bytes) else data.encode(), CODES, start=start, end=end, zone=zone)


def calendar(*events: str, head: str = "") -> str:
    """Write a calendar of events, each given by its lines, separated by spaces around a bar."""
    written = ["BEGIN:VCALENDAR", "VERSION:2.0", *filter(None, [head])]
    for event in events:
        written += ["BEGIN:VEVENT", *event.split(" | "), "END:VEVENT"]
    return "\r\n".join([*written, "END:VCALENDAR", ""])


def told(found: Reading) -> list[str]:
    """Write meetings as readers see them: whose, when in UTC, how many minutes, and whether it is off."""
    return [
        f"{one.code} {one.starts_at:%m-%d %H:%M} {(one.ends_at - one.starts_at).seconds // 60}"
        f"{' off' if one.cancelled else ''}"
        for one in found.meetings
    ]


WEEKLY = (
    "UID:1 | SUMMARY:AB | DTSTART;TZID=Europe/Berlin:20260302T150000 | DURATION:PT50M"
    " | RRULE:FREQ=WEEKLY;COUNT=3"
)
ONCE = "UID:1 | SUMMARY:AB | DTSTART:20260302T140000Z | DURATION:PT50M"
