"""The labelled replies beside this file: what people write, and what it is read as."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bot.languages import LANGUAGES
from bot.replies import Expecting, Reading, read
from bot.replies.lines import Json, as_json

HERE = Path(__file__).parent
LANGUAGE_CODES = ("ar", "da", "de", "en", "es", "fr", "nl")

REFUSALS = frozenset({"unclear", "comment", "crisis"})
"""Readings from which nothing is taken."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled reply. `expected` is what `attune read` prints; a comment counts only where named."""

    text: str
    language: str
    remaining: int
    answered: int
    expected: Json

    @property
    def refused(self) -> bool:
        """Whether nothing may be taken from it."""
        return self.expected["reading"] in REFUSALS

    def reading(self) -> Reading:
        """Read it."""
        return read(self.text, self.expecting())

    def expecting(self) -> Expecting:
        """Say what it is read against."""
        return Expecting(LANGUAGES[self.language], remaining=self.remaining, answered=self.answered)

    def got(self) -> Json:
        """Give what it is read as, as far as the row says what it should be."""
        found = as_json(self.reading())
        if "comment" not in self.expected:
            found.pop("comment", None)
        return found


def rows(code: str) -> list[Row]:
    """Load one language's rows."""
    lines = (HERE / f"{code}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Row(**json.loads(line)) for line in lines]


EVERY_ROW = [row for code in LANGUAGE_CODES if code in LANGUAGES for row in rows(code)]
