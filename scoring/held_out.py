"""Foretelling one held-out episode in every way that is compared, by what other episodes taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from scoring.expected import Expected
from scoring.model import Model
from scoring.past import Past
from scoring.rules import Course, Setup, Severity, judge, rules_for
from scoring.score import Score
from scoring.similar import Begun, Similar, similar

FEWEST_TO_WARN = 3
"""An episode needs so many scores for one between the first and the last, on which to warn."""

_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line on the first score, in tenths: what is foretold without any course at all."""

    level: float
    slope: float

    @classmethod
    def through(cls, past: Sequence[Past]) -> Line:
        """Lay it through last scores by least squares."""
        firsts, lasts = [one.totals[0] for one in past], [one.totals[-1] for one in past]
        mean_first, mean_last = sum(firsts) / len(past), sum(lasts) / len(past)
        spread = sum((first - mean_first) ** 2 for first in firsts)
        together = sum(
            (first - mean_first) * (last - mean_last) for first, last in zip(firsts, lasts, strict=True)
        )
        slope = together / spread if spread else 0.0
        return cls(mean_last - slope * mean_first, slope)

    def at(self, first: int) -> int:
        """Foretell a last score."""
        return round(self.level + self.slope * first)


@dataclass(frozen=True, slots=True)
class Told:
    """What was foretold of one episode, by the way of foretelling.

    Attributes:
        totals: what came, in tenths.
        last: the last score, in tenths, as foretold; a way that says nothing is left out.
        bands: what was expected at the last session.
        on_the_way: what the model expected at each session from the second on.
        warned: whether a score before the last one warned; empty where there is none after the first.
    """

    totals: tuple[int, ...]
    last: Mapping[str, int]
    bands: Mapping[str, Expected]
    on_the_way: tuple[Expected, ...]
    warned: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Teller:
    """What foretells: all of it learned from other episodes.

    Attributes:
        model: the fitted model.
        line: the straight line on the first score.
        past: the episodes among which similar ones are sought.
        setup: what the rational rules are made with; without a curve.
    """

    model: Model
    line: Line
    past: Sequence[Past]
    setup: Setup

    def tell(self, one: Past) -> Told:
        """Foretell an episode. The session of its last score is told, and no score but those so far."""
        begun = Begun(one.measure, one.age_group, one.totals[0], one.items)
        alike = similar(self.past, begun, self.model.highest)
        first, sessions = one.totals[0], len(one.totals)
        bands = {"model": self.model.at(first, sessions)}
        if alike is not None:
            bands["similar"] = alike.at(sessions)
        return Told(
            totals=one.totals,
            last=self._last(one.totals, bands),
            bands=bands,
            on_the_way=tuple(self.model.at(first, session) for session in range(2, sessions + 1)),
            warned=self._warned(one.totals, alike) if sessions >= FEWEST_TO_WARN else {},
        )

    def _last(self, totals: tuple[int, ...], bands: Mapping[str, Expected]) -> dict[str, int]:
        """Foretell the last score from the first, from the first half, from all but the last."""
        sessions = len(totals)
        half, rest = totals[: max(sessions // 2, 1)], totals[:-1]
        return {
            "first_line": self.line.at(totals[0]),
            **{f"first_{way}": band.total for way, band in bands.items()},
            "half_carried": half[-1],
            "half_model": self.model.forecast(half, sessions),
            "rest_carried": rest[-1],
            "rest_model": self.model.forecast(rest, sessions),
        }

    def _warned(self, totals: tuple[int, ...], alike: Similar | None) -> dict[str, bool]:
        """Tell which ways warned at a score between the first and the last."""
        between = [totals[:count] for count in range(2, len(totals))]
        found = [self._found(so_far) for so_far in between]
        model = any(self._failing(self.model.at(so_far[0], len(so_far)), so_far[-1]) for so_far in between)
        fell = any("deterioration" in rules for rules in found)
        warned = {"deterioration": fell, "rules": any(found), "model": model, "either": model or fell}
        if alike is not None:
            warned["similar"] = any(self._failing(alike.at(len(so_far)), so_far[-1]) for so_far in between)
        return warned

    def _found(self, totals: tuple[int, ...]) -> set[str]:
        """Give the rules that find something in some totals to be told soon."""
        course = Course(tuple(Score(self.setup.instrument.key, (total,), _DAY) for total in totals))
        found = judge(rules_for(self.setup), course)
        return {one.rule for one in found if one.severity is not Severity.DIGEST}

    def _failing(self, expected: Expected, total: int) -> bool:
        """Tell whether a total lies beyond the band's edge on the bad side."""
        edge = expected.worst(higher_is_better=self.setup.instrument.higher_is_better)
        return edge is not None and self.setup.yardstick.gain(edge, total) < 0
