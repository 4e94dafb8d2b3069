"""Fitting: what it finds where the truth is known, what it refuses, and what does without the extra."""

from __future__ import annotations

import dataclasses
import math
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from scoring.fit import FitError, NotInstalledError, fit
from scoring.instrument import AgeGroup
from scoring.model import FEWEST, Model, dumps
from tests.scoring.series import ORS

TODAY = date(2026, 3, 2)


def drawn(episodes: int, seed: int = 1, lengths: tuple[int, ...] = (2, 4, 6, 8, 10, 12)) -> list[list[int]]:
    """Draw episodes from the model itself: 20 + 0.9d + (2 - 0.1d)·log(session), and clients around it."""
    chance = random.Random(seed)
    made = []
    for number in range(episodes):
        first = chance.randint(100, 300)
        d = first / 10 - 20
        level = 20 + 0.9 * d + chance.gauss(0, 2)
        growth = 2 - 0.1 * d + chance.gauss(0, 1)
        sessions = range(2, lengths[number % len(lengths)] + 1)
        later = [level + growth * math.log(n) + chance.gauss(0, 2) for n in sessions]
        made.append([first, *(min(max(round(one * 10), 0), 400) for one in later)])
    return made


@pytest.fixture(scope="module")
def model() -> Model:
    """Give a model fitted to 300 episodes whose truth is known."""
    return fit(drawn(300), ORS, AgeGroup.ADULT, TODAY)


def test_it_finds_the_truth_that_episodes_were_drawn_from(model: Model) -> None:
    effects, spread = model.effects, model.spread
    at_20 = effects.level + effects.severity * (20 - model.centre)
    assert at_20 == pytest.approx(20, abs=0.6)
    assert effects.severity == pytest.approx(0.9, abs=0.1)
    assert effects.growth + effects.growth_severity * (20 - model.centre) == pytest.approx(2, abs=0.3)
    assert effects.growth_severity == pytest.approx(-0.1, abs=0.05)
    assert (spread.level, spread.growth, spread.noise) == pytest.approx((4, 1, 4), rel=0.5)
    assert spread.together == pytest.approx(0, abs=0.7)
    # the normal curve's edges, ±1.28, alike for every first score
    assert (model.edges.lower, model.edges.upper) == pytest.approx((-1.28, 1.28), abs=0.2)
    assert (model.edges.lower_severity, model.edges.upper_severity) == pytest.approx((0, 0), abs=0.04)


def test_it_says_what_it_rests_on(model: Model) -> None:
    firsts = [one[0] for one in drawn(300)]
    assert (model.measure, model.age_group, model.fitted_on) == ("ors", AgeGroup.ADULT, TODAY)
    assert (model.episodes, model.highest, model.higher_is_better) == (300, 400, True)
    assert model.centre == pytest.approx(sum(firsts) / 3000, abs=0.05)


def test_its_band_leaves_a_tenth_of_the_last_scores_it_was_fitted_to_on_either_side(model: Model) -> None:
    ends = [(model.at(one[0], len(one)), one[-1]) for one in drawn(300)]
    below = sum(at.lower is not None and last < at.lower for at, last in ends)
    above = sum(at.upper is not None and last > at.upper for at, last in ends)
    assert 27 <= below <= 30
    assert 27 <= above <= 30


def test_it_holds_four_of_five_last_scores_that_it_never_saw(model: Model) -> None:
    new = drawn(3000, seed=2)
    ends = [(model.at(one[0], len(one)), one[-1]) for one in new]
    held = sum((at.lower or 0) <= last <= (at.upper or 0) for at, last in ends)
    assert 0.77 <= held / len(new) <= 0.83


def test_the_same_episodes_give_the_same_model() -> None:
    few = drawn(FEWEST)
    assert fit(few, ORS, AgeGroup.ADULT, TODAY) == fit(few, ORS, AgeGroup.ADULT, TODAY)


@pytest.mark.parametrize(
    ("lengths", "flat"),
    [
        pytest.param((6,) * 80 + (9,) * 20, 9, id="twenty came as far"),
        pytest.param((6,) * 81 + (9,) * 19, 6, id="nineteen did"),
        pytest.param((6,) * 81 + (8,) * 10 + (9,) * 9, 6, id="nineteen came further than the sixth"),
        pytest.param((6,) * 80 + (8,) * 11 + (9,) * 9, 8, id="twenty came as far as the eighth"),
    ],
)
def test_the_course_is_flat_from_where_too_few_went_on(lengths: tuple[int, ...], flat: int) -> None:
    assert fit(drawn(FEWEST, lengths=lengths), ORS, AgeGroup.ADULT, TODAY).flat == flat


def test_from_a_hundred_episodes_on() -> None:
    assert FEWEST == 100
    with pytest.raises(FitError, match="takes 100 closed episodes, and there are 99"):
        fit(drawn(99), ORS, AgeGroup.ADULT, TODAY)
    assert fit(drawn(100), ORS, AgeGroup.ADULT, TODAY).episodes == 100


def test_it_says_of_which_measure_it_is_and_for_whom() -> None:
    worse = dataclasses.replace(ORS, key="distress", higher_is_better=False)
    found = fit(drawn(100), worse, AgeGroup.CHILD, TODAY)
    assert (found.measure, found.age_group, found.higher_is_better) == ("distress", AgeGroup.CHILD, False)


@pytest.mark.parametrize(
    "episodes",
    [
        pytest.param([[200, 200, 200]] * 100, id="nothing differs"),
        pytest.param([[150 + n, 180] for n in range(100)], id="two scores each, and all the same last one"),
    ],
)
def test_what_no_model_fits_is_refused(episodes: list[list[int]]) -> None:
    with pytest.raises(FitError, match="no model fits these episodes"):
        fit(episodes, ORS, AgeGroup.ADULT, TODAY)


@pytest.mark.parametrize("missing", ["statsmodels.regression.mixed_linear_model", "numpy"])
def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(NotInstalledError, match=r"pip install attune\[model\]"):
        fit(drawn(100), ORS, AgeGroup.ADULT, TODAY)


def test_reading_and_asking_a_model_needs_no_statsmodels(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "ors.json"
    file.write_text(dumps(model), encoding="utf-8")
    program = (
        "import sys, pathlib; sys.modules['statsmodels'] = sys.modules['numpy'] = None\n"
        "import scoring.fit, scoring.evaluation; from scoring.model import loads\n"
        "model = loads(pathlib.Path(sys.argv[1]).read_text(), 'file'); print(model.at(150, 6).total)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True
    )
    assert said.stdout == f"{model.at(150, 6).total}\n"
