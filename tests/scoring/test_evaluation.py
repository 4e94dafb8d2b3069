"""Foretelling held-out episodes: what is counted, and what came of it in three simulated cohorts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from scoring.evaluation import FORETOLD, WARNING, Errors, Evaluation, Held, Warned, evaluate, tally
from scoring.expected import Expected
from scoring.fit import FitError
from scoring.held_out import Line, Teller, Told
from scoring.instrument import AgeGroup
from scoring.past import Past, usable
from scoring.rules import Setup
from scoring.similar import Begun, similar
from tests.scoring.cohorts import COHORTS, EPISODES, cohort
from tests.scoring.series import ORS
from tests.scoring.test_model import MODEL

ADULT = AgeGroup.ADULT
NORMS = ORS.norms["icce"]
SETUP = Setup(ORS, NORMS, ADULT)


def past(*totals: int, client: str = "AB") -> Past:
    """Make a closed episode of its totals in tenths."""
    return Past(client, "ors", ADULT, totals)


def told(*totals: int, band: tuple[int, int] = (100, 200), warned: bool = False) -> Told:
    """Make what was foretold of an episode: a last score of 15.0, one band, and the same warning each way."""
    expected = Expected(len(totals), 150, *band)
    return Told(
        totals=totals,
        last=dict.fromkeys(FORETOLD, 150),
        bands={"model": expected, "similar": expected},
        on_the_way=(expected,) * (len(totals) - 1),
        warned=dict.fromkeys(WARNING, warned) if len(totals) > 2 else {},
    )


def test_errors_are_counted_in_points() -> None:
    found = tally([told(100, 180), told(100, 110)], SETUP, 5)
    assert found.errors["first_line"] == Errors(2, 3.5, math.sqrt((3**2 + 4**2) / 2))
    assert (found.episodes, found.parts) == (2, 5)


def test_a_way_that_says_nothing_of_an_episode_is_counted_over_the_others() -> None:
    silent = told(100, 110)
    bare = replace(
        silent,
        last={way: one for way, one in silent.last.items() if way != "first_similar"},
        bands={"model": silent.bands["model"]},
    )
    found = tally([told(100, 180), bare], SETUP, 5)
    assert found.errors["first_similar"].of == found.held["similar"].of == 1
    assert found.errors["first_model"].of == found.held["model"].of == 2


def test_an_edge_of_the_band_is_within_it() -> None:
    ends = [99, 100, 200, 201, 230]
    found = tally([told(100, one) for one in ends], SETUP, 5)
    assert found.held["model"] == Held(within=2, below=1, above=2)
    assert found.held["model"].share == 0.4


def test_thirds_go_by_the_first_score() -> None:
    lowest, middle, highest = told(90, 99), told(120, 150), told(180, 201)
    found = tally([highest, lowest, middle], SETUP, 5)
    assert found.by_first == (Held(0, 1, 0), Held(1, 0, 0), Held(0, 0, 1))


def test_scores_on_the_way_are_counted_from_the_second_on() -> None:
    assert tally([told(50, 150, 99, 201)], SETUP, 5).on_the_way == Held(within=1, below=1, above=1)


@pytest.mark.parametrize(
    ("last", "warned", "counted"),
    [
        pytest.param(150, True, Warned(1, 0, 0, 0), id="deteriorated by 5.0, and warned of"),
        pytest.param(150, False, Warned(0, 1, 0, 0), id="deteriorated, and not"),
        pytest.param(151, False, Warned(0, 0, 1, 0), id="a tenth short of it, and not warned of"),
        pytest.param(151, True, Warned(0, 0, 0, 1), id="a tenth short of it, and warned of"),
    ],
)
def test_how_warnings_are_counted(last: int, *, warned: bool, counted: Warned) -> None:
    found = tally([told(200, 190, last, warned=warned), told(200, 100)], SETUP, 5)
    assert found.warned == dict.fromkeys(WARNING, counted), "an episode of two scores can't be warned of"


def test_shares_of_warnings() -> None:
    counted = Warned(caught=3, missed=1, spared=8, alarmed=2)
    assert (counted.sensitivity, counted.specificity) == (0.75, 0.8)
    nothing = Warned(0, 0, 0, 0)
    assert math.isnan(nothing.sensitivity)
    assert math.isnan(nothing.specificity)
    assert math.isnan(Held(0, 0, 0).share)
    assert math.isnan(tally([], SETUP, 5).errors["first_line"].mean_absolute)


def test_the_straight_line_goes_by_least_squares() -> None:
    line = Line.through([past(100, 200), past(200, 240), past(300, 310)])
    assert (line.level, line.slope) == pytest.approx((140, 0.55))
    assert line.at(200) == 250
    assert Line.through([past(100, 200), past(100, 220)]) == Line(210, 0)


def teller(known: tuple[Past, ...] = ()) -> Teller:
    """Make what foretells, with a model that after 15.0 fails below 14.4 at the second score."""
    return Teller(MODEL, Line(100.0, 0.5), known, SETUP)


def test_a_last_score_is_foretold_from_what_came_before_it() -> None:
    totals = (150, 160, 190, 180, 210)
    found = teller().tell(past(*totals))
    assert found.last == {
        "first_line": 175,
        "first_model": MODEL.at(150, 5).total,
        "half_carried": 160,
        "half_model": MODEL.forecast((150, 160), 5),
        "rest_carried": 180,
        "rest_model": MODEL.forecast((150, 160, 190, 180), 5),
    }
    assert found.bands == {"model": MODEL.at(150, 5)}
    assert found.on_the_way == tuple(MODEL.at(150, session) for session in (2, 3, 4, 5))


def test_the_last_score_itself_is_never_looked_at() -> None:
    one, other = (teller().tell(past(200, 180, 170, last)) for last in (10, 390))
    assert (one.last, one.bands, one.warned) == (other.last, other.bands, other.warned)


def test_of_two_scores_the_first_is_all_that_is_known() -> None:
    found = teller().tell(past(150, 210))
    assert found.last["half_carried"] == found.last["rest_carried"] == 150
    assert found.warned == {}


@pytest.mark.parametrize(
    ("second", "warned"),
    [
        # MODEL after 15.0 has its lower edge at 14.4.
        pytest.param(144, {}, id="at the edge"),
        pytest.param(143, {"model", "either"}, id="a tenth below it"),
        pytest.param(100, {"deterioration", "rules", "model", "either"}, id="deteriorated too"),
    ],
)
def test_what_warns(second: int, warned: set[str]) -> None:
    found = teller().tell(past(150, second, 150))
    assert {way for way, one in found.warned.items() if one} == set(warned)
    assert set(found.warned) == {"deterioration", "rules", "model", "either"}


@pytest.mark.parametrize(("second", "warned"), [(240, False), (241, True)])
def test_where_higher_is_worse_the_upper_edge_warns(second: int, *, warned: bool) -> None:
    worse = replace(teller(), setup=replace(SETUP, instrument=replace(ORS, higher_is_better=False)))
    assert worse.tell(past(150, second, 150)).warned["model"] is warned


def test_similar_clients_warn_below_their_band() -> None:
    known = tuple(past(150, 160 + n, client=f"C{n}") for n in range(24))
    alike = similar(known, Begun("ors", ADULT, 150), 400)
    assert alike is not None
    edge = alike.at(2).lower or 0
    found = [teller(known).tell(past(150, second, 150)) for second in (edge, edge - 1)]
    assert [one.warned["similar"] for one in found] == [False, True]
    assert found[0].last["first_similar"] == alike.at(3).total
    assert found[0].bands["similar"] == alike.at(3)


def test_one_clients_episodes_are_never_both_learned_from_and_foretold() -> None:
    twins = [past(150, 160, client="AB")] * 60 + [past(150, 160, client="CD")] * 60
    with pytest.raises(FitError, match="takes 100 closed episodes, and without one part there are 60"):
        evaluate(twins, ORS, NORMS, ADULT)


@pytest.fixture(scope="module")
def found() -> Mapping[str, Evaluation]:
    """Evaluate on each simulated cohort, in three parts for speed; docs/clinical.md shows five."""
    made = {}
    for name in COHORTS:
        known = usable(cohort(name), ORS, NORMS, ADULT)
        assert len(known.past) == EPISODES == 500
        made[name] = evaluate(known.past, ORS, NORMS, ADULT, parts=3)
    return made


@pytest.mark.parametrize("name", COHORTS)
def test_the_nominal_80_per_cent_band_holds_77_to_83_of_held_out_last_scores(
    found: Mapping[str, Evaluation], name: str
) -> None:
    assert 0.77 <= found[name].held["model"].share <= 0.83
    # In two parts, with half of the clients to learn from, similar clients' band holds 83.0 and 83.1 per cent
    # of `mixed` and `sudden`: it is a little too wide, which the docs say.
    assert 0.77 <= found[name].held["similar"].share <= 0.83
    assert found[name].held["model"].of == EPISODES


@pytest.mark.parametrize("name", COHORTS)
def test_a_forecast_errs_less_than_carrying_the_latest_score_forward(
    found: Mapping[str, Evaluation], name: str
) -> None:
    errors = found[name].errors
    for known in ("half", "rest"):
        forecast, carried = errors[f"{known}_model"], errors[f"{known}_carried"]
        assert forecast.mean_absolute < carried.mean_absolute
        assert forecast.root_mean_square < carried.root_mean_square
        assert forecast.of == carried.of == EPISODES


@pytest.mark.parametrize("name", COHORTS)
def test_the_band_alone_warns_no_better_than_the_rational_rules_and_is_not_said_to(
    found: Mapping[str, Evaluation], name: str
) -> None:
    # Youden's index, sensitivity + specificity - 1: the docs say that the band adds little to the rule.
    rule, band = found[name].warned["deterioration"], found[name].warned["model"]
    assert band.sensitivity + band.specificity <= rule.sensitivity + rule.specificity + 0.05


@pytest.mark.parametrize("name", COHORTS)
def test_a_cohort_is_the_same_at_each_call(name: str) -> None:
    assert cohort(name, episodes=20) == cohort(name, episodes=20)
    assert cohort(name, episodes=20) != cohort(name, episodes=20, seed=1)
