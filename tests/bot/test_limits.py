"""Rates: what is counted within a minute, of whom, and that it is told once a spell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.limits import Limit, Rates, Refusals, Spell
from bot.metrics import Metrics


@pytest.mark.parametrize(
    ("after", "many"),
    [
        pytest.param(0, 12, id="at once"),
        pytest.param(59, 12, id="within the same minute"),
        pytest.param(60, 12, id="as the next begins"),
        pytest.param(75, 9, id="a quarter of it later, a quarter less"),
        pytest.param(120, 0, id="two minutes later"),
        pytest.param(-60, 0, id="by a clock that was set back"),
    ],
)
def test_what_was_fades_within_two_minutes(after: float, many: float) -> None:
    rates = Rates[str]()
    rates.add("ann", 600, 12)
    assert rates.so_far("ann", 600 + after) == many
    assert rates.so_far("bob", 600 + after) == 0


@given(st.lists(st.floats(0, 600), max_size=50), st.floats(0, 600))
def test_it_is_never_less_than_what_this_minute_brought_nor_more_than_two(
    moments: list[float], now: float
) -> None:
    rates = Rates[str]()
    before = sorted(one for one in moments if one <= now)
    for one in before:
        rates.add("ann", one)
    this = sum(one // 60 == now // 60 for one in before)
    last = sum(one // 60 == now // 60 - 1 for one in before)
    assert this <= rates.so_far("ann", now) <= this + last


def test_the_one_heard_of_longest_ago_is_forgotten() -> None:
    rates = Rates[str](remembered=2)
    for name in ("ann", "bob", "ann", "cy"):
        rates.add(name, 0)
    assert [rates.so_far(name, 0) for name in ("ann", "bob", "cy")] == [2, 0, 1]


def test_a_spell_ends_with_a_quiet_minute() -> None:
    moments = iter((0, 30, 90, 150, 211, 212))
    spell = Spell(lambda: next(moments))
    assert [spell.begins() for _ in range(6)] == [True, False, False, False, True, False]


def test_each_refusal_is_counted_and_each_spell_logged_once() -> None:
    metrics = Metrics()
    refusals = Refusals(metrics, lambda: 0.0)
    with capture_logs() as logs:
        for _ in range(3):
            refusals.note(Limit.QUEUE, 2)
        refusals.note(Limit.BODY)
    assert [(one["action"], one["limit"]) for one in logs] == [("limit", "queue"), ("limit", "body")]
    assert metrics.registry.get_sample_value("attune_refused_total", {"limit": "queue"}) == 6
