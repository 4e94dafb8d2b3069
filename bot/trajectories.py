"""The expected trajectories that a site supplies: curve files and models fitted to its own episodes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from bot.settings import ConfigError, Fault, Settings
from bot.settings.sections import TrajectoryFiles
from scoring import model
from scoring.instrument import AgeGroup
from scoring.model import Model, ModelError
from scoring.trajectory import Curve, CurveError, curve_from

T = TypeVar("T")

_MEASURE = "ors"
"""The measure that the files of the config are for."""


def curves(settings: Settings) -> Mapping[tuple[str, AgeGroup], Curve]:
    """Read the curve files, by measure and age group; their paths are seen from where the process runs.

    Raises:
        ConfigError: one can't be read or is no curve.
    """
    return _read(
        settings.rules.curves, "curves", lambda text, source: curve_from(tomllib.loads(text), source)
    )


def models(settings: Settings) -> Mapping[tuple[str, AgeGroup], Model]:
    """Read the fitted models, by measure and age group.

    Raises:
        ConfigError: one can't be read, is no model, or is of another measure or age group.
    """
    found = _read(settings.rules.models, "models", model.loads)
    faults = [
        Fault(
            f"rules.models.{age}",
            None,
            f"the model is of {one.measure}, {one.age_group}",
            f"name one that was fitted for {measure}, {age}",
        )
        for (measure, age), one in found.items()
        if (one.measure, one.age_group) != (measure, age)
    ]
    if faults:
        raise ConfigError(tuple(faults))
    return found


def _read(
    given: TrajectoryFiles, section: str, parse: Callable[[str, str], T]
) -> Mapping[tuple[str, AgeGroup], T]:
    found: dict[tuple[str, AgeGroup], T] = {}
    faults: list[Fault] = []
    for age in AgeGroup:
        file: Path | None = getattr(given, age)
        if file is None:
            continue
        try:
            found[_MEASURE, age] = parse(file.read_text(encoding="utf-8"), str(file))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, CurveError, ModelError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            instead = "name a file as docs/clinical.md says"
            faults.append(Fault(f"rules.{section}.{age}", None, f"can't be used ({said})", instead))
    if faults:
        raise ConfigError(tuple(faults))
    return MappingProxyType(found)
