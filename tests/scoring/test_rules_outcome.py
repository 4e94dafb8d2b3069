"""What an outcome score tells of decline: both edges of every rule, under both rule sets."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change import Yardstick
from scoring.instrument import RULE_SETS, AgeGroup
from scoring.rules import Course, Finding, Severity, judge, outcome, rules_for
from scoring.score import Score
from tests.scoring.series import (
    ages,
    alone,
    both,
    found,
    of_items,
    rulesets,
    scores,
    series,
    setup,
)

ADULT, ADOLESCENT, CHILD = AgeGroup.ADULT, AgeGroup.ADOLESCENT, AgeGroup.CHILD


@pytest.mark.parametrize(
    ("ruleset", "totals", "finds"),
    [
        # Reliable change 5.0. Source: Miller/ICCE, secondary; last - first <= -reliable.
        pytest.param("icce", (300,), False, id="a first score has nothing to fall from"),
        pytest.param("icce", (300, 251), False, id="icce: a tenth short of 5.0"),
        pytest.param("icce", (300, 250), True, id="icce: 5.0 to the tenth"),
        pytest.param("icce", (300, 249), True, id="icce: beyond 5.0"),
        pytest.param("icce", (300, 400, 251), False, id="icce: measured from the first, not from the best"),
        pytest.param("icce", (300, 240, 250), True, id="icce: still down after a rise"),
        pytest.param("icce", (250, 300), False, id="icce: a rise is none"),
        # Reliable change 6.0, inclusive. Source: bluewinginc.
        pytest.param("pcoms", (300, 241), False, id="pcoms: a tenth short of 6.0"),
        pytest.param("pcoms", (300, 240), True, id="pcoms: 6.0 to the tenth"),
        pytest.param("pcoms", (300, 250), False, id="pcoms: 5.0 is not reliable there"),
    ],
)
def test_deterioration(ruleset: str, totals: tuple[int, ...], finds: bool) -> None:
    expected = [Finding("deterioration", Severity.SOON, None, totals[0], totals[-1])] if finds else []
    assert found("deterioration", series("ors", *totals), ruleset) == expected


@pytest.mark.parametrize(
    ("ruleset", "totals", "finds"),
    [
        # last - previous <= -reliable: CLINICAL, Findings.
        pytest.param("icce", (300,), False, id="a first score has nothing to fall from"),
        pytest.param("icce", (200, 300, 251), False, id="icce: a tenth short of 5.0"),
        pytest.param("icce", (200, 300, 250), True, id="icce: 5.0 to the tenth"),
        pytest.param("icce", (300, 240, 240), False, id="icce: measured from the last, not from the first"),
        pytest.param("pcoms", (200, 300, 241), False, id="pcoms: a tenth short of 6.0"),
        pytest.param("pcoms", (200, 300, 240), True, id="pcoms: 6.0 to the tenth"),
    ],
)
def test_drop(ruleset: str, totals: tuple[int, ...], finds: bool) -> None:
    expected = [Finding("drop", Severity.SOON, None, totals[-2], totals[-1])] if finds else []
    assert found("drop", series("ors", *totals), ruleset) == expected


@pytest.mark.parametrize(
    ("ruleset", "age", "totals", "finds"),
    [
        # 25 / 28 / 32, and at the cutoff is functional. Source: OpenFIT KA-01031 and its alert table.
        pytest.param("icce", ADULT, (250, 250), False, id="icce adult: at the cutoff is functional"),
        pytest.param("icce", ADULT, (250, 249), True, id="icce adult: from the cutoff to a tenth below"),
        pytest.param("icce", ADULT, (249, 248), False, id="icce adult: was clinical already"),
        pytest.param("icce", ADULT, (249, 250), False, id="icce adult: upwards"),
        pytest.param("icce", ADULT, (249,), False, id="icce adult: a first score crosses nothing"),
        pytest.param("icce", ADULT, (249, 260, 249), True, id="icce adult: again, after a recovery"),
        pytest.param("icce", ADOLESCENT, (280, 280), False, id="icce adolescent: at the cutoff"),
        pytest.param("icce", ADOLESCENT, (280, 279), True, id="icce adolescent: a tenth below"),
        pytest.param("icce", CHILD, (320, 320), False, id="icce child: at the cutoff"),
        pytest.param("icce", CHILD, (320, 319), True, id="icce child: a tenth below"),
        # 25 / 28 / 28, and at the cutoff is clinical. Source: bluewinginc.
        pytest.param("pcoms", ADULT, (251, 250), True, id="pcoms adult: the cutoff itself is clinical"),
        pytest.param("pcoms", ADULT, (252, 251), False, id="pcoms adult: a tenth above"),
        pytest.param("pcoms", ADULT, (250, 249), False, id="pcoms adult: was clinical already at the cutoff"),
        pytest.param("pcoms", ADOLESCENT, (281, 280), True, id="pcoms adolescent: at the cutoff"),
        pytest.param("pcoms", ADOLESCENT, (282, 281), False, id="pcoms adolescent: a tenth above"),
        pytest.param("pcoms", CHILD, (281, 280), True, id="pcoms child: at the cutoff"),
        pytest.param("pcoms", CHILD, (320, 319), False, id="pcoms child: 32 means nothing there"),
    ],
)
def test_crossed_below(ruleset: str, age: AgeGroup, totals: tuple[int, ...], finds: bool) -> None:
    expected = [Finding("crossed_below", Severity.SOON, None, totals[-2], totals[-1])] if finds else []
    assert found("crossed_below", series("ors", *totals), ruleset, age) == expected


@pytest.mark.parametrize(
    ("ruleset", "totals", "best"),
    [
        # best - last >= reliable, and not deterioration: CLINICAL, Findings.
        pytest.param("icce", (300,), None, id="a first score is its own best"),
        pytest.param("icce", (200, 300, 251), None, id="icce: a tenth short of 5.0"),
        pytest.param("icce", (200, 300, 250), 300, id="icce: 5.0 to the tenth"),
        pytest.param("icce", (200, 400, 300, 151), 400, id="icce: a tenth short of deterioration"),
        pytest.param("icce", (200, 400, 300, 150), None, id="icce: that is deterioration"),
        pytest.param("icce", (200, 300, 280, 260, 250), 300, id="icce: by small steps, below no single drop"),
        pytest.param("icce", (300, 250), None, id="icce: the first was the best: that is deterioration"),
        pytest.param("pcoms", (200, 300, 241), None, id="pcoms: a tenth short of 6.0"),
        pytest.param("pcoms", (200, 300, 240), 300, id="pcoms: 6.0 to the tenth"),
    ],
)
def test_below_best(ruleset: str, totals: tuple[int, ...], best: int | None) -> None:
    expected = [Finding("below_best", Severity.SOON, None, best, totals[-1])] if best else []
    assert found("below_best", series("ors", *totals), ruleset) == expected


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("was", "now", "finds"),
    [
        # 2.0 or more since the previous score: this project's own.
        pytest.param(70, 51, False, id="a tenth short of 2.0"),
        pytest.param(70, 50, True, id="2.0 to the tenth"),
        pytest.param(100, 0, True, id="all the way"),
        pytest.param(50, 70, False, id="a rise"),
    ],
)
def test_item_drop(ruleset: str, was: int, now: int, finds: bool) -> None:
    course = (of_items("ors", 0, 50, 100, 50), of_items("ors", 50, was, 50, 50, week=1))
    latest = of_items("ors", 50, now, 50, 60, week=2)
    expected = [Finding("item_drop", Severity.DIGEST, "interpersonal", was, now)] if finds else []
    assert found("item_drop", (*course, latest), ruleset) == expected


def test_every_fallen_item_is_a_finding_of_its_own_in_the_order_asked() -> None:
    fallen = found("item_drop", [of_items("ors", 90, 80, 70, 60), of_items("ors", 0, 61, 50, 40, week=1)])
    assert [(one.item, one.was, one.now) for one in fallen] == [
        ("individual", 90, 0),
        ("social", 70, 50),
        ("overall", 60, 40),
    ]


@pytest.mark.parametrize(
    "scores",
    [
        pytest.param([of_items("ors", 0, 0, 0, 0)], id="a first score"),
        pytest.param([*alone("ors", 400), of_items("ors", 0, 0, 0, 0, week=1)], id="only the total before"),
        pytest.param([of_items("ors", 90, 90, 90, 90), *alone("ors", 0)], id="only the total now"),
    ],
)
def test_without_items_on_both_sides_none_fell(scores: list[Score]) -> None:
    assert found("item_drop", scores) == []


@pytest.mark.parametrize(
    ("fall", "pairs", "one_of_them"),
    [
        # Source: counted over all totals from 0.0 to 40.0; see CLINICAL, "Tenths are integers".
        pytest.param(60, 36, (82, 22), id="6.0"),
        pytest.param(50, 30, (82, 32), id="5.0"),
        pytest.param(10, 12, (14, 4), id="1.0"),
    ],
)
def test_the_pairs_that_floats_get_wrong_are_found(
    fall: int, pairs: int, one_of_them: tuple[int, int]
) -> None:
    wrong = [(low + fall, low) for low in range(401 - fall) if (low + fall) / 10 - low / 10 < fall / 10]
    assert len(wrong) == pairs
    assert one_of_them in wrong
    for high, low in wrong:
        course = Course(series("ors", high, low))
        assert outcome.Drop(Yardstick(fall))(course) == (Finding("drop", Severity.SOON, None, high, low),)
        assert outcome.Drop(Yardstick(fall + 1))(course) == ()


WORSE = ("deterioration", "drop", "crossed_below", "item_drop")
"""The rules that find more the lower the last score is."""


@given(scores("ors", minimum=2), rulesets, ages, st.data())
def test_a_better_last_score_never_adds_a_finding_of_decline(
    given_scores: tuple[Score, ...], ruleset: str, age: AgeGroup, data: st.DataObject
) -> None:
    *earlier, last = given_scores
    items = tuple(data.draw(st.integers(item, 100)) for item in last.items)
    better = (*earlier, dataclasses.replace(last, items=items))
    for rule in WORSE:
        before = {one.item for one in found(rule, given_scores, ruleset, age)}
        assert {one.item for one in found(rule, better, ruleset, age)} <= before
    if found("below_best", better, ruleset, age):
        assert found("below_best", given_scores, ruleset, age) or found(
            "deterioration", given_scores, ruleset, age
        )


@given(scores("ors"), rulesets, ages)
def test_deterioration_and_below_best_never_say_the_same_twice(
    given_scores: tuple[Score, ...], ruleset: str, age: AgeGroup
) -> None:
    fell = max(one.total for one in given_scores) - given_scores[-1].total
    reliable = setup("ors", ruleset, age).norms.reliable_change
    assert reliable is not None
    one_of_both = [
        rule for rule in ("deterioration", "below_best") if found(rule, given_scores, ruleset, age)
    ]
    assert len(one_of_both) == (fell >= reliable)


@given(scores("ors"), rulesets, ages)
def test_what_is_found_is_said_in_whole_tenths(
    given_scores: tuple[Score, ...], ruleset: str, age: AgeGroup
) -> None:
    for finding in judge(rules_for(both("ors", ruleset, age)), Course(given_scores)):
        assert type(finding.was) is int
        assert type(finding.now) is int
        if finding.item is None:
            assert finding.now == given_scores[-1].total
        if finding.rule in WORSE:
            assert finding.now < finding.was
