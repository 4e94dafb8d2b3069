"""What an outcome score tells of: both edges of every rule, under both rule sets."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.instrument import AgeGroup
from scoring.rules import Drop, Finding, Severity
from scoring.score import Score
from tests.scoring.series import found, scores, series

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
        before, latest = series("ors", high, low)
        assert Drop(fall)(latest, (before,)) == (Finding("drop", Severity.SOON, None, high, low),)
        assert Drop(fall + 1)(latest, (before,)) == ()


OUTCOME_RULES = ("deterioration", "drop", "crossed_below")


@given(scores("ors", minimum=2), st.sampled_from(["icce", "pcoms"]), st.sampled_from(AgeGroup), st.data())
def test_a_better_last_score_never_adds_a_finding(
    given_scores: tuple[Score, ...], ruleset: str, age: AgeGroup, data: st.DataObject
) -> None:
    *earlier, last = given_scores
    items = tuple(data.draw(st.integers(item, 100)) for item in last.items)
    better = dataclasses.replace(last, items=items)
    for rule in OUTCOME_RULES:
        if found(rule, (*earlier, better), ruleset, age):
            assert found(rule, given_scores, ruleset, age)


@given(scores("ors"), st.sampled_from(["icce", "pcoms"]), st.sampled_from(AgeGroup))
def test_what_is_found_is_said_in_whole_tenths(
    given_scores: tuple[Score, ...], ruleset: str, age: AgeGroup
) -> None:
    for rule in OUTCOME_RULES:
        for finding in found(rule, given_scores, ruleset, age):
            assert type(finding.was) is int
            assert type(finding.now) is int
            assert finding.now == given_scores[-1].total < finding.was
