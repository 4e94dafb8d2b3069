"""What holds in every language: any text reads, every answer reads back, no number is made up."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import LANGUAGES, Language
from bot.plain import fold
from bot.replies import AllPoints, Correction, Expecting, Points, Steer, Unclear, command, read, says
from bot.replies.grammar import grammar_of
from bot.replies.lines import Json, as_json
from tests.bot.reader.rows import EVERY_ROW, Row

ZEROS = [chr(code) for code in range(sys.maxunicode) if unicodedata.decimal(chr(code), None) == 0]
"""The zero of every script that has digits."""
ENGLISH = LANGUAGES["en"]
CODES = sorted(LANGUAGES)


@pytest.mark.parametrize("zero", ZEROS)
def test_every_answer_in_every_script_reads_back(zero: str) -> None:
    def in_script(text: str) -> str:
        return "".join(chr(ord(zero) + int(each)) if each.isdecimal() else each for each in text)

    for tenths in range(101):
        point = f"{tenths // 10}.{tenths % 10}"
        whole = [str(tenths // 10)] if tenths % 10 == 0 else []
        for number in (point, point.replace(".", ","), *whole):
            for text in (number, f"{number}/10", f"{number} out of 10"):
                assert read(in_script(text), Expecting(ENGLISH)).reply == Points(tenths)


def spellings(language: Language) -> list[tuple[str, int]]:
    """Write every number from 0.0 to 10.0 in every way that a language's data knows."""
    words = language.reader
    digits = [
        (text, tenths)
        for tenths in range(101)
        for text in (
            f"{tenths // 10}.{tenths % 10}",
            f"{tenths // 10},{tenths % 10}",
            *([str(tenths // 10)] if tenths % 10 == 0 else []),
            *([f"{tenths // 10}½", f"{tenths // 10} 1/2"] if tenths % 10 == 5 else []),
        )
    ]
    spoken = list(words.numbers.items())
    halves = [
        (f"{text} {half}", tenths + 5)
        for text, tenths in [*spoken, *((str(whole), whole * 10) for whole in range(10))]
        for half in words.half
        if tenths % 10 == 0 and tenths < 100
    ]
    pointed = [
        (f"{text} {point} {decimal}", tenths + tenth // 10)
        for text, tenths in spoken
        for point in words.point
        for decimal, tenth in spoken
        if tenths % 10 == 0 and tenth % 10 == 0 and tenths < 100 and tenth < 100
    ]
    return [*digits, *spoken, *halves, *pointed]


@pytest.mark.parametrize("code", CODES)
def test_every_number_in_every_spelling_reads_back(code: str) -> None:
    language = LANGUAGES[code]
    wrong = [
        (text, tenths, reply)
        for text, tenths in spellings(language)
        if (reply := read(text, Expecting(language)).reply) != Points(tenths)
    ]
    assert wrong == []


@pytest.mark.parametrize("code", CODES)
def test_every_number_reads_back_out_of_ten_and_among_hedges(code: str) -> None:
    words = LANGUAGES[code].reader
    numbers = [
        (text, tenths)
        for text, tenths in spellings(LANGUAGES[code])
        if "," not in text and fold(text.split()[0]) not in {fold(one) for one in words.before}
    ]
    idioms = [fold(one) for one in words.no_number]
    frames = [f"{{}} {out_of} 10" for out_of in words.out_of] + [f"{before} {{}}" for before in words.before]
    step = max(7, len(numbers) // 150)
    wrong = [
        (frame.format(text), reply)
        for place, frame in enumerate(frames)
        for text, tenths in numbers[place % step :: step]
        if (said := fold(frame.format(text))) and not any(idiom in said for idiom in idioms)
        if (reply := read(frame.format(text), Expecting(LANGUAGES[code])).reply) != Points(tenths)
    ]
    assert wrong == []


ANYTHING = st.text(st.characters(), max_size=60)
NUMBERISH = st.text(st.sampled_from("0123456789.,/-+ %()<>#:;=\n\u00bd\u066b\u0667$x"), max_size=14)
LANGUAGE = st.sampled_from(CODES).map(LANGUAGES.__getitem__)
PIECES = [
    piece
    for code in CODES
    for one in grammar_of(code).entries.values()
    for entry in one
    for piece in [" ".join(entry.words)]
]
WORDY = st.lists(
    st.sampled_from(PIECES)
    | st.sampled_from(["7", "6", "10", "3,5", "-", ",", ".", "/", "(", "1)", "?", "x"]),
    max_size=9,
).map(" ".join)
"""Sentences made of all that the readers know."""


@given(ANYTHING | NUMBERISH | WORDY, LANGUAGE, st.none() | st.integers(0, 100), st.integers(0, 9))
def test_any_text_reads_and_a_number_is_on_the_scale(
    text: str, language: Language, suggested: int | None, remaining: int
) -> None:
    reading = read(text, Expecting(language, suggested, remaining, answered=1, held=True, session=True))
    match reading.reply:
        case Points(tenths) | Correction(tenths):
            assert type(tenths) is int
            assert 0 <= tenths <= 100
        case AllPoints(tenths):
            assert len(tenths) == remaining
            assert all(0 <= one <= 100 for one in tenths)
        case Unclear(_, suggest):
            assert suggest is None or 0 <= suggest <= 100
        case _:
            pass


@given(ANYTHING | WORDY, LANGUAGE, st.integers(0, 4))
def test_no_number_comes_out_of_a_text_without_one(text: str, language: Language, remaining: int) -> None:
    known = grammar_of(language.code)
    reply = read(text, Expecting(language, remaining=remaining, answered=1)).reply
    if isinstance(reply, Points | AllPoints | Correction):
        assert known.mentions_number(fold(text))


@given(NUMBERISH)
def test_a_number_that_is_taken_stands_in_the_text(text: str) -> None:
    taken = read(text, Expecting(ENGLISH)).reply
    if isinstance(taken, Points) and "\u00bd" not in text and "1/2" not in fold(text).replace(" ", ""):
        digits = "".join(each for each in fold(text) if each.isdecimal())
        whole, tenth = divmod(taken.tenths, 10)
        assert str(whole) + (str(tenth) if tenth else "") in digits


ROWS = st.sampled_from([row for row in EVERY_ROW if row.expected["reading"] != "empty"])
UNSEEN = st.sampled_from(["\u200b", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\0", "\u00ad"])


def without_comment(row: Row, text: str) -> Json:
    """Read another text in a row's place."""
    found = as_json(read(text, row.expecting()))
    found.pop("comment", None)
    return found


@given(ROWS, st.integers(0, 200), st.integers(1, 3))
def test_more_space_changes_no_reading(row: Row, place: int, spaces: int) -> None:
    gaps = [at for at, sign in enumerate(row.text) if sign == " "] or [0]
    at = gaps[place % len(gaps)]
    wider = f"  {row.text[:at]}{' ' * spaces}{row.text[at:]}\u00a0"
    assert without_comment(row, wider) == without_comment(row, row.text)


@given(ROWS)
def test_capitals_change_no_reading(row: Row) -> None:
    if fold(row.text.upper()) == fold(row.text):
        assert without_comment(row, row.text.upper()) == without_comment(row, row.text)


@given(ROWS, st.integers(0, 200), UNSEEN)
def test_what_nobody_sees_changes_no_reading(row: Row, place: int, unseen: str) -> None:
    at = place % (len(row.text) + 1)
    assert without_comment(row, row.text[:at] + unseen + row.text[at:]) == without_comment(row, row.text)


@given(ROWS, st.data())
def test_a_courtesy_at_the_end_changes_no_reading(row: Row, data: st.DataObject) -> None:
    courtesy = data.draw(st.sampled_from(LANGUAGES[row.language].reader.courtesy))
    if fold(row.text).strip(" .?!"):
        assert without_comment(row, f"{row.text} {courtesy}") == without_comment(row, row.text)


@given(ANYTHING)
def test_a_command_is_never_an_answer(text: str) -> None:
    steer = command(text, ENGLISH)
    assert steer is None or read(text, Expecting(ENGLISH)).reply is steer


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["stop", "start", "help"])
def test_a_command_of_one_language_is_one_in_all(code: str, name: str) -> None:
    for phrase in getattr(LANGUAGES[code].reader, name):
        for language in LANGUAGES.values():
            assert read(phrase, Expecting(language)).reply is Steer(name), (phrase, language.code)


@pytest.mark.parametrize("code", CODES)
def test_no_command_is_an_everyday_word_of_another_language(code: str) -> None:
    commands = {
        phrase
        for language in LANGUAGES.values()
        for name in ("stop", "start", "help")
        for phrase in getattr(language.reader, name)
    }
    words = LANGUAGES[code].reader
    everyday = {*words.numbers, *words.accept, *words.nothing, *words.skip, *words.decline, *words.agree}
    assert {fold(one) for one in commands} & {fold(one) for one in everyday} == set()


def test_whole_messages_stand_in_lists() -> None:
    assert says("I agree!", ENGLISH, "agree")
    assert not says("I agree with my boss", ENGLISH, "agree")
