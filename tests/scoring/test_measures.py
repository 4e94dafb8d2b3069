"""The measures beside the pair: what their sources say, their scales, bands and signs of danger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scoring.change import Category
from scoring.instrument import AgeGroup, Gauge, InstrumentError, Mark, Norms, Response, Scale
from scoring.instruments import INSTRUMENTS, read
from scoring.rules import Course, Finding, Setup, Severity, crisis, judge, rules_for
from scoring.score import Score

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PHQ9, GAD7 = INSTRUMENTS["phq9"], INSTRUMENTS["gad7"]


def setup(measure: str, ruleset: str = "icce") -> Setup:
    """Give what a measure's totals are judged by, for an adult."""
    instrument = INSTRUMENTS[measure]
    return Setup(instrument, instrument.norms[ruleset], AgeGroup.ADULT)


def of(measure: str, total: int) -> Score:
    """Make a score of a total in tenths, its points on as few items as can hold them."""
    instrument, left = INSTRUMENTS[measure], total
    items = []
    for _ in instrument.items:
        items.append(min(left, instrument.scale.top))
        left -= items[-1]
    assert left == 0
    return Score(measure, tuple(items), NOW)


def test_the_pair_comes_first() -> None:
    """Where an alliance stands beside an outcome, it is the pair's, if both are asked."""
    assert list(INSTRUMENTS) == ["ors", "srs", "between", "gad7", "goals", "phq9"]


@pytest.mark.parametrize(
    ("measure", "items", "total_max"), [("phq9", 9, 270), ("gad7", 7, 210)], ids=["9 x 0-3", "7 x 0-3"]
)
def test_items_take_whole_points_from_0_to_3(measure: str, items: int, total_max: int) -> None:
    instrument = INSTRUMENTS[measure]
    assert (len(instrument.items), instrument.total_max) == (items, total_max)
    assert instrument.scale == Scale(30, whole=True)
    assert not instrument.higher_is_better
    assert instrument.gauges is Gauge.OUTCOME


@pytest.mark.parametrize("measure", ["between", "goals"])
def test_what_has_no_norms_is_a_trend_that_no_rule_judges(measure: str) -> None:
    instrument = INSTRUMENTS[measure]
    assert instrument.gauges is Gauge.TREND
    assert instrument.scale == Scale()
    for ruleset in ("icce", "pcoms"):
        assert instrument.norms[ruleset] == Norms()
        assert rules_for(setup(measure, ruleset)) == ()


@pytest.mark.parametrize(("measure", "own"), [("goals", True), ("between", False), ("ors", False)])
def test_only_goals_are_in_the_clients_own_words(measure: str, own: bool) -> None:
    assert INSTRUMENTS[measure].clients_own is own


@pytest.mark.parametrize(
    ("mark", "taken"),
    [
        (-10, False),
        (0, True),
        (1, False),
        (10, True),
        (15, False),
        (29, False),
        (30, True),
        (31, False),
        (40, False),
    ],
)
def test_a_scale_takes_its_whole_points_and_nothing_else(mark: int, taken: bool) -> None:
    assert PHQ9.scale.takes(mark) is taken
    if taken:
        assert Response(PHQ9, (mark,)).marks == (mark,)
    else:
        with pytest.raises(ValueError, match=r"^an answer is 0 to 30 tenths, whole points only$"):
            Response(PHQ9, (mark,))


@pytest.mark.parametrize(
    ("measure", "total", "band"),
    [
        ("phq9", 0, "minimal"),
        ("phq9", 40, "minimal"),
        ("phq9", 50, "mild"),
        ("phq9", 90, "mild"),
        ("phq9", 100, "moderate"),
        ("phq9", 140, "moderate"),
        ("phq9", 150, "moderately_severe"),
        ("phq9", 190, "moderately_severe"),
        ("phq9", 200, "severe"),
        ("phq9", 270, "severe"),
        ("gad7", 40, "minimal"),
        ("gad7", 50, "mild"),
        ("gad7", 90, "mild"),
        ("gad7", 100, "moderate"),
        ("gad7", 140, "moderate"),
        ("gad7", 150, "severe"),
        ("gad7", 210, "severe"),
        ("ors", 100, None),
    ],
)
def test_bands_at_each_edge(measure: str, total: int, band: str | None) -> None:
    """Kroenke et al. 2001: 5, 10, 15, 20. Spitzer et al. 2006: 5, 10, 15."""
    assert INSTRUMENTS[measure].band(total) == band


