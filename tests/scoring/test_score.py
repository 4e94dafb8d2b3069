"""A score is all items of the form, in whole tenths, or it is no score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.instrument import Mark, Response
from scoring.score import Score, score
from tests.scoring.series import BEGAN, ORS, SRS


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param((), id="nothing"),
        pytest.param((70, 60, 50), id="one to go"),
        pytest.param((70, None, 50, 40), id="one skipped"),
        pytest.param((None, None, None, None), id="all skipped"),
    ],
)
def test_no_total_without_all_items(marks: tuple[Mark, ...]) -> None:
    assert score(Response(ORS, marks), BEGAN) is None


def test_a_score_keeps_its_items_its_measure_and_its_time() -> None:
    assert score(Response(SRS, (95, 90, 100, 0)), BEGAN) == Score("srs", (95, 90, 100, 0), BEGAN)


@given(st.tuples(*[st.integers(0, 100)] * 4))
def test_scores_are_integers_and_never_floats(marks: tuple[int, int, int, int]) -> None:
    scored = score(Response(ORS, marks), BEGAN)
    assert scored is not None
    assert type(scored.total) is int
    assert all(type(item) is int for item in scored.items)
    assert scored.total == sum(marks)
    assert 0 <= scored.total <= ORS.total_max
