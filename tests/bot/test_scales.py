"""Answers on a scale that is not 0 to 10: read, asked again, shown, and what tells of danger among them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import messages, wording
from bot.conversation import (
    Acknowledge,
    Ask,
    AskAgain,
    Conversation,
    Correct,
    Crisis,
    Finish,
    Keep,
    Turn,
    advance,
    amend,
    choose,
    corrects_earlier,
)
from bot.languages import LANGUAGES
from bot.replies import (
    USUAL,
    AllPoints,
    Correction,
    Expecting,
    Points,
    Reply,
    Steer,
    Unclear,
    Why,
    answers,
    read,
)
from scoring.instrument import TEN, Mark, Response, Scale
from scoring.instruments import INSTRUMENTS

ENGLISH = LANGUAGES["en"]
PHQ9 = INSTRUMENTS["phq9"]
WORDS = ENGLISH.measures["phq9"]
FORM = wording.form_of(PHQ9, WORDS)
THREE = answers(PHQ9.scale, WORDS.options)
OFF = Unclear(Why.OFF_SCALE)


def reply(text: str, *, remaining: int = 1, answered: int = 0, suggested: int | None = None) -> Reply:
    """Read a reply to an item of PHQ-9."""
    expecting = Expecting(ENGLISH, remaining=remaining, answered=answered, suggested=suggested, answers=THREE)
    return read(text, expecting).reply


@pytest.mark.parametrize(
    ("text", "tenths"),
    [
        ("0", 0),
        ("3", 30),
        ("2.", 20),
        ("3.0", 30),
        ("two", 20),
        ("a 1", 10),
        ("Not at all", 0),
        ("several days", 10),
        ("More than half the days.", 20),
        ("NEARLY EVERY DAY!", 30),
        ("several days, thanks", 10),
        ("1 = Several days", 10),
        ("2 - more than half the days", 20),
        ("3) nearly every day", 30),
    ],
)
def test_a_point_or_what_it_is_called_answers(text: str, tenths: int) -> None:
    assert reply(text) == Points(tenths)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("4", Why.OFF_SCALE),
        ("7", Why.OFF_SCALE),
        ("10", Why.OFF_SCALE),
        ("seven", Why.OFF_SCALE),
        ("1.5", Why.OFF_SCALE),
        ("2.25", Why.OFF_SCALE),
        ("-1", Why.OFF_SCALE),
        ("2/10", Why.OFF_SCALE),
        ("2 out of 10", Why.OFF_SCALE),
        ("1-2", Why.RANGE),
        ("1 or 2", Why.RANGE),
        ("2/3", Why.RANGE),
        ("2 days", Why.QUANTITY),
        ("svn", Why.WORDS),
        ("several", Why.WORDS),
        ("more than half", Why.WORDS),
        ("1 nearly every day", Why.WORDS),
        ("not at all bothered", Why.WORDS),
    ],
)
def test_what_is_no_point_of_the_scale_is_asked_again_and_never_offered(text: str, why: Why) -> None:
    """Nothing is moved to the nearest point, and nothing suggested that would not answer."""
    read_as = reply(text)
    assert isinstance(read_as, Unclear)
    assert read_as.suggest is None
    assert read_as.why is why or (why is Why.WORDS and read_as.why is Why.QUANTITY)


@pytest.mark.parametrize("word", ["stop", "skip", "back", "help"])
def test_words_that_steer_steer_on_every_scale(word: str) -> None:
    assert reply(word) == Steer(word)


def test_stop_is_stop_though_a_measure_calls_an_answer_so() -> None:
    named = answers(Scale(10, whole=True), ("Go", "Stop"))
    assert read("stop", Expecting(ENGLISH, answers=named)).reply is Steer.STOP
    assert read("go", Expecting(ENGLISH, answers=named)).reply == Points(0)


def test_a_suggestion_that_answers_is_still_accepted() -> None:
    assert reply("thre") == Unclear(Why.TYPO, 30)
    assert reply("ok", suggested=30) == Points(30)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("1 0 2", AllPoints((10, 0, 20))),
        ("1,0,2", AllPoints((10, 0, 20))),
        ("1 0 4", OFF),
        ("1/10 0 2", OFF),
        ("1 0 1.5", OFF),
    ],
)
def test_a_list_answers_only_where_every_number_does(text: str, read_as: Reply) -> None:
    assert reply(text, remaining=3) == read_as


def test_a_correction_is_one_only_where_it_answers() -> None:
    assert reply("sorry, 2", answered=1) == Correction(20)
    assert reply("sorry, 6", answered=1) == OFF


@given(st.integers(0, 100))
def test_every_number_is_taken_just_where_the_scale_takes_it(tenths: int) -> None:
    read_as = reply(wording.points(tenths))
    assert (read_as == Points(tenths)) is PHQ9.scale.takes(tenths)


def test_risk_beside_an_answer_in_words_is_seen() -> None:
    reading = read("nearly every day, I want to kill myself", Expecting(ENGLISH, answers=THREE))
    assert reading.at_risk


def test_the_usual_scale_costs_nothing() -> None:
    assert answers(TEN) is USUAL
    assert answers(Scale(30, whole=True)) is not USUAL


# The conversation


def talk(*marks: Mark, measure: str = "phq9", together: bool = False) -> Conversation:
    """Make a check-in with these answers."""
    instrument = INSTRUMENTS[measure]
    options = ENGLISH.measures[measure].options
    return Conversation(Response(instrument, marks), ENGLISH, together=together, options=options)


EIGHT = (10,) * 8


def test_an_answer_in_words_is_kept_and_the_next_question_put() -> None:
    turn = advance(talk(), "more than half the days")
    assert turn.effects == (Keep(0, 20), Ask())


def test_a_seven_is_asked_again_with_the_right_range() -> None:
    turn = advance(talk(), "7")
    assert turn.effects == (AskAgain(Why.OFF_SCALE, None, explain=False, said=""),)
    assert turn.conversation.response.marks == ()
    item = WORDS.items["interest"]
    assert wording.again(ENGLISH, item, Why.OFF_SCALE, None, form=FORM) == (
        "The scale runs from 0 (Not at all) to 3 (Nearly every day). Which number fits?\n"
        "0 = Not at all, 1 = Several days, 2 = More than half the days, 3 = Nearly every day"
    )


def test_before_the_first_answer_a_correction_is_read_on_the_scale_of_what_went_before() -> None:
    assert corrects_earlier(talk(), "sorry, 6") == Correction(60)


@pytest.mark.parametrize("text", ["0", "not at all"])
def test_item_nine_at_nought_ends_the_check_in_as_ever(text: str) -> None:
    assert advance(talk(*EIGHT), text).effects == (Keep(8, 0), Finish())


@pytest.mark.parametrize(("text", "mark"), [("1", 10), ("several days", 10), ("3", 30)])
def test_item_nine_from_several_days_on_is_danger_and_is_kept(text: str, mark: int) -> None:
    turn = advance(talk(*EIGHT), text)
    assert turn.effects == (Crisis("", ((8, mark),)), Keep(8, mark), Finish())
    assert turn.conversation.held
    assert turn.reading == "score"


def test_words_beside_item_nine_reach_the_therapist_with_it() -> None:
    text = "1, but only on Monday"
    assert advance(talk(*EIGHT), text).effects[0] == Crisis(text, ((8, 10),))


def test_a_button_tells_of_danger_as_a_number_does() -> None:
    assert choose(talk(*EIGHT), 10).effects == (Crisis("", ((8, 10),)), Keep(8, 10), Finish())
    assert choose(talk(*EIGHT), 0).effects == (Keep(8, 0), Finish())
    assert choose(talk(*EIGHT), None).effects == (Keep(8, None), Finish())


def test_high_answers_to_other_items_are_no_danger() -> None:
    assert not any(isinstance(one, Crisis) for one in advance(talk(), "3").effects)


def test_all_answers_at_once_tell_of_danger_too() -> None:
    turn = advance(talk(together=True), "0 0 0 0 0 0 0 0 1")
    assert turn.effects[0] == Crisis("", ((8, 10),))
    assert turn.effects[-1] == Finish()
    assert len([one for one in turn.effects if isinstance(one, Keep)]) == 9


@pytest.mark.parametrize(
    ("was", "text", "alarms"),
    [
        (0, "1", True),
        (None, "1", True),
        (10, "2", True),
        (10, "1", False),
        (20, "1", False),
        (10, "0", False),
    ],
)
def test_an_edit_alarms_only_where_the_answer_is_a_higher_one(was: Mark, text: str, *, alarms: bool) -> None:
    measure = dataclasses.replace(PHQ9, risk_items={"interest": 10})
    conversation = dataclasses.replace(talk(), response=Response(measure, (was,)))
    turn = amend(conversation, [0], text)
    assert turn is not None
    assert any(isinstance(one, Crisis) for one in turn.effects) is alarms
    assert any(isinstance(one, Correct) for one in turn.effects)


def test_a_risk_item_in_the_middle_pauses_the_rest_until_the_client_asks() -> None:
    measure = dataclasses.replace(PHQ9, risk_items={"interest": 10})
    turn = advance(dataclasses.replace(talk(), response=Response(measure)), "2")
    assert turn.effects == (Crisis("", ((0, 20),)), Keep(0, 20))
    after: Turn = advance(dataclasses.replace(turn.conversation, shown=True), "continue")
    assert after.effects == (Ask(),)
    assert not after.conversation.held


def test_thanks_for_words_stay_where_nothing_is_danger() -> None:
    assert Acknowledge() in advance(talk(), "1, rough week").effects


# Questions and buttons


def test_an_official_question_is_put_with_its_stem_and_every_option() -> None:
    assert wording.question(ENGLISH, WORDS.items["mood"], 2, 9, form=FORM) == (
        "Over the last 2 weeks, how often have you been bothered by any of the following problems?\n"
        "2/9 Feeling down, depressed, or hopeless\n"
        "0 = Not at all, 1 = Several days, 2 = More than half the days, 3 = Nearly every day"
    )


def test_together_the_stem_and_the_options_are_told_once() -> None:
    text = wording.together(ENGLISH, list(WORDS.items.values()), "2 1 2", form=FORM)
    assert text.count("Over the last 2 weeks") == text.count("1 = Several days") == 1
    assert text.startswith(WORDS.stem)
    assert text.endswith("3 = Nearly every day")
    assert "9. Thoughts that you would be better off dead" in text


@pytest.mark.parametrize(
    ("scale", "example"),
    [(TEN, "7, or 6.5"), (Scale(30, whole=True), "1"), (Scale(50), "2"), (Scale(10, whole=True), "1")],
)
def test_the_example_is_an_answer(scale: Scale, example: str) -> None:
    form = wording.Form(scale)
    assert f"For example, write {example}." in wording.example(ENGLISH, form)


def test_points_with_names_are_buttons_below_one_another() -> None:
    written = messages.pack_question("How?", 7, 8, "Skip", on=PHQ9.scale, options=WORDS.options)
    rows = messages.unpack(written).choices
    assert [[one.label for one in row] for row in rows] == [
        ["0 = Not at all"],
        ["1 = Several days"],
        ["2 = More than half the days"],
        ["3 = Nearly every day"],
        ["Skip"],
    ]
    assert [messages.press(one.data) for row in rows for one in row] == [
        *(messages.AnswerPress(7, 8, mark) for mark in (0, 10, 20, 30, None))
    ]


def test_a_shorter_scale_has_as_many_buttons() -> None:
    first, second, _ = messages.unpack(messages.pack_question("How?", 7, 0, "Skip", on=Scale(50))).choices
    assert [one.label for one in (*first, *second)] == ["0", "1", "2", "3", "4", "5"]
