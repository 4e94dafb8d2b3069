"""Patterns are read as they are written, refused with a reason, and found however the words are typed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.phrasebook import Phrasebook
from bot.phrases import PatternError, compiled, spelt_out
from bot.plain import fold

NAMES = {
    "die": ("die", "be dead"),
    "now": ("tonight", "this (week|month)"),
    "soon": ("{now}", "soon"),
    "round": ("{round}", "x"),
    "none": (),
}


def found(pattern: str, text: str, near: Sequence[str] = (), idle: Sequence[str] = ()) -> bool:
    """Tell whether a book with this one pattern finds it in a text."""
    book = Phrasebook.of([("it", compiled(pattern, NAMES))], near, idle)
    held, candidates = book.found(spelt_out(fold(text)))
    return any(shape.search(held) for _, shape in candidates)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("want to go", "I want to go."),
        ("want to {die}", "I want to be dead"),
        ("go {soon}", "go this month"),
        ("(want|wish) to go", "wish to go"),
        ("(want to|wish) go", "want to go"),
        ("want to? go", "want go"),
        ("want (to|2)? go", "want 2 go"),
        ("(very)+ sad", "very very very sad"),
        ("(very)* sad", "sad"),
        ("(very)* sad", "very very very sad"),
        ("suicid*", "suicidality"),
        ("suicid* thought", "suicidal thought"),
        ("am[oo|u|]t", "amoot"),
        ("am[oo|u|]t", "amut"),
        ("am[oo|u|]t", "amt"),
        ("took # pills", "took 4 pills"),
        ("took ## pills", "took 40 pills"),
        ("left ... house", "left house"),
        ("left ... house", "left my very own house"),
        ("cut !(hair|my hair)", "cut my arm"),
        ("cut !hair", "cut"),
        ("want out $", "i want out!"),
        ("(a (b|c)|d) e", "a c e"),
        ("don't go", "DON\u2019T go"),
        ("don't go", "dont go"),
        ("don't go", "don t go"),
        ("schl\u00fcssel", "schluessel"),
        ("schl\u00fcssel", "schlussel"),
        ("d\u00f8 nu", "doe nu"),
        ("d\u00f8 nu", "do nu"),
        ("\u0627\u0645\u0648\u062a", "\u0648\u0627\u0645\u0648\u062a"),
    ],
)
def test_a_pattern_is_found_where_it_stands(pattern: str, text: str) -> None:
    assert found(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("want to go", "want go"),
        ("want to go", "wanted to go"),
        ("want to go", "want. you to go"),
        ("(very)+ sad", "sad"),
        ("(very)+ sad now", "very very very very much sad now"),
        ("suicid* thought", "suicidal thoughts"),
        ("am[oo|u]t", "amt"),
        ("took # pills", "took some pills"),
        ("took ## pills", "took 4 pills"),
        ("left ... house", "left one two three four house"),
        ("cut !(hair|my hair)", "cut my hair"),
        ("cut !hair", "cut hair"),
        ("want out $", "want out of the contract"),
        ("die", "diet"),
        ("die", "indie"),
        ("schl\u00fcssel", "schlossel"),
    ],
)
def test_a_pattern_is_not_found_elsewhere(pattern: str, text: str) -> None:
    assert not found(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("go ]", "can't be read"),
        ("{die", "can't be read"),
        ("?", "? stands after what may be left out"),
        ("+ go", "+ stands after what may be repeated"),
        ("* go", "* stands after what may be repeated"),
        ("go !", "! stands before what must not follow"),
        ("go !)", "! stands before what must not follow"),
        ("go )", ") without ("),
        ("go | stay", "| without ("),
        ("(go", "( without )"),
        ("go !(stay", "( without )"),
        ("go {where}", "there is no list named 'where'"),
        ("go {round}", "there is no list named 'round'"),
        ("go {none}", "nothing to choose from"),
        ("go ()", "nothing to choose from"),
        ("go -", "is no word"),
        ("", "nothing in it must be there"),
        ("go?", "nothing in it must be there"),
        ("(go)*", "nothing in it must be there"),
        ("... $", "nothing in it must be there"),
        ("!go", "nothing in it must be there"),
        ("# ##", "nothing in it must be there"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_why(pattern: str, why: str) -> None:
    with pytest.raises(PatternError) as caught:
        compiled(pattern, NAMES)
    assert why in str(caught.value)


@given(st.text("abz ()|?!+*#$.{}[]'-", max_size=14))
def test_a_pattern_is_read_or_refused_and_nothing_else(pattern: str) -> None:
    with contextlib.suppress(PatternError):
        assert compiled(pattern, NAMES).shape.pattern


def test_words_are_without_apostrophes_and_signs() -> None:
    assert spelt_out("don't, (go)/away 4-ever!") == ["dont", "go", "away", "4", "ever"]


def test_pictures_that_stand_for_words_are_words() -> None:
    assert spelt_out("i\N{COFFIN}now\N{GRINNING FACE}") == ["i", "\N{COFFIN}", "now"]
    assert found("\N{COFFIN} now", "me\N{COFFIN}now")


@pytest.mark.parametrize("text", ["d y i n g", "D.y.i.n.g", "so d-y-i-n-g today", "7, d y i n g"])
def test_letters_that_stand_alone_are_joined(text: str) -> None:
    assert found("dying", text)


def test_fewer_than_four_letters_stay_alone() -> None:
    assert not found("dim", "d i m")
    assert found("u r", "u r it")


@pytest.mark.parametrize("text", ["iwanttodie", "Iwanttodie!", "and iwantto die", "i wanttodie now"])
def test_words_that_were_run_together_are_taken_apart(text: str) -> None:
    assert found("i? want to die", text)


def test_a_text_with_words_apart_does_not_join_with_the_text_as_it_was() -> None:
    book = Phrasebook.of([("a", compiled("home go", {})), ("b", compiled("want to", {}))])
    held, candidates = book.found(["go", "wantto", "home"])
    assert held == " go wantto home / go want to home "
    assert [kind for kind, shape in candidates if shape.search(held)] == ["b"]


@pytest.mark.parametrize("text", ["wantsomethingtodie", "wantto" * 6])
def test_a_long_word_or_one_with_other_letters_stays_whole(text: str) -> None:
    assert not found("want to", text)


def test_idle_words_are_left_out_unless_a_pattern_holds_them() -> None:
    assert found("want to go", "want really to just go", idle=("really", "just"))
    assert not found("want to go", "want really to go")
    assert found("just go", "just go", idle=("just",))
    assert not found("want go just", "want just go", idle=("just",))


@pytest.mark.parametrize("text", ["k1ll it", "ki11 it", "k1l1 it"])
def test_digits_that_stand_for_letters_are_read_as_them(text: str) -> None:
    assert found("kill it", text) is (text == "k1ll it")


@pytest.mark.parametrize("text", ["dieee now", "diiiie now", "killll", "kiiill"])
def test_letters_held_down_change_nothing(text: str) -> None:
    assert found("die now", text) or found("kill", text)


def test_two_of_a_letter_are_no_slip_of_one() -> None:
    assert not found("die now", "diee now")


@pytest.mark.parametrize("slip", ["suicde", "suiicide", "siucide", "suicidr", "suicude"])
def test_a_slip_of_a_telling_word_counts_as_it(slip: str) -> None:
    assert found("suicide", slip, near=("suicide",))
    assert not found("suicide", slip)


@pytest.mark.parametrize("word", ["uicide", "sulcidal", "suicides", "homicide", "decide"])
def test_what_is_further_off_does_not(word: str) -> None:
    assert not found("suicide", word, near=("suicide",))


def test_a_word_that_a_pattern_holds_is_never_taken_for_a_slip() -> None:
    book = Phrasebook.of([("a", compiled("dying", {})), ("b", compiled("doing fine", {}))], near=("dying",))
    held, candidates = book.found(["doing", "fine"])
    assert held == " doing fine "
    assert [kind for kind, _ in candidates] == ["b"]


def test_a_text_is_compared_only_with_what_it_may_hold() -> None:
    book = Phrasebook.of([("a", compiled("want to {die}", NAMES)), ("b", compiled("go home", {}))])
    assert book.found(["nice", "day"]) == ("", [])
    assert [kind for kind, _ in book.found(["want", "to", "die"])[1]] == ["a"]
    assert book.found(["want", "to", "sing"])[1] == []


@pytest.mark.parametrize("unit", ["very ", "a ", "want ", "left ", "x", "wantto "])
def test_no_text_takes_long(unit: str) -> None:
    patterns = ("(very)+ sad", "left ... ... ... house", "(a|a b|b)* c", "want (to)* !(go|stay) die $")
    book = Phrasebook.of([("it", compiled(pattern, NAMES)) for pattern in patterns])
    words = spelt_out((unit * 4096)[:4096])
    began = time.perf_counter()
    held, candidates = book.found(words)
    for _, shape in candidates:
        shape.search(held)
    assert time.perf_counter() - began < 0.25  # some 5 ms where measured
