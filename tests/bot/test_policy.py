"""How a site wants things done: its own choices where it made some, the defaults elsewhere."""

from __future__ import annotations

import dataclasses
from datetime import time, timedelta

import pytest

from bot.languages import LANGUAGES
from bot.policy import Policy
from bot.timetable import Quiet, Routine
from bot.wording import House
from scoring.instrument import AgeGroup
from scoring.rules import AllianceDrop, AllianceItemLow, AllianceLow, CrossedBelow, Deterioration, Drop

ENGLISH = LANGUAGES["en"]
POLICY = Policy(House("Elm Street"), Quiet(time(21), time(8)))


@pytest.mark.parametrize("code", ["en", None, "", "tlh", "EN-gb"])
def test_a_person_is_spoken_to_in_a_language_that_ships(code: str | None) -> None:
    assert POLICY.speak(code) is ENGLISH


def test_licensed_wording_takes_the_place_of_ours() -> None:
    licensed = dataclasses.replace(ENGLISH.measures["ors"], intro="Licensed.", ours=False)
    policy = dataclasses.replace(POLICY, wording={("ors", "en"): licensed})
    assert policy.words("ors", ENGLISH) is licensed
    assert policy.words("srs", ENGLISH) is ENGLISH.measures["srs"]
    assert POLICY.words("ors", ENGLISH) is ENGLISH.measures["ors"]


@pytest.mark.parametrize(
    ("ruleset", "age", "rules"),
    [
        ("icce", AgeGroup.ADULT, (Deterioration(50), Drop(50), CrossedBelow(250, cutoff_is_functional=True))),
        ("icce", AgeGroup.CHILD, (Deterioration(50), Drop(50), CrossedBelow(320, cutoff_is_functional=True))),
        (
            "pcoms",
            AgeGroup.CHILD,
            (Deterioration(60), Drop(60), CrossedBelow(280, cutoff_is_functional=False)),
        ),
    ],
)
def test_outcome_is_judged_by_the_sites_rule_set(
    ruleset: str, age: AgeGroup, rules: tuple[object, ...]
) -> None:
    assert dataclasses.replace(POLICY, ruleset=ruleset).rules("ors", age) == rules


def test_alliance_is_judged_alike_at_every_age() -> None:
    items = ("relationship", "goals", "approach", "overall")
    for age in AgeGroup:
        assert POLICY.rules("srs", age) == (AllianceLow(360), AllianceDrop(10), AllianceItemLow(90, items))


def test_a_rule_that_is_switched_off_is_off() -> None:
    policy = dataclasses.replace(POLICY, off=frozenset({"drop", "crossed_below"}))
    assert policy.rules("ors", AgeGroup.ADULT) == (Deterioration(50),)


def test_new_clients_get_the_schedules_that_are_for_everybody() -> None:
    weekly = Routine("weekly", ("ors",), 0, 7, time(18), None, timedelta(hours=48))
    special = dataclasses.replace(weekly, name="special", default=False)
    policy = dataclasses.replace(POLICY, routines={"weekly": weekly, "special": special})
    assert policy.default_routines() == {"weekly": weekly}
