"""Expected trajectories: where clients who began as one did stand by now, and the zone that follows.

A site supplies the curve (vendors' coefficients are licensed, so none ships); without one the rational rules
of `outcome_zone` hold. "Below the average curve" alone is never a finding: about half of all clients are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from scoring.change import Category

if TYPE_CHECKING:
    from scoring.change import Yardstick

POWERS = ("intercept", "linear", "quadratic", "cubic")
"""The parts of a polynomial, by the power of the number of ratings."""

_TENTHS = 10
_LARGEST = 1000
"""No coefficient of a curve in points is larger; one that is would be beyond reckoning with."""

_HALF = Decimal("0.5")


class CurveError(ValueError):
    """A curve can't be used; the text says where, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """One line: by power, a coefficient and its change with each point of the centred first score."""

    coefficients: tuple[tuple[Decimal, Decimal], ...]

    def at(self, ratings: int, centred: Decimal) -> Decimal:
        """Evaluate in points, after so many ratings, for a first score so many points from the centre."""
        return sum(
            (
                (base + slope * centred) * ratings**power
                for power, (base, slope) in enumerate(self.coefficients)
            ),
            Decimal(0),
        )


@dataclass(frozen=True, slots=True)
class Curve:
    """Expected totals, and where there is one the line below which therapy is failing.

    Attributes:
        centre: the first score, in points, at which the coefficients stand as they are.
        flat: after so many ratings the lines stay where they are.
        expected: the average line.
        failure: the failure line.
    """

    centre: Decimal
    flat: int
    expected: Polynomial
    failure: Polynomial | None = None

    def lines(self, first: int, ratings: int) -> Lines:
        """Give the lines at a rating, in tenths, rounded half up.

        Args:
            first: the first total, in tenths.
            ratings: the number of ratings less one; at 0 the lines are the first total itself.
        """
        if ratings <= 0:
            return Lines(first, None if self.failure is None else first)
        centred = Decimal(first) / _TENTHS - self.centre
        time = min(ratings, self.flat)
        failure = None if self.failure is None else _tenths(self.failure.at(time, centred))
        return Lines(_tenths(self.expected.at(time, centred)), failure)


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines are at one rating, in tenths; None where there is no line."""

    expected: int | None = None
    failure: int | None = None


NO_LINES = Lines()


def _tenths(points: Decimal) -> int:
    """Round points to tenths, half up."""
    return int((points * _TENTHS + _HALF).to_integral_value(ROUND_FLOOR))


def lines(curve: Curve | None, yardstick: Yardstick, totals: Sequence[int]) -> Lines:
    """Give the lines at the last total; none without a curve, or where the first is too high for one."""
    if curve is None or not totals or yardstick.too_high(totals[0]):
        return NO_LINES
    return curve.lines(totals[0], len(totals) - 1)


class Zone(StrEnum):
    """How a series stands, as a traffic light."""

    GREY = "grey"
    GREEN = "green"
    ORANGE = "orange"
    RED = "red"


def outcome_zone(yardstick: Yardstick, totals: Sequence[int], at: Lines = NO_LINES) -> Zone:
    """Give the zone of an outcome series.

    Args:
        yardstick: what totals are measured with.
        totals: in tenths, oldest first.
        at: the lines at the last total.

    Source: with both lines OpenFIT's alert table; without a failure line or any, this project's own.
    """
    if len(totals) < 2:  # noqa: PLR2004 (one total has not changed)
        return Zone.GREY
    category, last = yardstick.category(totals), totals[-1]
    if at.expected is not None:
        if yardstick.gain(at.expected, last) >= 0:
            return Zone.GREEN
        failed = (
            category is Category.DETERIORATED if at.failure is None else yardstick.gain(at.failure, last) < 0
        )
        return Zone.RED if failed else Zone.ORANGE
    if category is None:
        return Zone.GREY
    if category is Category.DETERIORATED:
        return Zone.RED
    well = category is not Category.UNCHANGED
    well = well or (yardstick.cutoff is not None and not yardstick.clinical(last))
    return Zone.GREEN if well else Zone.ORANGE


def alliance_zone(totals: Sequence[int], *, line: int | None, fall: int | None) -> Zone:
    """Give the zone of an alliance series: red below the line or after a fall, else green.

    Args:
        totals: in tenths, oldest first.
        line: a total below this is a concern.
        fall: so is one that fell by this much or more.

    Source: OpenFIT's alert table.
    """
    if not totals:
        return Zone.GREY
    last = totals[-1]
    low = line is not None and last < line
    fell = fall is not None and len(totals) > 1 and totals[-2] - last >= fall
    return Zone.RED if low or fell else Zone.GREEN


def curve_from(table: Mapping[str, object], source: str) -> Curve:
    """Make a curve of its parsed file; `source` names the file in an error.

    Raises:
        CurveError: a key is missing, unknown or no number.
    """
    known = ("centre", "flat", "expected", "failure")
    if unknown := sorted(table.keys() - set(known)):
        msg = f"{source}: unknown key {unknown[0]!r}; known are {', '.join(known)}"
        raise CurveError(msg)
    flat = table.get("flat")
    if isinstance(flat, bool) or not isinstance(flat, int) or flat < 1:
        msg = f"{source}: flat must be a whole number of ratings from 1 on (9: flat after the tenth rating)"
        raise CurveError(msg)
    failure = table.get("failure")
    return Curve(
        centre=_number(table.get("centre"), f"{source}: centre", "20"),
        flat=flat,
        expected=_polynomial(table.get("expected"), f"{source}: expected"),
        failure=None if failure is None else _polynomial(failure, f"{source}: failure"),
    )


def _polynomial(value: object, where: str) -> Polynomial:
    example = "{ intercept = [20.1, 0.9], linear = [0.8, -0.02] }"
    if not isinstance(value, Mapping) or not value or value.keys() - set(POWERS):
        msg = f"{where} must be a table of {', '.join(POWERS)}, two numbers each: {example}"
        raise CurveError(msg)
    return Polynomial(tuple(_pair(value.get(power, (0, 0)), f"{where}.{power}") for power in POWERS))


def _pair(value: object, where: str) -> tuple[Decimal, Decimal]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:  # noqa: PLR2004
        msg = f"{where} must be two numbers: its value, and its change with each point of the first score"
        raise CurveError(msg)
    base, slope = (_number(one, where, "[0.8, -0.02]") for one in value)
    return base, slope


def _number(value: object, where: str, example: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        msg = f"{where} must be a number, such as {example}"
        raise CurveError(msg)
    number = Decimal(str(value))
    if not number.is_finite() or not -_LARGEST <= number <= _LARGEST:
        msg = f"{where} must be a number from -{_LARGEST} to {_LARGEST}, such as {example}"
        raise CurveError(msg)
    return number