@pytest.mark.parametrize("ruleset", ["icce", "pcoms"])
@pytest.mark.parametrize(
    ("measure", "totals", "category"),
    [
        pytest.param("phq9", (150, 200), Category.UNCHANGED, id="5 more is no reliable change"),
        pytest.param("phq9", (150, 210), Category.DETERIORATED, id="6 more is worse"),
        pytest.param("phq9", (200, 150), Category.UNCHANGED, id="5 less is no reliable change"),
        pytest.param("phq9", (160, 100), Category.IMPROVED, id="6 less, at the cutoff: still clinical"),
        pytest.param("phq9", (150, 90), Category.RECOVERED, id="6 less, and below the cutoff"),
        pytest.param("phq9", (90, 30), Category.IMPROVED, id="began below the cutoff: can't recover"),
        pytest.param("gad7", (80, 110), Category.UNCHANGED, id="3 more is no reliable change"),
        pytest.param("gad7", (80, 120), Category.DETERIORATED, id="4 more is worse"),
        pytest.param("gad7", (120, 80), Category.IMPROVED, id="4 less, at the cutoff: still clinical"),
        pytest.param("gad7", (110, 70), Category.RECOVERED, id="4 less, and below the cutoff"),
        pytest.param("gad7", (70, 30), Category.IMPROVED, id="began below the cutoff"),
    ],
)
def test_change_is_turned_where_higher_is_worse(
    ruleset: str, measure: str, totals: tuple[int, int], category: Category
) -> None:
    """Secondary: reliable change 6 and 4, clinical from 10 and 8 up."""
    assert setup(measure, ruleset).yardstick.category(totals) is category


@pytest.mark.parametrize(
    ("measure", "total", "clinical"),
    [("phq9", 90, False), ("phq9", 100, True), ("gad7", 70, False), ("gad7", 80, True)],
)
def test_the_clinical_range_begins_at_the_cutoff(measure: str, total: int, clinical: bool) -> None:
    assert setup(measure).yardstick.clinical(total) is clinical


@pytest.mark.parametrize(
    ("totals", "rules"),
    [
        ((150, 210), ["deterioration", "drop"]),
        ((150, 200), []),
        ((200, 140), ["improved"]),
        ((150, 90), ["recovered"]),
        ((50, 100), ["crossed_below"]),
        ((200, 120, 180), ["drop", "below_best", "no_improvement"]),
    ],
)
def test_rules_judge_depression_the_right_way_round(totals: tuple[int, ...], rules: list[str]) -> None:
    scores = tuple(of("phq9", total) for total in totals)
    assert [one.rule for one in judge(rules_for(setup("phq9")), Course(scores))] == rules


@pytest.mark.parametrize(
    ("ninth", "found"),
    [
        (None, ()),
        (0, ()),
        (10, (Finding("crisis", Severity.URGENT, "self_harm", None, 10),)),
        (30, (Finding("crisis", Severity.URGENT, "self_harm", None, 30),)),
    ],
)
def test_item_nine_is_danger_from_several_days_on_whatever_the_total(
    ninth: Mark, found: tuple[Finding, ...]
) -> None:
    assert crisis(PHQ9, (0,) * 8 + (ninth,)) == found
    assert crisis(PHQ9, (30,) * 8 + (ninth,)) == found


