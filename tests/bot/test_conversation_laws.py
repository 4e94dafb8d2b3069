"""What no reply can do to a check-in, whatever was said before."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import (
    GIVE_UP_AFTER,
    POSTPONEMENTS,
    Ask,
    AskAgain,
    Conversation,
    Correct,
    Crisis,
    Finish,
    GiveUp,
    Keep,
    NoSession,
    PassOn,
    Postpone,
    Rest,
    TakeBack,
    Turn,
    advance,
    amend,
    choose,
)
from scoring.instrument import Mark, Response
from scoring.instruments import INSTRUMENTS
from tests.bot.test_conversation import DANGER, talk

REPLIES = st.one_of(
    st.sampled_from(
        ["7", "0", "10", "7.5", "6-7", "11", "7 7", "ok", "skip", "back", "help", "start", "continue", ""]
    ),
    st.sampled_from(["\0", "no", "sevn", "5 mins", "7, rough week", "good", "we didn't meet", "thanks"]),
    st.sampled_from(["sorry, 6", "oops 2, typo", "later", "in an hour", "tomorrow", "not now"]),
    st.sampled_from([DANGER, f"2, {DANGER}", f"skip {DANGER}", "I want to kill myself, 4"]),
    st.text(st.characters(), max_size=20),
    st.integers(0, 100).map(lambda tenths: f"{tenths // 10}.{tenths % 10}"),
    st.lists(st.integers(0, 10), min_size=2, max_size=4).map(lambda all_of: " ".join(map(str, all_of))),
)


@dataclass(frozen=True, slots=True)
class Press:
    """A button of the open question."""

    mark: Mark


PRESSES = (st.none() | st.integers(0, 10).map(lambda number: number * 10)).map(Press)


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the message that answered the first items, `many` of them or as many as are answered."""

    many: int
    text: str


Talked = tuple[str, bool, list[str | Press | Edit]]
"""A measure, whether it is asked together, and what is said to it."""

EDITS = st.builds(Edit, st.integers(1, 3), REPLIES)
TALK = st.tuples(
    st.sampled_from(["ors", "srs"]), st.booleans(), st.lists(REPLIES | PRESSES | EDITS, max_size=25)
)


def turns(talked: Talked) -> list[tuple[Conversation, Turn]]:
    """Hold a conversation to its end, and give each turn with how things stood before."""
    measure, together, said = talked
    conversation = dataclasses.replace(talk(), response=Response(INSTRUMENTS[measure]), together=together)
    held: list[tuple[Conversation, Turn]] = []
    for each in said:
        turn = _turn(conversation, each)
        if turn is None:
            continue
        held.append((conversation, turn))
        if any(isinstance(one, Finish | GiveUp | NoSession) for one in turn.effects):
            break
        conversation = dataclasses.replace(turn.conversation, shown=True)
    return held


def _turn(conversation: Conversation, each: str | Press | Edit) -> Turn | None:
    match each:
        case Press(mark):
            return choose(conversation, mark)
        case Edit(many, text):
            positions = range(min(many, conversation.response.position))
            return amend(conversation, positions, text) if positions else None
        case _:
            return advance(conversation, each)


@given(TALK)
def test_answers_change_only_as_the_effects_say(talked: Talked) -> None:
    for before, turn in turns(talked):
        marks = list(before.response.marks)
        for one in turn.effects:
            match one:
                case Keep(position, mark):
                    assert position == len(marks), "an answer is to the open question"
                    marks.append(mark)
                case TakeBack(position, mark):
                    assert (position, mark) == (len(marks) - 1, marks.pop())
                case Correct(position, was, mark):
                    assert marks[position] == was, "the trail says what it was"
                    marks[position] = mark
                case _:
                    pass
        assert turn.conversation.response.marks == tuple(marks)


@given(TALK)
def test_only_a_list_of_just_as_many_numbers_answers_more_than_one_question(
    talked: Talked,
) -> None:
    for before, turn in turns(talked):
        kept = [one for one in turn.effects if isinstance(one, Keep)]
        if len(kept) > 1:
            assert len(kept) == before.remaining, "all that were open"
            assert turn.conversation.response.done
            assert turn.reading == "scores" or before.at_once
        if before.at_once and turn.conversation.together:  # a button hangs on one question only
            assert len(kept) in {0, before.remaining}, "no single number where all were asked"


