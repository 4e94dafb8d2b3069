"""Cases as JSON: what is taken, what is given, and that neither loses anything."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.assessment import DEFAULT, Case
from scoring.cases import Json, case_from, moment, table_of
from scoring.instrument import AgeGroup
from scoring.score import Score
from scoring.trajectory import curve_from
from tests.scoring.series import ages, of_items, rulesets, scores

"""Cases as JSON: what is taken, what is given, and what is said of a case that can't be judged."""

CURVE: Json = {
    "centre": 20,
    "flat": 9,
    "expected": {"intercept": [Decimal(21), 1]},
    "failure": {"intercept": [15, 1]},
}


def judged(table: object) -> Json:
    """Judge a case as the command does."""
    case = case_from(table, DEFAULT)
    return table_of(case, DEFAULT.judge(case))


def of(*totals: float | Decimal) -> list[Json]:
    """Write totals in points, a day apart."""
    return [{"at": f"2026-01-{day:02}", "total": total} for day, total in enumerate(totals, 5)]


def test_an_empty_case_says_nothing() -> None:
    assert case_from({}, DEFAULT) == Case()
    assert judged({}) == {
        "outcome": {
            "totals": [],
            "first": None,
            "last": None,
            "best": None,
            "change": None,
            "category": None,
            "zone": "grey",
            "expected": None,
            "failure": None,
            "above_cutoff": None,
            "sawtooth": {"changes": 0, "teeth": 0, "flagged": False},
        },
        "alliance": {"totals": [], "last": None, "change": None, "zone": "grey"},
        "findings": [],
        "suggestions": [],
    }


def test_a_full_case_is_told_in_tenths() -> None:
    table = {
        "ruleset": "pcoms",
        "age_group": "adolescent",
        "outcome": of(Decimal("29.0"), Decimal("30.5"), 23),
        "alliance": [
            {"at": "2026-01-05", "items": [9, 9.5, 10, 9]},
            {"at": "2026-01-06T10:00:00+01:00", "items": [9, 7.4, 10, 9], "total": 35.4},
        ],
        "missed": 2,
        "curve": CURVE,
    }
    assert judged(table) == {
        "outcome": {
            "totals": [290, 305, 230],
            "first": 290,
            "last": 230,
            "best": 305,
            "change": -60,
            "category": "deteriorated",
            "zone": "red",
            "expected": 300,
            "failure": 240,
            "above_cutoff": False,
            "sawtooth": {"changes": 1, "teeth": 0, "flagged": False},
        },
        "alliance": {"totals": [375, 354], "last": 354, "change": -21, "zone": "red"},
        "findings": [
            {"rule": "alliance_strained", "severity": "soon", "item": None, "from": 305, "to": 230},
            {"rule": "deterioration", "severity": "soon", "item": None, "from": 290, "to": 230},
            {"rule": "drop", "severity": "soon", "item": None, "from": 305, "to": 230},
            {"rule": "off_track", "severity": "soon", "item": None, "from": 300, "to": 230},
            {"rule": "crossed_below", "severity": "soon", "item": None, "from": 305, "to": 230},
            {"rule": "alliance_low", "severity": "soon", "item": None, "from": 375, "to": 354},
            {"rule": "alliance_drop", "severity": "soon", "item": None, "from": 375, "to": 354},
            {"rule": "alliance_item_low", "severity": "soon", "item": "goals", "from": 95, "to": 74},
            {"rule": "dropout_risk", "severity": "soon", "item": None, "from": 375, "to": 354},
            {"rule": "missed", "severity": "digest", "item": None, "from": None, "to": None},
        ],
        "suggestions": [
            "alliance.goals",
            "outcome.overall",
            "outcome.plateau",
            "contact.dropout_risk",
            "contact.missed",
        ],
    }


@pytest.mark.parametrize(
    ("totals", "change", "category"),
    [((20,), None, None), ((20, 20), 0, "unchanged"), ((20, 24), 40, "unchanged")],
)
def test_one_score_has_not_changed(totals: tuple[int, ...], change: int | None, category: str | None) -> None:
    told = judged({"outcome": of(*totals), "alliance": of(*totals)})
    outcome, alliance = told["outcome"], told["alliance"]
    assert isinstance(outcome, dict)
    assert isinstance(alliance, dict)
    assert (outcome["change"], outcome["category"]) == (change, category)
    assert alliance["change"] == change


def test_outcome_changes_since_its_first_and_alliance_since_its_last_score() -> None:
    told = judged({"outcome": of(20, 22, 23), "alliance": of(38, 37, Decimal("36.5"))})
    outcome, alliance = told["outcome"], told["alliance"]
    assert isinstance(outcome, dict)
    assert isinstance(alliance, dict)
    assert (outcome["change"], alliance["change"]) == (30, -5)


@pytest.mark.parametrize(
    ("ruleset", "totals", "above"),
    [
        ("icce", (20, 24.9), False),
        ("icce", (20, 25), True),
        ("pcoms", (20, 25), False),
        ("pcoms", (20, 25.1), True),
    ],
)
def test_above_the_cutoff_is_out_of_the_clinical_range(
    ruleset: str, totals: tuple[float, ...], above: bool
) -> None:
    outcome = judged({"ruleset": ruleset, "outcome": of(*totals)})["outcome"]
    assert isinstance(outcome, dict)
    assert outcome["above_cutoff"] is above


