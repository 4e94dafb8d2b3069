"""A curve is a file: what is taken, and what is said of a wrong one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.trajectory import (
    Curve,
    CurveError,
    curve_from,
)
from tests.scoring.series import line

SOUND: dict[str, object] = {
    "centre": 20,
    "flat": 9,
    "expected": {"intercept": [20.1, 0.9], "linear": [0.8, -0.02]},
    "failure": {"cubic": [Decimal("0.001"), 0], "quadratic": (1, 2)},
}


def test_a_curve_is_made_of_its_file() -> None:
    assert curve_from(SOUND, "curve") == Curve(
        Decimal(20),
        9,
        line(("20.1", "0.9"), ("0.8", "-0.02"), ("0", "0"), ("0", "0")),
        line(("0", "0"), ("0", "0"), ("1", "2"), ("0.001", "0")),
    )


@pytest.mark.parametrize("least", [1, 1000])
def test_the_edges_of_what_a_curve_may_hold_are_taken(least: int) -> None:
    table = {"centre": -1000, "flat": least, "expected": {"intercept": [1000, Decimal("-1000.0")]}}
    assert curve_from(table, "curve") == Curve(
        Decimal(-1000), least, line(("1000", "-1000"), ("0", "0"), ("0", "0"), ("0", "0"))
    )


def test_a_curve_needs_no_failure_line() -> None:
    without = {key: value for key, value in SOUND.items() if key != "failure"}
    assert curve_from(without, "curve").failure is None
    assert curve_from({**without, "failure": None}, "curve").failure is None


FLAT = "flat must be a whole number of ratings from 1 on (9: flat after the tenth rating)"

CENTRE = "centre must be a number, such as 20"

LARGE = "must be a number from -1000 to 1000, such as"

EXAMPLE = "{ intercept = [20.1, 0.9], linear = [0.8, -0.02] }"

POWERS = f"must be a table of intercept, linear, quadratic, cubic, two numbers each: {EXAMPLE}"

PAIR = "must be two numbers: its value, and its change with each point of the first score"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("colour", 1, "clinic.toml: unknown key 'colour'; known are centre, flat, expected, failure"),
        ("flat", None, f"clinic.toml: {FLAT}"),
        ("flat", 0, f"clinic.toml: {FLAT}"),
        ("flat", True, f"clinic.toml: {FLAT}"),
        ("flat", 9.0, f"clinic.toml: {FLAT}"),
        ("flat", "9", f"clinic.toml: {FLAT}"),
        ("centre", None, f"clinic.toml: {CENTRE}"),
        ("centre", True, f"clinic.toml: {CENTRE}"),
        ("centre", "20", f"clinic.toml: {CENTRE}"),
        ("centre", float("nan"), f"clinic.toml: centre {LARGE} 20"),
        ("centre", float("inf"), f"clinic.toml: centre {LARGE} 20"),
        ("centre", Decimal("1000.1"), f"clinic.toml: centre {LARGE} 20"),
        ("centre", Decimal("-1000.1"), f"clinic.toml: centre {LARGE} 20"),
        ("expected", None, f"clinic.toml: expected {POWERS}"),
        ("expected", {}, f"clinic.toml: expected {POWERS}"),
        ("expected", [20.1, 0.9], f"clinic.toml: expected {POWERS}"),
        ("expected", {"slope": [1, 2]}, f"clinic.toml: expected {POWERS}"),
        ("failure", {"slope": [1, 2]}, f"clinic.toml: failure {POWERS}"),
        ("failure", 7, f"clinic.toml: failure {POWERS}"),
        ("expected", {"linear": 1}, f"clinic.toml: expected.linear {PAIR}"),
        ("expected", {"linear": [1]}, f"clinic.toml: expected.linear {PAIR}"),
        ("expected", {"linear": [1, 2, 3]}, f"clinic.toml: expected.linear {PAIR}"),
        ("expected", {"linear": "12"}, f"clinic.toml: expected.linear {PAIR}"),
        ("failure", {"cubic": [1, "2"]}, "clinic.toml: failure.cubic must be a number, such as [0.8, -0.02]"),
        (
            "failure",
            {"cubic": [True, 2]},
            "clinic.toml: failure.cubic must be a number, such as [0.8, -0.02]",
        ),
        ("failure", {"cubic": [1, 1001]}, f"clinic.toml: failure.cubic {LARGE} [0.8, -0.02]"),
    ],
)
def test_a_wrong_curve_is_told_what_to_write(key: str, value: object, told: str) -> None:
    with pytest.raises(CurveError) as raised:
        curve_from({**SOUND, key: value}, "clinic.toml")
    assert str(raised.value) == told
