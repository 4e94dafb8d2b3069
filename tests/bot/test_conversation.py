"""A check-in as a conversation: what follows from each reply, and what no reply can do."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    """Make an open ORS with these answers."""
    return Conversation(Response(ORS, marks), ENGLISH, refusals, suggested, held)


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
    assert advance(before, text) == Turn(after, effects, reading)


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
    turn = choose(before, mark)
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


# Laws


REPLIES = st.one_of(
    st.sampled_from(
        [
            "7",
            "0",
            "10",
            "7.5",
            "6-7",
            "11",
            "7 7",
            "ok",
            "skip",
            "back",
            "help",
            "start",
            "continue",
            "",
            "\0",
            "no",
        ]
    ),
    st.sampled_from([DANGER, f"2, {DANGER}", f"skip {DANGER}", "I want to kill myself, 4"]),
    st.text(st.characters(), max_size=20),
    st.integers(0, 100).map(lambda tenths: f"{tenths // 10}.{tenths % 10}"),
)


@dataclass(frozen=True, slots=True)
class Press:
    """A button of the open question."""

    mark: Mark


PRESSES = (st.none() | st.integers(0, 10).map(lambda number: number * 10)).map(Press)
SAID = st.lists(REPLIES | PRESSES, max_size=25)


def turns(said: Sequence[str | Press]) -> list[tuple[Conversation, Turn]]:
    """Hold a conversation to its end, and give each turn with how things stood before."""
    conversation = talk()
    held: list[tuple[Conversation, Turn]] = []
    for each in said:
        turn = choose(conversation, each.mark) if isinstance(each, Press) else advance(conversation, each)
        held.append((conversation, turn))
        if any(isinstance(one, Finish | GiveUp) for one in turn.effects):
            break
        conversation = turn.conversation
    return held


@given(SAID)
def test_answers_only_ever_grow_or_shrink_by_one_at_the_end(said: list[str | Press]) -> None:
    for before, turn in turns(said):
        old, new = before.response.marks, turn.conversation.response.marks
        kept = [one for one in turn.effects if isinstance(one, Keep)]
        taken = [one for one in turn.effects if isinstance(one, TakeBack)]
        if len(new) > len(old):
            assert new[:-1] == old
            assert (kept, taken) == ([Keep(len(old), new[-1])], [])
        elif len(new) < len(old):
            assert new == old[:-1]
            assert (kept, taken) == ([], [TakeBack(len(new), old[-1])])
        else:
            assert new == old, "no reply loses or changes an answer"
            assert not kept
            assert not taken


@given(SAID)
def test_one_message_asks_at_most_one_question(said: list[str | Press]) -> None:
    for _, turn in turns(said):
        asked = [one for one in turn.effects if isinstance(one, Ask | AskAgain)]
        ended = [one for one in turn.effects if isinstance(one, Finish | GiveUp)]
        assert len(asked) + len(ended) <= 1
        assert bool(ended) >= turn.conversation.response.done
        if asked or ended:
            assert turn.effects[-1] in asked + ended, "the question stands at the end"


@given(SAID)
def test_every_message_is_answered_or_acted_on(said: list[str | Press]) -> None:
    for _, turn in turns(said):
        assert turn.effects
        assert turn.reading
        assert len(turn.reading) <= 16, "storage keeps as much"


@given(SAID)
def test_danger_comes_first_pauses_and_asks_nothing(said: list[str | Press]) -> None:
    for before, turn in turns(said):
        dangers = [one for one in turn.effects if isinstance(one, Crisis)]
        if not dangers:
            assert turn.conversation.held <= before.held, "nothing else pauses it"
            continue
        assert turn.effects[0] is dangers[0]
        assert len(dangers) == 1
        assert turn.conversation.held
        assert not any(isinstance(one, Ask | AskAgain | GiveUp) for one in turn.effects)


@given(SAID)
def test_while_it_is_held_nothing_is_stored_or_asked_unasked(said: list[str | Press]) -> None:
    for before, turn in turns(said):
        if before.held:
            assert turn.conversation.response == before.response
            assert turn.effects == (Ask(),) or not any(
                isinstance(one, Ask | AskAgain) for one in turn.effects
            )


@given(st.lists(st.text(st.characters(), max_size=20), max_size=25))
def test_words_never_vanish(said: list[str]) -> None:
    for (before, turn), text in zip(turns(said), said, strict=False):
        if turn.reading in {"unclear", "comment", "crisis"} and any(each.isalpha() for each in text):
            carried = [one.words for one in turn.effects if isinstance(one, PassOn | Crisis)]
            assert carried == [text], "to the therapist, as typed"
        assert before.language is turn.conversation.language


@given(SAID)
def test_it_ends_after_four_unclear_replies_to_one_question(said: list[str | Press]) -> None:
    for before, turn in turns(said):
        gave_up = any(isinstance(one, GiveUp) for one in turn.effects)
        assert gave_up == (turn.conversation.refusals == GIVE_UP_AFTER)
        assert turn.conversation.refusals in {0, before.refusals, before.refusals + 1}


def test_a_turn_changes_no_earlier_conversation() -> None:
    before = talk(70)
    copy = dataclasses.replace(before)
    advance(before, "6")
    assert before == copy
    assert advance(before, "6") == advance(before, "6")
