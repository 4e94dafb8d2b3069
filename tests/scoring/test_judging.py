"""Which rules judge a measure, in what order their findings are told, and what is suggested."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest
from hypothesis import given

from scoring.instrument import AgeGroup, Norms
from scoring.instruments import INSTRUMENTS
from scoring.rules import (
    RULES,
    Course,
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
from tests.scoring.series import ORS, SRS, both, curve, line, of_items, rules, scores, series


def keys(findings: tuple[Finding, ...]) -> list[str]:
    """Name what was found."""
    return [one.rule for one in findings]


def test_outcome_is_judged_by_outcome_rules_and_alliance_by_its_own() -> None:
    outcome = judge(rules("ors"), Course(series("ors", 300, 200)))
    alliance = judge(rules("srs"), Course(series("srs", 400, 320)))
    assert keys(outcome) == ["deterioration", "drop", "crossed_below", *["item_drop"] * 4]
    assert keys(alliance) == ["alliance_low", "alliance_drop", *["alliance_item_low"] * 4]


CURVED = dataclasses.replace(both("ors"), curve=curve(line(("25", "1"), ("0.5", "0"))))
"""Judges the outcome by an expected line too: from 20.0, 25.5 at the second score."""

FINDS: Mapping[str, tuple[Setup, Course]] = {
    "alliance_strained": (both("srs"), Course(series("srs", 400, 320), series("ors", 300, 290))),
    "deterioration": (both("ors"), Course(series("ors", 300, 200))),
    "drop": (both("ors"), Course(series("ors", 300, 200))),
    "below_best": (both("ors"), Course(series("ors", 200, 300, 220))),
    "off_track": (CURVED, Course(series("ors", 200, 150))),
    "no_improvement": (both("ors"), Course(series("ors", 200, 200, 200))),
    "crossed_below": (both("ors"), Course(series("ors", 300, 200))),
    "item_drop": (both("ors"), Course(series("ors", 300, 200))),
    "sawtooth": (both("ors"), Course(series("ors", 200, 270, 200, 270, 200))),
    "alliance_low": (both("srs"), Course(series("srs", 400, 320))),
    "alliance_drop": (both("srs"), Course(series("srs", 400, 320))),
    "alliance_item_low": (both("srs"), Course(series("srs", 400, 320))),
    "alliance_ceiling": (both("srs"), Course(series("srs", 400, 400, 400), series("ors", 200, 210))),
    "recovered": (both("ors"), Course(series("ors", 200, 270))),
    "improved": (both("ors"), Course(series("ors", 150, 210))),
}
"""By rule, what it is made with and a course in which it finds."""


@pytest.mark.parametrize("off", list(RULES))
def test_each_rule_can_be_switched_off_alone(off: str) -> None:
    given_setup, course = FINDS[off]
    everything = keys(judge(rules_for(given_setup), course))
    assert off in everything
    left = keys(judge(rules_for(given_setup, frozenset({off})), course))
    assert left == [one for one in everything if one != off]


@pytest.mark.parametrize("measure", list(INSTRUMENTS))
def test_without_numbers_there_is_no_rule(measure: str) -> None:
    assert rules_for(Setup(INSTRUMENTS[measure], Norms(), AgeGroup.ADULT)) == ()


def test_an_age_group_without_a_cutoff_crosses_nothing() -> None:
    norms = Norms(cutoff={AgeGroup.ADULT: 250})
    assert len(rules_for(Setup(ORS, norms, AgeGroup.ADULT))) == 1
    assert rules_for(Setup(ORS, norms, AgeGroup.CHILD)) == ()


def says(rule: str, severity: Severity) -> Rule:
    """Make a rule that always finds."""
    return lambda _course: (Finding(rule, severity),)


def test_what_is_most_urgent_is_told_first_and_otherwise_in_the_order_of_the_table() -> None:
    made = [
        says("a", Severity.DIGEST),
        says("b", Severity.SOON),
        says("c", Severity.URGENT),
        says("d", Severity.DIGEST),
        says("e", Severity.SOON),
        says("f", Severity.URGENT),
    ]
    assert keys(judge(made, Course(series("ors", 300)))) == ["c", "f", "b", "e", "a", "d"]


def test_what_is_soon_in_a_real_alert_comes_before_what_can_wait() -> None:
    findings = judge(rules("srs"), Course(series("srs", 300, 300, 330, 310)))
    assert [(one.rule, one.severity) for one in findings] == [
        ("alliance_drop", Severity.SOON),
        *[("alliance_item_low", Severity.SOON)] * 4,
        ("alliance_low", Severity.DIGEST),
    ]


def test_the_alliance_comes_first_where_both_speak() -> None:
    findings = judge(rules("ors"), Course(series("ors", 300, 200), series("srs", 320)))
    assert keys(findings)[:2] == ["alliance_strained", "deterioration"]


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


@pytest.mark.parametrize(
    ("previous", "latest", "change"),
    [
        pytest.param(None, (50, 40, 60, 60), ItemChange("social", None, 60), id="first: the highest"),
        pytest.param((50, 50, 50, 50), (40, 30, 20, 10), None, id="all fell"),
        pytest.param((50, 50, 50, 50), (0, 51, 50, 50), ItemChange("interpersonal", 50, 51), id="by a tenth"),
        pytest.param((90, 50, 10, 0), (95, 70, 60, 40), ItemChange("social", 10, 60), id="the most, of four"),
        pytest.param(
            (10, 0, 50, 50), (19, 10, 0, 0), ItemChange("interpersonal", 0, 10), id="up from nought"
        ),
    ],
)
def test_the_item_that_rose_most_where_higher_is_worse(
    previous: tuple[int, ...] | None, latest: tuple[int, ...], change: ItemChange | None
) -> None:
    worse = dataclasses.replace(ORS, higher_is_better=False)
    before = None if previous is None else of_items("ors", *previous)
    assert most_fallen(worse, of_items("ors", *latest, week=1), before) == change


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


def test_measures_of_one_kind_share_their_rules() -> None:
    assert frozenset().union(*(gauges for gauges, _ in RULES.values())) == {ORS.gauges, SRS.gauges}
