"""What an outcome score tells of progress, or of none: both edges of every rule, under both rule sets."""

from __future__ import annotations

import dataclasses

import pytest

from scoring.instrument import RULE_SETS, AgeGroup
from scoring.rules import Finding, Severity
from scoring.trajectory import Curve
from tests.scoring.series import (
    both,
    by,
    curve,
    found,
    line,
    series,
)

ADULT, ADOLESCENT, CHILD = AgeGroup.ADULT, AgeGroup.ADOLESCENT, AgeGroup.CHILD

TWO_LINES = curve(line(("21", "1")), line(("15", "1")))
"""From 20.0: 21.0 is expected, and 15.0 the failure line; both rise by the first score."""

ONE_LINE = curve(line(("21", "1")))


@pytest.mark.parametrize(
    ("ruleset", "lines", "totals", "expected"),
    [
        # Zone red by a curve. Source: OpenFIT's alert table; by one line alone this project's own.
        pytest.param("icce", TWO_LINES, (200,), None, id="a first score is as expected"),
        pytest.param("icce", TWO_LINES, (200, 150), None, id="at the failure line"),
        pytest.param("icce", TWO_LINES, (200, 149), 210, id="a tenth below it"),
        pytest.param("icce", TWO_LINES, (320, 200), 330, id="a first of 32.0 has lines"),
        pytest.param("icce", TWO_LINES, (321, 200), None, id="one of 32.1 has none"),
        pytest.param(
            "icce", ONE_LINE, (300, 251), None, id="icce: below the line, a tenth short of 5.0 down"
        ),
        pytest.param("icce", ONE_LINE, (300, 250), 310, id="icce: 5.0 down"),
        pytest.param("pcoms", ONE_LINE, (300, 241), None, id="pcoms: a tenth short of 6.0 down"),
        pytest.param("pcoms", ONE_LINE, (300, 240), 310, id="pcoms: 6.0 down"),
        pytest.param("icce", None, (300, 100), None, id="without a curve nothing is off track"),
    ],
)
def test_off_track(ruleset: str, lines: Curve | None, totals: tuple[int, ...], expected: int | None) -> None:
    given_setup = dataclasses.replace(both("ors", ruleset), curve=lines)
    findings = [Finding("off_track", Severity.SOON, None, expected, totals[-1])] if expected else []
    assert by(given_setup, "off_track", series("ors", *totals)) == findings


@pytest.mark.parametrize(
    ("ruleset", "age", "totals", "finds"),
    [
        # At the 3rd and the 6th: this project's own. First in the clinical range, change < reliable.
        pytest.param("icce", ADULT, (200, 200), False, id="at the 2nd"),
        pytest.param("icce", ADULT, (200,) * 3, True, id="at the 3rd"),
        pytest.param("icce", ADULT, (200,) * 4, False, id="at the 4th"),
        pytest.param("icce", ADULT, (200,) * 5, False, id="at the 5th"),
        pytest.param("icce", ADULT, (200,) * 6, True, id="at the 6th"),
        pytest.param("icce", ADULT, (200,) * 7, False, id="at the 7th"),
        pytest.param("icce", ADULT, (200,) * 9, False, id="at the 9th"),
        pytest.param("icce", ADULT, (200, 300, 249), True, id="icce: 4.9 up"),
        pytest.param("icce", ADULT, (199, 300, 249), False, id="icce: 5.0 up is an improvement"),
        pytest.param("icce", ADULT, (200, 200, 250), False, id="icce: so is a recovery"),
        pytest.param("icce", ADULT, (200, 200, 150), True, id="icce: a deterioration is none"),
        pytest.param("icce", ADULT, (249,) * 3, True, id="icce adult: began a tenth below the cutoff"),
        pytest.param("icce", ADULT, (250,) * 3, False, id="icce adult: began at the cutoff, functional"),
        pytest.param("icce", ADOLESCENT, (279,) * 3, True, id="icce adolescent: a tenth below the cutoff"),
        pytest.param("icce", ADOLESCENT, (280,) * 3, False, id="icce adolescent: at the cutoff"),
        pytest.param("icce", CHILD, (319,) * 3, True, id="icce child: a tenth below the cutoff"),
        pytest.param("icce", CHILD, (320,) * 3, False, id="icce child: at the cutoff"),
        pytest.param("pcoms", ADULT, (200, 200, 259), True, id="pcoms: 5.9 up"),
        pytest.param("pcoms", ADULT, (200, 200, 260), False, id="pcoms: 6.0 up"),
        pytest.param("pcoms", ADULT, (250,) * 3, True, id="pcoms adult: began at the cutoff, clinical"),
        pytest.param("pcoms", ADULT, (251,) * 3, False, id="pcoms adult: a tenth above"),
        pytest.param("pcoms", CHILD, (280,) * 3, True, id="pcoms child: at the cutoff, 28"),
        pytest.param("pcoms", CHILD, (281,) * 3, False, id="pcoms child: a tenth above"),
    ],
)
def test_no_improvement(ruleset: str, age: AgeGroup, totals: tuple[int, ...], finds: bool) -> None:
    expected = [Finding("no_improvement", Severity.SOON, None, totals[0], totals[-1])] if finds else []
    assert found("no_improvement", series("ors", *totals), ruleset, age) == expected


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("totals", "finds"),
    [
        # Source: OpenFIT: moves of 6.0, 4 changes of direction, 5 ratings; newly so: CLINICAL, Findings.
        pytest.param((200, 260, 200, 260), False, id="three changes"),
        pytest.param((200, 260, 200, 260, 200), True, id="the fourth is new"),
        pytest.param((200, 260, 200, 260, 201), False, id="a move a tenth short"),
        pytest.param((200, 260, 200, 260, 200, 260), False, id="a fifth is nothing new"),
        pytest.param((200, 260, 200, 260, 200, 200), False, id="nor is it the week after"),
        pytest.param((220, 290, 192, 201, 352, 284), True, id="OpenFIT's example, up to its fourth change"),
        pytest.param((220, 290, 192, 201, 352, 284, 302), False, id="and the week after"),
        pytest.param((200,), False, id="one score"),
    ],
)
def test_sawtooth(ruleset: str, totals: tuple[int, ...], finds: bool) -> None:
    expected = [Finding("sawtooth", Severity.DIGEST, None, totals[-2], totals[-1])] if finds else []
    assert found("sawtooth", series("ors", *totals), ruleset) == expected


