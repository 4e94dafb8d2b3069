"""Everything one language needs, a folder each, read once at import; what finds danger when it is needed.

A folder holds `language.toml` (its name, who reviewed it), `measures.toml` (our wording of what is asked),
`guidance.toml` (suggestions to therapists), `sessions.toml` (what they plan sessions with), `reader.toml`
and `risk.toml` (what clients write),
`concepts.toml` (what words stand for, when danger is weighed), and, but for English, a gettext catalogue
`attune.po` of what people read: the English texts stand in bot/wording and are its keys.
"""

from __future__ import annotations

import gettext
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

from bot.languages.measure_words import ItemWords, MeasureWords, measure_words
from bot.languages.reader_words import ReaderWords, reader_words
from bot.languages.session_words import SessionWords, session_words

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from babel.messages.catalog import Catalog

__all__ = [
    "LANGUAGES",
    "RISK_FILES",
    "RISK_KINDS",
    "Guidance",
    "ItemWords",
    "Language",
    "MeasureWords",
    "RiskWords",
    "Weights",
    "danger_weights",
    "measure_words",
    "risk_words",
]


@dataclass(frozen=True, slots=True)
class RiskWords:
    """Phrases of danger, as bot/phrases.py reads them.

    Attributes:
        patterns: by kind: "crisis", the concerns, "leaving"; "harmless" and "past" are passed over.
        lists: words and phrases that patterns call by a name.
        near: words of which a misspelling is taken for them.
        idle: words that change nothing ("really"), left out where no pattern holds them.
    """

    patterns: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]
    near: tuple[str, ...]
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a therapist might do about a finding ("" where nothing is said), and words to ask with."""

    suggest: str
    ask: str


@dataclass(frozen=True)
class Language:
    """One language: `text` translates an English text of bot/wording.

    Attributes:
        code: ISO 639-1.
        name: its own name for itself.
        right_to_left: whether it is written so.
        reviewer: who read its texts, and when; "" where nobody has yet: it is a draft.
        to_children: how measures are put to children, where it is otherwise.
        discreet: whether it is spoken to somebody whose phone is shared.
        to_child: whether it is spoken to a child.
    """

    code: str
    name: str
    right_to_left: bool
    reviewer: str
    measures: Mapping[str, MeasureWords]
    guidance: Mapping[tuple[str, str], Guidance]
    reader: ReaderWords
    sessions: SessionWords
    folder: Traversable
    to_children: Mapping[str, MeasureWords] = field(default_factory=dict)
    discreet: bool = False
    to_child: bool = False

    @cached_property
    def catalogue(self) -> gettext.NullTranslations:
        """The texts in this language, compiled when first asked for."""
        return _catalogue(self.folder)

    @cached_property
    def risk(self) -> RiskWords:
        """The phrases of danger, read when first asked for: mostly they are had compiled (bot/danger.py)."""
        return risk_words(_table(self.folder, "risk.toml"))

    @cached_property
    def concepts(self) -> Mapping[str, tuple[str, ...]]:
        """What words stand for, read when first asked for."""
        return _concepts(self.folder)

    @cached_property
    def discreetly(self) -> Language:
        """The same language, as it is spoken to somebody whose phone is shared."""
        return replace(self, discreet=True)

    @cached_property
    def simply(self) -> Language:
        """The same language, as it is spoken to a child of 6 to 12."""
        measures = MappingProxyType({**self.measures, **self.to_children})
        return replace(self, measures=measures, to_child=True)

    @property
    def draft(self) -> bool:
        """Whether no named reviewer has read its texts."""
        return not self.reviewer

    def text(self, english: str) -> str:
        """Translate one text; the English where there is no translation."""
        return self.catalogue.gettext(english)

    def plural(self, singular: str, plural: str, number: int) -> str:
        """Translate one text of two forms, as the language counts."""
        return self.catalogue.ngettext(singular, plural, number)


def _table(folder: Traversable, name: str) -> dict[str, object]:
    return tomllib.loads((folder / name).read_text(encoding="utf-8"))


def _measures(
    folder: Traversable,
) -> tuple[Mapping[str, MeasureWords], Mapping[str, MeasureWords]]:
    """Read how measures are put: to everybody, and, where a table `child` says otherwise, to children."""
    tables = {key: table for key, table in _table(folder, "measures.toml").items() if isinstance(table, dict)}
    children = {key: table.pop("child") for key, table in tables.items() if "child" in table}
    return (
        MappingProxyType({key: measure_words(table) for key, table in tables.items()}),
        MappingProxyType({key: measure_words({**tables[key], **own}) for key, own in children.items()}),
    )


def _guidance(folder: Traversable) -> Mapping[tuple[str, str], Guidance]:
    """Read what to do about what was found; every entry has words to ask with."""
    table = _table(folder, "guidance.toml")
    suggest, ask = _guidance_of(table, "suggest"), _guidance_of(table, "ask")
    return MappingProxyType({key: Guidance(suggest.get(key, ""), words) for key, words in ask.items()})


def _guidance_of(table: Mapping[str, object], name: str) -> Mapping[tuple[str, str], str]:
    kinds = table.get(name, {})
    return {
        (kind, entry): text
        for kind, entries in (kinds.items() if isinstance(kinds, dict) else ())
        for entry, text in entries.items()
    }


def _strings(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table[key]
    if not isinstance(value, list):
        msg = f"{key} must be a list of texts"
        raise TypeError(msg)
    return tuple(str(one) for one in value)


RISK_FILES = ("risk.toml", "concepts.toml")
"""The files of a language of which danger is found."""

RISK_KINDS = ("crisis", "harmless", "past", "violence", "abuse", "child", "medical", "leaving")
"""The kinds of phrase that a risk.toml lists."""


def risk_words(table: Mapping[str, object]) -> RiskWords:
    """Read phrases of danger from a table with `lists`, `near` and a list by each kind.

    Raises:
        KeyError: a kind is missing.
        TypeError: something is no list of texts.
    """
    lists = table["lists"]
    if not isinstance(lists, dict):
        msg = "lists must be a table"
        raise TypeError(msg)
    return RiskWords(
        MappingProxyType({kind: _strings(table, kind) for kind in RISK_KINDS}),
        MappingProxyType({name: _strings(lists, name) for name in lists}),
        _strings(table, "near"),
        _strings(table, "idle") if "idle" in table else (),
    )


def _concepts(folder: Traversable) -> Mapping[str, tuple[str, ...]]:
    """Read what words stand for; a language without the file is weighed by its words alone."""
    if not (folder / "concepts.toml").is_file():
        return MappingProxyType({})
    table = _table(folder, "concepts.toml")
    return MappingProxyType({concept: _strings(table, concept) for concept in table})


@dataclass(frozen=True, slots=True)
class Weights:
    """What training found: the weight of each feature, in thousandths, and the limit (bot/weighing.py)."""

    of: Mapping[str, int]
    limit: int


def danger_weights() -> Weights:
    """Read the table of weights, a feature and its weight a line; that of "limit" is the limit."""
    lines = (resources.files(__name__) / "danger.weights").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    of = {feature: int(weight) for feature, weight in pairs}
    return Weights(of, of.pop("limit"))


class _Catalogue(gettext.NullTranslations):
    """A language's texts, from its catalogue as it is written."""

    def __init__(self, texts: Catalog) -> None:
        """Take over what is translated."""
        super().__init__()
        self._which = gettext.c2py(texts.plural_expr)
        self._texts = {_singular(one.id): one.string for one in texts if one.id and one.string}

    def gettext(self, message: str) -> str:
        """Translate one text; the English where there is no translation."""
        found = self._texts.get(message, message)
        return found if isinstance(found, str) else found[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Translate the form of a text that goes with a number."""
        found = self._texts.get(msgid1)
        if found is None or isinstance(found, str):
            return super().ngettext(msgid1, msgid2, n)
        return found[self._which(n)]


def _singular(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def _catalogue(folder: Traversable) -> gettext.NullTranslations:
    """Read a folder's catalogue; the English texts are their own."""
    file = folder / "attune.po"
    if not file.is_file():
        return gettext.NullTranslations()
    return _Catalogue(read_po(file.read_text(encoding="utf-8").splitlines(), locale=folder.name))


def _language(folder: Traversable) -> Language:
    table = _table(folder, "language.toml")
    measures, to_children = _measures(folder)
    return Language(
        folder.name,
        str(table["name"]),
        table["right_to_left"] is True,
        str(table["reviewer"]),
        measures,
        _guidance(folder),
        reader_words(_table(folder, "reader.toml"), f"{folder.name}/reader.toml"),
        session_words(_table(folder, "sessions.toml"), f"{folder.name}/sessions.toml"),
        folder,
        to_children,
    )


def _shipped() -> Mapping[str, Language]:
    folders = (folder for folder in resources.files(__name__).iterdir() if (folder / "reader.toml").is_file())
    return MappingProxyType({one.name: _language(one) for one in sorted(folders, key=lambda one: one.name)})


LANGUAGES: Mapping[str, Language] = _shipped()
"""Every language that ships, by its code."""
