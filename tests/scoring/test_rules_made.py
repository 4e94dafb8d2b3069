"""Which rules are made for a measure: each needs its own numbers, and takes them from the measure."""

from __future__ import annotations

import dataclasses

import pytest

from scoring.instrument import AgeGroup, Gauge, Norms
from scoring.rules import RULES, Finding, Setup, Severity, alliance, outcome, rules_for
from tests.scoring.series import (
    SRS,
    by,
    of_items,
    series,
    setup,
)

ADULT, ADOLESCENT, CHILD = AgeGroup.ADULT, AgeGroup.ADOLESCENT, AgeGroup.CHILD


@pytest.mark.parametrize(
    ("norms", "keys"),
    [
        pytest.param(
            Norms(reliable_change=50),
            {"deterioration", "drop", "below_best", "improved"},
            id="a reliable change alone",
        ),
        pytest.param(Norms(cutoff={ADULT: 250}), {"crossed_below"}, id="a cutoff alone"),
        pytest.param(Norms(cutoff={CHILD: 250}), set(), id="a cutoff of another age"),
        pytest.param(
            Norms(reliable_change=50, cutoff={ADULT: 250}),
            {
                *("deterioration", "drop", "below_best", "improved", "recovered"),
                *("no_improvement", "crossed_below"),
            },
            id="both",
        ),
        pytest.param(Norms(item_drop=20), {"item_drop"}, id="an item's fall"),
        pytest.param(Norms(sawtooth_move=60), {"sawtooth"}, id="a large move"),
        pytest.param(Norms(first_too_high=320, strained_fall=10), set(), id="nothing to judge alone by"),
    ],
)
def test_each_outcome_rule_needs_its_own_numbers(norms: Norms, keys: set[str]) -> None:
    """A rule that lacks its number isn't made; what its entry makes tells which it is."""
    given_setup = dataclasses.replace(setup("ors"), norms=norms)
    made = {key for key, (_, make) in RULES.items() if key not in ALLIANCE and make(given_setup) is not None}
    assert made == keys
    assert len(rules_for(given_setup)) == len(keys)


ALLIANCE = {key for key, (gauges, _) in RULES.items() if Gauge.ALLIANCE in gauges}


def test_an_outcome_rule_is_made_with_the_numbers_of_its_measure() -> None:
    norms = Norms(
        50,
        {ADULT: 250},
        item_drop=7,
        no_improvement_at=(2, 5),
        sawtooth_move=30,
        sawtooth_changes=3,
        sawtooth_ratings=6,
    )
    given_setup = dataclasses.replace(setup("ors"), norms=norms)
    made = rules_for(given_setup)
    measured = given_setup.yardstick
    assert outcome.NoImprovement(measured, (2, 5)) in made
    assert outcome.ItemDrop(7, setup("ors").instrument.items, measured) in made
    assert outcome.SawtoothFound(30, 3, 6) in made


def test_outcome_rules_are_turned_where_higher_is_worse() -> None:
    worse = dataclasses.replace(setup("ors").instrument, higher_is_better=False)
    norms = Norms(50, {ADULT: 100}, cutoff_is_functional=False, item_drop=20)
    given_setup = Setup(worse, norms, ADULT)
    course = [of_items("ors", 20, 20, 20, 20), of_items("ors", 0, 0, 0, 0, week=1)]
    course += [of_items("ors", 20, 40, 20, 50, week=2)]
    keys = ("deterioration", "drop", "below_best", "crossed_below", "item_drop", "improved", "recovered")
    values = {rule: [(one.item, one.was, one.now) for one in by(given_setup, rule, course)] for rule in keys}
    assert values == {
        "deterioration": [(None, 80, 130)],
        "drop": [(None, 0, 130)],
        "below_best": [],
        "crossed_below": [(None, 0, 130)],
        "item_drop": [
            ("individual", 0, 20),
            ("interpersonal", 0, 40),
            ("social", 0, 20),
            ("overall", 0, 50),
        ],
        "improved": [],
        "recovered": [],
    }
    assert by(given_setup, "improved", course[:2]) == [Finding("improved", Severity.DIGEST, None, 80, 0)]
    assert by(given_setup, "below_best", [*course[:2], of_items("ors", 0, 20, 20, 10, week=2)]) == [
        Finding("below_best", Severity.SOON, None, 0, 50)
    ]


SOON, DIGEST = Severity.SOON, Severity.DIGEST


@pytest.mark.parametrize(
    ("norms", "keys"),
    [
        pytest.param(Norms(concern_total=360), {"alliance_low"}, id="a line"),
        pytest.param(Norms(concern_item=90), {"alliance_item_low"}, id="a line for items"),
        pytest.param(Norms(concern_drop=10), {"alliance_drop"}, id="a fall"),
        pytest.param(Norms(), set(), id="none"),
    ],
)
def test_each_alliance_rule_needs_its_own_number(norms: Norms, keys: set[str]) -> None:
    given_setup = dataclasses.replace(setup("srs"), norms=norms)
    made = {key for key, (gauges, make) in RULES.items() if Gauge.ALLIANCE in gauges and make(given_setup)}
    assert made == keys
    assert len(rules_for(given_setup)) == len(keys)


@pytest.mark.parametrize(
    ("own", "other", "strained", "ceiling"),
    [
        pytest.param(
            Norms(concern_total=360), Norms(50, strained_fall=10), True, True, id="both measures' numbers"
        ),
        pytest.param(Norms(concern_drop=10), Norms(50, strained_fall=10), True, False, id="a fall alone"),
        pytest.param(Norms(concern_total=360), Norms(50), False, True, id="outcome has no fall that counts"),
        pytest.param(Norms(concern_total=360), Norms(strained_fall=10), True, False, id="no reliable change"),
        pytest.param(
            Norms(concern_item=90), Norms(50, strained_fall=10), False, False, id="a line for items only"
        ),
    ],
)
def test_what_needs_both_measures_needs_the_numbers_of_both(
    own: Norms, other: Norms, strained: bool, ceiling: bool
) -> None:
    of_outcome = dataclasses.replace(setup("ors"), norms=other)
    given_setup = dataclasses.replace(setup("srs"), norms=own, beside=of_outcome)
    assert (RULES["alliance_strained"][1](given_setup) is not None) is strained
    assert (RULES["alliance_ceiling"][1](given_setup) is not None) is ceiling
    turned = dataclasses.replace(of_outcome, beside=dataclasses.replace(given_setup, beside=None))
    assert (RULES["alliance_strained"][1](turned) is not None) is strained


def test_strain_is_seen_where_higher_outcome_is_worse() -> None:
    worse = dataclasses.replace(setup("ors").instrument, higher_is_better=False)
    of_outcome = dataclasses.replace(setup("ors"), instrument=worse)
    given_setup = dataclasses.replace(setup("srs"), beside=of_outcome)
    low = series("srs", 300)
    assert by(given_setup, "alliance_strained", low, series("ors", 200, 190)) == []
    assert by(given_setup, "alliance_strained", low, series("ors", 190, 200)) == [
        Finding("alliance_strained", SOON, None, 190, 200)
    ]


def test_an_alliance_rule_is_made_with_the_numbers_of_its_measure() -> None:
    norms = Norms(concern_total=301, concern_item=71, concern_drop=11, soon_fall=21, unusual_fall=12)
    items = SRS.items
    assert rules_for(dataclasses.replace(setup("srs"), norms=norms)) == (
        alliance.AllianceLow(301, 12),
        alliance.AllianceDrop(11, items, 21),
        alliance.AllianceItemLow(71, items, 21),
    )
