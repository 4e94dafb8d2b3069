"""What is expected at one session: a total with the band around it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

BAND = 80
"""The share of last scores that a band is made to hold, in per cent: half of the rest below, half above."""

OUTSIDE = (100 - BAND) / 200
"""The share of last scores beyond each edge of a band."""

_PLACES = 6
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected at one session, in tenths.

    Attributes:
        session: counted from 1; at the first it is the first score itself.
        total: the average.
        lower: the band's lower edge; None where nothing gives one.
        upper: the band's upper edge; None where nothing gives one.
    """

    session: int
    total: int
    lower: int | None = None
    upper: int | None = None

    def worst(self, *, higher_is_better: bool) -> int | None:
        """Give the edge on the side of doing badly: beyond it therapy is failing."""
        return self.lower if higher_is_better else self.upper


def around(session: int, points: tuple[float, float, float], highest: int) -> Expected:
    """Make it of average, lower and upper edge in points; `highest` is the highest total, in tenths."""
    total, lower, upper = (to_tenths(one, highest) for one in points)
    return Expected(session, total, lower, upper)


def to_tenths(points: float, highest: int) -> int:
    """Round points to tenths, half up, within 0 and `highest` (tenths)."""
    tenths = Decimal(str(round(points, _PLACES))) * 10 + _HALF
    return min(max(int(tenths.to_integral_value(ROUND_FLOOR)), 0), highest)
