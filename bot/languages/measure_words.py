"""How a measure is put in one language: its introduction, its items, and what its answers are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


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
        ours: False for a site's licensed text, or an official one.
        stem: what stands before each question; "" where nothing does.
        options: what the points of the scale are called, from 0 on; empty where only its ends have words.
        official: whether it may not be put otherwise: another wording would void the measure's numbers.
    """

    intro: str
    about: str
    title: str
    items: Mapping[str, ItemWords]
    ours: bool = True
    stem: str = ""
    options: tuple[str, ...] = ()
    official: bool = False


_KNOWN = {"intro", "about", "title", "items", "stem", "options", "official"}
_OF_ITEM = ("label", "question", "low", "high")


def measure_words(table: Mapping[str, object], *, ours: bool = True) -> MeasureWords:
    """Read one measure's wording from a table with `intro`, `about`, `title` and `items.<key>`.

    With `options` the ends of the scale are called as the first and the last, unless an item says otherwise.

    Raises:
        TypeError: a text is missing or of the wrong kind; the message names its key, and what to write.
    """
    items, options = table.get("items"), _options(table.get("options", []))
    if not isinstance(items, dict):
        msg = "items must be a table"
        raise TypeError(msg)
    if unknown := sorted(table.keys() - _KNOWN):
        msg = f"{unknown[0]} is not known here; known are {', '.join(sorted(_KNOWN))}"
        raise TypeError(msg)
    official = table.get("official", False) is True
    return MeasureWords(
        intro=_text(table, "intro"),
        about=_text(table, "about"),
        title=_text(table, "title"),
        items=MappingProxyType({key: _item(key, words, options) for key, words in items.items()}),
        ours=ours and not official,
        stem=_text(table, "stem") if "stem" in table else "",
        options=options,
        official=official,
    )


def _item(key: str, words: object, options: tuple[str, ...]) -> ItemWords:
    if not isinstance(words, dict):
        msg = f"items.{key} must be a table with {', '.join(_OF_ITEM)}"
        raise TypeError(msg)
    if unknown := sorted(words.keys() - set(_OF_ITEM)):
        msg = f"items.{key}.{unknown[0]} is not known here; known are {', '.join(_OF_ITEM)}"
        raise TypeError(msg)
    ends = {"low": options[0], "high": options[-1]} if options else {}
    given = {**ends, **words}
    return ItemWords(**{name: _text(given, name, f"items.{key}.") for name in _OF_ITEM})


def _text(table: Mapping[str, object], name: str, where: str = "") -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        msg = f'{where}{name} must be a text: write {name} = "..."'
        raise TypeError(msg)
    return value


def _options(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        msg = 'options must be a list of texts, one for each point from 0 on: ["Not at all", "Often"]'
        raise TypeError(msg)
    return tuple(value)
