"""What is suggested for what was found, and of which alliance item one more question is asked."""

from __future__ import annotations

import pytest

from scoring.guidance import Fallen, Suggestion, ask_about, suggestions
from scoring.instrument import Gauge
from scoring.rules import RULES, Finding, ItemChange, Severity

LOW = (
    Finding("alliance_low", Severity.SOON, None, None, 300),
    Finding("alliance_item_low", Severity.DIGEST, "goals", 90, 80),
    Finding("alliance_item_low", Severity.DIGEST, "approach", 80, 70),
)


@pytest.mark.parametrize(
    ("gauge", "found", "change", "item"),
    [
        pytest.param(Gauge.ALLIANCE, (), None, None, id="all is well"),
        pytest.param(Gauge.ALLIANCE, (), ItemChange("goals", 100, 90), "goals", id="fell by a point"),
        pytest.param(Gauge.ALLIANCE, (), ItemChange("goals", 100, 91), None, id="by a tenth less"),
        pytest.param(Gauge.ALLIANCE, (), ItemChange("goals", None, 90), None, id="a first score never fell"),
        pytest.param(Gauge.ALLIANCE, LOW, None, "approach", id="the lowest of the low"),
        pytest.param(Gauge.ALLIANCE, LOW, ItemChange("goals", 90, 80), "goals", id="a fall before a low"),
        pytest.param(Gauge.ALLIANCE, LOW[:1], None, None, id="a low total is of no item"),
        pytest.param(Gauge.OUTCOME, (), ItemChange("social", 80, 20), None, id="only about the alliance"),
    ],
)
def test_ask_about(
    gauge: Gauge, found: tuple[Finding, ...], change: ItemChange | None, item: str | None
) -> None:
    assert ask_about(gauge, found, change) == item


SOON = Severity.SOON
NEARLY = Finding("alliance_item_low", SOON, "goals", 90, 1)
NOTHING = Finding("alliance_item_low", SOON, "overall", 90, 0)
FALLEN: Fallen = {
    Gauge.OUTCOME: ItemChange("social", 80, 20),
    Gauge.ALLIANCE: ItemChange("goals", 90, 70),
}


@pytest.mark.parametrize(
    ("rule", "suggestion"),
    [
        ("alliance_strained", ("alliance", "goals")),
        ("alliance_low", ("alliance", "goals")),
        ("alliance_drop", ("alliance", "goals")),
        ("alliance_item_low", ("alliance", "goals")),
        ("deterioration", ("outcome", "social")),
        ("drop", ("outcome", "social")),
        ("below_best", ("outcome", "social")),
        ("crossed_below", ("outcome", "social")),
        ("item_drop", ("outcome", "social")),
        ("off_track", ("outcome", "plateau")),
        ("no_improvement", ("outcome", "plateau")),
        ("sawtooth", ("outcome", "sawtooth")),
        ("improved", ("outcome", "improved")),
        ("recovered", ("outcome", "recovered")),
        ("alliance_ceiling", ("alliance", "ceiling")),
        ("missed", ("contact", "missed")),
        ("dropout_risk", ("contact", "dropout_risk")),
    ],
)
def test_every_finding_goes_with_a_suggestion(rule: str, suggestion: Suggestion) -> None:
    assert suggestions([Finding(rule, SOON, None, 300, 200)], FALLEN) == (suggestion,)


def test_no_rule_is_without_a_suggestion() -> None:
    for rule in RULES:
        assert len(suggestions([Finding(rule, SOON)], {})) == 1


@pytest.mark.parametrize(
    "fallen", [{}, {Gauge.OUTCOME: None, Gauge.ALLIANCE: None}], ids=["nothing known", "nothing fell"]
)
def test_where_no_item_fell_the_whole_is_talked_about(fallen: Fallen) -> None:
    found = [Finding("alliance_low", SOON, None, None, 300), Finding("drop", SOON, None, 300, 200)]
    assert suggestions(found, fallen) == (("alliance", "overall"), ("outcome", "overall"))


def test_an_item_that_is_named_comes_before_the_one_that_fell_most() -> None:
    assert suggestions([LOW[2]], FALLEN) == (("alliance", "approach"),)
    assert suggestions([Finding("item_drop", SOON, "overall", 50, 20)], FALLEN) == (("outcome", "overall"),)


def test_alliance_comes_first_then_the_order_of_the_findings_and_each_once() -> None:
    found = [
        Finding("dropout_risk", SOON, None, None, 300),
        Finding("drop", SOON, None, 300, 200),
        Finding("alliance_low", SOON, None, None, 300),
        Finding("crossed_below", SOON, None, 300, 200),
        Finding("no_improvement", SOON, None, 200, 200),
        Finding("alliance_ceiling", SOON, None, 400, 400),
    ]
    assert suggestions(found, FALLEN) == (
        ("alliance", "goals"),
        ("alliance", "ceiling"),
        ("contact", "dropout_risk"),
        ("outcome", "social"),
        ("outcome", "plateau"),
    )


def test_what_is_unknown_suggests_nothing() -> None:
    assert suggestions([Finding("crisis", SOON), Finding("leaving", SOON)], FALLEN) == ()
    assert suggestions([], FALLEN) == ()


@pytest.mark.parametrize(
    ("found", "change", "first"),
    [
        pytest.param(
            LOW, ItemChange("approach", 90, 70), ("alliance", "approach"), id="what fell, not what is low"
        ),
        pytest.param(LOW, ItemChange("approach", 90, 80), ("alliance", "approach"), id="by a point"),
        pytest.param(LOW, ItemChange("approach", 90, 81), ("alliance", "goals"), id="by less: what is low"),
        pytest.param(LOW, None, ("alliance", "goals"), id="what is low"),
        pytest.param(LOW[:1], None, ("alliance", "overall"), id="the whole"),
        pytest.param(
            LOW[:1], ItemChange("approach", None, 81), ("alliance", "approach"), id="a first score's lowest"
        ),
    ],
)
def test_the_first_suggestion_is_about_what_fell_then_what_is_low_then_the_whole(
    found: list[Finding], change: ItemChange | None, first: tuple[str, str]
) -> None:
    assert suggestions(found, {Gauge.ALLIANCE: change})[0] == first


@pytest.mark.parametrize(
    ("findings", "item"),
    [
        pytest.param(LOW[1:2], "goals", id="one that is low"),
        pytest.param((Finding("item_drop", SOON, "goals", 90, 10),), None, id="low by another rule"),
        pytest.param((Finding("alliance_item_low", SOON, "goals"),), None, id="low by no number"),
        pytest.param((NEARLY, NOTHING), "overall", id="nothing is lower than a tenth"),
    ],
)
def test_ask_about_what_is_low(findings: tuple[Finding, ...], item: str | None) -> None:
    assert ask_about(Gauge.ALLIANCE, findings, None) == item
