"""The plain form of a text: what people can't see makes no difference, and nothing makes it fail."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plain import LENGTH, clean, fold, storable

EVERYTHING = [chr(code) for code in range(sys.maxunicode + 1)]
ANYTHING = st.text(st.characters(), max_size=80)
"""Any text, lone surrogates included."""

UNSEEN = st.sampled_from(
    [
        "\0",
        "\x07",
        "\x7f",
        "\u200b",
        "\u200d",
        "\u200e",
        "\u200f",
        "\u202e",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\ud800",
    ]
)
MARKS = st.sampled_from(["\u0301", "\u0308", "\ufe0f", "\u20e3", "\u05b8", "\u064e"])


@given(ANYTHING)
def test_no_text_makes_it_fail_and_what_comes_out_is_plain(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip()
    assert "  " not in folded
    assert not {unicodedata.category(character) for character in folded} & {"Cc", "Cf", "Cs", "Mn", "Me"}
    folded.encode()


@given(ANYTHING)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(codec="ascii"), max_size=80))
def test_case_makes_no_difference(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(ANYTHING, st.integers(0, 80), UNSEEN)
def test_what_nobody_sees_makes_no_difference(text: str, place: int, unseen: str) -> None:
    assert fold(text[:place] + unseen + text[place:]) == fold(text)


@given(
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=80), st.integers(1, 80), MARKS
)
def test_combining_marks_make_no_difference(text: str, place: int, mark: str) -> None:
    assert fold(text[:place] + mark + text[place:]) == fold(text)


def test_a_digit_of_any_script_is_a_digit() -> None:
    digits = [character for character in EVERYTHING if unicodedata.category(character) == "Nd"]
    assert len(digits) > 600
    assert [fold(character) for character in digits] == [str(unicodedata.decimal(digit)) for digit in digits]


def test_any_space_is_a_space() -> None:
    spaces = [character for character in EVERYTHING if character.isspace()]
    assert "\u00a0" in spaces
    assert "\x0b" in spaces
    assert {fold(f"1{space}0") for space in spaces} == {"1 0"}, "never 10"


@pytest.mark.parametrize(
    "apostrophe", ["'", "\u2019", "\u2018", "\u201b", "\u02bc", "\u2032", "\u00b4", "`", "\uff07"]
)
def test_any_apostrophe_is_an_apostrophe(apostrophe: str) -> None:
    assert fold(f"don{apostrophe}t") == "don't"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Seven\tOR\n\n8  ", "seven or 8"),
        ("\uff17\uff0e\uff15", "7.5"),
        ("7\ufe0f\u20e3", "7"),
        ("\u2466", "7"),
        ("Me\u0301ade, m\u00e9ade", "meade, meade"),
        ("STRASSE Stra\u00dfe", "strasse strasse"),
        ("\u200f\u0667\u200f", "7"),
        ("", ""),
        (" \u200b ", ""),
    ],
)
def test_plain_forms(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(ANYTHING)
def test_cleaning_keeps_everything_that_can_be_seen(text: str) -> None:
    seen = [
        each for each in text if unicodedata.category(each) not in {"Cc", "Cf", "Cs"} and not each.isspace()
    ]
    assert [each for each in clean(text) if not each.isspace()] == seen


@given(ANYTHING)
def test_what_is_stored_is_what_was_written_but_for_what_no_database_takes(text: str) -> None:
    kept = storable(text)
    kept.encode()
    assert "\0" not in kept
    expected = (each for each in text if each != "\0")
    assert kept == "".join("?" if unicodedata.category(each) == "Cs" else each for each in expected)


def test_a_text_is_read_up_to_its_length() -> None:
    assert fold("a" * LENGTH + "b") == "a" * LENGTH


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufdfa" * 1_000_000, id="one that grows eighteenfold"),
        pytest.param("\u0301" * 1_000_000, id="nothing but marks"),
        pytest.param(" \n" * 500_000, id="nothing but space"),
    ],
)
def test_a_hostile_text_costs_no_more_than_any_other(text: str) -> None:
    began = time.perf_counter()
    fold(text)
    assert time.perf_counter() - began < 0.5  # some 20 ms where measured


@pytest.mark.parametrize("raised", ["1⁰", "0²", "7₅", "1¹"])
def test_a_raised_digit_is_no_plain_one(raised: str) -> None:
    assert fold(raised) == f"{raised[0]}^"
