"""Reads what a bot and Telegram said to each other with aiogram's models, and prints what differs.

It belongs to the Python of `environment.AIOGRAM`. As a program it takes a file of JSON: {"calls":
[[method, parameters], …], "updates": […], "messages": […]}, parameters as they were sent, and prints a
list of sentences, one for each thing that no model takes, or that holds a field which no model knows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from aiogram import methods
from aiogram.types import Message, Update
from pydantic import BaseModel, ValidationError

WRITTEN_AS_JSON = ("allowed_updates", "link_preview_options", "reply_markup")

METHODS: Mapping[str, type[BaseModel]] = {
    name.lower(): getattr(methods, name)
    for name in methods.__all__
    if hasattr(getattr(methods, name), "__api_method__")
}
"""The model of each method's parameters, by the method's name."""


class Talk(TypedDict):
    """What was said."""

    calls: Sequence[tuple[str, Mapping[str, str]]]
    updates: Sequence[object]
    messages: Sequence[object]


def faults(talk: Talk) -> Iterator[str]:
    """Find everything that aiogram does not know."""
    for name, sent in talk["calls"]:
        parameters = {
            key: json.loads(value) if key in WRITTEN_AS_JSON else value for key, value in sent.items()
        }
        yield from _differences(name, METHODS[name.lower()], parameters)
    for update in talk["updates"]:
        yield from _differences("update", Update, update)
    for message in talk["messages"]:
        yield from _differences("message", Message, message)


def _differences(what: str, model: type[BaseModel], said: object) -> Iterator[str]:
    try:
        read = model.model_validate(said)
    except ValidationError as error:
        yield f"{what}: {error}"
    else:
        yield from (f"{what}: nobody knows {name}" for name in _unknown(read))


def _unknown(value: object) -> Iterator[str]:
    """Find fields that a model holds without knowing them, however deep."""
    if isinstance(value, BaseModel):
        yield from (value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _unknown(one)


if __name__ == "__main__":
    print(json.dumps(list(faults(json.loads(Path(sys.argv[1]).read_text())))))  # noqa: T201 - what the test reads
