"""A check-in as a conversation: what follows from each reply, and what no reply can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation import (
    EXPLAIN_AFTER,
    GIVE_UP_AFTER,
    Ask,
    AskAgain,
    Conversation,
    Crisis,
    Effect,
    Explain,
    Finish,
    GiveUp,
    Keep,
    NothingBefore,
    OptIn,
    OptOut,
    PassOn,
    StandBy,
    TakeBack,
    Turn,
    advance,
    choose,
)
from bot.languages import LANGUAGES
from bot.replies import Why
from scoring.instrument import Mark, Response
from scoring.instruments import INSTRUMENTS

ENGLISH = LANGUAGES["en"]
ORS = INSTRUMENTS["ors"]
DANGER = "I want to end it"


def talk(*marks: Mark, refusals: int = 0, suggested: int | None = None, held: bool = False) -> Conversation:
    """Make an open ORS with these answers, its open question shown."""
    return Conversation(Response(ORS, marks), ENGLISH, refusals, suggested, held)


def as_seen(turn: Turn) -> Turn:
    """Look away from whether the next question was shown; other tests look there."""
    return replace(turn, conversation=replace(turn.conversation, shown=True))


@pytest.mark.parametrize(
    ("before", "text", "after", "effects", "reading"),
    [
        pytest.param(talk(), "7", talk(70), (Keep(0, 70), Ask()), "score", id="an answer"),
        pytest.param(
            talk(70, 60, 50), "0", talk(70, 60, 50, 0), (Keep(3, 0), Finish()), "score", id="the last answer"
        ),
        pytest.param(talk(70), "skip", talk(70, None), (Keep(1, None), Ask()), "skip", id="a skip"),
        pytest.param(
            talk(None, None, None),
            "pass",
            talk(*[None] * 4),
            (Keep(3, None), Finish()),
            "skip",
            id="all skipped",
        ),
        pytest.param(talk(70, 60), "back", talk(70), (TakeBack(1, 60), Ask()), "back", id="back"),
        pytest.param(
            talk(None), "back", talk(), (TakeBack(0, None), Ask()), "back", id="back to a skipped one"
        ),
        pytest.param(talk(), "back", talk(), (NothingBefore(), Ask()), "back", id="back at the beginning"),
        pytest.param(talk(70), "help", talk(70), (Explain(), Ask()), "help", id="help"),
        pytest.param(talk(70), "STOP", talk(70), (OptOut(),), "stop", id="stop"),
        pytest.param(talk(70), "START", talk(70), (OptIn(), Ask()), "start", id="start"),
        pytest.param(talk(70), "continue", talk(70), (Ask(),), "go_on", id="continue"),
        pytest.param(
            talk(70),
            "it was all right",
            talk(70, refusals=1),
            (PassOn("it was all right"), AskAgain(Why.WORDS, None, explain=False)),
            "unclear",
            id="words go to the therapist",
        ),
        pytest.param(
            talk(),
            "7, but my boss shouted",
            talk(refusals=1),
            (PassOn("7, but my boss shouted"), AskAgain(Why.WORDS, None, explain=False)),
            "unclear",
            id="words beside a number too",
        ),
        pytest.param(
            talk(),
            "6-7",
            talk(refusals=1, suggested=65),
            (AskAgain(Why.RANGE, 65, explain=False),),
            "unclear",
            id="a range suggests its middle",
        ),
        pytest.param(
            talk(refusals=1, suggested=65),
            "ok",
            talk(65),
            (Keep(0, 65), Ask()),
            "score",
            id="a suggestion taken",
        ),
        pytest.param(
            talk(refusals=1, suggested=65),
            "11",
            talk(refusals=2),
            (AskAgain(Why.OFF_SCALE, None, explain=True),),
            "unclear",
            id="a suggestion is dropped, and the second time explains",
        ),
        pytest.param(
            talk(70, refusals=3),
            "",
            talk(70, refusals=4),
            (GiveUp(),),
            "unclear",
            id="the fourth time gives up",
        ),
        pytest.param(
            talk(70, refusals=3),
            "leave it",
            talk(70, refusals=4),
            (PassOn("leave it"), GiveUp()),
            "unclear",
            id="and passes the last words on",
        ),
        pytest.param(
            talk(refusals=3, suggested=65), "8", talk(80), (Keep(0, 80), Ask()), "score", id="in the end"
        ),
        pytest.param(
            talk(70),
            DANGER,
            talk(70, held=True),
            (Crisis(DANGER),),
            "crisis",
            id="danger comes before all else",
        ),
        pytest.param(
            talk(70, refusals=3, suggested=5),
            DANGER,
            talk(70, held=True),
            (Crisis(DANGER),),
            "crisis",
            id="danger at the fourth unclear reply: nothing is given up",
        ),
        pytest.param(
            talk(70),
            f"2, {DANGER}",
            talk(70, 20, held=True),
            (Crisis(f"2, {DANGER}"), Keep(1, 20)),
            "score",
            id="a number beside danger is kept, and nothing asked",
        ),
        pytest.param(
            talk(70, 60, 50),
            f"2, {DANGER}",
            talk(70, 60, 50, 20, held=True),
            (Crisis(f"2, {DANGER}"), Keep(3, 20), Finish()),
            "score",
            id="the last one too",
        ),
        pytest.param(
            talk(70, held=True),
            "I am safe",
            talk(70, held=True),
            (PassOn("I am safe"), StandBy()),
            "comment",
            id="held: words go on, and nothing is asked",
        ),
        pytest.param(talk(70, held=True), "continue", talk(70), (Ask(),), "go_on", id="held: asked to go on"),
        pytest.param(
            talk(70, held=True), "7", talk(70), (Ask(),), "go_on", id="held: a number is not stored"
        ),
        pytest.param(
            talk(70, held=True), "back", talk(70), (Ask(),), "go_on", id="held: nothing is taken back"
        ),
        pytest.param(talk(70, held=True), "skip", talk(70), (Ask(),), "go_on", id="held: nothing is skipped"),
        pytest.param(talk(70, held=True), "STOP", talk(70, held=True), (OptOut(),), "stop", id="held: stop"),
        pytest.param(talk(70, held=True), "HELP", talk(70, held=True), (Explain(),), "help", id="held: help"),
        pytest.param(
            talk(70, held=True),
            DANGER,
            talk(70, held=True),
            (Crisis(DANGER),),
            "crisis",
            id="held: danger again",
        ),
        pytest.param(
            talk(70, held=True),
            f"2, {DANGER}",
            talk(70, held=True),
            (Crisis(f"2, {DANGER}"),),
            "crisis",
            id="held: danger beside a number does not go on",
        ),
    ],
)
def test_what_follows_from_a_reply(
    before: Conversation, text: str, *, after: Conversation, effects: tuple[Effect, ...], reading: str
) -> None:
    assert as_seen(advance(before, text)) == Turn(after, effects, reading)


@pytest.mark.parametrize(
    ("before", "mark", "after", "effects"),
    [
        pytest.param(talk(), 100, talk(100), (Keep(0, 100), Ask()), id="a number"),
        pytest.param(talk(), None, talk(None), (Keep(0, None), Ask()), id="skip"),
        pytest.param(talk(1, 2, 3), 0, talk(1, 2, 3, 0), (Keep(3, 0), Finish()), id="the last"),
        pytest.param(
            talk(refusals=2, suggested=65), 10, talk(10), (Keep(0, 10), Ask()), id="after unclear ones"
        ),
        pytest.param(talk(held=True), 70, talk(), (Ask(),), id="held: it asks again and stores nothing"),
        pytest.param(talk(held=True), None, talk(), (Ask(),), id="held: skip"),
    ],
)
def test_what_follows_from_a_button(
    before: Conversation, mark: Mark, after: Conversation, effects: tuple[Effect, ...]
) -> None:
    turn = as_seen(choose(before, mark))
    assert (turn.conversation, turn.effects) == (after, effects)


def test_the_second_unclear_reply_is_explained_and_the_fourth_ends_it() -> None:
    # Source: READER, "What is not, and why": after the second, and after the fourth.
    conversation = talk()
    seen: list[Effect] = []
    for _ in range(GIVE_UP_AFTER):
        turn = advance(conversation, "11")
        conversation = turn.conversation
        seen += turn.effects
    explained = [one.explain for one in seen if isinstance(one, AskAgain)]
    assert (EXPLAIN_AFTER, GIVE_UP_AFTER) == (2, 4)
    assert explained == [False, True, True]
    assert seen[-1] == GiveUp()


def test_an_answer_forgives_unclear_replies() -> None:
    conversation = advance(advance(talk(), "11").conversation, "7").conversation
    assert (conversation.refusals, conversation.suggested) == (0, None)
    assert advance(conversation, "back").conversation == talk()


@pytest.mark.parametrize("text", ["7", "skip", "ok", "11", "continue"])
def test_what_was_not_yet_asked_is_asked_and_not_answered(text: str) -> None:
    unseen = replace(talk(70, suggested=65), shown=False)
    turn = advance(unseen, text)
    assert (turn.conversation.response, turn.effects, turn.reading) == (unseen.response, (Ask(),), "early")


def test_words_before_the_question_still_go_to_the_therapist() -> None:
    turn = advance(replace(talk(), shown=False), "I had a fight")
    assert turn.effects == (PassOn("I had a fight"), Ask())


def test_after_an_answer_the_next_question_is_not_yet_shown() -> None:
    assert not advance(talk(), "7").conversation.shown
    assert advance(advance(talk(), "7").conversation, "back").conversation.shown


@pytest.mark.parametrize("steer", ["help", "start"])
def test_a_question_put_anew_takes_its_suggestion_back(steer: str) -> None:
    assert advance(talk(suggested=65), steer).conversation.suggested is None