@pytest.mark.parametrize(
    ("totals", "expected", "failure"),
    [
        pytest.param((), None, None, id="no score"),
        pytest.param((20,), 200, 200, id="with one score the lines are that score"),
        pytest.param((20, 20), 210, 150, id="with two the curve's"),
        pytest.param((Decimal("32.1"), 20), None, None, id="the first too high for a curve"),
        pytest.param((Decimal("32.1"),), None, None, id="so it is alone"),
    ],
)
def test_the_lines_of_a_curve(
    totals: tuple[float | Decimal, ...], expected: int | None, failure: int | None
) -> None:
    outcome = judged({"outcome": of(*totals), "curve": CURVE})["outcome"]
    assert isinstance(outcome, dict)
    assert (outcome["expected"], outcome["failure"]) == (expected, failure)


@pytest.mark.parametrize(
    ("points", "tenths"),
    [
        (0, 0),
        (40, 400),
        (Decimal("20.1"), 201),
        (20.1, 201),
        (8.2, 82),
        (Decimal("-0.0"), 0),
        (Decimal("4E+1"), 400),
    ],
)
def test_points_become_tenths(points: float | Decimal, tenths: int) -> None:
    assert case_from({"outcome": of(points)}, DEFAULT).outcome[0].items == (tenths,)


def test_a_score_is_of_its_items_or_of_its_total() -> None:
    at = {"at": "2026-01-05"}
    case = case_from(
        {"outcome": [{**at, "items": [1, 2, 3, 4], "total": 10}], "alliance": [{**at, "total": 0}]}, DEFAULT
    )
    day = datetime(2026, 1, 5, tzinfo=UTC)
    assert case.outcome == (Score("ors", (10, 20, 30, 40), day),)
    assert case.alliance == (Score("srs", (0,), day),)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("2026-01-05T10:00:00Z", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05T10:00:00+01:00", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T00:30+01:00", datetime(2026, 1, 4, 23, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_day_or_a_time_with_zone(written: str, read: datetime) -> None:
    assert moment(written, "at") == read
    assert moment(written, "at").tzinfo is UTC


def test_scores_are_put_in_order() -> None:
    late, early = {"at": "2026-01-06", "total": 10}, {"at": "2026-01-05T23:59:00Z", "total": 20}
    same = {"at": "2026-01-06T00:00:00Z", "total": 5}
    case = case_from({"outcome": [late, early, same]}, DEFAULT)
    assert [one.total for one in case.outcome] == [200, 50, 100]


def test_nothing_stands_for_what_is_left_out() -> None:
    empty = dict.fromkeys(("ruleset", "age_group", "outcome", "alliance", "missed", "curve"))
    assert case_from(empty, DEFAULT) == Case()
    chosen = case_from({"ruleset": "pcoms", "age_group": "child", "missed": 3, "curve": CURVE}, DEFAULT)
    assert chosen == Case((), (), "pcoms", AgeGroup.CHILD, 3, curve_from(CURVE, ""))


def written(case: Case) -> Json:
    """Write a case as JSON, in points."""
    return {
        "ruleset": case.ruleset,
        "age_group": str(case.age_group),
        "outcome": [_written(one) for one in case.outcome],
        "alliance": [_written(one) for one in case.alliance],
        "missed": case.missed,
    }


def _written(score: Score) -> Json:
    return {
        "at": score.at.isoformat(),
        "items": [tenths / 10 for tenths in score.items],
        "total": score.total / 10,
    }


cases = st.builds(
    Case,
    outcome=scores("ors", minimum=0),
    alliance=scores("srs", minimum=0),
    ruleset=rulesets,
    age_group=ages,
    missed=st.integers(0, 4),
)


@given(cases)
def test_a_case_and_its_json_agree(case: Case) -> None:
    table = json.loads(json.dumps(written(case)), parse_float=Decimal)
    assert case_from(table, DEFAULT) == case
    told = judged(table)
    assert json.loads(json.dumps(told)) == told, "what is told is plain JSON"
    findings = DEFAULT.judge(case).findings
    assert told["findings"] == [
        {
            "rule": one.rule,
            "severity": one.severity.value,
            "item": one.item,
            "from": one.was,
            "to": one.now,
        }
        for one in findings
    ]


items = st.tuples(*[st.integers(0, 100)] * 4)

at_few_moments = st.lists(st.tuples(items, st.integers(0, 2), st.booleans()), max_size=7)


@given(at_few_moments, at_few_moments, st.randoms(use_true_random=False))
def test_the_order_in_which_scores_are_given_makes_no_difference(
    outcome: list[tuple[tuple[int, ...], int, bool]],
    alliance: list[tuple[tuple[int, ...], int, bool]],
    chance: random.Random,
) -> None:
    """Nor does that of scores of the same moment, with or without items."""
    table: dict[str, list[Json]] = {"outcome": [], "alliance": []}
    for key, rows in (("outcome", outcome), ("alliance", alliance)):
        for row, week, whole in rows:
            one = _written(of_items(key, *row))
            one["at"] = (datetime(2026, 1, 5, tzinfo=UTC) + timedelta(weeks=week)).isoformat()
            table[key].append({"at": one["at"], "total": one["total"]} if whole else one)
    shuffled = {key: chance.sample(rows, len(rows)) for key, rows in table.items()}
    assert judged(table) == judged(shuffled)
