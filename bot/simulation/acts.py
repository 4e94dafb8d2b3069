"""What reaches a synthetic person, and what they do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scoring.instrument import Instrument
from storage.records import QUESTIONS

_ASKING = frozenset(QUESTIONS)


@dataclass(frozen=True, slots=True)
class Question:
    """What a message asks.

    Attributes:
        measure: the measure.
        position: the item, counted from 0.
        items: how many items are to be answered at once: 1, or all that are open.
        check_in: how many check-ins were put to this person so far, with this one.
        before: how often this very item was put to them before.
    """

    measure: Instrument
    position: int
    items: int
    check_in: int
    before: int

    @property
    def opens(self) -> bool:
        """Whether it is the first that is asked of a check-in."""
        return self.position == 0 and self.before == 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it reached somebody.

    Attributes:
        kind: the outbox's word for it ("question", "reminder", "consent", "crisis", "alert" …).
        at: when it came (aware UTC).
        week: how many whole weeks the simulation has gone on.
        question: what it asks of a client, if anything.
        alert: the number of the alert that it tells a therapist of, if any.
        told: how often they were told of that alert before.
    """

    kind: str
    at: datetime
    week: int
    question: Question | None = None
    alert: int | None = None
    told: int = 0

    @property
    def asks(self) -> Question | None:
        """The question that it puts, be it for the first time or as a reminder."""
        return self.question if self.kind in _ASKING else None


class Deed(StrEnum):
    """What the clinic's office does for a client."""

    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done some time later: words that are written, or a deed of the office."""

    after: timedelta
    what: str | Deed


def minutes(number: int, what: str | Deed) -> Act:
    """Make an act of so many minutes later: whole ones, so that several people act at once."""
    return Act(timedelta(minutes=number), what)
