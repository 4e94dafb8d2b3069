"""Where a client was expected to be by now: the lines of a curve, rounded and capped."""

from __future__ import annotations

import dataclasses
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.trajectory import (
    NO_LINES,
    Curve,
    Lines,
    Polynomial,
    lines,
)
from tests.scoring.series import curve, line, setup

"""Where a client was expected by now, and the zone that follows: both edges of each line."""

ICCE, PCOMS = setup("ors").yardstick, setup("ors", "pcoms").yardstick

STEEP = line(("21", "0.9"), ("1.5", "-0.05"), ("-0.1", "0.01"), ("0.002", "-0.001"))
"""A line with every coefficient, of which each matters."""

"""A line with every coefficient, of which each matters."""


@pytest.mark.parametrize(
    ("first", "ratings", "expected"),
    [
        # d = first - 20; E = (21 + 0.9d) + (1.5 - 0.05d)t + (-0.1 + 0.01d)t^2 + (0.002 - 0.001d)t^3, by hand.
        pytest.param(200, 0, 200, id="at t = 0 the first score, whatever the coefficients"),
        pytest.param(200, 1, 224, id="21 + 1.5 - 0.1 + 0.002 = 22.402"),
        pytest.param(100, 1, 138, id="d = -10: 12 + 2 - 0.2 + 0.012 = 13.812"),
        pytest.param(300, 2, 319, id="d = 10: 30 + 2 + 0 - 0.064 = 31.936"),
        pytest.param(250, 3, 287, id="d = 5: 25.5 + 3.75 - 0.45 - 0.081 = 28.719"),
    ],
)
def test_a_line_is_the_sum_of_its_powers(first: int, ratings: int, expected: int) -> None:
    assert curve(STEEP).lines(first, ratings) == Lines(expected)


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        pytest.param(8, 209, id="below the cap"),
        pytest.param(9, 210, id="at the cap"),
        pytest.param(10, 210, id="beyond it the line stays"),
        pytest.param(100, 210, id="for ever"),
    ],
)
def test_a_line_is_flat_from_the_cap_on(ratings: int, expected: int) -> None:
    rising = curve(line(("20.1", "0"), ("0.1", "0")))
    assert rising.lines(200, ratings) == Lines(expected)


@pytest.mark.parametrize(
    ("points", "tenths"),
    [
        ("20.04", 200),
        ("20.0499999", 200),
        ("20.05", 201),
        ("20.15", 202),
        ("20.95", 210),
        ("0", 0),
        ("-0.05", 0),
        ("-0.06", -1),
    ],
)
def test_a_line_is_rounded_half_up_to_a_tenth(points: str, tenths: int) -> None:
    assert curve(line((points, "0")), line((points, "0"))).lines(200, 1) == Lines(tenths, tenths)


@pytest.mark.parametrize(
    ("failure", "at"),
    [(None, Lines(200)), (line(("15", "0")), Lines(200, 200))],
    ids=["expected line only", "both lines"],
)
def test_with_one_score_every_line_is_that_score(failure: Polynomial | None, at: Lines) -> None:
    assert curve(STEEP, failure).lines(200, 0) == at
    assert curve(STEEP, failure).lines(200, -1) == at


BOTH = curve(line(("20", "1"), ("1", "0")), line(("15", "1"), ("0.5", "0")))
"""From 20.0: 21.0 expected and 15.5 the failure line at the second score; both rise by the first score."""

"""From 20.0: 21.0 expected and 15.5 the failure line at the second score; both rise by the first score."""


@pytest.mark.parametrize(
    ("totals", "at"),
    [
        pytest.param((), NO_LINES, id="no score"),
        pytest.param((200,), Lines(200, 200), id="one score"),
        pytest.param((200, 100), Lines(210, 155), id="the second is at t = 1"),
        pytest.param((200, 100, 100), Lines(220, 160), id="the third at t = 2"),
        pytest.param((320, 100), Lines(330, 275), id="a first of 32.0"),
        pytest.param((321, 100), NO_LINES, id="a tenth more is too high for an expectation"),
        pytest.param((321,), NO_LINES, id="so it is alone"),
        pytest.param((200, 400), Lines(210, 155), id="a later score may be any"),
    ],
)
def test_lines_at_the_last_total(totals: tuple[int, ...], at: Lines) -> None:
    assert lines(BOTH, ICCE, totals) == at
    assert lines(None, ICCE, totals) == NO_LINES


def test_there_are_no_lines_without_a_curve() -> None:
    assert Lines(None, None) == NO_LINES


coefficients = st.decimals(-50, 50, places=4)

polynomials = st.lists(st.tuples(coefficients, coefficients), min_size=4, max_size=4).map(
    lambda pairs: Polynomial(tuple(pairs))
)

curves = st.builds(
    Curve, st.decimals(0, 40, places=1), st.integers(1, 40), polynomials, st.none() | polynomials
)


@given(curves, st.integers(0, 400))
def test_at_nought_the_line_is_the_first_score(given_curve: Curve, first: int) -> None:
    at = given_curve.lines(first, 0)
    assert at.expected == first
    assert at.failure in {None, first}


@given(curves, st.integers(0, 400), st.integers(1, 60))
def test_a_line_agrees_with_the_formula_in_exact_points(given_curve: Curve, first: int, ratings: int) -> None:
    d, t = Decimal(first) / 10 - given_curve.centre, min(ratings, given_curve.flat)
    points = sum(
        (
            (base + slope * d) * t**power
            for power, (base, slope) in enumerate(given_curve.expected.coefficients)
        ),
        Decimal(0),
    )
    exact = (points * 10).quantize(Decimal(1), ROUND_HALF_UP)
    rounded = given_curve.lines(first, ratings).expected
    assert rounded is not None
    if points >= 0:
        assert rounded == exact
    assert abs(Decimal(rounded) / 10 - points) <= Decimal("0.05")


@given(curves, st.integers(0, 400), st.integers(0, 100))
def test_a_line_stays_where_it_is_after_the_cap(given_curve: Curve, first: int, later: int) -> None:
    assert given_curve.lines(first, given_curve.flat + later) == given_curve.lines(first, given_curve.flat)


def test_a_shift_of_the_first_score_shifts_the_centre() -> None:
    moved = dataclasses.replace(BOTH, centre=Decimal(10))
    assert moved.lines(100, 1) == Lines(210, 155)
