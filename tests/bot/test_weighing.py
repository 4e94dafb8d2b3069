"""Weighing: the table gives what its features add up to, and nothing thins danger out."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.concepts import Concepts, bare, dictionary_of
from bot.languages import LANGUAGES, danger_weights
from bot.plain import LENGTH
from bot.safety import look
from bot.weighing import END, REACH, START, STEP, WINDOW, Scale, features, plain, stretches, table_of

CONCEPTS = Concepts(
    dictionary_of([{"die": ["die", "dy*", "pass away"], "want": ["want", "wanna"], "self": ["me", "myself"]}])
)
WORDS = st.lists(
    st.sampled_from(["i", "want", "to", "die", "dying", "me", "pass", "away", "cake", "wanna"]), max_size=12
)


def named(*words: str) -> set[str]:
    return set(features(words, CONCEPTS))


@given(
    WORDS,
    st.dictionaries(
        st.sampled_from(sorted(named(*["i", "want", "to", "die", "dying", "me", "pass", "away", "cake"]))),
        st.integers(-999, 999),
    ),
)
def test_a_text_weighs_what_its_features_add_up_to(words: list[str], weights: dict[str, int]) -> None:
    scale = Scale(table_of(weights, 1000), CONCEPTS)
    assert scale.weight(words) == sum(weights.get(name, 0) for name in features(words, CONCEPTS))


def test_each_kind_of_feature_is_named() -> None:
    held = named("want", "die")
    assert {
        "wwant",
        "g<di",
        "gdie>",
        f"b{START} want",
        "bwant die",
        f"bdie {END}",
        "swant die",
        "cdie",
    } <= held
    assert "pwant die" in held
    assert "pdie want" not in held, "the order counts"


def test_a_phrase_stands_for_a_concept_and_so_does_a_beginning() -> None:
    assert "cdie" in named("pass", "away")
    assert "cdie" in named("dying")
    assert "cdie" not in named("pass", "cake", "away")


def test_a_pair_lies_within_reach() -> None:
    words = ["want", *["so"] * (REACH - 1), "die"]
    assert "swant die" in named(*words)
    assert "swant die" not in named("want", "so", *words[1:])


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("والموت", "موت"),
        ("الحياة", "حياة"),
        ("وين", "وين"),  # too short to be cut
        ("world", "world"),
    ],
)
def test_an_arabic_word_is_compared_without_what_is_written_onto_it(word: str, stem: str) -> None:
    assert bare(word) == stem


def test_numbers_and_letters_held_down_are_one() -> None:
    assert plain(["7", "70", "soooo", "too"]) == ["0", "00", "soo", "too"]


@pytest.mark.parametrize("count", [1, WINDOW, WINDOW + 1, WINDOW + STEP, 3 * WINDOW + 5])
def test_every_word_of_a_long_text_stands_in_a_stretch(count: int) -> None:
    words = [str(number) for number in range(count)]
    cut = list(stretches(words))
    assert {word for one in cut for word in one} == set(words)
    assert all(len(one) <= WINDOW for one in cut)
    for one, other in pairwise(cut):
        assert set(one) & set(other), "what lies on a cut is whole in one of the two"


def test_a_limit_grows_with_the_text_and_a_word_alone_is_left_to_the_phrases() -> None:
    scale = Scale(table_of({"wdie": 1000, "g<die>": 1000}, 500), CONCEPTS)
    assert scale.tips(["die", "now"])
    assert not scale.tips(["die", *["now"] * 20])
    assert not scale.tips(["die"])
    assert not scale.tips([])


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_language_knows_every_concept(code: str) -> None:
    assert LANGUAGES[code].concepts.keys() == LANGUAGES["en"].concepts.keys()
    assert all(LANGUAGES[code].concepts.values())


def test_the_table_that_ships_names_features_of_known_kinds() -> None:
    weights = danger_weights()
    assert weights.limit > 0, "a text of which nothing is known never speaks of danger"
    assert {name[0] for name in weights.of} == set("wgbscp")


@pytest.mark.parametrize("place", [0, 0.3, 0.5, 1])
def test_danger_is_seen_wherever_in_a_long_text_it_stands(place: float) -> None:
    daily = "we went to the shop and bought bread for the week. "
    count = LENGTH // len(daily) - 3
    before = daily * int(count * place)
    after = daily * (count - int(count * place))
    assert not look(before + after).crisis
    danger = "i can't do this any more, i have saved up my tablets and i will take them all tonight. "
    assert look(before + danger + after).crisis
