"""What synthetic clients answer: always on the scale, and over the weeks as their course says."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulation.courses import DETERIORATING, IMPROVING, STEADY, Course, Line
from scoring.instruments import INSTRUMENTS

LEVELS = st.floats(-1, 2, allow_nan=False)


@given(
    st.sampled_from(sorted(INSTRUMENTS)), st.builds(Line, LEVELS, LEVELS), st.integers(0, 1040), st.randoms()
)
def test_every_answer_stands_on_the_scale(key: str, line: Line, week: int, chance: Random) -> None:
    measure = INSTRUMENTS[key]
    assert measure.scale.takes(Course(line, line).answer(measure, week, chance) * 10)


@pytest.mark.parametrize(
    ("course", "key", "falls"),
    [
        pytest.param(DETERIORATING, "ors", True, id="outcome falls"),
        pytest.param(DETERIORATING, "srs", True, id="and the alliance with it"),
        pytest.param(IMPROVING, "ors", False, id="outcome rises"),
        pytest.param(IMPROVING, "phq9", True, id="where lower is better, a symptom falls"),
    ],
)
def test_a_course_shows_in_the_answers(course: Course, key: str, *, falls: bool) -> None:
    chance = Random(1)
    early = sum(course.answer(INSTRUMENTS[key], 0, chance) for _ in range(50))
    late = sum(course.answer(INSTRUMENTS[key], 20, chance) for _ in range(50))
    assert (late < early) is falls


def test_a_steady_course_moves_by_chance_alone() -> None:
    chance = Random(1)
    answers = {STEADY.answer(INSTRUMENTS["ors"], week, chance) for week in range(200)}
    assert answers == {5, 6, 7}
