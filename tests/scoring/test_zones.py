"""How a series stands: the zones at both edges of every line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change import Yardstick
from scoring.trajectory import (
    NO_LINES,
    Curve,
    Lines,
    Polynomial,
    Zone,
    alliance_zone,
    lines,
    outcome_zone,
)
from tests.scoring.series import rulesets, setup

GREY, GREEN, ORANGE, RED = Zone.GREY, Zone.GREEN, Zone.ORANGE, Zone.RED

ICCE, PCOMS = setup("ors").yardstick, setup("ors", "pcoms").yardstick

coefficients = st.decimals(-50, 50, places=4)

polynomials = st.lists(st.tuples(coefficients, coefficients), min_size=4, max_size=4).map(
    lambda pairs: Polynomial(tuple(pairs))
)

curves = st.builds(
    Curve, st.decimals(0, 40, places=1), st.integers(1, 40), polynomials, st.none() | polynomials
)


@pytest.mark.parametrize("measured", [ICCE, PCOMS], ids=["icce", "pcoms"])
@pytest.mark.parametrize(
    ("totals", "at", "zone"),
    [
        # Source: OpenFIT's alert table.
        pytest.param((), Lines(210, 155), GREY, id="no score"),
        pytest.param((100,), Lines(210, 155), GREY, id="one score, far below"),
        pytest.param((200, 211), Lines(210, 155), GREEN, id="above the expected line"),
        pytest.param((200, 210), Lines(210, 155), GREEN, id="at it"),
        pytest.param((200, 209), Lines(210, 155), ORANGE, id="a tenth below"),
        pytest.param((200, 155), Lines(210, 155), ORANGE, id="at the failure line"),
        pytest.param((200, 154), Lines(210, 155), RED, id="a tenth below it"),
        pytest.param((300, 240), Lines(210, 155), GREEN, id="deteriorated, and above the expected line"),
        pytest.param((300, 200), Lines(210, 155), ORANGE, id="deteriorated, and above the failure line"),
        pytest.param((100, 200), Lines(210, 205), RED, id="improved, and below the failure line"),
    ],
)
def test_zone_between_two_lines(measured: Yardstick, totals: tuple[int, ...], at: Lines, zone: Zone) -> None:
    assert outcome_zone(measured, totals, at) is zone


@pytest.mark.parametrize(
    ("measured", "totals", "zone"),
    [
        # Below an expected line alone: red if deteriorated, else orange. Source: this project's own.
        pytest.param(ICCE, (260, 260), GREEN, id="at the expected line"),
        pytest.param(ICCE, (260, 259), ORANGE, id="a tenth below"),
        pytest.param(ICCE, (260, 211), ORANGE, id="icce: 4.9 down"),
        pytest.param(ICCE, (260, 210), RED, id="icce: 5.0 down"),
        pytest.param(PCOMS, (260, 201), ORANGE, id="pcoms: 5.9 down"),
        pytest.param(PCOMS, (260, 200), RED, id="pcoms: 6.0 down"),
        pytest.param(ICCE, (100, 259), ORANGE, id="improved"),
    ],
)
def test_zone_by_an_expected_line_alone(measured: Yardstick, totals: tuple[int, ...], zone: Zone) -> None:
    assert outcome_zone(measured, totals, Lines(260)) is zone


@pytest.mark.parametrize(
    ("measured", "totals", "zone"),
    [
        # Red if deteriorated, green if better or out of the clinical range. Source: this project's own.
        pytest.param(ICCE, (), GREY, id="no score"),
        pytest.param(ICCE, (300,), GREY, id="one score"),
        pytest.param(ICCE, (200, 151), ORANGE, id="icce: 4.9 down"),
        pytest.param(ICCE, (200, 150), RED, id="icce: 5.0 down"),
        pytest.param(PCOMS, (200, 141), ORANGE, id="pcoms: 5.9 down"),
        pytest.param(PCOMS, (200, 140), RED, id="pcoms: 6.0 down"),
        pytest.param(ICCE, (400, 350), RED, id="deteriorated, and out of the clinical range: red wins"),
        pytest.param(ICCE, (150, 199), ORANGE, id="icce: 4.9 up"),
        pytest.param(ICCE, (150, 200), GREEN, id="icce: improved"),
        pytest.param(ICCE, (200, 250), GREEN, id="icce: recovered"),
        pytest.param(PCOMS, (150, 209), ORANGE, id="pcoms: 5.9 up"),
        pytest.param(PCOMS, (150, 210), GREEN, id="pcoms: improved"),
        pytest.param(ICCE, (249, 249), ORANGE, id="icce: unchanged, a tenth below the cutoff"),
        pytest.param(ICCE, (249, 250), GREEN, id="icce: unchanged, at the cutoff"),
        pytest.param(PCOMS, (250, 250), ORANGE, id="pcoms: unchanged, at the cutoff"),
        pytest.param(PCOMS, (250, 251), GREEN, id="pcoms: unchanged, a tenth above"),
        pytest.param(Yardstick(50), (200, 200), ORANGE, id="without a cutoff nobody is out of the range"),
        pytest.param(Yardstick(cutoff=250), (200, 300), GREY, id="without a reliable change nothing is said"),
    ],
)
def test_zone_without_a_curve(measured: Yardstick, totals: tuple[int, ...], zone: Zone) -> None:
    assert outcome_zone(measured, totals) is zone


def test_lines_need_no_reliable_change() -> None:
    bare = Yardstick(cutoff=250)
    assert outcome_zone(bare, (200, 210), Lines(210, 155)) is GREEN
    assert outcome_zone(bare, (200, 154), Lines(210, 155)) is RED
    assert outcome_zone(bare, (200, 10), Lines(210)) is ORANGE


def test_zones_are_turned_where_higher_is_worse() -> None:
    worry = Yardstick(60, 100, cutoff_is_functional=False, higher_is_better=False)
    at = Lines(120, 180)
    assert [outcome_zone(worry, (150, last), at) for last in (120, 121, 180, 181)] == [
        GREEN,
        ORANGE,
        ORANGE,
        RED,
    ]
    assert [outcome_zone(worry, (150, last)) for last in (209, 210, 91, 90)] == [ORANGE, RED, GREEN, GREEN]
    assert [outcome_zone(worry, (140, last)) for last in (100, 99)] == [ORANGE, GREEN]


@pytest.mark.parametrize(
    ("totals", "zone"),
    [
        # Green at or above 36.0; red below it, or after a fall of 1.0 or more. Source: OpenFIT's alert table.
        pytest.param((), GREY, id="no score"),
        pytest.param((360,), GREEN, id="at the line"),
        pytest.param((359,), RED, id="a tenth below"),
        pytest.param((370, 361), GREEN, id="a fall a tenth short of 1.0"),
        pytest.param((370, 360), RED, id="a fall of 1.0: red wins, though not low"),
        pytest.param((400, 390, 390), GREEN, id="the fall before doesn't count"),
        pytest.param((340, 350), RED, id="rising, and low"),
        pytest.param((340, 360), GREEN, id="risen to the line"),
    ],
)
def test_alliance_zone(totals: tuple[int, ...], zone: Zone) -> None:
    assert alliance_zone(totals, line=360, fall=10) is zone


def test_alliance_zone_by_one_number_alone() -> None:
    assert alliance_zone((370, 350), line=None, fall=20) is RED
    assert alliance_zone((370, 351), line=None, fall=20) is GREEN
    assert alliance_zone((370, 360), line=360, fall=None) is GREEN
    assert alliance_zone((370, 359), line=360, fall=None) is RED


@given(curves, st.lists(st.integers(0, 400), min_size=2, max_size=8), rulesets, st.integers(1, 400))
def test_a_better_last_score_never_makes_a_worse_zone(
    given_curve: Curve, totals: list[int], ruleset: str, more: int
) -> None:
    measured = setup("ors", ruleset).yardstick
    order = [RED, ORANGE, GREEN]
    for at in (NO_LINES, lines(given_curve, measured, totals)):
        was = outcome_zone(measured, totals, at)
        now = outcome_zone(measured, [*totals[:-1], totals[-1] + more], at)
        assert order.index(now) >= order.index(was)
