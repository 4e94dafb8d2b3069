"""How synthetic clients fare: what their answers are from week to week, with chance in them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from scoring.instrument import Gauge, Instrument

_NOISE = 0.09
"""How far chance moves an answer at most, as a share of the scale; small moves are the likeliest."""


@dataclass(frozen=True, slots=True)
class Line:
    """A level that moves by as much each week, as shares of a scale: 0 is the worst, 1 the best."""

    begins: float
    weekly: float

    def at(self, week: int) -> float:
        """Give the level in a week, counted from 0; it never leaves the scale."""
        return min(1.0, max(0.0, self.begins + week * self.weekly))


@dataclass(frozen=True, slots=True)
class Course:
    """How somebody fares, and how they find their sessions."""

    outcome: Line
    alliance: Line

    def answer(self, measure: Instrument, week: int, chance: Random) -> int:
        """Draw an answer to one item, in whole points of the measure's scale.

        A measure that is better the lower it is, is answered the other way round.
        """
        line = self.alliance if measure.gauges is Gauge.ALLIANCE else self.outcome
        level = min(1.0, max(0.0, line.at(week) + (chance.random() + chance.random() - 1) * _NOISE))
        share = level if measure.higher_is_better else 1 - level
        return round(share * (measure.scale.top // 10))


IMPROVING = Course(Line(0.45, 0.015), Line(0.88, 0.003))
STEADY = Course(Line(0.6, 0), Line(0.92, 0))
DETERIORATING = Course(Line(0.7, -0.035), Line(0.93, -0.02))
