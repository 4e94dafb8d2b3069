"""What is wrong with the settings, in plain words, and what to write instead.

Pydantic's errors are translated here, and nowhere shown: they repeat what was written, which may be a
secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from inspect import isclass
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.settings.clash import Clash, secret_advice
from bot.settings.lines import KeyPath, written
from bot.settings.values import WRONG, nearest, one_of, shown


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        key: the setting as the file would write it, "schedules[0].day"; or a file's or variable's name.
        line: where it stands in the config file, from 1; None where it doesn't stand there.
        problem: what is wrong, to be read after the key.
        instead: what to write or do.
        origin: the environment variable or the secret file that it came from, if it did.
    """

    key: str
    line: int | None
    problem: str
    instead: str
    origin: str | None = None

    def __str__(self) -> str:
        """Say it all on one line: key, place, what is wrong, what to write instead."""
        place = self.origin if self.line is None else f"line {self.line}"
        named = f"{self.key} ({place})" if place and place != self.key else self.key
        return f"{named}: {self.problem}; {self.instead}"


class ConfigError(Exception):
    """The settings can't be used: every fault, in the order of the file. Its text is one line a fault."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Keep the faults."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def explain(error: ErrorDetails, model: type[BaseModel], *, in_file: bool) -> Clash:
    """Say one of pydantic's errors in plain words.

    Args:
        error: as `ValidationError.errors()` has it.
        model: the model that found it.
        in_file: whether the value stands in the config file (a secret may not).
    """
    path = tuple(part for part in error["loc"] if part != "[key]")
    given = _Given(path, error["input"], error.get("ctx", {}), field_at(model, path))
    if error["type"] == WRONG:
        return Clash(path, str(given.limits["problem"]), str(given.limits["instead"]))
    if error["type"] == "extra_forbidden":
        return Clash(path, "is not a setting", _meant(model, path, in_file=in_file))
    problem, instead = _WORDS.get(error["type"], _unusable)(given)
    return Clash(path, problem, instead)


def field_at(model: type[BaseModel], path: KeyPath) -> FieldInfo | None:
    """Find the field that a key path leads to, or leads into (a list's element has its list's field)."""
    return _led_to(model, path)[0]


def settings_of(model: type[BaseModel]) -> Iterator[tuple[KeyPath, FieldInfo]]:
    """List every setting of a model with its key path; a list of sections counts as place 0 of it."""
    for name, field in model.model_fields.items():
        kind = _plain(field.annotation)
        place: KeyPath = (name,)
        if get_origin(kind) is tuple:
            element = _plain(get_args(kind)[0])
            kind, place = (element, (name, 0)) if _is_section(element) else (kind, place)
        if isclass(kind) and issubclass(kind, BaseModel):
            yield from (((*place, *path), inner) for path, inner in settings_of(kind))
        else:
            yield place, field


def keys_of(field: FieldInfo) -> tuple[str, ...]:
    """List the settings of a section; nothing where a field is not a section."""
    return tuple(_fields(_plain(field.annotation)))


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting's value must never be shown."""
    return _plain(field.annotation) is SecretStr


@dataclass(frozen=True, slots=True)
class _Given:
    """What pydantic tells of an error: where, what was written, the limits it broke, and the field."""

    path: KeyPath
    value: object
    limits: Mapping[str, object]
    field: FieldInfo | None

    @property
    def name(self) -> str:
        """The key itself, without its section."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), "it")

    def write(self, what: str) -> str:
        """Say what to write: an example where the field has one."""
        if self.field is not None and is_secret(self.field):
            return secret_advice(self.path)
        example = _example(self.field)
        return f"write {what}, e.g. {self.name} = {example}" if example else f"write {what}"


def _plain(kind: object) -> object:
    """Take away what a type is wrapped in: Annotated, and "or None"."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        inner = [one for one in get_args(kind) if one is not NoneType]
        return _plain(inner[0]) if len(inner) == 1 else kind
    return kind


def _is_section(kind: object) -> bool:
    return isclass(kind) and issubclass(kind, BaseModel)


def _example(field: FieldInfo | None) -> str | None:
    """Find something that could stand after the equals sign."""
    if field is None:
        return None
    if field.examples:
        return str(field.examples[0])
    match field.default:
        case bool() as yes:
            return "true" if yes else "false"
        case int() | float() as number:
            return f"{number:g}"
        case str() as text if text:
            return f'"{text}"'
        case _:
            return None


