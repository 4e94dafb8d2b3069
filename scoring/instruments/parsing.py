"""Reading a measure's data file, with what to write instead of what is wrong."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from scoring.instrument import (
    ITEM_MAX,
    RULE_SETS,
    AgeGroup,
    Asked,
    Band,
    Gauge,
    Instrument,
    InstrumentError,
    Norms,
    Scale,
)


def from_table(table: Mapping[str, object], source: str) -> Instrument:
    """Make a measure of its parsed TOML file; `source` names the file in an error.

    Raises:
        InstrumentError: a key is missing, unknown or of the wrong kind.
    """
    known = {"key", "name", "gauges", "higher_is", "asked", "items", *_OF_ANSWERS, *RULE_SETS}
    if unknown := sorted(table.keys() - known):
        msg = f"{source}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}"
        raise InstrumentError(msg)
    better = _choice(table, "higher_is", source, allowed=("better", "worse")) == "better"
    items = _strings(table, "items", source)
    if not items or len(set(items)) != len(items):
        msg = f'{source}: items must be different names, such as ["individual", "overall"]'
        raise InstrumentError(msg)
    gauges = Gauge(_choice(table, "gauges", source, allowed=tuple(Gauge)))
    if gauges is Gauge.ALLIANCE and not better and any(table.get(name) for name in RULE_SETS):
        msg = f"{source}: alliance is judged as better when higher; leave out {' and '.join(RULE_SETS)}"
        raise InstrumentError(msg)
    scale = _scale(table, source)
    return Instrument(
        key=_key(table, source),
        name=_string(table, "name", source),
        gauges=gauges,
        higher_is_better=better,
        asked=Asked(_choice(table, "asked", source, allowed=tuple(Asked))),
        items=items,
        norms=MappingProxyType({name: _norms(table, name, source) for name in RULE_SETS}),
        scale=scale,
        risk_items=_risk_items(table, items, scale, source),
        bands=_bands(table, len(items) * scale.top, source),
        clients_own=_flag(table, "clients_own", source),
    )


_OF_ANSWERS = ("item_max", "whole", "risk_items", "bands", "clients_own")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A key fits into the database's column, a command and a config."""


def _key(table: Mapping[str, object], source: str) -> str:
    key = _string(table, "key", source)
    if not _KEY.fullmatch(key):
        msg = f"{source}: key must be a small letter, then small letters, digits or _, up to 32"
        raise InstrumentError(msg)
    return key


def _scale(table: Mapping[str, object], source: str) -> Scale:
    """Read what an item is answered with; a reply can't say more than 10 points."""
    top = table.get("item_max", ITEM_MAX)
    if isinstance(top, bool) or not isinstance(top, int) or top not in range(_POINT, ITEM_MAX + 1, _POINT):
        msg = (
            f"{source}: item_max must be whole points in tenths, from 10 (1 point) to {ITEM_MAX} (10 points)"
        )
        raise InstrumentError(msg)
    return Scale(top, _flag(table, "whole", source))


_POINT = 10


def _risk_items(
    table: Mapping[str, object], items: tuple[str, ...], scale: Scale, source: str
) -> Mapping[str, int]:
    given = table.get("risk_items", {})
    if not isinstance(given, dict) or given.keys() - set(items):
        msg = f"{source}: risk_items must be tenths by item: {{ {items[-1]} = 10 }}"
        raise InstrumentError(msg)
    for item, least in given.items():
        if isinstance(least, bool) or not isinstance(least, int) or not 0 < least <= scale.top:
            msg = f"{source}: risk_items.{item} must be a whole number of tenths from 1 to {scale.top}"
            raise InstrumentError(msg)
    return MappingProxyType(dict(given))


def _bands(table: Mapping[str, object], total_max: int, source: str) -> tuple[Band, ...]:
    """Read from which total on a band begins; the lowest begins at 0, so that every total has one."""
    given = table.get("bands", {})
    if not isinstance(given, dict):
        msg = f"{source}: bands must be tenths by name: {{ minimal = 0, mild = 50 }}"
        raise InstrumentError(msg)
    for name, least in given.items():
        if isinstance(least, bool) or not isinstance(least, int) or not 0 <= least <= total_max:
            msg = f"{source}: bands.{name} must be a whole number of tenths from 0 to {total_max}"
            raise InstrumentError(msg)
    if given and (len(set(given.values())) != len(given) or min(given.values()) != 0):
        msg = f"{source}: bands must begin at 0 and each at another total: {{ minimal = 0, mild = 50 }}"
        raise InstrumentError(msg)
    return tuple(sorted((Band(name, least) for name, least in given.items()), key=lambda one: one.least))


def _flag(table: Mapping[str, object], key: str, source: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        msg = f"{source}: {key} must be true or false"
        raise InstrumentError(msg)
    return value


def _norms(table: Mapping[str, object], name: str, source: str) -> Norms:
    given = table.get(name, {})
    if not isinstance(given, dict):
        msg = f"{source}: [{name}] must be a table of numbers in tenths"
        raise InstrumentError(msg)
    if unknown := sorted(given.keys() - {"at_cutoff", "cutoff", "no_improvement_at", *_TENTHS, *_COUNTS}):
        known = ", ".join(sorted({"at_cutoff", "cutoff", "no_improvement_at", *_TENTHS, *_COUNTS}))
        msg = f"{source}: [{name}] knows no {unknown[0]!r}; known are {known}"
        raise InstrumentError(msg)
    where = f"{source}: [{name}]"
    at_cutoff = _choice(given, "at_cutoff", where, allowed=("functional", "clinical"), default="functional")
    tenths = {key: _tenths(given, key, where) for key in _TENTHS if key in given}
    counts = {key: _count(given[key], key, where) for key in _COUNTS if key in given}
    norms = Norms(
        cutoff=_cutoffs(given.get("cutoff", {}), where), cutoff_is_functional=at_cutoff == "functional"
    )
    own: dict[str, Any] = {**tenths, **counts}
    if (at := given.get("no_improvement_at")) is not None:
        own["no_improvement_at"] = _counts(at, "no_improvement_at", where)
    return dataclasses.replace(norms, **own)


_TENTHS = (
    *("reliable_change", "first_too_high", "item_drop", "sawtooth_move", "strained_fall"),
    *("concern_total", "concern_item", "concern_drop", "soon_fall", "unusual_fall"),
)
_COUNTS = ("sawtooth_changes", "sawtooth_ratings", "ceiling_run", "missed_in_a_row")


def _count(value: object, key: str, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"{where}: {key} must be a whole number above 0"
        raise InstrumentError(msg)
    return value


def _counts(value: object, key: str, where: str) -> tuple[int, ...]:
    if not isinstance(value, list):
        msg = f"{where}: {key} must be a list of whole numbers, such as [3, 6]"
        raise InstrumentError(msg)
    return tuple(_count(one, key, where) for one in value)


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
