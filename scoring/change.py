"""How far a client has come: the first, best and last score of an episode, and what the change amounts to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoring.instrument import AgeGroup, Instrument, Norms


class Category(StrEnum):
    """What a change since the first score amounts to."""

    DETERIORATED = "deteriorated"
    UNCHANGED = "unchanged"
    IMPROVED = "improved"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What one client's totals are measured with; all numbers in tenths, None where the measure has none.

    Attributes:
        reliable: the smallest change of the total that is more than noise.
        cutoff: the total between the clinical and the functional range, for the client's age.
        cutoff_is_functional: whether a total exactly at the cutoff is out of the clinical range.
        higher_is_better: whether a higher total means doing better.
        first_too_high: a first total beyond this gives no expectation of change.
    """

    reliable: int | None = None
    cutoff: int | None = None
    cutoff_is_functional: bool = True
    higher_is_better: bool = True
    first_too_high: int | None = None

    def gain(self, was: int, now: int) -> int:
        """Give the change from one total to another, in tenths; improvement is positive."""
        return now - was if self.higher_is_better else was - now

    def clinical(self, total: int) -> bool:
        """Tell whether a total lies in the clinical range; without a cutoff none does.

        Source: at the cutoff: functional in OpenFIT's alert table, clinical at bluewinginc (PCOMS).
        """
        if self.cutoff is None:
            return False
        above = self.gain(self.cutoff, total)
        return above < 0 if self.cutoff_is_functional else above <= 0

    def best(self, totals: Sequence[int]) -> int:
        """Give the best of at least one total."""
        return max(totals) if self.higher_is_better else min(totals)

    def too_high(self, first: int) -> bool:
        """Tell whether a first total leaves no room for an expectation. Source: above 32.0, OpenFIT."""
        return self.first_too_high is not None and self.gain(self.first_too_high, first) > 0

    def category(self, totals: Sequence[int]) -> Category | None:
        """Say what the change since the first total amounts to; None below two totals.

        Recovered is improved, and from the clinical range out of it: who began out of it can't recover.

        Source: reliable change 5.0: Miller/ICCE, secondary; 6.0, inclusive: bluewinginc (PCOMS).
        """
        if len(totals) < 2 or self.reliable is None:  # noqa: PLR2004 (one total has not changed)
            return None
        first, last = totals[0], totals[-1]
        change = self.gain(first, last)
        if change <= -self.reliable:
            return Category.DETERIORATED
        if change < self.reliable:
            return Category.UNCHANGED
        crossed = self.clinical(first) and not self.clinical(last)
        return Category.RECOVERED if crossed else Category.IMPROVED


def yardstick(instrument: Instrument, norms: Norms, age_group: AgeGroup) -> Yardstick:
    """Give what totals of a measure are measured with, for an age group."""
    return Yardstick(
        reliable=norms.reliable_change,
        cutoff=norms.cutoff.get(age_group),
        cutoff_is_functional=norms.cutoff_is_functional,
        higher_is_better=instrument.higher_is_better,
        first_too_high=norms.first_too_high,
    )


@dataclass(frozen=True, slots=True)
class Sawtooth:
    """How often a series went up and down by much.

    Attributes:
        changes: changes of direction among the large moves, the first such move counting as one.
        flagged: whether that is often enough, in a series long enough, to speak of.
    """

    changes: int = 0
    flagged: bool = False

    @property
    def teeth(self) -> int:
        """How many teeth the saw has."""
        return max(self.changes - 1, 0)


def sawtooth(totals: Sequence[int], *, move: int, changes: int, ratings: int) -> Sawtooth:
    """Count the teeth of a series.

    Args:
        totals: in tenths, oldest first.
        move: the smallest difference between two totals in a row that counts, in tenths.
        changes: from so many changes of direction on it is flagged,
        ratings: where there are at least so many totals.

    Source: moves of 6.0 or more, 4 changes, 5 ratings: OpenFIT.
    """
    moves = (now - was for was, now in itertools.pairwise(totals))
    rises = [one > 0 for one in moves if abs(one) >= move]
    turned = sum(one != other for one, other in itertools.pairwise(rises))
    counted = turned + bool(rises)
    return Sawtooth(counted, counted >= changes and len(totals) >= ratings)
