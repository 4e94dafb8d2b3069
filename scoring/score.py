"""A complete form's score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from scoring.instrument import Response


@dataclass(frozen=True, slots=True)
class Score:
    """One completed form.

    Attributes:
        instrument: the measure's key.
        items: each item's answer in tenths, in the order of the measure's items.
        at: when it was completed, aware UTC.
    """

    instrument: str
    items: tuple[int, ...]
    at: datetime

    @property
    def total(self) -> int:
        """The sum of the items, in tenths."""
        return sum(self.items)


def score(response: Response, at: datetime) -> Score | None:
    """Score a response, or None where an item is missing.

    A score is all items of the form or it is no score: a missing item is never 0 and never the mean.

    Source: OpenFIT's import rules.
    """
    items = tuple(mark for mark in response.marks if mark is not None)
    if not response.complete:
        return None
    return Score(response.instrument.key, items, at)
