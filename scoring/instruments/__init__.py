"""The measures, a data file each, read once at import."""

from __future__ import annotations

import tomllib
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from scoring.instrument import Instrument, InstrumentError
from scoring.instruments.parsing import from_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INSTRUMENTS", "PAIR", "from_table", "read"]


def read(text: str, source: str) -> Instrument:
    """Read one measure from the text of its TOML file; `source` names it in an error.

    Raises:
        InstrumentError: what is wrong with it, and what to write instead.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{source}: {error}"
        raise InstrumentError(msg) from error
    return from_table(table, source)


PAIR = ("ors", "srs")
"""The two measures that Attune is made for; where several could stand, they come first."""


def _shipped() -> dict[str, Instrument]:
    files = sorted(
        (file for file in resources.files(__name__).iterdir() if file.name.endswith(".toml")),
        key=lambda file: (file.name.removesuffix(".toml") not in PAIR, file.name),
    )
    read_files = [read(file.read_text(encoding="utf-8"), file.name) for file in files]
    return {instrument.key: instrument for instrument in read_files}


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(_shipped())
"""Every measure that ships, by its key; the pair first."""
