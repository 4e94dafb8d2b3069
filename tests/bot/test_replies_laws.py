"""What holds for every reply: any text reads, every answer reads back, and no number is made up."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import LANGUAGES, Language
from bot.plain import fold
from bot.replies import Expecting, Points, Steer, Unclear, read, says
from tests.bot.test_replies import LANGUAGE_CODES, OPEN, reply

ZEROS = [chr(code) for code in range(sys.maxunicode) if unicodedata.decimal(chr(code), None) == 0]
"""The zero of every script that has digits."""


@pytest.mark.parametrize("zero", ZEROS)
def test_every_answer_in_every_script_reads_back(zero: str) -> None:
    def in_script(text: str) -> str:
        return "".join(chr(ord(zero) + int(each)) if each.isdecimal() else each for each in text)

    for tenths in range(101):
        point = f"{tenths // 10}.{tenths % 10}"
        whole = [str(tenths // 10)] if tenths % 10 == 0 else []
        for number in (point, point.replace(".", ","), *whole):
            for text in (number, f"{number}/10", f"{number} out of 10"):
                assert reply(in_script(text)) == Points(tenths)


ANYTHING = st.text(st.characters(), max_size=60)
NUMBERISH = st.text(st.sampled_from("0123456789.,/-+ %\u00bd\u066b\u0667"), max_size=12)
LANGUAGE = st.sampled_from(LANGUAGE_CODES).map(LANGUAGES.__getitem__)


@given(ANYTHING | NUMBERISH, LANGUAGE, st.none() | st.integers(0, 100))
def test_any_text_reads_and_a_number_is_on_the_scale(
    text: str, language: Language, suggested: int | None
) -> None:
    reading = read(text, Expecting(language, suggested))
    match reading.reply:
        case Points(tenths):
            assert type(tenths) is int
            assert 0 <= tenths <= 100
        case Unclear(_, suggest):
            assert suggest is None or 0 <= suggest <= 100
        case Steer():
            pass


@given(ANYTHING)
def test_no_number_comes_out_of_a_text_without_a_digit(text: str) -> None:
    if not any(each.isdecimal() for each in fold(text)):
        assert not isinstance(reply(text), Points)


@given(NUMBERISH)
def test_a_number_that_is_taken_stands_in_the_text(text: str) -> None:
    taken = reply(text)
    if isinstance(taken, Points):
        digits = "".join(each for each in fold(text) if each.isdecimal())
        whole, tenth = divmod(taken.tenths, 10)
        written = str(whole) + (str(tenth) if tenth else "")
        assert written in digits


@given(ANYTHING, ANYTHING)
def test_words_beside_a_number_are_never_dropped(before: str, after: str) -> None:
    letters = [each for each in fold(f"{before} {after}") if each.isalpha()]
    if letters and isinstance(reply(f"{before} 7 {after}"), Points):
        assert read(f"{before} 7 {after}", OPEN).at_risk or "of" in fold(f"{before} {after}").split()


@given(ANYTHING)
def test_the_forms_of_a_message_are_plain(text: str) -> None:
    assert all(form == form.strip() or form == fold(text) for form in says(text, OPEN.language))
