"""A fitted model as a value and a file: what it expects, by hand and by an independent computation."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.expected import Expected, to_tenths
from scoring.instrument import AgeGroup
from scoring.model import Edges, Effects, Model, ModelError, Spread, dumps, loads
from scoring.trajectory import Lines

MODEL = Model(
    measure="ors",
    age_group=AgeGroup.ADULT,
    fitted_on=date(2026, 3, 2),
    episodes=120,
    centre=20.0,
    flat=8,
    highest=400,
    higher_is_better=True,
    effects=Effects(level=20.5, severity=0.9, growth=2.0, growth_severity=-0.1),
    spread=Spread(level=4.0, growth=2.0, together=-0.5, noise=5.0),
    edges=Edges(lower=-1.0, lower_severity=0.02, upper=2.0, upper_severity=-0.01),
)
"""Log 2 is 0.6931: after a first 15.0 the second is 20.5 - 4.5 + 2.5·0.6931 = 17.733, the deviation
√(4 - 0.6931 + 2·0.4805 + 5) = 3.0443, and the edges -1.1 and 2.05 of it off: 14.384 and 23.974."""

PLAIN = dataclasses.replace(MODEL, spread=Spread(9.0, 0.0, 0.0, 7.0), edges=Edges(-1.0, 0.0, 1.0, 0.0))


@pytest.mark.parametrize(
    ("first", "session", "expected"),
    [
        pytest.param(150, 0, Expected(1, 150, 150, 150), id="before there is a session"),
        pytest.param(150, 1, Expected(1, 150, 150, 150), id="the first score is what it is"),
        pytest.param(
            150, 2, Expected(2, 177, 144, 240), id="the second: regression to the mean, then growth"
        ),
        # 16.0 + 2.5·log 7 = 20.865, deviation 3.8245; 16.0 + 2.5·log 8 = 21.199, deviation 3.9457
        pytest.param(150, 7, Expected(7, 209, 167, 287), id="the last before it is flat"),
        pytest.param(150, 8, Expected(8, 212, 169, 293), id="from which on it is flat"),
        pytest.param(150, 9, Expected(9, 212, 169, 293), id="and stays so"),
        # 20.5 + 2·0.6931 = 21.886
        pytest.param(200, 2, Expected(2, 219, 188, 280), id="at the centre"),
    ],
)
def test_what_is_expected(first: int, session: int, expected: Expected) -> None:
    assert MODEL.at(first, session) == expected


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        # 20.5 - 18 + 4·0.6931 = 5.2726, and 4.0 either way
        pytest.param(0, Expected(2, 53, 13, 93), id="within the scale"),
        # 20.5 + 18 + 0: 38.5, the upper edge at 42.5
        pytest.param(400, Expected(2, 385, 345, 400), id="no edge lies beyond the highest total"),
    ],
)
def test_the_ends_of_the_scale(first: int, expected: Expected) -> None:
    assert PLAIN.at(first, 2) == expected


def test_no_edge_lies_beyond_the_lowest_total() -> None:
    low = dataclasses.replace(PLAIN, edges=Edges(-2.0, 0.0, 1.0, 0.0))
    assert low.at(0, 2).lower == 0


def test_edges_never_cross_the_average() -> None:
    crossed = dataclasses.replace(PLAIN, edges=Edges(1.0, 0.0, -1.0, 0.0))
    assert crossed.at(150, 2) == Expected(2, 177, 177, 177)


@pytest.mark.parametrize(
    ("higher_is_better", "ratings", "lines"),
    [
        pytest.param(True, 0, Lines(150, 150), id="at no rating but the first both are that"),
        pytest.param(True, 1, Lines(177, 144), id="failing is below the lower edge"),
        pytest.param(False, 1, Lines(177, 240), id="where higher is worse, above the upper one"),
    ],
)
def test_it_gives_lines_as_a_curve_does(higher_is_better: bool, ratings: int, lines: Lines) -> None:
    model = dataclasses.replace(MODEL, higher_is_better=higher_is_better)
    assert model.lines(150, ratings) == lines


def test_the_deviation_is_that_of_clients_and_of_their_scores() -> None:
    assert Spread(level=1.0, growth=4.0, together=0.5, noise=3.0).deviation(1.0) == 3.0
    assert Spread(level=1.0, growth=1.0, together=-4.0, noise=4.0).deviation(1.0) == 2.0, "never of a minus"


def test_a_forecast_from_the_first_score_alone_is_the_line() -> None:
    assert MODEL.forecast([150], 6) == MODEL.at(150, 6).total


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.integers(1, 6))
def test_a_forecast_is_the_best_linear_unbiased_prediction(totals: list[int], ahead: int) -> None:
    expected = by_matrices(MODEL, totals, len(totals) + ahead)
    assert MODEL.forecast(totals, len(totals) + ahead) == pytest.approx(expected, abs=0.5001)


def by_matrices(model: Model, totals: list[int], session: int) -> float:
    """Predict by the textbook's formula, x'b + z'GZ'(ZGZ' + s²I)⁻¹(y - Xb), in tenths within the scale."""
    spread, later = model.spread, np.array(totals[1:]) / 10
    logs = np.array([[1.0, math.log(min(n, model.flat))] for n in range(2, len(totals) + 1)]).reshape(-1, 2)
    there = np.array([1.0, math.log(min(session, model.flat))])
    own = np.array([[spread.level, spread.together], [spread.together, spread.growth]])
    d = totals[0] / 10 - model.centre
    effects = np.array(
        [
            model.effects.level + model.effects.severity * d,
            model.effects.growth + model.effects.growth_severity * d,
        ]
    )
    seen = logs @ own @ logs.T + spread.noise * np.eye(len(later))
    points = there @ effects + there @ own @ logs.T @ np.linalg.solve(seen, later - logs @ effects)
    return min(max(float(points) * 10, 0.0), float(model.highest))


@pytest.mark.parametrize(
    ("points", "tenths"),
    [(12.34, 123), (12.349, 123), (12.35, 124), (12.45, 125), (-0.3, 0), (0.04, 0), (0.05, 1), (40.2, 400)],
)
def test_points_are_rounded_half_up_within_the_scale(points: float, tenths: int) -> None:
    assert to_tenths(points, 400) == tenths


def test_a_file_gives_the_model_that_was_written() -> None:
    assert loads(dumps(MODEL), "ors.json") == MODEL
    assert dumps(MODEL).endswith("}\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"measure": None}, "measure must be a text", id="no text"),
        pytest.param({"age_group": "old"}, "'old' is not a valid AgeGroup", id="no age group"),
        pytest.param({"fitted_on": "yesterday"}, "Invalid isoformat", id="no day"),
        pytest.param({"episodes": 0}, "episodes must be a whole number from 1 on", id="no episodes"),
        pytest.param({"flat": 2.5}, "flat must be a whole number", id="no whole number"),
        pytest.param({"highest": True}, "highest must be a whole number", id="a truth is no number"),
        pytest.param({"centre": "20"}, "centre must be a number", id="a text is no number"),
        pytest.param({"centre": True}, "centre must be a number", id="nor is a truth"),
        pytest.param({"centre": math.nan}, "centre must be a number", id="nor is what is not one"),
        pytest.param({"higher_is_better": 1}, "higher_is_better must be true or false", id="no truth"),
        pytest.param({"effects": [1, 2]}, "effects must be an object", id="no object"),
        pytest.param({"spread": {}}, "'growth' is missing", id="something is missing"),
        pytest.param({"name": "x"}, "unknown key 'name'", id="something is unknown"),
    ],
)
def test_a_file_that_is_no_model_is_refused(change: dict[str, object], says: str) -> None:
    table = {**json.loads(dumps(MODEL)), **change}
    with pytest.raises(ModelError) as refused:
        loads(json.dumps(table), "ors.json")
    assert str(refused.value).startswith("ors.json is no fitted model (")
    assert says in str(refused.value)
    assert "attune model fit" in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"measure": "ors"}', "[" * 100_000])
def test_a_file_that_is_something_else_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match=r"^ors\.json is no fitted model"):
        loads(text, "ors.json")


@given(st.integers(0, 320), st.integers(1, 40))
def test_the_band_holds_the_average_and_stays_on_the_scale(first: int, session: int) -> None:
    expected = MODEL.at(first, session)
    assert expected.lower is not None
    assert expected.upper is not None
    assert 0 <= expected.lower <= expected.total <= expected.upper <= 400
