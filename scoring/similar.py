"""Similar past clients: what became of those closed episodes here that began most like this one.

Nearest neighbours by the first score, its items, the age group and the measure. Their mean course by the
logarithm of the session is the expectation, and where their last scores lay around it the band.

Source for the idea: Lutz 2006. The distance, the numbers below and the band are this project's own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scoring.expected import OUTSIDE, Expected, around
from scoring.instrument import AgeGroup
from scoring.past import Past

FEWEST = 20
"""With fewer similar clients nothing is said. Source: this project's own."""

MOST = 50
"""No more than so many are taken, the nearest first. Source: this project's own."""

REACH = 50
"""Whose first total lies further off than this, in tenths, isn't similar. Source: reliable change, 5.0."""

_TENTHS = 10
_ALL_ALIKE = 1e-9  # below this all scores were given at one session, and there is no growth to tell
_LINE = 2  # the numbers that make a line: level and growth
_LEAST = 0.25  # a variance that scores have at least, in points squared: half a point each way


@dataclass(frozen=True, slots=True)
class Begun:
    """How a client began.

    Attributes:
        measure: the measure's key.
        age_group: whose norms apply.
        first: the first total, in tenths.
        items: its items, in tenths; empty where only the total is known.
    """

    measure: str
    age_group: AgeGroup
    first: int
    items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Similar:
    """What became of the most similar clients here.

    Attributes:
        clients: how many they are.
        first: the first total of the client asked about, in tenths.
        highest: no expectation goes beyond this total, in tenths.
        flat: from this session on the course stays where it is: so far the half of them came.
        level: the mean change in points from the first score to a second one.
        growth: the mean change in points with each unit of the logarithm of the session.
        narrow: the variance of a score around the mean course, in points squared, at the first session,
        widening: and what it gains with the square of the logarithm of the session.
        lower: where a tenth of the last scores lay below, in standard deviations,
        upper: and where a tenth lay above.
        resolved: what findings in their episodes were resolved by, the most frequent first, and how often.
    """

    clients: int
    first: int
    highest: int
    flat: int
    level: float
    growth: float
    narrow: float
    widening: float
    lower: float
    upper: float
    resolved: tuple[tuple[str, int], ...] = ()

    def at(self, session: int) -> Expected:
        """Give what is expected at a session counted from 1, in tenths."""
        if session <= 1:
            return Expected(1, self.first, self.first, self.first)
        log = math.log(min(session, self.flat))
        middle = self.first / _TENTHS + self.level + self.growth * log
        deviation = math.sqrt(self.narrow + self.widening * log**2)
        edges = (middle + self.lower * deviation, middle + self.upper * deviation)
        return around(session, (middle, *edges), self.highest)


def similar(past: Iterable[Past], begun: Begun, highest: int) -> Similar | None:
    """Find the most similar past clients; None where there are fewer than `FEWEST`.

    Args:
        past: the site's closed episodes (`scoring.past.usable`), of any measure and age group.
        begun: how the client began.
        highest: the measure's highest total, in tenths.
    """
    found = nearest(past, begun, MOST)
    if len(found) < FEWEST:
        return None
    flat = sorted(len(one.totals) for one in found)[len(found) // 2]
    changes = [_changes(one, flat) for one in found]
    level, growth = _line(changes)
    off = [[(x, y - level - growth * x) for x, y in one] for one in changes]
    narrow, widening = _widths(off)
    # The line lies nearer to those whom it was laid through than to anyone new.
    nearer = math.sqrt((len(found) + _LINE) / (len(found) - _LINE))
    last = sorted(nearer * gone / math.sqrt(narrow + widening * x**2) for x, gone in (one[-1] for one in off))
    return Similar(
        clients=len(found),
        first=begun.first,
        highest=highest,
        flat=flat,
        level=level,
        growth=growth,
        narrow=narrow,
        widening=widening,
        lower=min(_quantile(last, OUTSIDE), 0.0),
        upper=max(_quantile(last, 1 - OUTSIDE), 0.0),
        resolved=tuple(Counter(way for one in found for way in one.resolved).most_common()),
    )


def nearest(past: Iterable[Past], begun: Begun, most: int) -> tuple[Past, ...]:
    """Give the closed episodes that began most like this one, the nearest first; ties as they come.

    Each client counts once, with the episode that is nearest.
    """
    alike = (
        one
        for one in past
        if (one.measure, one.age_group) == (begun.measure, begun.age_group)
        and abs(one.totals[0] - begun.first) <= REACH
    )
    by_client: dict[str, Past] = {}
    for one in sorted(alike, key=lambda one: _distance(one, begun)):
        by_client.setdefault(one.client, one)
    return tuple(by_client.values())[:most]


def _distance(past: Past, begun: Begun) -> int:
    """Tell how unlike two beginnings are: the square of the total's difference, and of each item's.

    Where the items of either aren't known, each is taken to differ by its share of the total's difference.
    """
    total = (past.totals[0] - begun.first) ** 2
    if not begun.items or len(past.items) != len(begun.items):
        return total + total // 4
    return total + sum((was - now) ** 2 for was, now in zip(past.items, begun.items, strict=True))


Changes = Sequence[tuple[float, float]]
"""One client's sessions from the second on, as logarithms, and what is told of each, in points."""


def _changes(past: Past, flat: int) -> Changes:
    """Give the change since the first score at each session from the second on."""
    first, *later = past.totals
    return [(math.log(min(n, flat)), (total - first) / _TENTHS) for n, total in enumerate(later, 2)]


def _line(clients: Sequence[Changes]) -> tuple[float, float]:
    """Lay a line through what is told; each client counts as much as any other, however long."""
    rows = [(x, y, 1 / len(one)) for one in clients for x, y in one]
    mean_x = sum(w * x for x, _, w in rows) / len(clients)
    mean_y = sum(w * y for _, y, w in rows) / len(clients)
    spread = sum(w * (x - mean_x) ** 2 for x, _, w in rows)
    together = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in rows)
    slope = together / spread if spread > _ALL_ALIKE else 0.0
    return mean_y - slope * mean_x, slope


def _widths(off: Sequence[Changes]) -> tuple[float, float]:
    """Give the variance at the first session and what it gains with log²; neither can be below nought."""
    narrow, widening = _line([[(x**2, y**2) for x, y in one] for one in off])
    narrow = max(narrow, _LEAST)
    if widening < 0:
        narrow, widening = max(_mean_square(off), _LEAST), 0.0
    return narrow, widening


def _mean_square(off: Sequence[Changes]) -> float:
    return sum(sum(y**2 for _, y in one) / len(one) for one in off) / len(off)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Give the value that a new one lies below with a chance of `share`, between the nearest two.

    Source: of n values the r-th is beyond a new one with a chance of r/(n + 1) (Weibull).
    """
    place = share * (len(ordered) + 1) - 1  # never beyond either end: there are at least `FEWEST`
    below = int(place)
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])
