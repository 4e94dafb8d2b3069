"""A response holds the answers so far, and what is asked next follows from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.instrument import Mark, Response
from tests.scoring.series import ORS

MARKS = st.none() | st.integers(0, 100)


@pytest.mark.parametrize(
    ("marks", "asked"),
    [
        pytest.param((), "individual", id="nothing yet"),
        pytest.param((0,), "interpersonal", id="zero is an answer"),
        pytest.param((None,), "interpersonal", id="a skipped item is not asked again"),
        pytest.param((70, 60, 50), "overall", id="one is left"),
        pytest.param((70, 60, 50, 40), None, id="all answered"),
        pytest.param((None, None, None, None), None, id="all skipped"),
    ],
)
def test_the_next_item_follows_from_the_answers(marks: tuple[Mark, ...], asked: str | None) -> None:
    assert Response(ORS, marks).next_item == asked


@pytest.mark.parametrize(
    ("marks", "done", "complete", "answered"),
    [
        ((), False, False, 0),
        ((0, 0, 0), False, False, 3),
        ((0, 0, 0, 0), True, True, 4),
        ((0, None, 0, 100), True, False, 3),
        ((None, None, None, None), True, False, 0),
    ],
)
def test_done_is_not_complete(marks: tuple[Mark, ...], done: bool, complete: bool, answered: int) -> None:
    response = Response(ORS, marks)
    assert (response.done, response.complete, response.answered) == (done, complete, answered)


@pytest.mark.parametrize("mark", [-1, 101, 1000])
def test_an_answer_off_the_scale_is_refused(mark: int) -> None:
    with pytest.raises(ValueError, match=r"^an answer is 0 to 100 tenths$"):
        Response(ORS).with_mark(mark)


@pytest.mark.parametrize("mark", [0, 1, 99, 100, None])
def test_both_ends_of_the_scale_are_on_it(mark: Mark) -> None:
    assert Response(ORS).with_mark(mark).marks == (mark,)


def test_a_fifth_answer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^ors has 4 items, not 5$"):
        Response(ORS, (70, 70, 70, 70)).with_mark(70)


def test_back_at_the_beginning_changes_nothing() -> None:
    assert Response(ORS).back() == Response(ORS)


@given(st.lists(MARKS, max_size=3), MARKS)
def test_back_undoes_an_answer(earlier: list[Mark], mark: Mark) -> None:
    response = Response(ORS, tuple(earlier))
    assert response.with_mark(mark).back() == response
    assert response.with_mark(mark).position == response.position + 1


@given(st.lists(MARKS, max_size=4))
def test_the_items_are_asked_in_order_until_done(marks: list[Mark]) -> None:
    response = Response(ORS, tuple(marks))
    assert response.position == len(marks)
    assert response.done == (response.next_item is None) == (len(marks) == 4)
    assert response.complete <= response.done
