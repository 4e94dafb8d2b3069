"""Days as people write them: "2027-05-01", "1.5.2027", "1 May"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache

from babel.dates import get_month_names

from bot.plain import fold, typed

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4}|\d{2}))?\.?")
_NAMED = re.compile(r"(\d{1,2})(?:er|\.)?(?: de)? ([^\W\d]+)\.?(?: (?:de )?(\d{4}))?")

DAY = "|".join(one.pattern.replace("(?:", "(").replace("(", "(?:") for one in (_ISO, _NUMBERS, _NAMED))
"""What may be a day, as a regular expression without groups."""


def read_day(text: str, language: str, today: date) -> date | None:
    """Read a day; without a year the next one from today on. None where it is no day.

    "5/1" is none: it is another day in the United States than elsewhere.

    Args:
        text: as written.
        language: the writer's, for the names of months; English ones are known too.
        today: the writer's day.
    """
    folded = fold(text).strip(" ,;")
    if found := _ISO.fullmatch(folded):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.fullmatch(folded):
        return _next(int(found[1]), int(found[2]), found[3], today)
    if found := _NAMED.fullmatch(folded):
        month = _months(language).get(found[2]) or _months("en").get(found[2])
        return None if month is None else _next(int(found[1]), month, found[3], today)
    return None


def _next(day: int, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 ("27")
    here = _day(today.year, month, day)
    return here if here is not None and here >= today else _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _months(language: str) -> Mapping[str, int]:
    """Give the months by their names and abbreviations, folded and without dots."""
    return {
        form.strip("."): number
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for number, name in get_month_names(width, context, locale=language).items()
        for form in typed(name)
    }
