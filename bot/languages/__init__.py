"""Everything one language needs, a folder each, read once at import.

A folder holds `measures.toml` (our wording of what is asked), `guidance.toml` (suggestions to therapists),
`reader.toml` and `risk.toml` (what clients write), and, but for English, a gettext catalogue `attune.mo` of
what people read: the English texts stand in bot/wording.py and are its keys.
"""

from __future__ import annotations

import gettext
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class ItemWords:
    """How one item is put: a short label, the question, and both ends of the scale in words."""

    label: str
    question: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """How one measure is put.

    Attributes:
        intro: what stands before the first question.
        about: completes "a few questions about …", for the client.
        title: names the measure to a therapist.
        items: each item's words, by its key.
        ours: False for a site's licensed text.
    """

    intro: str
    about: str
    title: str
    items: Mapping[str, ItemWords]
    ours: bool = True


@dataclass(frozen=True, slots=True)
class ReaderWords:
    """What people of one language write beside numbers, each a folded whole message."""

    stop: frozenset[str]
    start: frozenset[str]
    help: frozenset[str]
    skip: frozenset[str]
    back: frozenset[str]
    agree: frozenset[str]
    decline: frozenset[str]
    accept: frozenset[str]
    go_on: frozenset[str]
    nothing: frozenset[str]
    courtesy: tuple[str, ...]
    out_of: tuple[str, ...]
    range: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiskWords:
    """Phrases of danger, and figures of speech that hold one and mean none."""

    phrases: tuple[str, ...]
    harmless: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """One language: `text` translates an English text of bot/wording.py."""

    code: str
    catalogue: gettext.NullTranslations
    measures: Mapping[str, MeasureWords]
    guidance: Mapping[tuple[str, str], str]
    reader: ReaderWords
    risk: RiskWords

    def text(self, english: str) -> str:
        """Translate one text; the English where there is no translation."""
        return self.catalogue.gettext(english)


def _table(folder: Traversable, name: str) -> dict[str, object]:
    return tomllib.loads((folder / name).read_text(encoding="utf-8"))


def measure_words(table: Mapping[str, object], *, ours: bool = True) -> MeasureWords:
    """Read one measure's wording from a table with `intro`, `about`, `title` and `items.<key>`.

    Raises:
        TypeError: a text is missing or of the wrong kind.
    """
    items = table["items"]
    if not isinstance(items, dict):
        msg = "items must be a table"
        raise TypeError(msg)
    return MeasureWords(
        intro=str(table["intro"]),
        about=str(table["about"]),
        title=str(table["title"]),
        items=MappingProxyType({key: ItemWords(**words) for key, words in items.items()}),
        ours=ours,
    )


def _measures(folder: Traversable) -> Mapping[str, MeasureWords]:
    tables = _table(folder, "measures.toml").items()
    return MappingProxyType({key: measure_words(table) for key, table in tables if isinstance(table, dict)})


def _guidance(folder: Traversable) -> Mapping[tuple[str, str], str]:
    tables = _table(folder, "guidance.toml").items()
    return MappingProxyType(
        {
            (kind, item): text
            for kind, table in tables
            if isinstance(table, dict)
            for item, text in table.items()
        }
    )


def _strings(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table[key]
    if not isinstance(value, list):
        msg = f"{key} must be a list of texts"
        raise TypeError(msg)
    return tuple(str(one) for one in value)


def _reader(folder: Traversable) -> ReaderWords:
    table = _table(folder, "reader.toml")
    sets = ("stop", "start", "help", "skip", "back", "agree", "decline", "accept", "go_on", "nothing")
    return ReaderWords(
        **{key: frozenset(_strings(table, key)) for key in sets},
        courtesy=_strings(table, "courtesy"),
        out_of=_strings(table, "out_of"),
        range=_strings(table, "range"),
    )


def _risk(folder: Traversable) -> RiskWords:
    table = _table(folder, "risk.toml")
    return RiskWords(_strings(table, "phrases"), _strings(table, "harmless"))


def _catalogue(folder: Traversable) -> gettext.NullTranslations:
    file = folder / "attune.mo"
    if not file.is_file():
        return gettext.NullTranslations()
    with file.open("rb") as opened:
        return gettext.GNUTranslations(opened)


def _language(folder: Traversable) -> Language:
    return Language(
        folder.name,
        _catalogue(folder),
        _measures(folder),
        _guidance(folder),
        _reader(folder),
        _risk(folder),
    )


def _shipped() -> Mapping[str, Language]:
    folders = [folder for folder in resources.files(__name__).iterdir() if (folder / "reader.toml").is_file()]
    return MappingProxyType({folder.name: _language(folder) for folder in folders})


LANGUAGES: Mapping[str, Language] = _shipped()
"""Every language that ships, by its code."""