@pytest.mark.parametrize(
    ("ruleset", "age", "totals", "rule"),
    [
        # Newly so: holds with the last score and didn't without it. CLINICAL, Findings.
        pytest.param("icce", ADULT, (200,), None, id="a first score"),
        pytest.param("icce", ADULT, (200, 249), None, id="icce: 4.9 up"),
        pytest.param("icce", ADULT, (199, 249), "improved", id="icce: 5.0 up, a tenth below the cutoff"),
        pytest.param("icce", ADULT, (200, 250), "recovered", id="icce: 5.0 up, and at the cutoff"),
        pytest.param("icce", ADULT, (150, 200, 210), None, id="still improved is no news"),
        pytest.param("icce", ADULT, (150, 200, 250), "recovered", id="recovered after improved is"),
        pytest.param("icce", ADULT, (150, 250, 260), None, id="still recovered is no news"),
        pytest.param("icce", ADULT, (150, 250, 249), None, id="only improved after recovered is none"),
        pytest.param("icce", ADULT, (150, 250, 199, 250), "recovered", id="recovered again after a fall"),
        pytest.param("icce", ADULT, (150, 200, 199, 200), "improved", id="improved again after a fall"),
        pytest.param("icce", ADULT, (250, 300), "improved", id="began out of the range: can't recover"),
        pytest.param("icce", CHILD, (250, 319), "improved", id="icce child: a tenth below the cutoff"),
        pytest.param("icce", CHILD, (250, 320), "recovered", id="icce child: at the cutoff"),
        pytest.param("icce", ADOLESCENT, (220, 279), "improved", id="icce adolescent: a tenth below"),
        pytest.param("icce", ADOLESCENT, (220, 280), "recovered", id="icce adolescent: at the cutoff"),
        pytest.param("pcoms", ADULT, (191, 250), None, id="pcoms: 5.9 up"),
        pytest.param("pcoms", ADULT, (190, 250), "improved", id="pcoms: 6.0 up, at the cutoff"),
        pytest.param("pcoms", ADULT, (190, 251), "recovered", id="pcoms: a tenth above it"),
        pytest.param("pcoms", CHILD, (200, 280), "improved", id="pcoms child: at the cutoff, 28"),
        pytest.param("pcoms", CHILD, (200, 281), "recovered", id="pcoms child: a tenth above"),
    ],
)
def test_good_news(ruleset: str, age: AgeGroup, totals: tuple[int, ...], rule: str | None) -> None:
    given_scores = series("ors", *totals)
    for good in ("improved", "recovered"):
        expected = [Finding(good, Severity.DIGEST, None, totals[0], totals[-1])] if rule == good else []
        assert found(good, given_scores, ruleset, age) == expected
