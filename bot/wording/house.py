"""The clinic as its people know it, and where it sends somebody in danger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.helplines import HELP, Help


@dataclass(frozen=True, slots=True)
class House:
    """The clinic as its people know it.

    Attributes:
        name: how clients know it.
        contact: somebody apart from the therapist.
        consent: its own consent text.
        emergency: the number for emergencies, where it isn't the country's own.
        crisis: its own crisis texts, by language, with the gaps {helplines}, {emergency} and {telling}.
        helplines: its own helplines, by country; they stand in for all of ours there.
    """

    name: str
    contact: str = ""
    consent: str | None = None
    emergency: str | None = None
    crisis: Mapping[str, str] = field(default_factory=dict)
    helplines: Mapping[str, Help] = field(default_factory=dict)


def helplines_of(house: House) -> Mapping[str, Help]:
    """Give the helplines of every country, a site's own before ours."""
    return {**HELP, **house.helplines}


def help_in(house: House, country: str) -> Help:
    """Say where to turn in a country: a site's own emergency number counts before ours."""
    known = helplines_of(house).get(country, Help("112", ()))
    return known if house.emergency is None else Help(house.emergency, known.helplines)
