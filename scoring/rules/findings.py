"""What a rule finds, and what it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from scoring.change import Yardstick, yardstick
from scoring.instrument import AgeGroup, Instrument, Norms
from scoring.score import Score
from scoring.trajectory import Curve


class Severity(StrEnum):
    """How soon a therapist should hear: at once at any hour, at once in waking hours, or in the morning."""

    URGENT = "urgent"
    SOON = "soon"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule saw.

    Attributes:
        rule: the rule's key (stable: it is stored, configured and translated).
        severity: how soon to tell.
        item: the item it is about, or None for the total.
        was: the earlier value in tenths that it is measured from, or None where there is none.
        now: the latest value in tenths; None where the finding is not about a score.
    """

    rule: str
    severity: Severity
    item: str | None = None
    was: int | None = None
    now: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What a rule is asked about: the scores of the open episode, oldest first.

    Attributes:
        scores: of the measure that is judged, the latest last; at least one.
        beside: of the measure of the other kind: for alliance the outcome, for outcome the alliance.
        totals: the totals of `scores`, in tenths.
    """

    scores: tuple[Score, ...]
    beside: tuple[Score, ...] = ()
    totals: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Sum the items once: every rule asks for the totals."""
        object.__setattr__(self, "totals", totals_of(self.scores))

    @property
    def latest(self) -> Score:
        """The score just completed."""
        return self.scores[-1]

    @property
    def previous(self) -> Score | None:
        """The score before it."""
        return self.scores[-2] if len(self.scores) > 1 else None


def totals_of(scores: Sequence[Score]) -> tuple[int, ...]:
    """Give the totals of some scores, in tenths."""
    return tuple(one.total for one in scores)


Rule = Callable[[Course], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a rule is made with.

    Attributes:
        instrument: the measure that is judged.
        norms: its numbers.
        age_group: whose norms apply.
        beside: the same for the measure of the other kind, where both are asked.
        curve: the expected trajectory, where the site has one.
    """

    instrument: Instrument
    norms: Norms
    age_group: AgeGroup
    beside: Setup | None = None
    curve: Curve | None = None

    @property
    def yardstick(self) -> Yardstick:
        """What totals are measured with."""
        return yardstick(self.instrument, self.norms, self.age_group)


def pairs(course: Course, items: tuple[str, ...]) -> tuple[tuple[str, int | None, int], ...]:
    """Give each item with its previous and its latest value; none where only totals are known."""
    if len(course.latest.items) != len(items):
        return ()
    previous = course.previous
    known = previous is not None and len(previous.items) == len(items)
    before: tuple[int | None, ...] = previous.items if previous and known else (None,) * len(items)
    return tuple(zip(items, before, course.latest.items, strict=True))
