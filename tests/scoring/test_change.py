"""What a change of the total amounts to, at both edges of every number that decides it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change import Category, Sawtooth, Yardstick, sawtooth
from scoring.instrument import RULE_SETS, AgeGroup, Norms
from tests.scoring.series import ORS, SRS, ages, rulesets, setup

ADULT, ADOLESCENT, CHILD = AgeGroup.ADULT, AgeGroup.ADOLESCENT, AgeGroup.CHILD
DETERIORATED, UNCHANGED = Category.DETERIORATED, Category.UNCHANGED
IMPROVED, RECOVERED = Category.IMPROVED, Category.RECOVERED

WORRY = Yardstick(reliable=60, cutoff=100, cutoff_is_functional=False, higher_is_better=False)
"""A measure where higher is worse: reliable change 6, clinical from 10 up, as PHQ-9 has them."""

totals_of_ors = st.lists(st.integers(0, 400), min_size=2, max_size=8)


@pytest.mark.parametrize(
    ("age", "totals", "category"),
    [
        # Source: bluewinginc (PCOMS): reliable change 6.0 inclusive, recovered needs more than 25 / 28 / 28.
        pytest.param(ADULT, (201, 261), RECOVERED, id="adult: 20.1 to 26.1"),
        pytest.param(ADULT, (201, 222), UNCHANGED, id="adult: 20.1 to 22.2"),
        pytest.param(ADULT, (190, 240, 250), IMPROVED, id="adult: 19.0, 24.0, 25.0: the cutoff is clinical"),
        pytest.param(ADULT, (190, 251), RECOVERED, id="adult: 19.0 to 25.1"),
        pytest.param(ADULT, (191, 250), UNCHANGED, id="adult: a tenth short of 6.0"),
        pytest.param(ADULT, (250, 310), RECOVERED, id="adult: began at the cutoff, which is clinical"),
        pytest.param(ADULT, (251, 311), IMPROVED, id="adult: began out of the range, can't recover"),
        pytest.param(ADULT, (250, 190), DETERIORATED, id="adult: 6.0 down to the tenth"),
        pytest.param(ADULT, (250, 191), UNCHANGED, id="adult: a tenth short of 6.0 down"),
        pytest.param(ADULT, (22, 82), IMPROVED, id="6.0, where binary floats say less"),
        pytest.param(ADOLESCENT, (201, 261), IMPROVED, id="adolescent: 20.1 to 26.1"),
        pytest.param(ADOLESCENT, (200, 240, 280), IMPROVED, id="adolescent: 20.0, 24.0, 28.0"),
        pytest.param(ADOLESCENT, (200, 281), RECOVERED, id="adolescent: 20.0 to 28.1"),
        pytest.param(CHILD, (200, 280), IMPROVED, id="child: at the cutoff, 28"),
        pytest.param(CHILD, (200, 281), RECOVERED, id="child: a tenth above"),
    ],
)
def test_categories_of_pcoms(age: AgeGroup, totals: tuple[int, ...], category: Category) -> None:
    assert setup("ors", "pcoms", age).yardstick.category(totals) is category


@pytest.mark.parametrize(
    ("age", "totals", "category"),
    [
        # Source: 5.0: Miller/ICCE, secondary; 25 / 28 / 32 and at the cutoff functional: OpenFIT.
        pytest.param(ADULT, (199, 249), IMPROVED, id="adult: reliable, a tenth below the cutoff"),
        pytest.param(ADULT, (200, 250), RECOVERED, id="adult: reliable, and at the cutoff"),
        pytest.param(ADULT, (201, 250), UNCHANGED, id="adult: a tenth short of 5.0, and above"),
        pytest.param(ADULT, (249, 299), RECOVERED, id="adult: began a tenth below the cutoff"),
        pytest.param(ADULT, (250, 300), IMPROVED, id="adult: began at the cutoff, can't recover"),
        pytest.param(ADULT, (300, 250), DETERIORATED, id="adult: 5.0 down to the tenth"),
        pytest.param(ADULT, (300, 251), UNCHANGED, id="adult: a tenth short of 5.0 down"),
        pytest.param(ADULT, (200, 200), UNCHANGED, id="adult: no change at all"),
        pytest.param(ADULT, (32, 82), IMPROVED, id="5.0, where binary floats say less"),
        pytest.param(ADULT, (200, 400, 249), UNCHANGED, id="from the first, not from the best"),
        pytest.param(ADULT, (200, 100, 250), RECOVERED, id="from the first, not from the last but one"),
        pytest.param(ADOLESCENT, (200, 279), IMPROVED, id="adolescent: a tenth below the cutoff"),
        pytest.param(ADOLESCENT, (200, 280), RECOVERED, id="adolescent: at the cutoff"),
        pytest.param(CHILD, (200, 319), IMPROVED, id="child: a tenth below the cutoff"),
        pytest.param(CHILD, (200, 320), RECOVERED, id="child: at the cutoff"),
    ],
)
def test_categories_of_icce(age: AgeGroup, totals: tuple[int, ...], category: Category) -> None:
    assert setup("ors", "icce", age).yardstick.category(totals) is category


@pytest.mark.parametrize(
    ("totals", "category"),
    [
        pytest.param((160, 100), IMPROVED, id="6 less, at the cutoff, which is clinical"),
        pytest.param((159, 99), RECOVERED, id="6 less, and below it"),
        pytest.param((100, 40), RECOVERED, id="began at the cutoff"),
        pytest.param((99, 39), IMPROVED, id="began below it: can't recover"),
        pytest.param((100, 41), UNCHANGED, id="a tenth short of 6 less"),
        pytest.param((40, 99), UNCHANGED, id="a tenth short of 6 more"),
        pytest.param((40, 100), DETERIORATED, id="6 more"),
    ],
)
def test_categories_are_turned_where_higher_is_worse(totals: tuple[int, ...], category: Category) -> None:
    assert WORRY.category(totals) is category


@pytest.mark.parametrize("totals", [(), (200,)])
def test_below_two_totals_nothing_has_changed(totals: tuple[int, ...]) -> None:
    assert setup("ors").yardstick.category(totals) is None


def test_without_a_reliable_change_nothing_is_said() -> None:
    assert Yardstick(cutoff=250).category((0, 400)) is None


def test_without_a_cutoff_nobody_is_clinical_and_nobody_recovers() -> None:
    bare = Yardstick(reliable=50)
    assert not bare.clinical(0)
    assert bare.category((0, 400)) is IMPROVED


@pytest.mark.parametrize(
    ("ruleset", "age", "highest_clinical"),
    [
        ("icce", ADULT, 249),
        ("icce", ADOLESCENT, 279),
        ("icce", CHILD, 319),
        ("pcoms", ADULT, 250),
        ("pcoms", ADOLESCENT, 280),
        ("pcoms", CHILD, 280),
    ],
)
def test_the_clinical_range_ends_at_the_cutoff(ruleset: str, age: AgeGroup, highest_clinical: int) -> None:
    measured = setup("ors", ruleset, age).yardstick
    assert measured.clinical(highest_clinical)
    assert not measured.clinical(highest_clinical + 1)


@pytest.mark.parametrize(("total", "clinical"), [(99, False), (100, True), (101, True)])
def test_the_clinical_range_begins_at_the_cutoff_where_higher_is_worse(total: int, clinical: bool) -> None:
    assert WORRY.clinical(total) is clinical


def test_at_the_cutoff_may_be_functional_where_higher_is_worse() -> None:
    functional = dataclasses.replace(WORRY, cutoff_is_functional=True)
    assert (functional.clinical(100), functional.clinical(101)) == (False, True)


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize("age", AgeGroup)
def test_a_first_score_above_32_gives_no_expectation(ruleset: str, age: AgeGroup) -> None:
    # Source: above 32.0, OpenFIT.
    measured = setup("ors", ruleset, age).yardstick
    assert (measured.too_high(320), measured.too_high(321)) == (False, True)


def test_a_first_score_is_too_high_only_where_the_measure_says_so() -> None:
    assert not Yardstick(reliable=50).too_high(400)
    assert not setup("srs").yardstick.too_high(400)


def test_where_higher_is_worse_a_first_score_can_be_too_low() -> None:
    measured = dataclasses.replace(WORRY, first_too_high=20)
    assert (measured.too_high(20), measured.too_high(19)) == (False, True)


@pytest.mark.parametrize(
    ("higher_is_better", "best", "gain"), [(True, 300, 100), (False, 100, -100)], ids=["better", "worse"]
)
def test_the_best_and_the_gain_are_turned_where_higher_is_worse(
    higher_is_better: bool, best: int, gain: int
) -> None:
    measured = Yardstick(higher_is_better=higher_is_better)
    assert measured.best((200, 300, 100)) == best
    assert measured.gain(100, 200) == gain
    assert measured.best((7,)) == 7


def test_a_yardstick_is_made_of_what_the_measure_says_for_the_age() -> None:
    assert setup("ors", "pcoms", CHILD).yardstick == Yardstick(60, 280, False, True, 320)  # noqa: FBT003 (all of it)
    assert setup("srs").yardstick == Yardstick()
    worse = dataclasses.replace(ORS, higher_is_better=False)
    bare = dataclasses.replace(setup("ors"), instrument=worse, norms=Norms())
    assert bare.yardstick == Yardstick(higher_is_better=False)
    assert SRS.norms["icce"].cutoff == {}


SAW = (220, 290, 192, 201, 352, 284, 302)
"""Source: OpenFIT's example: 22, 29, 19.2, 20.1, 35.2, 28.4, 30.2."""


