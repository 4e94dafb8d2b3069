"""What the numbers say of a whole case: both measures together."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.assessment import DEFAULT, Assessor, Case, Judged
from scoring.change import Sawtooth, Yardstick
from scoring.instrument import AgeGroup, Norms
from scoring.instruments import INSTRUMENTS
from scoring.rules import Course, Finding, Severity, judge, rules_for
from scoring.score import Score
from scoring.trajectory import Lines, Zone
from tests.scoring.series import ORS, SRS, ages, alone, both, curve, line, of_items, rulesets, scores, series

SOON, DIGEST = Severity.SOON, Severity.DIGEST


def case(*outcome: int, alliance: tuple[int, ...] = ()) -> Case:
    """Make a case of totals of which the items are not known."""
    return Case(alone("ors", *outcome), alone("srs", *alliance))


def told(judged: Judged) -> list[tuple[str, Severity]]:
    """Name what was found, and how soon it is told."""
    return [(one.rule, one.severity) for one in judged.findings]


def test_nothing_is_said_of_nothing() -> None:
    measured = DEFAULT.setups(Case())[0].yardstick
    assert DEFAULT.judge(Case()) == Judged(measured, Lines(), Zone.GREY, Zone.GREY, Sawtooth(), (), ())


def test_a_case_is_judged_by_the_first_rule_set_and_as_an_adult_unless_told() -> None:
    assert Case() == Case((), (), "icce", AgeGroup.ADULT, 0, None)
    assert told(DEFAULT.judge(case(300, 250))) == [("deterioration", SOON), ("drop", SOON)]
    assert told(DEFAULT.judge(dataclasses.replace(case(300, 250), ruleset="pcoms"))) == [
        ("crossed_below", SOON)
    ]


@pytest.mark.parametrize(
    ("age", "crosses"), [(AgeGroup.ADULT, False), (AgeGroup.ADOLESCENT, False), (AgeGroup.CHILD, True)]
)
def test_a_case_is_judged_by_its_age(age: AgeGroup, crosses: bool) -> None:
    judged = DEFAULT.judge(dataclasses.replace(case(320, 300), age_group=age))
    assert (("crossed_below", SOON) in told(judged)) is crosses


def test_the_worst_day_is_told_alliance_first() -> None:
    fallen = Case(
        (of_items("ors", 80, 80, 80, 80), of_items("ors", 70, 10, 75, 75, week=1)),
        (of_items("srs", 100, 100, 100, 100), of_items("srs", 90, 90, 60, 90, week=1)),
        missed=2,
    )
    judged = DEFAULT.judge(fallen)
    assert told(judged) == [
        ("alliance_strained", SOON),
        ("deterioration", SOON),
        ("drop", SOON),
        ("crossed_below", SOON),
        ("alliance_low", SOON),
        ("alliance_drop", SOON),
        ("alliance_item_low", SOON),
        ("dropout_risk", SOON),
        ("item_drop", DIGEST),
        ("missed", DIGEST),
    ]
    assert (judged.outcome_zone, judged.alliance_zone) == (Zone.RED, Zone.RED)
    assert judged.suggestions == (
        ("alliance", "approach"),
        ("outcome", "interpersonal"),
        ("contact", "dropout_risk"),
        ("contact", "missed"),
    )


def test_strain_is_found_by_both_measures_and_told_once() -> None:
    judged = DEFAULT.judge(case(300, 290, alliance=(350,)))
    assert told(judged) == [("alliance_strained", SOON), ("alliance_low", SOON)]


def test_a_measure_alone_is_judged_alone() -> None:
    assert told(DEFAULT.judge(case(300, 200)))[0] == ("deterioration", SOON)
    assert told(DEFAULT.judge(case(alliance=(350,)))) == [("alliance_low", SOON)]
    assert DEFAULT.judge(case(alliance=(350,))).outcome_zone is Zone.GREY


def test_silence_speaks_without_any_score() -> None:
    judged = DEFAULT.judge(Case(missed=2))
    assert told(judged) == [("missed", DIGEST)]
    assert judged.suggestions == (("contact", "missed"),)
    assert DEFAULT.judge(Case(missed=1)).findings == ()


BOTH_LINES = curve(line(("21", "1")), line(("15", "1")))


def test_a_curve_gives_lines_zone_and_finding() -> None:
    judged = DEFAULT.judge(dataclasses.replace(case(200, 160, 149), curve=BOTH_LINES))
    assert judged.lines == Lines(210, 150)
    assert judged.outcome_zone is Zone.RED
    assert ("off_track", SOON) in told(judged)
    assert judged.findings[-1] == Finding("no_improvement", SOON, None, 200, 149)
    green = DEFAULT.judge(dataclasses.replace(case(200, 160, 210), curve=BOTH_LINES))
    assert green.outcome_zone is Zone.GREEN
    assert ("off_track", SOON) not in told(green)


def test_where_the_first_score_is_too_high_the_rational_rules_hold() -> None:
    high = dataclasses.replace(case(321, 272), curve=BOTH_LINES)
    assert DEFAULT.judge(high).lines == Lines()
    assert DEFAULT.judge(high).outcome_zone is Zone.GREEN


def test_the_sawtooth_of_outcome_is_told() -> None:
    assert DEFAULT.judge(case(220, 290, 192, 201, 352, 284, 302)).sawtooth == Sawtooth(4, flagged=True)
    assert DEFAULT.judge(case(220, 280)).sawtooth == Sawtooth(1, flagged=False)


def test_other_measures_and_numbers_can_judge() -> None:
    bare = {"icce": Norms()}
    judge_of_nothing = Assessor(
        dataclasses.replace(ORS, norms=bare),
        dataclasses.replace(SRS, norms={"icce": Norms(missed_in_a_row=3)}),
    )
    judged = judge_of_nothing.judge(
        dataclasses.replace(case(300, 240, 300, 240, 300, alliance=(100,)), missed=2)
    )
    assert judged == Judged(Yardstick(), Lines(), Zone.GREY, Zone.GREEN, Sawtooth(), (), ())


def test_the_numbers_of_a_sawtooth_are_the_measures() -> None:
    norms = Norms(sawtooth_move=10, sawtooth_changes=2, sawtooth_ratings=3)
    own = Assessor(dataclasses.replace(ORS, norms={"icce": norms}), SRS)
    assert own.judge(case(200, 210, 200)).sawtooth == Sawtooth(2, flagged=True)


def test_both_setups_know_one_another() -> None:
    given = dataclasses.replace(case(200), ruleset="pcoms", age_group=AgeGroup.CHILD, curve=BOTH_LINES)
    outcome, alliance = DEFAULT.setups(given)
    assert (outcome.instrument, outcome.norms, outcome.curve) == (ORS, ORS.norms["pcoms"], BOTH_LINES)
    assert (alliance.instrument, alliance.norms, alliance.curve) == (SRS, SRS.norms["pcoms"], None)
    assert outcome.age_group is alliance.age_group is AgeGroup.CHILD
    assert alliance.beside == outcome
    assert outcome.beside == dataclasses.replace(alliance, beside=None)


cases = st.builds(
    Case,
    outcome=scores("ors", minimum=0),
    alliance=scores("srs", minimum=0),
    ruleset=rulesets,
    age_group=ages,
    missed=st.integers(0, 4),
)


@given(cases)
def test_a_case_finds_what_the_rules_of_each_measure_find(given_case: Case) -> None:
    judged = DEFAULT.judge(given_case)
    expected: set[Finding] = set()
    for own, beside in ((given_case.outcome, given_case.alliance), (given_case.alliance, given_case.outcome)):
        if own:
            made = rules_for(both(own[0].instrument, given_case.ruleset, given_case.age_group))
            expected |= set(judge(made, Course(own, beside)))
    found = [one for one in judged.findings if one.rule not in {"missed", "dropout_risk"}]
    assert set(found) == expected
    assert len(set(judged.findings)) == len(judged.findings), "each once"


@given(cases)
def test_what_matters_most_comes_first(given_case: Case) -> None:
    judged = DEFAULT.judge(given_case)
    order = list(Severity)
    places = [order.index(one.severity) for one in judged.findings]
    assert places == sorted(places)
    rules = [one.rule for one in judged.findings]
    assert "alliance_strained" not in rules[1:]
    tables = [table for table, _ in judged.suggestions]
    assert tables == sorted(tables, key=lambda one: one != "alliance")


@given(cases, st.integers(0, 100))
def test_a_better_last_score_never_adds_a_deterioration(given_case: Case, more: int) -> None:
    if not given_case.outcome:
        return
    *earlier, last = given_case.outcome
    better = dataclasses.replace(last, items=tuple(min(100, one + more) for one in last.items))
    was = {one.rule for one in DEFAULT.judge(given_case).findings}
    now = {
        one.rule
        for one in DEFAULT.judge(dataclasses.replace(given_case, outcome=(*earlier, better))).findings
    }
    assert ("deterioration" in now) <= ("deterioration" in was)
    assert ("alliance_strained" in now) <= ("alliance_strained" in was)


@given(scores("ors", minimum=3, maximum=8), rulesets)
def test_totals_alone_are_judged_as_totals_with_items_are(
    given_scores: tuple[Score, ...], ruleset: str
) -> None:
    """Only what is found in an item needs items."""
    bare = alone("ors", *(one.total for one in given_scores))
    with_items, without = (DEFAULT.judge(Case(one, ruleset=ruleset)) for one in (given_scores, bare))
    assert [one for one in with_items.findings if one.item is None] == list(without.findings)
    assert with_items.outcome_zone is without.outcome_zone


PHQ9 = INSTRUMENTS["phq9"]
BY_PHQ9 = Assessor(PHQ9, SRS)


def test_a_risk_item_is_urgent_and_hides_nothing_else() -> None:
    calm, worse = of_items("phq9", *[0] * 9), of_items("phq9", *[20] * 8, 10, week=1)
    judged = BY_PHQ9.judge(Case((calm, worse)))
    assert judged.findings[0] == Finding("crisis", Severity.URGENT, "self_harm", None, 10)
    assert [one.rule for one in judged.findings[1:]] == ["deterioration", "drop", "crossed_below"]
    assert told(BY_PHQ9.judge(Case((worse, calm)))) == [("recovered", DIGEST)]


def test_a_bare_total_is_no_item() -> None:
    first_is_risk = dataclasses.replace(PHQ9, risk_items={PHQ9.items[0]: 10})
    judge_of_first = Assessor(first_is_risk, SRS)
    assert judge_of_first.judge(Case(alone("phq9", 90))).findings == ()
    assert told(judge_of_first.judge(Case((of_items("phq9", 10, *[0] * 8),)))) == [
        ("crisis", Severity.URGENT)
    ]


def test_politeness_is_seen_beside_an_outcome_that_stands_still() -> None:
    assert told(DEFAULT.judge(case(200, 210, alliance=(400, 400, 400)))) == [("alliance_ceiling", DIGEST)]


@pytest.mark.parametrize(
    ("alliance", "zone"),
    [((350, 350), Zone.RED), ((400, 390), Zone.RED), ((400, 391), Zone.GREEN), ((360,), Zone.GREEN)],
)
def test_the_alliance_is_red_below_its_line_or_after_a_fall(alliance: tuple[int, ...], zone: Zone) -> None:
    assert DEFAULT.judge(case(alliance=alliance)).alliance_zone is zone


def test_what_fell_most_is_suggested_before_what_is_lowest() -> None:
    fell = Case((of_items("ors", 90, 80, 80, 20), of_items("ors", 30, 80, 80, 20, week=1)))
    assert DEFAULT.judge(fell).suggestions == (("outcome", "individual"),)
    none_by_itself = Case((of_items("ors", 80, 80, 80, 80), of_items("ors", 65, 61, 70, 70, week=1)))
    assert DEFAULT.judge(none_by_itself).suggestions == (("outcome", "interpersonal"),)
    first = Case(alliance=(of_items("srs", 90, 80, 70, 80),))
    assert DEFAULT.judge(first).suggestions[0] == ("alliance", "approach")


def test_a_series_is_judged_as_it_stands_now() -> None:
    """Findings are of the latest scores: what was found earlier and ceased is not among them."""
    assert DEFAULT.judge(Case(series("ors", 300, 200, 320))).findings == ()
