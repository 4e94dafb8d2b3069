"""A check-in as a conversation: what follows from each reply, and what no reply can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation import (
    EXPLAIN_AFTER,
    GIVE_UP_AFTER,
    POSTPONEMENTS,
    Acknowledge,
    AllRight,
    Ask,
    AskAgain,
    Conversation,
    Correct,
    Crisis,
    Effect,
    Explain,
    Finish,
    GiveUp,
    Keep,
    NoSession,
    Noted,
    NothingBefore,
    OneByOne,
    OptIn,
    OptOut,
    PassOn,
    Postpone,
    Rest,
    StandBy,
    TakeBack,
    Turn,
    advance,
    amend,
    choose,
    corrects_earlier,
)
from bot.languages import LANGUAGES
from bot.replies import Correction, Until, Why
from scoring.instrument import Mark, Response
from scoring.instruments import INSTRUMENTS

ENGLISH = LANGUAGES["en"]
ORS = INSTRUMENTS["ors"]
SRS = INSTRUMENTS["srs"]
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
            talk(70),
            (Keep(0, 70), PassOn("7, but my boss shouted"), Acknowledge(), Ask()),
            "score",
            id="words beside a number go to the therapist, and are acknowledged",
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
            talk(),
            "meh",
            talk(refusals=1),
            (PassOn("meh"), AskAgain(Why.WORDS, None, explain=False, said="meh")),
            "unclear",
            id="a word or two may be taken up",
        ),
        pytest.param(
            talk(),
            "sevn",
            talk(refusals=1, suggested=70),
            (AskAgain(Why.TYPO, 70, explain=False),),
            "unclear",
            id="a mistyped number is asked about",
        ),
        pytest.param(
            talk(refusals=1, suggested=70), "yes", talk(70), (Keep(0, 70), Ask()), "score", id="and confirmed"
        ),
        pytest.param(
            talk(refusals=1, suggested=70),
            "no",
            talk(refusals=2),
            (AskAgain(Why.QUANTITY, None, explain=True),),
            "unclear",
            id="or not, which is no word for the therapist",
        ),
        pytest.param(
            talk(),
            "5 mins",
            talk(refusals=1),
            (AskAgain(Why.QUANTITY, None, explain=False),),
            "unclear",
            id="a quantity is no rating",
        ),
        pytest.param(
            talk(),
            "3 kids to feed and no money",
            talk(refusals=1),
            (PassOn("3 kids to feed and no money"), AskAgain(Why.QUANTITY, None, explain=False)),
            "unclear",
            id="what is told beside a quantity is not lost",
        ),
        pytest.param(
            talk(),
            "7 6 8 7",
            talk(70, 60, 80, 70),
            (Keep(0, 70), Keep(1, 60), Keep(2, 80), Keep(3, 70), Finish()),
            "scores",
            id="a number for each open question",
        ),
        pytest.param(
            talk(70, 60),
            "8 7, long week at work",
            talk(70, 60, 80, 70),
            (Keep(2, 80), Keep(3, 70), PassOn("8 7, long week at work"), Acknowledge(), Finish()),
            "scores",
            id="for those that are still open",
        ),
        pytest.param(
            talk(70),
            "7 6 8 7",
            talk(70, refusals=1),
            (AskAgain(Why.SEVERAL, None, explain=False),),
            "unclear",
            id="four numbers for three questions are nobody's",
        ),
        pytest.param(
            talk(70, 60, refusals=1, suggested=65),
            "sorry, 5",
            talk(70, 50, refusals=1),
            (Correct(1, 60, 50), Ask()),
            "correction",
            id="a correction changes the answer before, and the open question stays",
        ),
        pytest.param(
            talk(None), "sorry, 5", talk(50), (Correct(0, None, 50), Ask()), "correction", id="of a skip too"
        ),
        pytest.param(
            talk(),
            "later",
            replace(talk(), resting=True, postponed=1),
            (Postpone(None, None),),
            "later",
            id="later",
        ),
        pytest.param(
            talk(suggested=65),
            "in an hour",
            replace(talk(), resting=True, postponed=1),
            (Postpone(60, None),),
            "later",
            id="later, with a length",
        ),
        pytest.param(
            talk(),
            "tomorrow",
            replace(talk(), resting=True, postponed=1),
            (Postpone(None, Until.TOMORROW),),
            "later",
            id="later, with a time",
        ),
        pytest.param(
            replace(talk(), postponed=POSTPONEMENTS),
            "later",
            replace(talk(), resting=True, postponed=POSTPONEMENTS + 1),
            (Rest(),),
            "later",
            id="the fourth time it rests for good",
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


@pytest.mark.parametrize("text", ["7", "skip", "11", "7 6 8"])
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


RESTING = replace(talk(70), resting=True, postponed=1)
TOGETHER = replace(talk(), together=True)
AFTER_SESSION = Conversation(Response(SRS), ENGLISH)


@pytest.mark.parametrize(
    ("before", "text", "after", "effects", "reading"),
    [
        pytest.param(
            RESTING,
            "6",
            replace(talk(70, 60), postponed=1),
            (Keep(1, 60), Ask()),
            "score",
            id="resting: a number simply goes on",
        ),
        pytest.param(RESTING, "thanks", RESTING, (AllRight(),), "nothing", id="resting: a courtesy"),
        pytest.param(
            RESTING,
            "my train is late",
            RESTING,
            (PassOn("my train is late"), Noted()),
            "comment",
            id="resting: words are no try at an answer",
        ),
        pytest.param(
            RESTING,
            "5-6",
            replace(talk(70, refusals=1, suggested=55), postponed=1),
            (AskAgain(Why.RANGE, 55, explain=False),),
            "unclear",
            id="resting: but a range is",
        ),
        pytest.param(
            RESTING, "continue", replace(talk(70), postponed=1), (Ask(),), "go_on", id="resting: continue"
        ),
        pytest.param(RESTING, "help", RESTING, (Explain(),), "help", id="resting: help puts no question"),
        pytest.param(
            RESTING,
            "sorry, 5",
            replace(RESTING, response=Response(ORS, (50,))),
            (Correct(0, 70, 50),),
            "correction",
            id="resting: a correction lets it rest on",
        ),
        pytest.param(
            RESTING,
            DANGER,
            replace(talk(70, held=True), postponed=1),
            (Crisis(DANGER),),
            "crisis",
            id="resting: danger holds it",
        ),
        pytest.param(
            TOGETHER,
            "7 6 8 7",
            replace(talk(70, 60, 80, 70), together=True),
            (Keep(0, 70), Keep(1, 60), Keep(2, 80), Keep(3, 70), Finish()),
            "scores",
            id="together: all at once",
        ),
        pytest.param(
            TOGETHER,
            "7",
            replace(TOGETHER, refusals=1),
            (AskAgain(Why.SEVERAL, None, explain=False),),
            "unclear",
            id="together: one number is nobody's",
        ),
        pytest.param(
            TOGETHER,
            "7, and a rough week",
            replace(TOGETHER, refusals=1),
            (PassOn("7, and a rough week"), AskAgain(Why.SEVERAL, None, explain=False)),
            "unclear",
            id="together: but its words are kept",
        ),
        pytest.param(
            TOGETHER,
            "5-6",
            replace(TOGETHER, refusals=1),
            (AskAgain(Why.RANGE, None, explain=False),),
            "unclear",
            id="together: nothing is suggested, for nobody knows which item",
        ),
        pytest.param(
            replace(TOGETHER, refusals=1),
            "7 6 8",
            talk(),
            (OneByOne(), Ask()),
            "unclear",
            id="together: the second unclear reply goes on one by one",
        ),
        pytest.param(
            TOGETHER,
            "skip",
            replace(talk(*[None] * 4), together=True),
            (*(Keep(position, None) for position in range(4)), Finish()),
            "skip",
            id="together: skip leaves all out",
        ),
        pytest.param(
            TOGETHER,
            f"2, {DANGER}",
            replace(TOGETHER, held=True),
            (Crisis(f"2, {DANGER}"),),
            "crisis",
            id="together: danger; a number that could be anybody's is not kept",
        ),
        pytest.param(
            AFTER_SESSION,
            "we didn't meet",
            AFTER_SESSION,
            (NoSession("we didn't meet"),),
            "no_session",
            id="there was no session",
        ),
        pytest.param(
            replace(AFTER_SESSION, held=True),
            "we didn't meet",
            replace(AFTER_SESSION, held=True),
            (PassOn("we didn't meet"), StandBy()),
            "comment",
            id="held: no session is passed on",
        ),
        pytest.param(
            talk(),
            "we didn't meet",
            talk(refusals=1),
            (PassOn("we didn't meet"), AskAgain(Why.WORDS, None, explain=False)),
            "unclear",
            id="which ends no check-in about the week",
        ),
        pytest.param(
            talk(70, held=True),
            "7, I am safe now",
            talk(70),
            (PassOn("7, I am safe now"), Ask()),
            "go_on",
            id="held: a number goes on, and its words are kept",
        ),
    ],
)
def test_what_follows_where_more_stands_open(
    before: Conversation, text: str, *, after: Conversation, effects: tuple[Effect, ...], reading: str
) -> None:
    assert as_seen(advance(before, text)) == Turn(after, effects, reading)


def test_the_first_of_the_questions_that_come_one_by_one_is_not_yet_shown() -> None:
    """Who sends four numbers in four messages must not see the third of them counted as the first."""
    after = advance(advance(TOGETHER, "7").conversation, "6").conversation
    assert (after.together, after.shown) == (False, False)
    assert advance(after, "8").effects == (Ask(),)


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        pytest.param("sorry, 6", (Correct(0, 70, 60), Ask()), id="a correction"),
        pytest.param("later", (Postpone(None, None),), id="later"),
        pytest.param("7, rough week", (PassOn("7, rough week"), Ask()), id="words beside a number"),
        pytest.param("6 8 7", (Ask(),), id="numbers for questions that nobody has seen"),
    ],
)
def test_what_needs_no_shown_question(text: str, effects: tuple[Effect, ...]) -> None:
    assert advance(replace(talk(70), shown=False), text).effects == effects


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        pytest.param(talk(), "sorry, 6", Correction(60), id="before the first answer"),
        pytest.param(TOGETHER, "sorry, 6", Correction(60), id="to all at once"),
        pytest.param(talk(), "6", None, id="a plain number is an answer"),
        pytest.param(talk(70), "sorry, 6", None, id="there is an answer here to correct"),
        pytest.param(talk(held=True), "sorry, 6", None, id="held"),
        pytest.param(talk(), f"sorry, 6. {DANGER}", None, id="danger comes first"),
    ],
)
def test_a_correction_before_the_first_answer_is_meant_for_the_check_in_before(
    before: Conversation, text: str, said: Correction | None
) -> None:
    assert corrects_earlier(before, text) == said


@pytest.mark.parametrize(
    ("before", "positions", "text", "effects"),
    [
        pytest.param(talk(70, 60), [0], "5", (Correct(0, 70, 50), Ask()), id="an earlier answer"),
        pytest.param(talk(70, 60), [1], "skip", (Correct(1, 60, None), Ask()), id="taken out"),
        pytest.param(
            talk(70, 60),
            [1],
            "5, bad day",
            (Correct(1, 60, 50), PassOn("5, bad day"), Acknowledge(), Ask()),
            id="with words",
        ),
        pytest.param(
            talk(70, 60, 50), [0, 1], "1 2", (Correct(0, 70, 10), Correct(1, 60, 20), Ask()), id="two of one"
        ),
        pytest.param(RESTING, [0], "5", (Correct(0, 70, 50),), id="resting"),
        pytest.param(
            talk(70), [0], f"2, {DANGER}", (Crisis(f"2, {DANGER}"), Correct(0, 70, 20)), id="with danger"
        ),
        pytest.param(talk(70, 60), [0], "1 2", None, id="more numbers than it gave"),
        pytest.param(talk(70, 60, 50), [0, 1], "5", None, id="fewer numbers than it gave"),
        pytest.param(talk(70), [0], "not sure any more", None, id="words only"),
        pytest.param(talk(70, held=True), [0], "5", None, id="held"),
    ],
)
def test_an_edit_corrects_what_its_message_answered(
    before: Conversation, positions: list[int], text: str, effects: tuple[Effect, ...] | None
) -> None:
    turn = amend(before, positions, text)
    assert (turn.effects if turn else None) == effects
