"""Three simulated cohorts of closed episodes, for want of a public set of ORS scores; the same at each call.

They are made to be unlike each other and unlike the model that is fitted to them, which knows nothing of
classes, sudden changes or noise that lasts:

- `steady`: each client moves along a log-session line of their own, the worse off the faster; ordinary noise.
- `mixed`: fast responders, slow ones, some who stay where they are, and some who get worse.
- `sudden`: much noise that lasts from one session to the next, with sudden gains and sudden losses.

In all of them episodes end: as agreed, the sooner the better a client is, or by staying away, the sooner the
worse the last session. Numbers are points of a total from 0 to 40; a first score above 32.0 is drawn again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from scoring.histories import Ended, Episode
from scoring.instrument import ITEM_MAX
from scoring.score import Score

EPISODES = 500
"""How many episodes a cohort has."""

LONGEST = 20
"""No episode has more sessions than this."""

Path = Callable[[int], float]
"""Where a client truly stands at a session, counted from 1, in points."""

_BEGAN = datetime(2024, 1, 8, 10, tzinfo=UTC)
_FIRST_TOO_HIGH = 320
_AGREED_ABOVE = 26.0


def cohort(name: str, *, episodes: int = EPISODES, seed: int | None = None) -> tuple[Episode, ...]:
    """Simulate a cohort by its name; `seed` draws another one of the same kind."""
    chance = random.Random(f"{name} {seed}" if seed is not None else name)
    draw = COHORTS[name]
    return tuple(_episode(draw, chance, f"{name[:2].upper()}{number:03}") for number in range(episodes))


def _intake(chance: random.Random) -> float:
    return min(max(chance.gauss(19, 6.5), 3), 34)


def _steady(chance: random.Random) -> tuple[Path, Callable[[], float]]:
    start = _intake(chance)
    growth = chance.gauss(2.2 - 0.12 * (start - 19), 2.2)
    return lambda session: start + growth * math.log(session), lambda: chance.gauss(0, 2.6)


def _mixed(chance: random.Random) -> tuple[Path, Callable[[], float]]:
    start = _intake(chance)
    kind = chance.choices(("fast", "slow", "none", "worse"), (40, 25, 23, 12))[0]
    room = max(33 - start, 2)
    share, pace = chance.uniform(0.4, 0.9), chance.uniform(0.4, 1.2)
    slope = {"slow": chance.uniform(0.2, 0.9), "none": chance.gauss(0, 0.1), "worse": -chance.uniform(0.3, 1)}

    def path(session: int) -> float:
        since = session - 1
        if kind == "fast":
            return start + room * share * (1 - math.exp(-pace * since))
        return start + slope[kind] * since

    return path, lambda: chance.gauss(0, 2.4)


def _sudden(chance: random.Random) -> tuple[Path, Callable[[], float]]:
    start = _intake(chance)
    growth = chance.gauss(1.6 - 0.08 * (start - 19), 1.8)
    gain_at = chance.randint(3, 9) if chance.random() < 0.25 else None
    loss_at = chance.randint(3, 12) if chance.random() < 0.2 else None
    gain, loss = chance.uniform(5, 11), chance.uniform(5, 11)
    lasting = 0.0

    def path(session: int) -> float:
        gained = gain if gain_at is not None and session >= gain_at else 0
        lost = loss if loss_at is not None and session >= loss_at else 0
        return start + growth * math.log(session) + gained - lost

    def noise() -> float:
        nonlocal lasting
        shock = chance.gauss(0, 2.2) * (2 if chance.random() < 0.1 else 1)
        lasting = 0.5 * lasting + shock
        return lasting + chance.gauss(0, 1.5)

    return path, noise


COHORTS: Mapping[str, Callable[[random.Random], tuple[Path, Callable[[], float]]]] = MappingProxyType(
    {"steady": _steady, "mixed": _mixed, "sudden": _sudden}
)
"""What draws one client of each cohort: where they truly stand, and the noise of one session."""


def _episode(
    draw: Callable[[random.Random], tuple[Path, Callable[[], float]]], chance: random.Random, code: str
) -> Episode:
    """Draw clients until one has two scores, the first of which isn't too high."""
    while True:
        path, noise = draw(chance)
        profile = tuple(chance.gauss(0, 0.8) for _ in range(4))
        scores, ended = _sessions(path, noise, profile, chance)
        if len(scores) > 1 and scores[0].total <= _FIRST_TOO_HIGH:
            return Episode(code, "1", scores, ended=ended)


def _sessions(
    path: Path, noise: Callable[[], float], profile: tuple[float, ...], chance: random.Random
) -> tuple[tuple[Score, ...], Ended]:
    scores: list[Score] = []
    for session in range(1, LONGEST + 1):
        items = _items(path(session) + noise(), profile, chance)
        scores.append(Score("ors", items, _BEGAN + timedelta(weeks=session - 1)))
        fell = max(scores[max(session - 2, 0)].total - scores[-1].total, 0) / 10
        if chance.random() < 0.05 + 0.015 * fell:
            return tuple(scores), Ended.DROPPED
        if session > 2 and chance.random() < (0.2 if scores[-1].total > _AGREED_ABOVE * 10 else 0.04):
            return tuple(scores), Ended.PLANNED
    return tuple(scores), Ended.PLANNED


def _items(total: float, profile: tuple[float, ...], chance: random.Random) -> tuple[int, ...]:
    """Spread a total over four items, each to a tenth and within the scale."""
    drawn = [total / 4 + own + chance.gauss(0, 0.5) for own in profile]
    shift = (total - sum(drawn)) / 4
    return tuple(min(max(round((one + shift) * 10), 0), ITEM_MAX) for one in drawn)