@pytest.mark.parametrize(
    ("totals", "changes", "flagged", "teeth"),
    [
        # Source: OpenFIT.
        pytest.param(SAW, 4, True, 3, id="its example"),
        pytest.param((220, 279, *SAW[2:]), 3, False, 2, id="the same, a first move of 5.9"),
        pytest.param((40, 79, 122, 157, 202), 0, False, 0, id="4, 7.9, 12.2, 15.7, 20.2: no large move"),
        pytest.param((220, 280), 1, False, 0, id="22, 28: one move of 6.0"),
        pytest.param((220, 279), 0, False, 0, id="22, 27.9: a tenth short"),
        pytest.param((280, 220), 1, False, 0, id="one move down"),
        pytest.param((200, 260, 320), 1, False, 0, id="twice the same way is no change of direction"),
        pytest.param((200, 260, 200, 260), 3, False, 2, id="three changes are not enough"),
        pytest.param((200, 260, 200, 260, 200), 4, True, 3, id="four changes in five ratings"),
        pytest.param((200, 260, 250, 190, 250), 3, False, 2, id="small moves between don't count"),
        pytest.param((200,), 0, False, 0, id="one rating"),
        pytest.param((), 0, False, 0, id="none"),
    ],
)
def test_sawtooth(totals: tuple[int, ...], changes: int, flagged: bool, teeth: int) -> None:
    saw = sawtooth(totals, move=60, changes=4, ratings=5)
    assert (saw.changes, saw.flagged, saw.teeth) == (changes, flagged, teeth)


