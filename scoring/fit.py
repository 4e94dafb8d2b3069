"""Fitting a site's own expected trajectories. The one part of scoring that needs statsmodels.

A mixed model by restricted maximum likelihood: the total at each session from the second on, by the first
total, the logarithm of the session and both together, with a level and a growth of each client's own. The
first score stands on the right side only, so its chance error counts as what it is: regression to the mean.
Source for the idea: Finch, Lambert & Schaalje 2001.

The band. By the theory its edges lie 1.28 standard deviations off, whatever the first score. In simulated
cohorts that put up to 12 instead of 10 per cent of new last scores below the lower edge, and edges alike for
all held 70 per cent of those who began low against 89 of those who began high (docs/clinical.md). So the
edges are quantile regressions, on the first score, of where the last scores of these episodes lay.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from scoring.expected import OUTSIDE
from scoring.instrument import AgeGroup, Instrument
from scoring.model import FEWEST, Edges, Effects, Model, Spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STILL_THERE = 20
"""The course is flat from the last session that so many episodes reached. Source: this project's own."""

_TENTHS = 10
_NEEDS = "fitting a model needs statsmodels: pip install attune[model]"


class FitError(ValueError):
    """No model can be fitted; the text says why, and what to do."""


class NotInstalledError(FitError):
    """The extra that fitting needs isn't installed; the text says how to."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the mixed model found: the average course, and how clients differ from it."""

    effects: Effects
    spread: Spread


def fit(
    episodes: Sequence[Sequence[int]], measure: Instrument, age_group: AgeGroup, fitted_on: date
) -> Model:
    """Fit a model to closed episodes.

    Args:
        episodes: the totals of each in tenths, oldest first, at least two, of one measure and age group; the
            first not too high (`scoring.past.usable` gives such).
        measure: the measure.
        age_group: whose episodes they are.
        fitted_on: the day that the model is to carry.

    Raises:
        NotInstalledError: statsmodels isn't there.
        FitError: there are too few episodes, or no model fits them.
    """
    if len(episodes) < FEWEST:
        msg = f"fitting a model takes {FEWEST} closed episodes, and there are {len(episodes)}"
        raise FitError(msg)
    centre = round(sum(one[0] for one in episodes) / len(episodes) / _TENTHS, 1)
    flat = _flat(episodes)
    try:
        found = _mixed_model(episodes, centre, flat)
        edges = _edges(episodes, centre, flat, found)
    except ImportError as error:
        raise NotInstalledError(_NEEDS) from error
    return Model(
        measure=measure.key,
        age_group=age_group,
        fitted_on=fitted_on,
        episodes=len(episodes),
        centre=centre,
        flat=flat,
        highest=measure.total_max,
        higher_is_better=measure.higher_is_better,
        effects=found.effects,
        spread=found.spread,
        edges=edges,
    )


def _flat(episodes: Sequence[Sequence[int]]) -> int:
    """Give the last session that enough episodes reached."""
    return sorted(map(len, episodes))[-STILL_THERE]


def _mixed_model(episodes: Sequence[Sequence[int]], centre: float, flat: int) -> Fitted:
    import numpy as np  # noqa: PLC0415 (an extra: see the module)
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams  # noqa: PLC0415 (as above)

    fixed, own, totals, whose = _design(episodes, centre, flat)
    model = MixedLM(totals, fixed, whose, exog_re=own)
    start = MixedLMParams.from_components(
        fe_params=np.linalg.lstsq(fixed, totals, rcond=None)[0], cov_re=np.diag([1.0, 0.5])
    )
    with warnings.catch_warnings():
        # It warns of what is checked below, and of variances near nought, which are an answer.
        warnings.simplefilter("ignore")
        try:
            found = model.fit(reml=True, method=["lbfgs"], start_params=start)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise FitError(_NO_FIT) from error
    figures = [*found.fe_params, found.cov_re[0, 0], found.cov_re[1, 1], found.cov_re[0, 1], found.scale]
    effects, spread = [float(one) for one in figures[:4]], [float(one) for one in figures[4:]]
    if not found.converged or not all(map(math.isfinite, effects + spread)) or spread[-1] <= 0:
        raise FitError(_NO_FIT)
    return Fitted(Effects(*effects), Spread(*spread))


_NO_FIT = "no model fits these episodes: are they of one measure, and do their scores differ?"


def _design(
    episodes: Sequence[Sequence[int]], centre: float, flat: int
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Lay out a row a score from the second on: what is common to all, one's own, the total, whose it is."""
    import numpy as np  # noqa: PLC0415 (an extra: see the module)

    rows = [
        (one[0] / _TENTHS - centre, math.log(min(session, flat)), total / _TENTHS, number)
        for number, one in enumerate(episodes)
        for session, total in enumerate(one[1:], 2)
    ]
    d, log, totals, whose = np.array(rows).T
    ones = np.ones_like(d)
    fixed, own = np.column_stack((ones, d, log, d * log)), np.column_stack((ones, log))
    return fixed, own, totals, whose.astype(np.int64)


def _edges(episodes: Sequence[Sequence[int]], centre: float, flat: int, found: Fitted) -> Edges:
    """Draw each edge so that a tenth of new last scores fall beyond it, whatever the first score.

    A line of two numbers can be laid through two of the scores, which then are outside of nothing; so one
    score fewer than a tenth is left beyond it. Without that, 100 episodes make a band of 77 per cent.
    """
    import numpy as np  # noqa: PLC0415 (an extra: see the module)
    from statsmodels.regression.quantile_regression import QuantReg  # noqa: PLC0415 (as above)

    last = [(one[0], len(one), one[-1]) for one in episodes]
    d = np.array([first / _TENTHS - centre for first, _, _ in last])
    log = np.log(np.minimum([session for _, session, _ in last], flat))
    effects, spread = found.effects, found.spread
    middle = effects.level + effects.severity * d + (effects.growth + effects.growth_severity * d) * log
    deviation = np.array([spread.deviation(one) for one in log])
    off = (np.array([total / _TENTHS for _, _, total in last]) - middle) / deviation
    share = OUTSIDE - 1 / len(episodes)
    quantiles = QuantReg(off, np.column_stack((np.ones_like(d), d)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at its limit of rounds it is as near as it needs to be
        lower, upper = (quantiles.fit(q=share).params, quantiles.fit(q=1 - share).params)
    if not np.isfinite([*lower, *upper]).all():
        raise FitError(_NO_FIT)
    return Edges(float(lower[0]), float(lower[1]), float(upper[0]), float(upper[1]))
