"""How well a site's own data foretell: the fitted model and similar clients on episodes they never saw.

Cross-validated: the clients are dealt into parts, and each part's episodes are foretold by what was learned
from the other parts alone. What is foretold of a last score stands beside two plain rivals: carrying the
latest score forward, and a straight line on the first score. Warnings of a deterioration at the last score
stand beside the rational rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from scoring.change import Category, yardstick
from scoring.expected import Expected
from scoring.fit import FitError, fit
from scoring.held_out import Line, Teller, Told
from scoring.instrument import AgeGroup, Instrument, Norms
from scoring.model import FEWEST
from scoring.past import Past
from scoring.rules import Setup

PARTS = 5
"""Into so many parts the clients are dealt."""

FORETOLD: Mapping[str, str] = MappingProxyType(
    {
        "first_line": "a straight line on the first score",
        "first_model": "the fitted model's line",
        "first_similar": "similar clients' line",
        "half_carried": "carrying the latest score forward",
        "half_model": "the fitted model's forecast",
        "rest_carried": "carrying the latest score forward",
        "rest_model": "the fitted model's forecast",
    }
)
"""The ways of foretelling a last score: from the first alone, from the first half, or from all before it."""

WARNING: Mapping[str, str] = MappingProxyType(
    {
        "deterioration": "rational rules: deterioration",
        "rules": "rational rules: all that are told soon",
        "model": "worse than the fitted model's band",
        "similar": "worse than similar clients' band",
        "either": "worse than the fitted model's band, or deterioration",
    }
)
"""The ways of warning of a deterioration."""

_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Errors:
    """How far last scores were from what was foretold: over so many, in points."""

    of: int
    mean_absolute: float
    root_mean_square: float


@dataclass(frozen=True, slots=True)
class Held:
    """How many scores lay within a band, below it and above it."""

    within: int
    below: int
    above: int

    @property
    def of(self) -> int:
        """How many scores there were."""
        return self.within + self.below + self.above

    @property
    def share(self) -> float:
        """The share within, from 0 to 1; not a number where there were no scores."""
        return _share(self.within, self.of)


@dataclass(frozen=True, slots=True)
class Warned:
    """How warnings before the last score stood to a deterioration at the last score.

    Attributes:
        caught: deteriorated, and warned of.
        missed: deteriorated without a warning.
        spared: neither deteriorated nor warned of.
        alarmed: warned of, and not deteriorated in the end.
    """

    caught: int
    missed: int
    spared: int
    alarmed: int

    @property
    def sensitivity(self) -> float:
        """The share of the deteriorated that were warned of; not a number where there were none."""
        return _share(self.caught, self.caught + self.missed)

    @property
    def specificity(self) -> float:
        """The share of the others that were not warned of; not a number where there were none."""
        return _share(self.spared, self.spared + self.alarmed)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of it.

    Attributes:
        episodes: how many were foretold.
        parts: into how many parts their clients were dealt.
        errors: of last scores, by `FORETOLD`.
        held: last scores within the nominal band, for "model" and "similar".
        by_first: the same for the model, by thirds of the first score, the lowest third first.
        on_the_way: the same for the model, of every score from the second on and not the last alone.
        warned: of a deterioration at the last score, by `WARNING`, in episodes of three scores or more.
    """

    episodes: int
    parts: int
    errors: Mapping[str, Errors]
    held: Mapping[str, Held]
    by_first: tuple[Held, ...]
    on_the_way: Held
    warned: Mapping[str, Warned]


def evaluate(
    past: Sequence[Past], measure: Instrument, norms: Norms, age_group: AgeGroup, *, parts: int = PARTS
) -> Evaluation:
    """Foretell each closed episode by what other clients' episodes teach.

    Args:
        past: the closed episodes (`scoring.past.usable`), in any order.
        measure: their measure.
        norms: of the rule set whose rules stand beside, and whose reliable change is meant.
        age_group: whose episodes they are.
        parts: into how many the clients are dealt, from 2 on.

    Raises:
        NotInstalledError: statsmodels isn't there.
        FitError: there are too few episodes, or no model fits them.
    """
    dealt = {client: place % parts for place, client in enumerate(dict.fromkeys(one.client for one in past))}
    setup = Setup(measure, norms, age_group)
    told: list[Told] = []
    for part in range(parts):
        learned = [one for one in past if dealt[one.client] != part]
        if len(learned) < FEWEST:
            msg = f"fitting takes {FEWEST} closed episodes, and without one part there are {len(learned)}"
            raise FitError(msg)
        model = fit([one.totals for one in learned], measure, age_group, date.min)
        teller = Teller(model, Line.through(learned), learned, setup)
        told += [teller.tell(one) for one in past if dealt[one.client] == part]
    return tally(told, setup, parts)


def tally(told: Sequence[Told], setup: Setup, parts: int) -> Evaluation:
    """Count what came of what was foretold of held-out episodes."""
    ordered = sorted(told, key=lambda one: one.totals[0])
    thirds = [ordered[len(told) * third // 3 : len(told) * (third + 1) // 3] for third in range(3)]
    return Evaluation(
        episodes=len(told),
        parts=parts,
        errors={
            way: _errors(one.last[way] - one.totals[-1] for one in told if way in one.last)
            for way in FORETOLD
        },
        held={way: _last_held(told, way) for way in ("model", "similar")},
        by_first=tuple(_last_held(third, "model") for third in thirds),
        on_the_way=_held(pair for one in told for pair in zip(one.on_the_way, one.totals[1:], strict=True)),
        warned={way: _warned(told, way, _deteriorated(setup)) for way in WARNING},
    )


def _errors(off: Iterable[int]) -> Errors:
    points = [one / _TENTHS for one in off]
    if not points:
        return Errors(0, math.nan, math.nan)
    mean_square = sum(one**2 for one in points) / len(points)
    return Errors(len(points), sum(map(abs, points)) / len(points), math.sqrt(mean_square))


def _last_held(told: Iterable[Told], way: str) -> Held:
    return _held((one.bands[way], one.totals[-1]) for one in told if way in one.bands)


def _held(pairs: Iterable[tuple[Expected, int]]) -> Held:
    """Count where totals lay; a score at an edge is within."""
    within = below = above = 0
    for expected, total in pairs:
        under = expected.lower is not None and total < expected.lower
        over = expected.upper is not None and total > expected.upper
        below, above, within = below + under, above + over, within + (not under and not over)
    return Held(within, below, above)


def _deteriorated(setup: Setup) -> Callable[[Told], bool]:
    measured = yardstick(setup.instrument, setup.norms, setup.age_group)
    return lambda one: measured.category(one.totals) is Category.DETERIORATED


def _warned(told: Iterable[Told], way: str, deteriorated: Callable[[Told], bool]) -> Warned:
    seen = [(one.warned[way], deteriorated(one)) for one in told if way in one.warned]
    return Warned(
        caught=seen.count((True, True)),
        missed=seen.count((False, True)),
        spared=seen.count((False, False)),
        alarmed=seen.count((True, False)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
