"""Settings that don't go together, and how the rules that look for them read what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.settings.lines import KeyPath

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Clash:
    """Settings that don't go together: the key to change, what is wrong, and what to write instead."""

    path: KeyPath
    problem: str
    instead: str


def secret_advice(path: KeyPath) -> str:
    """Say where a secret is to be given: by which variable, or in which file."""
    if any(isinstance(part, int) for part in path):
        return f'write {path[-1]}_secret = "…" with the name of a secret file, and put it there'
    name = "__".join(str(part) for part in path)
    return f"set ATTUNE_{name.upper()} in the environment, or write it to the secret file {name}"


def value_at(values: Mapping[str, object], *path: str | int) -> object:
    """Find what was written at a key path; None where nothing was."""
    found: object = values
    for part in path:
        found = found.get(str(part)) if isinstance(found, Mapping) else None
    return found


def sections_in(values: Mapping[str, object], key: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """List the sections of a list of sections, each with its place; what is none is left out."""
    listed = values.get(key)
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        for place, section in enumerate(listed):
            if isinstance(section, Mapping):
                yield place, section


def same_names(values: Mapping[str, object], key: str, noun: str) -> Iterator[Clash]:
    """Find the sections of a list that have the name of an earlier one."""
    seen: dict[object, int] = {}
    for place, section in sections_in(values, key):
        name = section.get("name")
        if isinstance(name, str) and seen.setdefault(name, place) != place:
            yield Clash(
                (key, place, "name"),
                f"is the name of {key}[{seen[name]}] too",
                f"write a name that no other {noun} has",
            )


def read(kind: TypeAdapter[_T], value: object) -> _T | None:
    """Read a value as a kind of setting; None where it is wrong, which is told elsewhere."""
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None
