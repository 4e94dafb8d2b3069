"""A measure as data, and a client's answers to it so far."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import cast

RULE_SETS = ("icce", "pcoms")
"""The named sets of default numbers. Sources disagree, so a site chooses one and may override it."""

ITEM_MAX = 100
"""The highest answer to one item, in tenths."""

Mark = int | None
"""One answer: tenths (0-100), or None where the client chose not to answer."""


class InstrumentError(ValueError):
    """A measure's data file is wrong; the text says where, and what to write instead."""


class AgeGroup(StrEnum):
    """Which norms apply: adult 18+, adolescent 13-17, child 6-12."""

    ADULT = "adult"
    ADOLESCENT = "adolescent"
    CHILD = "child"


class Gauge(StrEnum):
    """What a measure tells of: it decides which rules judge its scores."""

    OUTCOME = "outcome"
    ALLIANCE = "alliance"
    TREND = "trend"


class Asked(StrEnum):
    """When a measure is asked, seen from the session."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Norms:
    """The numbers that one rule set gives one measure, in tenths; None where it gives none.

    Attributes:
        reliable_change: the smallest change of the total that is more than noise.
        cutoff: the total between the clinical and the functional range, by age group.
        cutoff_is_functional: whether a total exactly at the cutoff is out of the clinical range.
        concern_total: an alliance total below this is a concern.
        concern_item: an alliance item below this is a concern.
        concern_drop: an alliance total that fell by this much or more is a concern.
    """

    reliable_change: int | None = None
    cutoff: Mapping[AgeGroup, int] = field(default_factory=dict)
    cutoff_is_functional: bool = True
    concern_total: int | None = None
    concern_item: int | None = None
    concern_drop: int | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A measure: its items in the order asked, and its norms by rule set."""

    key: str
    name: str
    gauges: Gauge
    higher_is_better: bool
    asked: Asked
    items: tuple[str, ...]
    norms: Mapping[str, Norms]

    @property
    def total_max(self) -> int:
        """The highest total, in tenths."""
        return len(self.items) * ITEM_MAX


@dataclass(frozen=True, slots=True)
class Response:
    """A client's answers so far, in the order of the items; what is asked next follows from them."""

    instrument: Instrument
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        """Refuse answers that the form can't hold."""
        if len(self.marks) > len(self.instrument.items):
            msg = f"{self.instrument.key} has {len(self.instrument.items)} items, not {len(self.marks)}"
            raise ValueError(msg)
        for mark in self.marks:
            if mark is not None and not 0 <= mark <= ITEM_MAX:
                msg = f"an answer is 0 to {ITEM_MAX} tenths"
                raise ValueError(msg)

    @property
    def position(self) -> int:
        """How many items have been answered or skipped: the place of the next one."""
        return len(self.marks)

    @property
    def next_item(self) -> str | None:
        """The item to ask next, or None where all have been asked."""
        return None if self.done else self.instrument.items[self.position]

    @property
    def done(self) -> bool:
        """Whether every item has been answered or skipped."""
        return self.position == len(self.instrument.items)

    @property
    def complete(self) -> bool:
        """Whether every item has an answer: only then is there a score."""
        return self.done and None not in self.marks

    @property
    def answered(self) -> int:
        """How many items have an answer."""
        return sum(mark is not None for mark in self.marks)

    def with_mark(self, mark: Mark) -> Response:
        """Answer (or, with None, skip) the next item."""
        return dataclasses.replace(self, marks=(*self.marks, mark))

    def back(self) -> Response:
        """Take the last answer back, so that its item is asked again."""
        return dataclasses.replace(self, marks=self.marks[:-1])


def from_table(table: Mapping[str, object], source: str) -> Instrument:
    """Make a measure of its parsed TOML file; `source` names the file in an error.

    Raises:
        InstrumentError: a key is missing, unknown or of the wrong kind.
    """
    known = {"key", "name", "gauges", "higher_is", "asked", "items", *RULE_SETS}
    if unknown := sorted(table.keys() - known):
        msg = f"{source}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}"
        raise InstrumentError(msg)
    better = _choice(table, "higher_is", source, allowed=("better", "worse")) == "better"
    if not better and any(table.get(name) for name in RULE_SETS):
        msg = f"{source}: the rules judge what is better when higher; leave out {' and '.join(RULE_SETS)}"
        raise InstrumentError(msg)
    items = _strings(table, "items", source)
    if not items or len(set(items)) != len(items):
        msg = f'{source}: items must be different names, such as ["individual", "overall"]'
        raise InstrumentError(msg)
    return Instrument(
        key=_string(table, "key", source),
        name=_string(table, "name", source),
        gauges=Gauge(_choice(table, "gauges", source, allowed=tuple(Gauge))),
        higher_is_better=better,
        asked=Asked(_choice(table, "asked", source, allowed=tuple(Asked))),
        items=items,
        norms=MappingProxyType({name: _norms(table, name, source) for name in RULE_SETS}),
    )


def _norms(table: Mapping[str, object], name: str, source: str) -> Norms:
    given = table.get(name, {})
    if not isinstance(given, dict):
        msg = f"{source}: [{name}] must be a table of numbers in tenths"
        raise InstrumentError(msg)
    known = {"at_cutoff", "cutoff", "reliable_change", "concern_total", "concern_item", "concern_drop"}
    if unknown := sorted(given.keys() - known):
        msg = f"{source}: [{name}] knows no {unknown[0]!r}; known are {', '.join(sorted(known))}"
        raise InstrumentError(msg)
    where = f"{source}: [{name}]"
    at_cutoff = _choice(given, "at_cutoff", where, allowed=("functional", "clinical"), default="functional")
    return Norms(
        reliable_change=_tenths(given, "reliable_change", where),
        cutoff=_cutoffs(given.get("cutoff", {}), where),
        cutoff_is_functional=at_cutoff == "functional",
        concern_total=_tenths(given, "concern_total", where),
        concern_item=_tenths(given, "concern_item", where),
        concern_drop=_tenths(given, "concern_drop", where),
    )


def _cutoffs(value: object, source: str) -> Mapping[AgeGroup, int]:
    if not isinstance(value, dict) or value.keys() - set(AgeGroup):
        msg = f"{source} cutoff must be tenths by age group: {{ adult = 250, adolescent = 280 }}"
        raise InstrumentError(msg)
    tenths = {AgeGroup(age): _tenths(value, age, source) for age in value}
    return MappingProxyType({age: cutoff for age, cutoff in tenths.items() if cutoff is not None})


def _tenths(table: Mapping[str, object], key: str, source: str) -> int | None:
    value = table.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        msg = f"{source}: {key} must be a whole number of tenths above 0 (50 for 5.0)"
        raise InstrumentError(msg)
    return value


def _string(table: Mapping[str, object], key: str, source: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        msg = f"{source}: {key} must be a text"
        raise InstrumentError(msg)
    return value


def _strings(table: Mapping[str, object], key: str, source: str) -> tuple[str, ...]:
    value = table.get(key)
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        msg = f"{source}: {key} must be a list of texts"
        raise InstrumentError(msg)
    return tuple(cast("list[str]", value))


def _choice(
    table: Mapping[str, object],
    key: str,
    source: str,
    *,
    allowed: tuple[str, ...],
    default: str | None = None,
) -> str:
    value = table.get(key, default)
    if value not in allowed:
        msg = f"{source}: {key} must be one of {', '.join(allowed)}"
        raise InstrumentError(msg)
    return str(value)
