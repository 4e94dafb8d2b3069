"""Replies and their readings as lines of text and JSON, as `attune read` takes and gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import assert_never

from bot.languages import LANGUAGES, Language
from bot.replies import (
    AllPoints,
    Comment,
    Correction,
    Expecting,
    Later,
    Points,
    Reading,
    Reply,
    Steer,
    Unclear,
    read,
)

Json = dict[str, str | int | bool | list[int] | None]


def as_json(reading: Reading) -> Json:
    """Give a reading as the JSON that `attune read` prints; what does not apply is left out."""
    found = _fields(reading.reply)
    if not reading.signs.crisis:
        return found
    if found["reading"] in {"unclear", "comment"}:
        return {"reading": "crisis", "crisis": True}
    return {**found, "crisis": True}


def _fields(reply: Reply) -> Json:
    found: Json
    match reply:
        case Points(tenths, comment):
            found = {"reading": "score", "tenths": tenths, "comment": comment}
        case AllPoints(several, comment):
            found = {"reading": "scores", "tenths": list(several), "comment": comment}
        case Correction(tenths, comment):
            found = {"reading": "correction", "tenths": tenths, "comment": comment}
        case Later(minutes, until):
            found = {"reading": "later", "delay_minutes": minutes, "until": until and until.day}
        case Unclear(why, suggest):
            found = {"reading": "unclear", "why": str(why), "suggest": suggest}
        case Comment(words):
            found = {"reading": "comment", "comment": words}
        case Steer():
            found = {"reading": str(reply)}
        case _:
            assert_never(reply)
    return {key: value for key, value in found.items() if value is not None and value != ""}


def expecting_of(line: str, language: Language) -> tuple[str, Expecting]:
    """Take a line as a reply: plain text, or a JSON object with "text" that may say what is expected.

    Any other JSON is plain text, and so is an object whose values are of another kind or out of range.
    """
    plain = (line, Expecting(language))
    if not line.lstrip().startswith("{"):
        return plain
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return plain
    if not isinstance(given, dict) or not isinstance(text := given.get("text"), str):
        return plain
    code = given.get("language", language.code)
    remaining, answered = given.get("remaining", 1), given.get("answered", 0)
    counts = all(type(count) is int and count >= 0 for count in (remaining, answered))
    if code not in LANGUAGES or not counts:
        return plain
    return text, _expecting(code, remaining, answered)


@lru_cache(maxsize=256)
def _expecting(code: str, remaining: int, answered: int) -> Expecting:
    return Expecting(LANGUAGES[code], remaining=remaining, answered=answered)


_WRITTEN = json.JSONEncoder(ensure_ascii=False).encode


def lines_read(lines: Iterable[str], language: Language) -> Iterator[str]:
    """Read replies, a line each."""
    for line in lines:
        text, expecting = expecting_of(line.removesuffix("\n").removesuffix("\r"), language)
        yield _WRITTEN(as_json(read(text, expecting)))
