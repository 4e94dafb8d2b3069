"""Packed tables give what dictionaries would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import packed
from bot.packed import Hashed, Pairs

NAMES = ("a", "b", "c", "dd", "\u0623")
NUMBERS = {name: number for number, name in enumerate(NAMES, 1)}
WEIGHTS = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).map(" ".join), st.integers(-(2**31), 2**31 - 1)
)


@given(WEIGHTS)
def test_pairs_weigh_what_they_did(weights: dict[str, int]) -> None:
    pairs = Pairs.of(weights, NUMBERS)
    for first in NAMES:
        for second in NAMES:
            wanted = weights.get(f"{first} {second}", 0)
            assert pairs.weight(NUMBERS[first], NUMBERS[second]) == wanted
        assert pairs.weight(0, NUMBERS[first]) == pairs.weight(NUMBERS[first], 0) == 0


@given(WEIGHTS, st.lists(st.integers(0, len(NAMES)), max_size=12), st.integers(1, 6))
def test_along_a_row_every_pair_within_reach_counts(
    weights: dict[str, int], row: list[int], reach: int
) -> None:
    pairs = Pairs.of(weights, NUMBERS)
    wanted = sum(
        pairs.weight(first, second)
        for place, first in enumerate(row)
        for second in row[place + 1 : place + 1 + reach]
    )
    assert pairs.along(row, reach) == wanted


@given(st.dictionaries(st.text(max_size=5), st.integers(-(2**31), 2**31 - 1)), st.text(max_size=5))
def test_names_weigh_what_they_did(weights: dict[str, int], other: str) -> None:
    hashed = Hashed.of(weights)
    assert {name: hashed.weight(name) for name in weights} == weights
    assert hashed.weight(other) == weights.get(other, 0)


@given(WEIGHTS)
def test_they_are_kept_and_given_back(weights: dict[str, int]) -> None:
    pairs, hashed = Pairs.of(weights, NUMBERS), Hashed.of(weights)
    assert packed.pairs(packed.plain(pairs)) == pairs
    assert packed.hashed(packed.plain(hashed)) == hashed


def test_a_lone_surrogate_has_a_number_too() -> None:
    assert Hashed.of({"\ud800": 3}).weight("\ud800") == 3


def test_two_names_with_one_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_number", lambda _: 7)
    with pytest.raises(ValueError, match="take more bytes"):
        Hashed.of({"a": 1, "b": 2})