def _meant(model: type[BaseModel], path: KeyPath, *, in_file: bool) -> str:
    """Advise on a key that nobody knows: the nearest one, one of another section, or all there are."""
    *outer, last = path
    known = tuple(_fields(_led_to(model, tuple(outer))[1]))
    everywhere = {str(key[-1]): key for key, _ in settings_of(model)}
    if near := nearest(str(last), known):
        meant: KeyPath = (*outer, near)
    elif last in everywhere and not any(isinstance(part, int) for part in everywhere[str(last)]):
        meant = everywhere[str(last)]
    else:
        return f"take it out, or write one of {', '.join(known)}" if known else "take it out"
    field = field_at(model, meant)
    if field is not None and is_secret(field) and in_file:
        return f"if {written(meant)} is meant: take it out of the file, and {secret_advice(meant)}"
    return f"write {written(meant)}"


def _led_to(model: type[BaseModel], path: KeyPath) -> tuple[FieldInfo | None, object]:
    """Follow a key path to its field and to the type of what stands there; None where it leads nowhere."""
    kind: object = model
    found: FieldInfo | None = None
    for part in path:
        arguments = get_args(kind)
        if _is_section(kind):
            found = _fields(kind).get(str(part))
            kind = _plain(found.annotation) if found else None
        elif arguments:
            kind = _plain(arguments[0 if get_origin(kind) is tuple else -1])
        else:
            return None, None
    return found, kind


def _fields(kind: object) -> Mapping[str, FieldInfo]:
    return kind.model_fields if isclass(kind) and issubclass(kind, BaseModel) else {}


def _placeless(path: KeyPath) -> KeyPath:
    return tuple(part for part in path if not isinstance(part, int))


def _missing(given: _Given) -> tuple[str, str]:
    return "is missing", given.write("it")


def _not_text(given: _Given) -> tuple[str, str]:
    return "is not a text", given.write("it in quotes")


def _not_whole(given: _Given) -> tuple[str, str]:
    return "is not a whole number", given.write("a whole number without quotes")


def _not_number(given: _Given) -> tuple[str, str]:
    return "is not a number", given.write("a number without quotes")


def _not_boolean(given: _Given) -> tuple[str, str]:
    return "is neither true nor false", given.write("true or false without quotes")


def _too_small(given: _Given) -> tuple[str, str]:
    least = given.limits.get("ge")
    wanted = f"a number from {least:g} up" if isinstance(least, int | float | Decimal) else "a number above 0"
    return f"{shown(given.value)} is too small", given.write(wanted)


def _too_large(given: _Given) -> tuple[str, str]:
    return f"{shown(given.value)} is too large", given.write(f"a number up to {given.limits.get('le')}")


def _too_fine(given: _Given) -> tuple[str, str]:
    return "is finer than a tenth", given.write("at most one digit after the point")


def _not_chosen(given: _Given) -> tuple[str, str]:
    noun = (given.field.title if given.field else None) or "one of the choices"
    choices = get_args(_plain(given.field.annotation)) if given.field else ()
    return f"{shown(given.value)} is not {noun}", one_of(str(choice) for choice in choices)


def _empty(given: _Given) -> tuple[str, str]:
    return "is empty", given.write("it, or take the key out")


def _not_a_list(given: _Given) -> tuple[str, str]:
    if isinstance(given.value, Mapping):
        variable = "ATTUNE_" + "__".join(str(part) for part in given.path).upper()
        return (
            "is a list and can't be set piece by piece",
            f"write it in the file, or whole, as JSON, in {variable}",
        )
    return "is not a list", given.write("it in square brackets")


def _not_a_section(given: _Given) -> tuple[str, str]:
    header = written(_placeless(given.path))
    listed = any(isinstance(part, int) for part in given.path)
    heading = f"[[{header}]]" if listed else f"[{header}]"
    return "is a section with settings of its own", f"write {heading} and its settings below it"


def _unusable(given: _Given) -> tuple[str, str]:
    return "can't be used here", given.write("it as config.example.toml shows it")


_WORDS: Mapping[str, Callable[[_Given], tuple[str, str]]] = {
    "missing": _missing,
    "string_type": _not_text,
    "string_too_short": _empty,
    "too_short": _empty,
    "path_type": _not_text,
    "int_type": _not_whole,
    "int_parsing": _not_whole,
    "int_from_float": _not_whole,
    "int_parsing_size": _not_whole,
    "float_type": _not_number,
    "float_parsing": _not_number,
    "decimal_type": _not_number,
    "decimal_parsing": _not_number,
    "finite_number": _not_number,
    "decimal_max_places": _too_fine,
    "bool_type": _not_boolean,
    "bool_parsing": _not_boolean,
    "greater_than": _too_small,
    "greater_than_equal": _too_small,
    "less_than": _too_large,
    "less_than_equal": _too_large,
    "literal_error": _not_chosen,
    "tuple_type": _not_a_list,
    "mapping_type": _not_a_section,
    "dict_type": _not_a_section,
    "model_type": _not_a_section,
    "model_attributes_type": _not_a_section,
}
"""Pydantic's kinds of error, and how each is said. Source: docs.pydantic.dev, "Validation errors"."""
