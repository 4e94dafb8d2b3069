"""What an alliance score tells of: both edges of every rule. Both rule sets give the same numbers."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.instrument import RULE_SETS
from scoring.rules import Finding, Severity
from scoring.score import Score
from tests.scoring.series import alone, found, of_items, rulesets, scores, series

SOON, DIGEST = Severity.SOON, Severity.DIGEST


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("totals", "severity"),
    [
        # Below 36.0 is a concern, 36.0 itself is not. Source: OpenFIT.
        pytest.param((360,), None, id="at the line"),
        pytest.param((359,), SOON, id="a tenth below, the first score"),
        pytest.param((400, 360), None, id="fallen to the line"),
        # Soon where below the client's own median so far by 1.0 or more. Source: this project.
        pytest.param((359, 350), DIGEST, id="a tenth short of 1.0 below the median"),
        pytest.param((360, 350), SOON, id="1.0 below the median to the tenth"),
        pytest.param((350, 350), DIGEST, id="low, but as ever"),
        pytest.param((340, 359), DIGEST, id="low, but better than ever"),
        pytest.param((400, 340, 350, 345), DIGEST, id="the median, 35.0, not the mean, 36.3"),
        pytest.param((300, 358, 359, 348), SOON, id="the median, 35.8, not the mean, 33.9"),
        pytest.param((350, 359, 345), DIGEST, id="a median of two, 35.45, is half a tenth short of 1.0"),
        pytest.param((350, 361, 345), SOON, id="a median of two, 35.55, is half a tenth beyond 1.0"),
    ],
)
def test_alliance_low(ruleset: str, totals: tuple[int, ...], severity: Severity | None) -> None:
    was = totals[-2] if len(totals) > 1 else None
    expected = [Finding("alliance_low", severity, None, was, totals[-1])] if severity else []
    assert found("alliance_low", series("srs", *totals), ruleset) == expected


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("was", "now", "severity"),
    [
        # Below 9.0 is a concern. Source: secondary. Soon from a fall of 2.0 on: this project.
        pytest.param(None, 90, None, id="at the line, first"),
        pytest.param(None, 89, DIGEST, id="a tenth below, first: nothing to fall from"),
        pytest.param(100, 90, None, id="fallen to the line"),
        pytest.param(89, 89, DIGEST, id="low as before"),
        pytest.param(100, 81, DIGEST, id="a fall a tenth short of 2.0"),
        pytest.param(100, 80, SOON, id="a fall of 2.0 to the tenth"),
        pytest.param(60, 70, DIGEST, id="low, and rising"),
    ],
)
def test_alliance_item_low(ruleset: str, was: int | None, now: int, severity: Severity | None) -> None:
    latest = of_items("srs", 100, now, 100, 100, week=1)
    earlier = () if was is None else (of_items("srs", 100, was, 100, 100),)
    expected = [Finding("alliance_item_low", severity, "goals", was, now)] if severity else []
    assert found("alliance_item_low", (*earlier, latest), ruleset) == expected


def test_every_low_item_is_a_finding_of_its_own() -> None:
    lows = found("alliance_item_low", [of_items("srs", 70, 90, 89, 0)])
    assert [(one.item, one.now) for one in lows] == [("relationship", 70), ("approach", 89), ("overall", 0)]


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("totals", "severity"),
    [
        # One point or more since the last session. Source: the alert table of OpenFIT's documentation.
        pytest.param((400,), None, id="the first score"),
        pytest.param((400, 391), None, id="a tenth short of 1.0"),
        pytest.param((400, 390), DIGEST, id="1.0 to the tenth"),
        # Soon from a fall of 2.0 on: this project.
        pytest.param((400, 381), DIGEST, id="a tenth short of 2.0"),
        pytest.param((400, 380), SOON, id="2.0 to the tenth"),
        pytest.param((400, 380, 380), None, id="since the last, not since the first"),
        pytest.param((380, 400), None, id="a rise"),
    ],
)
def test_alliance_drop(ruleset: str, totals: tuple[int, ...], severity: Severity | None) -> None:
    expected = [Finding("alliance_drop", severity, None, totals[-2], totals[-1])] if severity else []
    assert found("alliance_drop", series("srs", *totals), ruleset) == expected


@pytest.mark.parametrize(
    ("was", "now", "severity"),
    [
        # Soon where an item or the total fell 2.0 or more since the last. Source: this project.
        pytest.param((90, 90, 90, 90), (80, 90, 90, 90), DIGEST, id="an item by 1.0, the total by 1.0"),
        pytest.param((90, 90, 90, 90), (71, 100, 90, 89), DIGEST, id="an item by 1.9, the total by 1.0"),
        pytest.param((90, 90, 90, 90), (70, 100, 90, 90), SOON, id="an item by 2.0, the total by 1.0"),
        pytest.param(
            (90, 90, 90, 90), (85, 85, 85, 86), DIGEST, id="no item by more than 0.5, the total by 1.9"
        ),
        pytest.param(
            (90, 90, 90, 90), (85, 85, 85, 85), SOON, id="no item by more than 0.5, the total by 2.0"
        ),
    ],
)
def test_a_fall_of_an_item_or_of_the_total_is_soon(
    was: tuple[int, ...], now: tuple[int, ...], severity: Severity
) -> None:
    given_scores = [of_items("srs", *was), of_items("srs", *now, week=1)]
    assert [one.severity for one in found("alliance_drop", given_scores)] == [severity]
    assert {one.severity for one in found("alliance_item_low", given_scores)} == {severity}


def test_where_only_totals_are_known_the_total_decides() -> None:
    assert found("alliance_drop", alone("srs", 400, 381)) == [
        Finding("alliance_drop", DIGEST, None, 400, 381)
    ]
    assert found("alliance_drop", alone("srs", 400, 380)) == [Finding("alliance_drop", SOON, None, 400, 380)]
    assert found("alliance_low", alone("srs", 300)) == [Finding("alliance_low", SOON, None, None, 300)]
    assert found("alliance_item_low", alone("srs", 0)) == []


def test_a_low_item_after_a_bare_total_has_nothing_to_fall_from() -> None:
    given_scores = [*alone("srs", 360), of_items("srs", 80, 90, 90, 90, week=1)]
    assert found("alliance_item_low", given_scores) == [
        Finding("alliance_item_low", DIGEST, "relationship", None, 80)
    ]


ALLIANCE_RULES = ("alliance_low", "alliance_drop", "alliance_item_low")


@given(scores("srs", minimum=2), rulesets, st.data())
def test_a_better_last_score_is_never_worse_news(
    given_scores: tuple[Score, ...], ruleset: str, data: st.DataObject
) -> None:
    *earlier, last = given_scores
    items = tuple(data.draw(st.integers(item, 100)) for item in last.items)
    better = dataclasses.replace(last, items=items)
    for rule in ALLIANCE_RULES:
        before = {one.item: one.severity for one in found(rule, given_scores, ruleset)}
        for one in found(rule, (*earlier, better), ruleset):
            assert one.item in before
            assert before[one.item] is SOON or one.severity is DIGEST


@given(scores("srs"))
def test_what_is_found_is_said_in_whole_tenths(given_scores: tuple[Score, ...]) -> None:
    for rule in ALLIANCE_RULES:
        for one in found(rule, given_scores):
            assert type(one.now) is int
            assert one.was is None or type(one.was) is int
