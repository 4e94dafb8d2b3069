"""What of the findings is news: an event always is, a state that lasts once."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change import Yardstick
from scoring.news import STANDING, Key, key_of, news, told_by
from scoring.rules import RULES, Course, Finding, Severity, judge
from scoring.score import Score
from tests.scoring.series import both, rules, rulesets, scores, series, setup

ICCE, PCOMS = setup("ors").yardstick, setup("ors", "pcoms").yardstick
SOON, DIGEST, URGENT = Severity.SOON, Severity.DIGEST, Severity.URGENT

EVENTS = frozenset(RULES) - STANDING
"""The rules that find what happened with the latest score."""


def test_what_lasts_and_what_happens() -> None:
    assert {
        "deterioration",
        "below_best",
        "off_track",
        "alliance_low",
        "alliance_item_low",
        "alliance_ceiling",
    } == STANDING
    assert set(RULES) > STANDING


def test_a_finding_is_about_its_rule_and_its_item() -> None:
    assert key_of(Finding("alliance_item_low", DIGEST, "goals", 90, 80)) == ("alliance_item_low", "goals")
    assert key_of(Finding("drop", SOON, None, 300, 200)) == ("drop", None)


DOWN = Finding("deterioration", SOON, None, 300, 240)
KEY: Key = ("deterioration", None)


@pytest.mark.parametrize(
    ("found", "held", "told", "is_news"),
    [
        pytest.param(DOWN, (), None, True, id="new"),
        pytest.param(DOWN, (KEY,), None, True, id="held before, and nobody was told"),
        pytest.param(DOWN, (), DOWN, True, id="told once, ceased, and back"),
        pytest.param(DOWN, (KEY,), DOWN, False, id="told, and lasts"),
        pytest.param(DOWN, (("deterioration", "social"),), DOWN, True, id="what held was about another item"),
        pytest.param(dataclasses.replace(DOWN, now=191), (KEY,), DOWN, False, id="worse by 4.9"),
        pytest.param(dataclasses.replace(DOWN, now=190), (KEY,), DOWN, True, id="worse by a reliable 5.0"),
        pytest.param(dataclasses.replace(DOWN, now=250), (KEY,), DOWN, False, id="a little better"),
        pytest.param(dataclasses.replace(DOWN, severity=URGENT), (KEY,), DOWN, True, id="more urgent now"),
        pytest.param(dataclasses.replace(DOWN, severity=DIGEST), (KEY,), DOWN, False, id="less urgent now"),
        pytest.param(
            dataclasses.replace(DOWN, now=None), (KEY,), DOWN, False, id="without a number it got no worse"
        ),
        pytest.param(DOWN, (KEY,), dataclasses.replace(DOWN, now=None), False, id="told without a number"),
    ],
)
def test_a_state_is_told_once(
    found: Finding, held: tuple[Key, ...], told: Finding | None, is_news: bool
) -> None:
    known = {} if told is None else {KEY: told}
    assert news([found], held, known, ICCE) == ((found,) if is_news else ())


@pytest.mark.parametrize(("measured", "now", "is_news"), [(PCOMS, 181, False), (PCOMS, 180, True)])
def test_worse_is_by_what_the_rule_set_calls_reliable(measured: Yardstick, now: int, is_news: bool) -> None:
    worse = dataclasses.replace(DOWN, now=now)
    assert bool(news([worse], [KEY], {KEY: DOWN}, measured)) is is_news


def test_without_a_reliable_change_no_state_gets_worse() -> None:
    low = Finding("alliance_low", SOON, None, 350, 350)
    lower = dataclasses.replace(low, now=0)
    assert news([lower], [key_of(low)], {key_of(low): low}, setup("srs").yardstick) == ()


def test_worse_is_higher_where_higher_is_worse() -> None:
    worry = Yardstick(reliable=60, higher_is_better=False)
    known, told = [KEY], {KEY: DOWN}
    assert news([dataclasses.replace(DOWN, now=180)], known, told, worry) == ()
    assert news([dataclasses.replace(DOWN, now=299)], known, told, worry) == ()
    assert news([dataclasses.replace(DOWN, now=300)], known, told, worry) != ()


@pytest.mark.parametrize("rule", sorted(EVENTS))
def test_an_event_is_always_news(rule: str) -> None:
    event = Finding(rule, DIGEST, None, 300, 200)
    assert news([event], [key_of(event)], {key_of(event): event}, ICCE) == (event,)


def test_news_keeps_the_order_and_leaves_out_only_what_is_known() -> None:
    drop = Finding("drop", SOON, None, 300, 240)
    best = Finding("below_best", SOON, None, 350, 240)
    assert news([drop, DOWN, best], [KEY], {KEY: DOWN}, ICCE) == (drop, best)


def test_each_finding_counts_as_it_was_told_last() -> None:
    later = dataclasses.replace(DOWN, now=200)
    drop = Finding("drop", SOON, None, 300, 240)
    assert told_by([[DOWN, drop], [later]]) == {KEY: later, ("drop", None): drop}
    assert told_by([]) == {}


def test_a_slow_decline_is_told_again_from_where_it_was_told() -> None:
    """Each step is small; together they are a reliable change since the therapist was told."""
    told: dict[Key, Finding] = {}
    alerts = []
    totals = (300, 250, 230, 210, 201, 200, 190, 151, 150)
    for until in range(1, len(totals) + 1):
        given_scores = series("ors", *totals[:until])
        found = [one for one in judge(rules("ors"), Course(given_scores)) if one.rule == "deterioration"]
        held = [KEY] if until > 2 else []
        if news(found, held, told, ICCE):
            alerts.append(totals[until - 1])
            told |= told_by([found])
    assert alerts == [250, 200, 150]


def findings(given_scores: tuple[Score, ...], ruleset: str) -> tuple[Finding, ...]:
    """Judge a series."""
    return judge(rules(given_scores[-1].instrument, ruleset), Course(given_scores))


@given(st.sampled_from(["ors", "srs"]).flatmap(scores), rulesets)
def test_news_never_hides_an_event_and_adds_nothing(given_scores: tuple[Score, ...], ruleset: str) -> None:
    """Whatever was told, and whatever held, before."""
    found = findings(given_scores, ruleset)
    told = told_by([found])
    fresh = news(found, told.keys(), told, both(given_scores[-1].instrument, ruleset).yardstick)
    assert [one for one in told_at_all(found) if one.rule not in STANDING] == list(fresh)
    assert list(news(found, (), {}, ICCE)) == told_at_all(found)


def told_at_all(found: tuple[Finding, ...]) -> list[Finding]:
    """Leave out that nothing improved where all got worse: the one says less than the other."""
    worse = any(one.rule == "deterioration" for one in found)
    return [one for one in found if not (worse and one.rule == "no_improvement")]


@pytest.mark.parametrize(
    "totals", [pytest.param((200, 200, 200), id="no"), pytest.param((200, 200, 150), id="yes")]
)
def test_that_nothing_improved_is_told_only_where_nothing_got_worse(totals: tuple[int, ...]) -> None:
    rules_told = [one.rule for one in news(findings(series("ors", *totals), "icce"), (), {}, ICCE)]
    assert ("no_improvement" in rules_told) is ("deterioration" not in rules_told)


@given(scores("ors", minimum=2), rulesets)
def test_a_new_state_is_told(given_scores: tuple[Score, ...], ruleset: str) -> None:
    """What didn't hold with the score before is news, though it was told at any time earlier."""
    found = findings(given_scores, ruleset)
    held = {key_of(one) for one in findings(given_scores[:-1], ruleset)}
    fresh = news(found, held, told_by([found]), setup("ors", ruleset).yardstick)
    assert {key_of(one) for one in told_at_all(found)} - held <= {key_of(one) for one in fresh}


ELSEWHERE = (
    Finding("alliance_strained", Severity.SOON, None, 240, 230),
    Finding("deterioration", Severity.SOON, None, 240, 230),
)


def test_what_another_measure_told_says_nothing_of_this_one_but_for_the_strain_of_both() -> None:
    fresh = news(ELSEWHERE, (), {}, ICCE, elsewhere=ELSEWHERE)
    assert [one.rule for one in fresh] == ["deterioration"]
