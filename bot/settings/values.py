"""The kinds of value that a setting can have, each with what to write instead of a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Annotated, Literal, NoReturn
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.timetable import MOST_DAYS

LANGUAGES = tuple(
    sorted(
        folder.name
        for folder in resources.files("bot").joinpath("languages").iterdir()
        if folder.joinpath("language.toml").is_file()
    )
)
"""The languages that Attune can speak: the folders of bot/languages."""

WRONG = "attune"
"""The type of every error made by `wrong`, among pydantic's own."""

SHOWN_AT_MOST = 24
"""Characters of a wrong value that a message repeats; what is longer may be a key in the wrong place."""


def wrong(problem: str, instead: str) -> PydanticCustomError:
    """Make the error for a value that can't be: what is wrong with it, and what to write instead."""
    return PydanticCustomError(WRONG, "{problem}; {instead}", {"problem": problem, "instead": instead})


def refuse(problem: str, instead: str) -> NoReturn:
    """Refuse a value from within its check."""
    raise wrong(problem, instead)


def shown(value: object) -> str:
    """Repeat a wrong value in a message, unless it is long or not one simple value."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case str() if len(value) <= SHOWN_AT_MOST and value.isprintable():
            return f'"{value}"'
        case _:
            return "this"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that was probably meant, whatever its capitals."""
    by_fold = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.7)
    return by_fold[close[0]] if close else None


def one_of(known: Iterable[str]) -> str:
    """Say that one of these is to be written."""
    words = tuple(known)
    return f"write {words[0]}" if len(words) == 1 else f"write one of {', '.join(words)}"


@cache
def _zones() -> frozenset[str]:
    """List the time zones; the library looks through all its files each time."""
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    zones = _zones()
    if name not in zones:
        cities = {zone.rpartition("/")[2]: zone for zone in sorted(zones)}
        near = nearest(name, zones) or cities.get(nearest(name.replace(" ", "_"), cities) or "")
        refuse(
            f"{shown(name)} is not a time zone",
            f'write "{near}"' if near else 'write a name of the IANA list, e.g. "Europe/Berlin"',
        )
    return name


@cache
def countries() -> Mapping[str, str]:
    """Read the countries' names by their two letters. Source: ISO 3166-1, in the tz database."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


def _country(code: str) -> str:
    if code.upper() not in countries():
        folded = code.casefold()
        names = ((two, name.casefold()) for two, name in countries().items())
        meant = next((two for two, name in names if folded == name or f"({folded})" in name), None)
        refuse(
            f"{shown(code)} is not a country's two letters",
            f'write "{meant}"' if meant else 'write the two letters of ISO 3166, e.g. "US", "GB" or "DE"',
        )
    return code.upper()


def _language(code: str) -> str:
    if code not in LANGUAGES:
        refuse(f"{shown(code)} is not a language that Attune speaks yet", one_of(LANGUAGES))
    return code


def _clock(value: object) -> time:
    if isinstance(value, str) and (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip())):
        return time(int(found[1]), int(found[2]))
    if not isinstance(value, time) or value.tzinfo or value != value.replace(second=0, microsecond=0):
        problem = f"{shown(value)} is not a time of day"
        refuse(problem, 'write hours and minutes from "00:00" to "23:59" in quotes, e.g. "09:00"')
    return value


def _every(value: object) -> int | Literal["week"]:
    if value == "week":
        return "week"
    days = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value) else value
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MOST_DAYS:
        problem = f"{shown(value)} is not a rhythm"
        refuse(problem, f'write "week", or a number of days from 1 to {MOST_DAYS} without quotes, e.g. 14')
    return days


def _never_is_none(value: object) -> object:
    if value is False or value == 0:
        refuse(f"{shown(value)} is not a number of hours", 'write a number above 0, or "never"')
    return None if value == "never" else value


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        refuse("is not a number", "write a number without quotes")
    return value


def _slug(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name):
        meant = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:32]
        problem = f"{shown(name)} is not a plain name"
        refuse(problem, f'write small letters, digits and hyphens, e.g. "{meant or "weekly"}"')
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""A name of the IANA time zone list."""
Country = Annotated[str, AfterValidator(_country)]
"""A country's two letters of ISO 3166-1, in capitals."""
Language = Annotated[str, AfterValidator(_language)]
Clock = Annotated[time, BeforeValidator(_clock)]
"""A wall time to the minute, without a zone."""
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Every = Annotated[int | Literal["week"], BeforeValidator(_every)]
"""Days from one check-in to the next, or "week" for a fixed day of the week."""
Whole = Annotated[int, BeforeValidator(_no_boolean)]
Count = Annotated[int, Field(ge=1, le=1000), BeforeValidator(_no_boolean)]
"""How many, from 1 on."""
Seconds = Annotated[float, BeforeValidator(_no_boolean)]
Rate = Annotated[float, Field(gt=0, le=1000), BeforeValidator(_no_boolean)]
"""How many a second."""
Hours = Annotated[float, Field(gt=0, le=8784), BeforeValidator(_no_boolean)]
HoursOrNever = Annotated[Hours | None, BeforeValidator(_never_is_none)]
"""Hours; None where the file says "never"."""
Slug = Annotated[str, AfterValidator(_slug)]
Total = Annotated[Decimal, Field(ge=0, le=40, decimal_places=1)]
"""Points of a total, to a tenth."""
Item = Annotated[Decimal, Field(ge=0, le=10, decimal_places=1)]
"""Points of one item, to a tenth."""
