"""When a session is to be, as a command names it: which moment that is, or why it can't be one."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot import bookings
from bot.bookings import Book, Booking, Start
from bot.days import read_day
from bot.languages import LANGUAGES
from bot.service.sessions import SessionError
from bot.timetable import day_of
from bot.wording import sessions as said

ENGLISH = LANGUAGES["en"]

_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_ISO = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b")
_LAST_HOUR, _LAST_MINUTE = 23, 59


def start_of(written: str, booking: Booking | None, now: datetime, zone: str) -> Start:
    """Find when a session starts.

    Args:
        written: the day and time as they were given.
        booking: what was read in them.
        now: aware UTC.
        zone: on whose clock.

    Raises:
        SessionError: there is no such moment, or none that a session may be at; says why.
    """
    book = booking if isinstance(booking, Book) else None
    start = None if book is None else bookings.start_meant(book, ENGLISH, now, zone)
    if start is None:
        msg = f"{_why_not(written, book, now, zone)}; write e.g. {example(now, zone)}"
        raise SessionError(msg)
    return start


def example(now: datetime, zone: str) -> str:
    """Give a day and time that may be written, which is still to come."""
    return f'"{next_tuesday(day_of(now, zone))} 15:00" or "tue 15:00"'


def next_tuesday(today: date) -> date:
    """Give the first Tuesday after a day."""
    return today + timedelta(days=(1 - today.weekday()) % 7 or 7)


def _why_not(written: str, book: Book | None, now: datetime, zone: str) -> str:
    if day := next((one for one in _ISO.findall(written) if not _is_day(one, now, zone)), None):
        return f"there is no day {day}"
    if at := next((one[0] for one in _CLOCK.finditer(written) if not _is_time(one)), None):
        return f"{at} is no time of day, which is 00:00 to 23:59"
    day_meant = None if book is None else bookings.day_meant(book.day, ENGLISH, day_of(now, zone))
    if book is None or day_meant is None:
        return f'"{written}" is no day and time'
    start = bookings.start_on(day_meant, book.at, zone)
    if start is None:
        return f"the calendar of {zone} leaves {day_meant} out"
    if start.when < now:
        return f"{day_meant} {book.at:%H:%M} is past: a session is entered up to a day afterwards"
    return f"{day_meant} is more than a year ahead"


def _is_day(written: str, now: datetime, zone: str) -> bool:
    return read_day(written, ENGLISH.code, day_of(now, zone)) is not None


def _is_time(found: re.Match[str]) -> bool:
    return int(found[1]) <= _LAST_HOUR and int(found[2]) <= _LAST_MINUTE


def noted(start: Start, zone: str) -> str:
    """Say which moment was taken where a change of the clocks skips a time or shows it twice."""
    match bookings.clock_change(start, zone):
        case "skipped":
            return f". {said.skipped(ENGLISH, f'{start.at:%H:%M}')}"
        case "twice":
            return f". {said.twice(ENGLISH, f'{start.at:%H:%M}')}"
        case _:
            return ""
