"""Measures that an administrator adds: a file each, with items, numbers, and words by language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.languages import LANGUAGES, MeasureWords, measure_words
from scoring.instrument import Instrument, InstrumentError
from scoring.instruments import INSTRUMENTS, from_table

_POINT = 10


class MeasureFileError(ValueError):
    """A measure's file can't be used; the text says where in it, and what to write instead."""


@dataclass(frozen=True, slots=True)
class OwnMeasure:
    """A measure of a site's own: what is asked and how it is judged, and how it is put, by language code."""

    instrument: Instrument
    words: Mapping[str, MeasureWords]


def own_measure(file: Path) -> OwnMeasure:
    """Read a measure's file.

    Raises:
        MeasureFileError: it can't be read, or something in it is wrong.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{file} can't be read ({error.strerror}); name a file that is there"
        raise MeasureFileError(msg) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} is no TOML file ({error}); write it as docs/measures.md shows"
        raise MeasureFileError(msg) from error
    words = table.pop("words", {})
    try:
        instrument = from_table(table, str(file))
    except InstrumentError as error:
        raise MeasureFileError(str(error)) from error
    if instrument.key in INSTRUMENTS:
        msg = f'{file}: key: "{instrument.key}" is a measure that ships; write another key'
        raise MeasureFileError(msg)
    if instrument.clients_own:
        msg = f"{file}: clients_own is for the goals that ship; take it out, and write the items' words"
        raise MeasureFileError(msg)
    return OwnMeasure(instrument, _words(words, instrument, str(file)))


def own_measures(files: Iterable[Path]) -> Mapping[str, OwnMeasure]:
    """Read several files, by their measures' keys.

    Raises:
        MeasureFileError: one can't be used, or two have the same key.
    """
    found: dict[str, OwnMeasure] = {}
    for file in files:
        own = own_measure(file)
        if own.instrument.key in found:
            msg = f'{file}: key: "{own.instrument.key}" is the key of another file too; write another key'
            raise MeasureFileError(msg)
        found[own.instrument.key] = own
    return MappingProxyType(found)


def _words(given: object, instrument: Instrument, file: str) -> Mapping[str, MeasureWords]:
    """Read how a measure is put, in every language that the file has."""
    if not isinstance(given, dict) or not given:
        msg = f"{file}: words is missing: write [words.en] with intro, about and title, and each item's words"
        raise MeasureFileError(msg)
    found = {}
    for code, table in given.items():
        where = f"{file}: words.{code}"
        if code not in LANGUAGES:
            msg = f"{where} is not a language that Attune speaks; write one of {', '.join(LANGUAGES)}"
            raise MeasureFileError(msg)
        if not isinstance(table, dict):
            msg = f"{where} must be a table: write [words.{code}]"
            raise MeasureFileError(msg)
        try:
            found[code] = measure_words(table, ours=False)
        except TypeError as error:
            msg = f"{where}.{error}"
            raise MeasureFileError(msg) from error
        _check(found[code], instrument, where)
    return MappingProxyType(found)


def _check(words: MeasureWords, instrument: Instrument, where: str) -> None:
    """Refuse words that don't go with the measure's items and scale."""
    for item in instrument.items:
        if item not in words.items:
            msg = f"{where}.items.{item} is missing: write [words.<language>.items.{item}]"
            raise MeasureFileError(msg)
    for item in words.items:
        if item not in instrument.items:
            msg = f"{where}.items.{item} is not an item of it; write one of {', '.join(instrument.items)}"
            raise MeasureFileError(msg)
    points = instrument.scale.top // _POINT + 1
    if words.options and not instrument.scale.whole:
        msg = f"{where}.options name whole points; write whole = true above, or take the options out"
        raise MeasureFileError(msg)
    if words.options and len(words.options) != points:
        msg = f"{where}.options must be {points}, one for each point from 0 to {points - 1}"
        raise MeasureFileError(msg)
