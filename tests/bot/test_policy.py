"""How a site wants things done: its own choices where it made some, the defaults elsewhere."""

from __future__ import annotations

import dataclasses
from datetime import time

import pytest

from bot.languages import LANGUAGES
from bot.policy import Policy
from bot.timetable import Quiet, Routine, Weekly
from bot.wording import House
from scoring.change import Category, Yardstick
from scoring.instrument import AgeGroup, Gauge
from scoring.rules import RULES, alliance, outcome
from scoring.trajectory import Polynomial
from storage.records import Client, ClientState
from tests.scoring.series import curve

ENGLISH = LANGUAGES["en"]
POLICY = Policy(House("Elm Street"), Quiet(time(21), time(8)))

CLIENT = Client(1, "AB", 1, "en", "UTC", "US", AgeGroup.ADULT, ClientState.ACTIVE, None)


@pytest.mark.parametrize("code", ["en", None, "", "tlh", "EN-gb"])
def test_a_person_is_spoken_to_in_a_language_that_ships(code: str | None) -> None:
    assert POLICY.speak(code) is ENGLISH


def test_licensed_wording_takes_the_place_of_ours() -> None:
    licensed = dataclasses.replace(ENGLISH.measures["ors"], intro="Licensed.", ours=False)
    policy = dataclasses.replace(POLICY, wording={("ors", "en"): licensed})
    assert policy.words("ors", ENGLISH) is licensed
    assert policy.words("srs", ENGLISH) is ENGLISH.measures["srs"]
    assert POLICY.words("ors", ENGLISH) is ENGLISH.measures["ors"]


ADULT = Yardstick(reliable=50, cutoff=250, first_too_high=320)


@pytest.mark.parametrize(
    ("ruleset", "age", "measured"),
    [
        ("icce", AgeGroup.ADULT, ADULT),
        ("icce", AgeGroup.ADOLESCENT, dataclasses.replace(ADULT, cutoff=280)),
        ("icce", AgeGroup.CHILD, dataclasses.replace(ADULT, cutoff=320)),
        ("pcoms", AgeGroup.ADULT, Yardstick(60, 250, cutoff_is_functional=False, first_too_high=320)),
        ("pcoms", AgeGroup.CHILD, Yardstick(60, 280, cutoff_is_functional=False, first_too_high=320)),
    ],
)
def test_outcome_is_judged_by_the_sites_rule_set(ruleset: str, age: AgeGroup, measured: Yardstick) -> None:
    assert dataclasses.replace(POLICY, ruleset=ruleset).judging("ors", age)[1] == (
        outcome.Deterioration(measured),
        outcome.Drop(measured),
        outcome.BelowBest(measured),
        outcome.NoImprovement(measured, (3, 6)),
        outcome.CrossedBelow(measured),
        outcome.ItemDrop(20, ("individual", "interpersonal", "social", "overall"), measured),
        outcome.SawtoothFound(60, 4, 5),
        outcome.Progress(measured, Category.RECOVERED),
        outcome.Progress(measured, Category.IMPROVED),
    )


def test_alliance_is_judged_alike_at_every_age() -> None:
    items = ("relationship", "goals", "approach", "overall")
    for age in AgeGroup:
        assert POLICY.judging("srs", age)[1] == (
            alliance.AllianceLow(360, 10),
            alliance.AllianceDrop(10, items, 20),
            alliance.AllianceItemLow(90, items, 20),
        )


def test_beside_the_other_measure_more_is_seen() -> None:
    strained = alliance.Strained(360, 10, 10, ADULT, Gauge.OUTCOME)
    assert POLICY.judging("ors", AgeGroup.ADULT, "srs")[1][0] == strained
    first, *_, last = POLICY.judging("srs", AgeGroup.ADULT, "ors")[1]
    assert first == dataclasses.replace(strained, judges=Gauge.ALLIANCE)
    assert last == alliance.Ceiling(400, 3, ADULT)


@pytest.mark.parametrize(
    ("measure", "answered", "beside"),
    [
        ("ors", {"ors", "srs"}, "srs"),
        ("srs", {"ors", "srs"}, "ors"),
        ("ors", {"ors"}, None),
        ("srs", set(), None),
    ],
)
def test_a_measure_of_the_other_kind_stands_beside_where_it_was_answered(
    measure: str, answered: set[str], beside: str | None
) -> None:
    assert POLICY.beside(measure, answered) == beside


def test_a_curve_judges_the_age_group_that_it_is_of() -> None:
    line = curve(Polynomial(()))
    policy = dataclasses.replace(POLICY, curves={("ors", AgeGroup.ADULT): line})
    assert outcome.OffTrack(ADULT, line) in policy.judging("ors", AgeGroup.ADULT)[1]
    assert policy.judging("ors", AgeGroup.CHILD)[1] == POLICY.judging("ors", AgeGroup.CHILD)[1]
    assert policy.judging("srs", AgeGroup.ADULT)[1] == POLICY.judging("srs", AgeGroup.ADULT)[1]


def test_a_rule_that_is_switched_off_is_off() -> None:
    policy = dataclasses.replace(POLICY, off=frozenset(RULES) - {"deterioration"})
    assert policy.judging("ors", AgeGroup.ADULT, "srs")[1] == (outcome.Deterioration(ADULT),)
    assert policy.judging("srs", AgeGroup.ADULT, "ors")[1] == ()


def test_a_therapists_clients_are_judged_by_the_therapists_own_numbers() -> None:
    own = dataclasses.replace(POLICY, ruleset="pcoms")
    policy = dataclasses.replace(POLICY, therapists={"T1": own})
    assert policy.of_therapist("T1") is own
    assert policy.of_therapist("T2") is policy
    assert policy.of_therapist(None) is policy


def test_new_clients_get_the_schedules_that_are_for_everybody() -> None:
    weekly = Routine("weekly", ("ors",), Weekly(((0, time(18)),)))
    special = dataclasses.replace(weekly, name="special", default=False)
    policy = dataclasses.replace(POLICY, routines={"weekly": weekly, "special": special})
    assert policy.usual_for(CLIENT) == {"weekly"}


def test_a_programme_has_its_own_schedules() -> None:
    weekly = Routine("weekly", ("ors",), Weekly(((0, time(18)),)))
    special = dataclasses.replace(weekly, name="special", default=False)
    policy = dataclasses.replace(
        POLICY, routines={"weekly": weekly, "special": special}, programmes={"groups": ("special",)}
    )
    assert policy.usual_for(dataclasses.replace(CLIENT, programme="groups")) == {"special"}
    assert policy.usual_for(dataclasses.replace(CLIENT, programme="gone")) == {"weekly"}