@given(TALK)
def test_a_correction_keeps_the_open_question(talked: Talked) -> None:
    for before, turn in turns(talked):
        if turn.reading == "correction":
            assert turn.conversation.response.position == before.response.position
            assert any(isinstance(one, Correct) for one in turn.effects)


@given(TALK)
def test_it_rests_only_when_asked_to_and_until_a_question_is_put(
    talked: Talked,
) -> None:
    for before, turn in turns(talked):
        put = any(isinstance(one, Ask | AskAgain) for one in turn.effects)
        asked_to = any(isinstance(one, Postpone | Rest) for one in turn.effects)
        assert turn.conversation.resting == ((before.resting or asked_to) and not put and not ended(turn))
        assert turn.conversation.postponed == before.postponed + asked_to
        if any(isinstance(one, Postpone) for one in turn.effects):
            assert before.postponed < POSTPONEMENTS


def ended(turn: Turn) -> bool:
    """Tell whether a turn ends the check-in, or holds it."""
    ends = any(isinstance(one, Finish | GiveUp | NoSession) for one in turn.effects)
    return ends or turn.conversation.held


@given(TALK)
def test_one_message_asks_at_most_one_question(talked: Talked) -> None:
    for _, turn in turns(talked):
        asked = [one for one in turn.effects if isinstance(one, Ask | AskAgain)]
        ended = [one for one in turn.effects if isinstance(one, Finish | GiveUp | NoSession)]
        assert len(asked) + len(ended) <= 1
        assert bool(ended) >= turn.conversation.response.done
        if asked or ended:
            assert turn.effects[-1] in asked + ended, "the question stands at the end"


@given(TALK)
def test_every_message_is_answered_or_acted_on(talked: Talked) -> None:
    for _, turn in turns(talked):
        assert turn.effects
        assert turn.reading
        assert len(turn.reading) <= 16, "storage keeps as much"


@given(TALK)
def test_danger_comes_first_pauses_and_asks_nothing(talked: Talked) -> None:
    for before, turn in turns(talked):
        dangers = [one for one in turn.effects if isinstance(one, Crisis)]
        if not dangers:
            assert turn.conversation.held <= before.held, "nothing else pauses it"
            continue
        assert turn.effects[0] is dangers[0]
        assert len(dangers) == 1
        assert turn.conversation.held
        assert not any(isinstance(one, Ask | AskAgain | GiveUp) for one in turn.effects)


@given(TALK)
def test_while_it_is_held_nothing_is_stored_or_asked_unasked(talked: Talked) -> None:
    for before, turn in turns(talked):
        if before.held:
            assert turn.conversation.response == before.response
            asked = any(isinstance(one, Ask | AskAgain) for one in turn.effects)
            assert asked == (turn.reading == "go_on")


@given(st.booleans(), st.lists(st.text(st.characters(), max_size=20), max_size=25))
def test_words_never_vanish(together: bool, said: list[str]) -> None:
    for (before, turn), text in zip(turns(("srs", together, list(said))), said, strict=False):
        words = [word for word in text.split() if sum(map(str.isalpha, word)) > 1]
        if turn.reading in {"unclear", "comment", "crisis", "no_session"} and len(words) > 1:
            carried = [one.words for one in turn.effects if isinstance(one, PassOn | Crisis | NoSession)]
            assert carried == [text], "to the therapist, as typed"
        assert before.language is turn.conversation.language


@given(
    number=st.sampled_from(["7", "7 6 8 7", "sorry, 6"]),
    together=st.booleans(),
    held=st.booleans(),
    shown=st.booleans(),
)
def test_words_beside_a_number_never_vanish(number: str, *, together: bool, held: bool, shown: bool) -> None:
    for marks in ((), (70,), (70, 60, 50)):
        before = dataclasses.replace(talk(*marks, held=held), together=together, shown=shown)
        text = f"{number}, my dog died on Sunday"
        carried = [one.words for one in advance(before, text).effects if isinstance(one, PassOn)]
        assert carried == [text]


@given(TALK)
def test_it_ends_after_four_unclear_replies_to_one_question(talked: Talked) -> None:
    for before, turn in turns(talked):
        gave_up = any(isinstance(one, GiveUp) for one in turn.effects)
        assert gave_up == (turn.conversation.refusals == GIVE_UP_AFTER)
        assert turn.conversation.refusals in {0, before.refusals, before.refusals + 1}


def test_a_turn_changes_no_earlier_conversation() -> None:
    before = talk(70)
    copy = dataclasses.replace(before)
    advance(before, "6")
    assert before == copy
    assert advance(before, "6") == advance(before, "6")
