"""What no reply can do to a check-in, whatever was said before."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import (
    GIVE_UP_AFTER,
    Ask,
    AskAgain,
    Conversation,
    Crisis,
    Finish,
    GiveUp,
    Keep,
    PassOn,
    TakeBack,
    Turn,
    advance,
    choose,
)
from scoring.instrument import Mark
from tests.bot.test_conversation import DANGER, talk

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
        conversation = dataclasses.replace(turn.conversation, shown=True)
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
