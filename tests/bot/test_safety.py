"""Danger is seen however it is typed and whatever stands around it; what only sounds like it is none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import RiskWords
from bot.phrases import PatternError
from bot.plain import LENGTH
from bot.safety import NO_SIGNS, SHIPPED, Concern, Lexicon, Signs, at_risk, look

EXPLICIT = [
    "i want to die",
    "i'm going to kill myself",
    "i want to end my life",
    "i don't want to live any more",
    "i took all my pills to die",
    "quiero morir",
    "me voy a suicidar",
    "ich will mich umbringen",
    "ich will nicht mehr leben",
    "je veux mourir",
    "j'ai envie de me tuer",
    "ik wil dood",
    "ik ga zelfmoord plegen",
    "jeg vil dø",
    "jeg vil tage mit eget liv",
    "بدي موت",
    "اريد ان انتحر",
]
LATIN = [phrase for phrase in EXPLICIT if phrase.isascii()]
OWN = SHIPPED.with_phrases(["blue bicycle", "(red|green) gate"]).ready()
"""What a site has that added phrases of its own."""

NOISE = st.text(st.characters(), max_size=30)


@given(st.sampled_from(["blue bicycle", "the red gate"]), NOISE, NOISE)
def test_an_own_phrase_is_seen_with_anything_around_it(phrase: str, before: str, after: str) -> None:
    assert at_risk(f"{before} .. {phrase} .. {after}", OWN)


@pytest.mark.parametrize("phrase", EXPLICIT)
def test_danger_is_seen_however_it_is_written(phrase: str) -> None:
    for written in (
        phrase,
        phrase.upper(),
        phrase.title(),
        phrase.replace(" ", "\n"),
        phrase.replace(" ", "   "),
        phrase.replace(" ", ", "),
        phrase.replace(" ", "_"),
        phrase.replace(" ", "-"),
        phrase.replace(" ", "\u00a0"),
        "\u200b".join(phrase),
        "\u2060".join(phrase),
        "".join(f"{each}\u0301" for each in phrase),
        "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in phrase),
        f"2 {phrase}",
        f"2, {phrase}!!!",
        f"rough week. {phrase}. anyway",
        f"\U0001f622{phrase}\U0001f622",
        f"({phrase})",
        f"\u201c{phrase}\u201d",
    ):
        assert at_risk(written), written


@pytest.mark.parametrize("phrase", LATIN)
def test_a_letter_held_down_hides_nothing(phrase: str) -> None:
    assert at_risk(phrase + phrase[-1] * 5)
    for letter in "aeou":
        assert at_risk(phrase.replace(letter, letter * 5))


@pytest.mark.parametrize(
    "text",
    [
        "k1ll myself",
        "k!ll myself",
        "ki||ing myself, i mean k1lling myself",
        "su*cide",
        "$uicide",
        "su1c1de",
        "s u i c i d e",
        "s.u.i.c.i.d.e",
        "iwanttodie",
        "killmyself",
        "i wanna d!e",
        "unalive myself",
        "kms",
        "kms lol",
        "i want to die lol",
        "suicde",
        "i wnt to die",
    ],
)
def test_a_disguise_or_a_slip_hides_nothing(text: str) -> None:
    assert at_risk(text)
    assert at_risk(f"ok, {text.upper()}!")


@pytest.mark.parametrize("apostrophe", ["'", "\u2019", "\u00b4", "`", "\u02bc", ""])
def test_an_apostrophe_of_any_kind_or_none_hides_nothing(apostrophe: str) -> None:
    assert at_risk(f"i don{apostrophe}t want to live like this")
    assert at_risk(f"I can{apostrophe}t go on")
    assert at_risk(f"I{apostrophe}m a burden to them")
    assert at_risk(f"j{apostrophe}ai envie de me tuer")


DANGER = [
    # CLINICAL, Risk: one of each that the lexicon aims at
    "I think about suicide every day",
    "I have a plan for how to end it tonight",
    "I've got a bottle of pills next to my bed",
    "I took forty paracetamol an hour ago",
    "I've been saving up my tablets",
    "I stood on the bridge and thought about jumping",
    "they would be better off without me",
    "I hope I don't wake up tomorrow",
    "tell my children I love them, goodbye",
    "please, someone look after my dog when I'm gone",
    "I gave my guitar away, I won't need it any more",
    "I cut myself again last night",
    "I might do something to myself",
    # In doubt
    "not suicidal but I hope I don't wake up",
    "I'm not suicidal. I just want to die in my sleep",
    "I tried to kill myself last night",
    "I have wanted to die for years",
    "I used to cut and now I'm cutting again",
    "my cousin killed himself and I want to do the same, I want to die",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_seen(text: str) -> None:
    assert look(text).crisis
    assert look(text).concern is None  # it is the one or the other


@pytest.mark.parametrize(
    "text",
    [
        # CLINICAL, Risk: the traps
        "this is killing me",
        "dying of laughter",
        "I want to stop drinking for good",
        "giving my things away before the move",
        # words that are danger elsewhere
        "can't stop crying",
        "got to stop this bill",
        "I can't go on like this at work, I'm resigning",
        "I cut my finger chopping onions",
        "had to cut the session short, sorry",
        "took two paracetamol for the headache",
        "I'm taking my tablets every night with food",
        "drove over the bridge without panicking",
        "jumped on the train and just made it",
        "I couldn't make it to the gym",
        "I want to disappear on holiday for two weeks",
        "dead tired, slept like a log",
        "I could murder a curry",
        "wrote a goodbye card for my colleague",
        "I won't be here next week, I'm on holiday",
        "ran 5 kms",
        # what a check-in is made of
        "",
        "7",
        "7/10",
        "rough week",
        "over it",
        "overall",
        "I did the exercise myself",
        "my brother took his pills",
    ],
)
def test_what_people_say_every_day_is_not_danger(text: str) -> None:
    assert look(text) == NO_SIGNS
    assert not at_risk(f"6, {text.upper()}!")


@pytest.mark.parametrize(
    "figure",
    [
        "this is killing me",
        "dying of laughter",
        "took two paracetamol for the headache",
        "jumped on the train",
    ],
)
@pytest.mark.parametrize("danger", ["i want to kill myself", "there is no reason to live", "quiero morir"])
def test_danger_beside_a_figure_of_speech_is_seen(figure: str, danger: str) -> None:
    assert at_risk(f"{figure} {danger}")
    assert at_risk(f"{danger} {figure}")
    assert at_risk(f"{figure}, but {danger}. {figure}")


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        # CLINICAL, Risk: denied, past, another's
        ("I'm not suicidal", Concern.PAST),
        ("no thoughts of suicide this week", Concern.PAST),
        ("I would never kill myself", Concern.PAST),
        ("ten years ago I tried to kill myself, I'm fine now", Concern.PAST),
        ("my cousin's suicide", Concern.PAST),
        ("my friend killed himself in March", Concern.PAST),
        ("no soy suicida", Concern.PAST),
        ("je ne suis pas suicidaire", Concern.PAST),
        ("ik ben niet suïcidaal", Concern.PAST),
        # other dangers
        ("my husband hits me", Concern.VIOLENCE),
        ("he threatened to kill me if I leave", Concern.VIOLENCE),
        ("I was raped", Concern.ABUSE),
        ("he touched me down there", Concern.ABUSE),
        ("my husband hits my son again", Concern.CHILD),
        ("bruises on my daughter's arm", Concern.CHILD),
        ("crushing pain in my chest", Concern.MEDICAL),
    ],
)
def test_another_danger_is_a_concern(text: str, concern: Concern) -> None:
    assert look(text) == Signs(concern=concern)


def test_danger_to_life_outweighs_another_danger() -> None:
    assert look("my husband hits me and I want to die") == Signs(crisis=True)


def test_a_danger_to_a_child_outweighs_the_others() -> None:
    assert look("my husband hits me. my husband hits my son again").concern is Concern.CHILD


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to come to therapy any more",
        "I want another therapist",
        "I want to stop therapy",
        "ik wil stoppen met therapie",
        "quiero dejar la terapia",
    ],
)
def test_leaving_is_seen_and_is_no_danger(text: str) -> None:
    assert look(text) == Signs(leaving=True)


def test_leaving_is_seen_beside_danger() -> None:
    signs = look("I want to stop therapy. I want to die")
    assert signs.crisis
    assert signs.leaving


def test_words_left_and_right_of_what_is_passed_over_do_not_join() -> None:
    kinds = dict.fromkeys(("past", "violence", "abuse", "child", "medical", "leaving"), ())
    words = RiskWords({**kinds, "crisis": ("want out", "gone"), "harmless": ("nice red",)}, {}, ())
    small = Lexicon([words])
    assert small.look("i want out").crisis
    assert small.look("nice red want out").crisis
    assert small.look("want nice red out") == NO_SIGNS
    assert small.look("nice gone red").crisis


def test_a_sites_own_phrases_win_and_nothing_harmless_hides_them() -> None:
    for text in (
        "dying of laughter at the BLUE   bicycle",
        "I'm not suicidal, but the red gate",
        "green gate",
    ):
        assert look(text, OWN) == Signs(crisis=True)
        assert not look(text).crisis  # the shipped ones are as they were
    hidden = SHIPPED.with_phrases(["dying of laughter"])
    assert look("dying of laughter", hidden) == Signs(crisis=True)


def test_own_phrases_are_added_to_those_there_are() -> None:
    small = Lexicon([], ["blue bicycle"]).with_phrases(["red gate"])
    assert at_risk("a blue bicycle", small)
    assert at_risk("a red gate", small)
    assert at_risk("i want to die", OWN)


def test_an_own_phrase_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(PatternError):
        SHIPPED.with_phrases(["blue (bicycle"])


@given(st.text(st.characters(), max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    assert isinstance(look(text), Signs)


@pytest.mark.parametrize(
    "unit",
    [
        "want to ",
        "not wake up ",
        "i want to not be the last to take all of my pills on the bridge ",
        "my my my me ",
        "quiero no vivir mas ",
        "wanttodie",
        "a",
        "a ",
        " ",
        "'",
        "k!ll ",
        "\u0645\u0648\u062a ",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    text = (unit * LENGTH)[:LENGTH]
    look(text)  # patterns are compiled when first met
    began = time.perf_counter()
    look(text)
    assert time.perf_counter() - began < 0.5  # some 20 ms where measured
