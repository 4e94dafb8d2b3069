"""Where a client is sent in a crisis: data by country, read once at import."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Helpline:
    """One helpline. `text` is the number for text messages, "" where there is none.

    `verified_on` is the ISO date on which somebody read the helpline's own page, "" where nobody has.
    """

    name: str
    number: str
    text: str
    verified_on: str


@dataclass(frozen=True, slots=True)
class Help:
    """A country's emergency number and helplines."""

    emergency: str
    helplines: tuple[Helpline, ...]


def _shipped() -> Mapping[str, Help]:
    text = resources.files("bot").joinpath("helplines.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return MappingProxyType(
        {
            country: Help(table["emergency"], tuple(Helpline(**one) for one in table["helplines"]))
            for country, table in tables.items()
        }
    )


HELP: Mapping[str, Help] = _shipped()
"""Known countries, by ISO 3166 alpha-2 code."""