@pytest.mark.parametrize(("ratings", "flagged"), [(5, True), (6, False)])
def test_a_sawtooth_needs_its_ratings(ratings: int, flagged: bool) -> None:
    assert sawtooth((200, 260, 200, 260, 200), move=60, changes=4, ratings=ratings).flagged is flagged


def test_the_smallest_move_that_can_count_is_a_tenth() -> None:
    assert sawtooth((10, 11, 10, 10), move=1, changes=2, ratings=1) == Sawtooth(2, flagged=True)


def test_a_series_without_teeth_is_none() -> None:
    assert Sawtooth() == Sawtooth(0, flagged=False)
    assert Sawtooth().teeth == 0


@given(totals_of_ors)
def test_a_saw_upside_down_has_as_many_teeth(totals: list[int]) -> None:
    numbers = {"move": 60, "changes": 4, "ratings": 5}
    assert sawtooth(totals, **numbers) == sawtooth([400 - one for one in totals], **numbers)


@given(totals_of_ors, rulesets, ages, st.integers(-400, 400))
def test_a_shift_that_stays_on_its_side_of_the_cutoff_leaves_the_category(
    totals: list[int], ruleset: str, age: AgeGroup, shift: int
) -> None:
    """Only a shift that takes the first or the last total across the cutoff can make or unmake a recovery."""
    measured = setup("ors", ruleset, age).yardstick
    moved = [one + shift for one in totals]
    was, now = measured.category(totals), measured.category(moved)
    stayed = all(measured.clinical(totals[at]) == measured.clinical(moved[at]) for at in (0, -1))
    if stayed:
        assert now is was
    else:
        assert {was, now} <= {IMPROVED, RECOVERED} or now is was


@given(totals_of_ors, rulesets, ages, st.integers(0, 400))
def test_a_better_last_score_never_makes_a_worse_category(
    totals: list[int], ruleset: str, age: AgeGroup, more: int
) -> None:
    measured = setup("ors", ruleset, age).yardstick
    order = list(Category)
    was = measured.category(totals)
    now = measured.category([*totals[:-1], totals[-1] + more])
    assert was is not None
    assert now is not None
    assert order.index(now) >= order.index(was)


@given(totals_of_ors, rulesets, ages)
def test_a_measure_turned_round_says_the_same_of_the_totals_turned_round(
    totals: list[int], ruleset: str, age: AgeGroup
) -> None:
    better = setup("ors", ruleset, age).yardstick
    assert better.cutoff is not None
    worse = dataclasses.replace(
        better, higher_is_better=False, cutoff=400 - better.cutoff, first_too_high=400 - 320
    )
    turned = [400 - one for one in totals]
    assert better.category(totals) is worse.category(turned)
    assert better.too_high(totals[0]) == worse.too_high(turned[0])
    assert better.best(totals) == 400 - worse.best(turned)
    assert all(better.clinical(one) == worse.clinical(400 - one) for one in totals)
