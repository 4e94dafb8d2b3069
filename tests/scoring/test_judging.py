"""Which rules judge a measure, in what order their findings are told, and what is suggested."""

from __future__ import annotations

import pytest
from hypothesis import given

from scoring.guidance import suggest
from scoring.instrument import AgeGroup, Gauge, Norms
from scoring.instruments import INSTRUMENTS
from scoring.rules import (
    RULES,
    Finding,
    ItemChange,
    Rule,
    Setup,
    Severity,
    judge,
    most_fallen,
    rules_for,
)
from scoring.score import Score
from tests.scoring.series import ORS, SRS, of_items, rules, scores, series


def keys(findings: tuple[Finding, ...]) -> list[str]:
    """Name what was found."""
    return [one.rule for one in findings]


def test_outcome_is_judged_by_outcome_rules_and_alliance_by_its_own() -> None:
    outcome = judge(rules("ors"), *last_of(series("ors", 300, 200)))
    alliance = judge(rules("srs"), *last_of(series("srs", 400, 320)))
    assert keys(outcome) == ["deterioration", "drop", "crossed_below"]
    assert keys(alliance) == ["alliance_low", "alliance_drop", *["alliance_item_low"] * 4]


def last_of(given_scores: tuple[Score, ...]) -> tuple[Score, tuple[Score, ...]]:
    """Part a series into the latest score and the earlier ones."""
    return given_scores[-1], given_scores[:-1]


@pytest.mark.parametrize("off", list(RULES))
def test_each_rule_can_be_switched_off_alone(off: str) -> None:
    measure, (latest, earlier) = (
        ("ors", last_of(series("ors", 300, 200)))
        if RULES[off][0] is Gauge.OUTCOME
        else ("srs", last_of(series("srs", 400, 320)))
    )
    everything = set(keys(judge(rules(measure), latest, earlier)))
    assert off in everything
    assert set(keys(judge(rules(measure, off=[off]), latest, earlier))) == everything - {off}


@pytest.mark.parametrize("measure", list(INSTRUMENTS))
def test_without_numbers_there_is_no_rule(measure: str) -> None:
    assert rules_for(Setup(INSTRUMENTS[measure], Norms(), AgeGroup.ADULT)) == ()


def test_an_age_group_without_a_cutoff_crosses_nothing() -> None:
    norms = Norms(cutoff={AgeGroup.ADULT: 250})
    assert len(rules_for(Setup(ORS, norms, AgeGroup.ADULT))) == 1
    assert rules_for(Setup(ORS, norms, AgeGroup.CHILD)) == ()


def says(rule: str, severity: Severity) -> Rule:
    """Make a rule that always finds."""
    return lambda _latest, _earlier: (Finding(rule, severity),)


def test_what_is_most_urgent_is_told_first_and_otherwise_in_the_order_of_the_table() -> None:
    made = [
        says("a", Severity.DIGEST),
        says("b", Severity.SOON),
        says("c", Severity.URGENT),
        says("d", Severity.DIGEST),
        says("e", Severity.SOON),
        says("f", Severity.URGENT),
    ]
    assert keys(judge(made, *last_of(series("ors", 300)))) == ["c", "f", "b", "e", "a", "d"]


def test_an_urgent_rule_in_a_real_alert_comes_before_a_quiet_one() -> None:
    latest, earlier = last_of((of_items("srs", 100, 100, 100, 85), of_items("srs", 75, 100, 100, 85, week=1)))
    findings = judge(rules("srs"), latest, earlier)
    assert [(one.rule, one.item, one.severity) for one in findings] == [
        ("alliance_drop", None, Severity.SOON),
        ("alliance_item_low", "relationship", Severity.SOON),
        ("alliance_item_low", "overall", Severity.DIGEST),
    ]


@pytest.mark.parametrize(
    ("previous", "latest", "change"),
    [
        pytest.param(None, (50, 40, 60, 40), ItemChange("interpersonal", None, 40), id="first: the lowest"),
        pytest.param((50, 50, 50, 50), (50, 50, 50, 50), None, id="nothing fell"),
        pytest.param((50, 50, 50, 50), (60, 70, 80, 90), None, id="all rose"),
        pytest.param((50, 50, 50, 50), (49, 90, 90, 90), ItemChange("individual", 50, 49), id="by a tenth"),
        pytest.param((90, 50, 90, 50), (70, 20, 60, 0), ItemChange("overall", 50, 0), id="the most, of four"),
        pytest.param(
            (90, 90, 90, 90), (90, 60, 60, 70), ItemChange("interpersonal", 90, 60), id="the first of two"
        ),
        pytest.param((10, 0, 0, 0), (0, 0, 0, 0), ItemChange("individual", 10, 0), id="down to nought"),
    ],
)
def test_the_item_that_fell_most(
    previous: tuple[int, ...] | None, latest: tuple[int, ...], change: ItemChange | None
) -> None:
    before = None if previous is None else of_items("ors", *previous)
    assert most_fallen(ORS, of_items("ors", *latest, week=1), before) == change


@given(scores("ors", minimum=2, maximum=2))
def test_no_item_fell_more_than_the_one_that_is_named(pair: tuple[Score, ...]) -> None:
    previous, latest = pair
    falls = [was - now for was, now in zip(previous.items, latest.items, strict=True)]
    change = most_fallen(ORS, latest, previous)
    if change is None:
        assert max(falls) <= 0
    else:
        assert change.was is not None
        assert change.was - change.now == max(falls) > 0


LOW = Finding("alliance_low", Severity.SOON, None, 380, 350)
GOALS_LOW = Finding("alliance_item_low", Severity.DIGEST, "goals", 85, 85)


@pytest.mark.parametrize(
    ("gauge", "found", "change", "suggestion"),
    [
        pytest.param(
            Gauge.ALLIANCE, [LOW], ItemChange("approach", 90, 70), ("alliance", "approach"), id="what fell"
        ),
        pytest.param(
            Gauge.ALLIANCE,
            [LOW, GOALS_LOW],
            ItemChange("approach", 90, 70),
            ("alliance", "approach"),
            id="what fell, before what is merely low",
        ),
        pytest.param(Gauge.ALLIANCE, [LOW, GOALS_LOW], None, ("alliance", "goals"), id="what is low"),
        pytest.param(Gauge.ALLIANCE, [LOW], None, ("alliance", "overall"), id="the whole"),
        pytest.param(Gauge.OUTCOME, [], None, ("outcome", "overall"), id="the whole of life"),
    ],
)
def test_one_way_to_open_the_conversation(
    gauge: Gauge, found: list[Finding], change: ItemChange | None, suggestion: tuple[str, str]
) -> None:
    assert suggest(gauge, found, change) == suggestion


def test_measures_of_one_kind_share_their_rules() -> None:
    assert {gauge for gauge, _ in RULES.values()} == {ORS.gauges, SRS.gauges}
