"""What alliance and outcome tell of together: both edges of every rule, under both rule sets."""

from __future__ import annotations

import dataclasses

import pytest

from scoring.instrument import RULE_SETS
from scoring.rules import Finding, Severity
from tests.scoring.series import SRS, both, by, found, series

SOON, DIGEST = Severity.SOON, Severity.DIGEST


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("alliance", "outcome", "finds"),
    [
        # Low or fallen, while outcome fell by 1.0 or more: this project. 36.0 and 1.0: OpenFIT.
        pytest.param((359,), (200, 191), False, id="low, and outcome fell a tenth short of 1.0"),
        pytest.param((359,), (200, 190), True, id="low, and outcome fell by 1.0"),
        pytest.param((360,), (200, 190), False, id="at the line"),
        pytest.param((400, 391), (200, 190), False, id="fell a tenth short of 1.0"),
        pytest.param((400, 390), (200, 190), True, id="fell by 1.0, not low"),
        pytest.param((400, 390, 390), (200, 190), False, id="fell the time before"),
        pytest.param((359,), (200, 190, 190), False, id="outcome fell the time before"),
        pytest.param((359,), (190,), False, id="a first outcome fell from nothing"),
        pytest.param((359,), (), False, id="no outcome"),
        pytest.param((359,), (190, 200), False, id="outcome rose"),
        pytest.param((400, 400), (400, 100), False, id="all well with the alliance"),
    ],
)
def test_alliance_strained(
    ruleset: str, alliance: tuple[int, ...], outcome: tuple[int, ...], finds: bool
) -> None:
    fallen = outcome[-2:] if finds else ()
    expected = [Finding("alliance_strained", SOON, None, *fallen)] if finds else []
    session, week = series("srs", *alliance), series("ors", *outcome)
    assert found("alliance_strained", session, ruleset, beside=week) == expected
    if week:
        assert found("alliance_strained", week, ruleset, beside=session) == expected


def test_an_alliance_that_was_never_asked_is_not_strained() -> None:
    assert found("alliance_strained", series("ors", 400, 100)) == []


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("alliance", "outcome", "finds"),
    [
        # Three 40.0s or more in a row while outcome is unchanged: this project's own.
        pytest.param((400, 400), (200, 200), False, id="two"),
        pytest.param((400, 400, 400), (200, 200), True, id="three"),
        pytest.param((400,) * 4, (200, 200), True, id="four: it lasts"),
        pytest.param((300, 400, 400, 400), (200, 200), True, id="three after another"),
        pytest.param((400, 400, 399), (200, 200), False, id="the last a tenth short"),
        pytest.param((400, 399, 400), (200, 200), False, id="the middle one"),
        pytest.param((399, 400, 400), (200, 200), False, id="the first of them"),
        pytest.param((400, 400, 400), (200,), False, id="nothing known of change"),
        pytest.param((400, 400, 400), (), False, id="no outcome"),
        pytest.param((400, 400, 400), (200, 300), False, id="outcome is better"),
        pytest.param((400, 400, 400), (300, 200), False, id="outcome is worse"),
    ],
)
def test_alliance_ceiling(
    ruleset: str, alliance: tuple[int, ...], outcome: tuple[int, ...], finds: bool
) -> None:
    expected = [Finding("alliance_ceiling", DIGEST, None, 400, 400)] if finds else []
    beside = series("ors", *outcome)
    assert found("alliance_ceiling", series("srs", *alliance), ruleset, beside=beside) == expected


@pytest.mark.parametrize(
    ("ruleset", "now", "finds"),
    [("icce", 249, True), ("icce", 250, False), ("pcoms", 259, True), ("pcoms", 260, False)],
)
def test_unchanged_is_what_the_rule_set_calls_so(ruleset: str, now: int, finds: bool) -> None:
    top, beside = series("srs", 400, 400, 400), series("ors", 200, now)
    assert bool(found("alliance_ceiling", top, ruleset, beside=beside)) is finds


def test_a_longer_run_may_be_asked_for() -> None:
    norms = dataclasses.replace(SRS.norms["icce"], ceiling_run=4)
    given_setup = dataclasses.replace(both("srs"), norms=norms)
    beside = series("ors", 200, 200)
    assert by(given_setup, "alliance_ceiling", series("srs", 400, 400, 400), beside) == []
    assert by(given_setup, "alliance_ceiling", series("srs", *[400] * 4), beside) != []
