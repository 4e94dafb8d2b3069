"""Where a client is sent in a crisis: data by country, read once at import."""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from types import MappingProxyType

NOT_STATED = "not stated"
"""What `Helpline.hours` says where no page told when the line answers."""


@dataclass(frozen=True, slots=True)
class Helpline:
    """One helpline, as `helplines.toml` says it.

    Attributes:
        name: as its own country calls it, with the menu's option where there is one.
        number: as dialled inside the country: digits and spaces, perhaps after a "*", which is dialled too.
        text: the number for text messages, or what to text where; "" where texts are not answered.
        languages: in which it answers, as ISO 639-1 codes, the usual one first.
        hours: "24/7", days and times by the country's own clock, or `NOT_STATED`.
        verified_on: the ISO date on which somebody read the helpline's own page, "" where nobody has.
        source: where it was seen stated.
    """

    name: str
    number: str
    text: str
    languages: tuple[str, ...]
    hours: str
    verified_on: str
    source: str


@dataclass(frozen=True, slots=True)
class Help:
    """A country's emergency number and helplines, the one to try first first."""

    emergency: str
    helplines: tuple[Helpline, ...]


def _shipped() -> Mapping[str, Help]:
    text = resources.files("bot").joinpath("helplines.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return MappingProxyType(
        {
            country: Help(
                table["emergency"],
                tuple(
                    Helpline(**(one | {"languages": tuple(one["languages"])})) for one in table["helplines"]
                ),
            )
            for country, table in tables.items()
        }
    )


HELP: Mapping[str, Help] = _shipped()
"""Known countries, by ISO 3166 alpha-2 code."""


def lines(country: str, language: str, known: Mapping[str, Help] = HELP) -> tuple[Helpline, ...]:
    """Put a country's lines in the order in which a client who reads `language` should try them.

    Those that answer in the language come first, and each group keeps its order; none is left out, since a
    line in another language is better than none. An unknown country has no lines.
    """
    here = known.get(country)
    return (
        () if here is None else tuple(sorted(here.helplines, key=lambda one: language not in one.languages))
    )


def stale(today: date, *, months: int = 12, known: Mapping[str, Help] = HELP) -> tuple[tuple[str, str], ...]:
    """Find what nobody has verified within the last `months`: (country, name), in the data's order.

    A line verified on this very day so many months ago still counts (the last day of a shorter month for one
    that lacks the day); one verified the day before doesn't, nor one never verified.
    """
    oldest = _months_before(today, months)
    return tuple(
        (country, line.name)
        for country, here in known.items()
        for line in here.helplines
        if not line.verified_on or date.fromisoformat(line.verified_on) < oldest
    )


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    _, last = calendar.monthrange(year, month + 1)
    return date(year, month + 1, min(day.day, last))