def test_danger_is_found_before_a_form_is_finished_and_only_in_risk_items() -> None:
    text = READY + "risk_items = { rest = 45, length = 20 }\n"
    measure = read(text, "sleep.toml")
    assert crisis(measure, ()) == crisis(measure, (19,)) == crisis(measure, (19, 44)) == ()
    assert [one.item for one in crisis(measure, (20,))] == ["length"]
    assert [(one.item, one.now) for one in crisis(measure, (20, 45))] == [("length", 20), ("rest", 45)]
    assert crisis(GAD7, (30,) * 7) == crisis(INSTRUMENTS["ors"], (0, 0, 0, 0)) == ()


READY = """
key = "sleep"
name = "Sleep"
gauges = "outcome"
higher_is = "worse"
asked = "between"
items = ["length", "rest"]
item_max = 50
"""


def test_an_own_scale_is_read() -> None:
    measure = read(READY + "whole = true\nbands = { bad = 60, good = 0 }\n", "sleep.toml")
    assert (measure.scale, measure.total_max) == (Scale(50, whole=True), 100)
    assert [(one.name, one.least) for one in measure.bands] == [("good", 0), ("bad", 60)]


SCALE = "item_max must be whole points in tenths, from 10 (1 point) to 100 (10 points)"
BEGIN = "bands must begin at 0 and each at another total: { minimal = 0, mild = 50 }"
KEY = "key must be a small letter, then small letters, digits or _, up to 32"


@pytest.mark.parametrize(
    ("instead_of", "written", "told"),
    [
        ("item_max = 50", "item_max = 0", SCALE),
        ("item_max = 50", "item_max = 25", SCALE),
        ("item_max = 50", "item_max = 110", SCALE),
        ("item_max = 50", "item_max = true", SCALE),
        ("item_max = 50", 'item_max = "50"', SCALE),
        ("item_max = 50", 'whole = "yes"', "whole must be true or false"),
        ("item_max = 50", "clients_own = 1", "clients_own must be true or false"),
        ("item_max = 50", "risk_items = 10", "risk_items must be tenths by item: { rest = 10 }"),
        ("item_max = 50", "risk_items = { mood = 10 }", "risk_items must be tenths by item: { rest = 10 }"),
        (
            "item_max = 50",
            "item_max = 50\nrisk_items = { rest = 51 }",
            "risk_items.rest must be a whole number of tenths from 1 to 50",
        ),
        (
            "item_max = 50",
            "risk_items = { rest = 0 }",
            "risk_items.rest must be a whole number of tenths from 1 to 100",
        ),
        ("item_max = 50", "bands = [0, 50]", "bands must be tenths by name: { minimal = 0, mild = 50 }"),
        (
            "item_max = 50",
            "item_max = 50\nbands = { good = 0, bad = 101 }",
            "bands.bad must be a whole number of tenths from 0 to 100",
        ),
        (
            "item_max = 50",
            "bands = { good = 1.5 }",
            "bands.good must be a whole number of tenths from 0 to 200",
        ),
        ("item_max = 50", "bands = { good = 10 }", BEGIN),
        ("item_max = 50", "bands = { good = 0, fair = 0 }", BEGIN),
        ('"sleep"', '"Sleep"', KEY),
        ('"sleep"', '"my-sleep"', KEY),
        ('"sleep"', f'"{"s" * 33}"', KEY),
    ],
)
def test_a_wrong_scale_is_told_what_to_write(instead_of: str, written: str, told: str) -> None:
    assert instead_of in READY
    with pytest.raises(InstrumentError) as raised:
        read(READY.replace(instead_of, written, 1), "sleep.toml")
    assert str(raised.value) == f"sleep.toml: {told}"


def test_the_longest_scale_total_and_key_are_taken() -> None:
    text = READY.replace("item_max = 50", "item_max = 100").replace('"sleep"', f'"{"s" * 32}"')
    measure = read(text + "risk_items = { rest = 100 }\nbands = { good = 0, bad = 200 }\n", "long.toml")
    assert (measure.total_max, measure.risk_items["rest"], measure.band(200)) == (200, 100, "bad")
