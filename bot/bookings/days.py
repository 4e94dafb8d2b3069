"""Which day and which moment are meant by what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot import timetable
from bot.bookings.values import Book
from bot.bookings.vocabulary import vocabulary
from bot.days import read_day
from bot.languages import LANGUAGES, Language
from bot.plain import fold

AHEAD = timedelta(days=366)
"""How far ahead a session may be."""

BEHIND = timedelta(days=1)
"""How long ago a session may have been that is entered."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Start:
    """When a session starts: its local date, the wall time as written, and the moment (aware UTC)."""

    day: date
    at: time
    when: datetime


def day_meant(written: str, language: Language, today: date, *, since: date | None = None) -> date | None:
    """Find which day is meant: a weekday, today, tomorrow, a date. None where it is no day.

    Args:
        written: the day as it was written; a weekday beside a date has to be the right one.
        language: the writer's.
        today: the writer's day.
        since: from which day on the next such is meant; `today` where none is given.
    """
    known = vocabulary(language.code)
    text = known.on.sub("", fold(written)).strip(" ,.")
    if text in known.today:
        return today
    if text in known.tomorrow:
        return today + _DAY
    begin = since or today
    if (weekday := known.weekday(text)) is not None:
        return begin + timedelta(days=(weekday - begin.weekday()) % 7)
    first, _, rest = text.partition(" ")
    weekday = known.weekday(first.strip(",")) if rest else None
    day = read_day(rest if weekday is not None else text, language.code, begin)
    return day if weekday is None or (day is not None and day.weekday() == weekday) else None


def start_meant(book: Book, language: Language, now: datetime, zone: str) -> Start | None:
    """Find when a session starts: at the next such moment. None where it is no day, or too far away."""
    today = timetable.day_of(now, zone)
    day = day_meant(book.day, language, today)
    if day is None:
        return None
    known = vocabulary(language.code)
    is_weekday = known.weekday(known.on.sub("", fold(book.day)).strip(" ,.")) is not None
    for later in (day, day + 7 * _DAY) if is_weekday else (day,):
        start = start_on(later, book.at, zone)
        if start is not None and (start.when > now or not is_weekday):
            return start if now - BEHIND <= start.when <= now + AHEAD else None
    return None


def start_on(day: date, at: time, zone: str) -> Start | None:
    """Give when a session starts on a local date; None where the zone left that date out."""
    if not timetable.exists(day, zone):
        return None
    return Start(day, at, timetable.moment(day, at, zone))


def clock_change(start: Start, zone: str) -> str | None:
    """Tell what a change of the clocks does to a wall time: "skipped", "twice", or None for nothing."""
    place = ZoneInfo(zone)
    if start.when.astimezone(place).replace(tzinfo=None) != datetime.combine(start.day, start.at):
        return "skipped"
    wall = datetime.combine(start.day, start.at, place)
    return "twice" if wall.utcoffset() != wall.replace(fold=1).utcoffset() else None


def may_be_day(text: str, code: str) -> bool:
    """Tell whether a text names a day in a language, whichever day it is today."""
    return day_meant(text, LANGUAGES[code], date(2026, 1, 1)) is not None


def two_days(text: str, code: str) -> tuple[str, str] | None:
    """Part the first day and the last of a time, or take one for both; None where they are none."""
    known = vocabulary(code)
    text = known.start.sub("", text)
    for place in known.between.finditer(text):
        first, last = text[: place.start()].strip(), text[place.end() :].strip()
        if may_be_day(first, code) and may_be_day(last, code):
            return first, last
    return (text, text) if text and may_be_day(text, code) else None
