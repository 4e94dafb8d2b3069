"""All 401 x 401 pairs of totals, against another computation: exact decimals, in points, from the sources."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.change import Category
from scoring.instrument import AgeGroup
from tests.scoring.series import setup

POINTS = tuple(Decimal(tenths) / 10 for tenths in range(401))


def category_of(change: Decimal, reliable: Decimal, *, crossed: bool) -> Category:
    """Say what a change in points amounts to."""
    if change >= reliable:
        return Category.RECOVERED if crossed else Category.IMPROVED
    return Category.DETERIORATED if change <= -reliable else Category.UNCHANGED


@pytest.mark.parametrize(
    ("ruleset", "age", "reliable", "cutoff"),
    [
        # Source: 25 / 28 / 32, functional at the cutoff: OpenFIT; 5.0: Miller/ICCE, secondary.
        ("icce", AgeGroup.ADULT, "5.0", "25.0"),
        ("icce", AgeGroup.ADOLESCENT, "5.0", "28.0"),
        ("icce", AgeGroup.CHILD, "5.0", "32.0"),
        # Source: 25 / 28 / 28, clinical at the cutoff, 6.0 inclusive: bluewinginc (PCOMS).
        ("pcoms", AgeGroup.ADULT, "6.0", "25.0"),
        ("pcoms", AgeGroup.ADOLESCENT, "6.0", "28.0"),
        ("pcoms", AgeGroup.CHILD, "6.0", "28.0"),
    ],
)
def test_every_pair_of_totals(ruleset: str, age: AgeGroup, reliable: str, cutoff: str) -> None:
    measured = setup("ors", ruleset, age).yardstick
    least, edge = Decimal(reliable), Decimal(cutoff)
    functional = [one >= edge if ruleset == "icce" else one > edge for one in POINTS]
    for first, was in enumerate(POINTS):
        for last, now in enumerate(POINTS):
            change = now - was
            crossed = functional[last] and not functional[first]
            assert measured.category((first, last)) is category_of(change, least, crossed=crossed)
            assert measured.gain(first, last) == change * 10
