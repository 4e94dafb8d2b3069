"""A check-in as a conversation: from what a client wrote to what follows. It decides, and acts on nothing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import assert_never

from bot import replies
from bot.languages import Language
from bot.replies import Expecting, Points, Steer, Unclear, Why
from scoring.instrument import Mark, Response

EXPLAIN_AFTER = 2
"""From this many unclear replies to one question on, the re-ask gives an example and offers to skip."""

GIVE_UP_AFTER = 4
"""At this many unclear replies to one question the bot stops asking and keeps what it has."""


_AT_ANY_TIME = (Steer.STOP, Steer.START, Steer.HELP, Steer.BACK)
"""What needs no question to be an answer to."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """An open check-in as it stands.

    Attributes:
        response: the answers so far; its `next_item` is the open question.
        language: the client's.
        refusals: how many replies to the open question were unclear.
        suggested: tenths that "ok" would accept, or None.
        held: whether a crisis paused the check-in; it goes on when the client asks.
        shown: whether the open question went out, or may have: nobody answers what they have not seen.
    """

    response: Response
    language: Language
    refusals: int = 0
    suggested: int | None = None
    held: bool = False
    shown: bool = True

    def answering(self, mark: Mark) -> Conversation:
        """Take an answer (or, with None, a skip) to the open question."""
        response = self.response.with_mark(mark)
        return dataclasses.replace(self, response=response, refusals=0, suggested=None, shown=False)

    def refusing(self, suggest: int | None) -> Conversation:
        """Count an unclear reply."""
        return dataclasses.replace(self, refusals=self.refusals + 1, suggested=suggest)

    def unsuggested(self) -> Conversation:
        """Forget a suggestion: the question is about to be put without it."""
        return dataclasses.replace(self, suggested=None)

    def back(self) -> Conversation:
        """Open the question before."""
        return dataclasses.replace(
            self, response=self.response.back(), refusals=0, suggested=None, shown=True
        )


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep this answer to the item at `position`."""

    position: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Drop the answer at `position`; `mark` is what it was."""

    position: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the open question."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Ask the open question again, saying why; `explain` adds an example and offers to skip."""

    why: Why
    suggest: int | None
    explain: bool


@dataclass(frozen=True, slots=True)
class NothingBefore:
    """Say that there is no question before this one."""


@dataclass(frozen=True, slots=True)
class PassOn:
    """Keep the client's words for the therapist."""

    words: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Close the check-in: with a score where every item has an answer, as partial otherwise."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Close the check-in as it is, because asking again does not help."""


@dataclass(frozen=True, slots=True)
class Explain:
    """Send the HELP text."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """Stop writing to this address, as the client wishes."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """Write to this address again; it never stopped, so only say so."""


@dataclass(frozen=True, slots=True)
class Crisis:
    """Send the crisis text and an urgent alert with the client's words before anything else."""

    words: str


@dataclass(frozen=True, slots=True)
class StandBy:
    """Say that the words were passed on, and how the paused check-in goes on."""


Effect = (
    Keep
    | TakeBack
    | Ask
    | AskAgain
    | NothingBefore
    | PassOn
    | Finish
    | GiveUp
    | Explain
    | OptOut
    | OptIn
    | Crisis
    | StandBy
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one message: how the conversation stands now, what to do in order, what was read."""

    conversation: Conversation
    effects: tuple[Effect, ...]
    reading: str


def advance(conversation: Conversation, text: str) -> Turn:
    """Decide everything that follows from what a client wrote to the open question.

    Args:
        conversation: the check-in as it stands.
        text: the client's message, as typed.
    """
    reading = replies.read(text, Expecting(conversation.language, conversation.suggested))
    decide = _resumed if conversation.held else _turn
    turn = decide(conversation, reading.reply, text)
    return _with_help_first(turn, text) if reading.at_risk else turn


def choose(conversation: Conversation, mark: Mark) -> Turn:
    """Decide what follows from a button of the open question: an answer, or None to skip."""
    if conversation.held:
        return _resumed(conversation, Steer.GO_ON, "")
    seen = dataclasses.replace(conversation, shown=True)
    return _turn(seen, Steer.SKIP if mark is None else Points(mark), "")


def _turn(conversation: Conversation, reply: replies.Reply, text: str) -> Turn:
    if not conversation.shown and reply not in _AT_ANY_TIME:
        words = (PassOn(text),) if isinstance(reply, Unclear) and reply.why is Why.WORDS else ()
        return Turn(conversation, (*words, Ask()), "early")
    match reply:
        case Points(tenths):
            return _answered(conversation, tenths)
        case Unclear(why, suggest):
            return _unclear(conversation, why, suggest, text)
        case Steer():
            return _steered(conversation, reply)
        case _:
            assert_never(reply)


def _answered(conversation: Conversation, mark: Mark) -> Turn:
    after = conversation.answering(mark)
    keep = Keep(conversation.response.position, mark)
    follows = Finish() if after.response.done else Ask()
    return Turn(after, (keep, follows), "skip" if mark is None else "score")


def _unclear(conversation: Conversation, why: Why, suggest: int | None, text: str) -> Turn:
    after = conversation.refusing(suggest)
    words = (PassOn(text),) if why is Why.WORDS else ()
    if after.refusals >= GIVE_UP_AFTER:
        return Turn(after, (*words, GiveUp()), "unclear")
    again = AskAgain(why, suggest, explain=after.refusals >= EXPLAIN_AFTER)
    return Turn(after, (*words, again), "unclear")


def _steered(conversation: Conversation, steer: Steer) -> Turn:
    match steer:
        case Steer.SKIP:
            return _answered(conversation, None)
        case Steer.BACK:
            return _back(conversation)
        case Steer.GO_ON:
            return Turn(conversation, (Ask(),), steer)
        case Steer.STOP:
            return Turn(conversation, (OptOut(),), steer)
        case Steer.START:
            return Turn(conversation.unsuggested(), (OptIn(), Ask()), steer)
        case Steer.HELP:
            return Turn(conversation.unsuggested(), (Explain(), Ask()), steer)
        case _:
            assert_never(steer)


def _back(conversation: Conversation) -> Turn:
    if not conversation.response.marks:
        return Turn(conversation, (NothingBefore(), Ask()), Steer.BACK)
    after = conversation.back()
    taken = TakeBack(after.response.position, conversation.response.marks[-1])
    return Turn(after, (taken, Ask()), Steer.BACK)


def _resumed(conversation: Conversation, reply: replies.Reply, text: str) -> Turn:
    """After a crisis STOP and HELP work as ever; a number or a steering word asks again and keeps nothing."""
    match reply:
        case Steer.STOP:
            return _steered(conversation, reply)
        case Steer.HELP:
            return Turn(conversation, (Explain(),), reply)
        case Steer() | Points():
            after = dataclasses.replace(conversation, held=False)
            return Turn(after, (Ask(),), Steer.GO_ON)
        case _:
            return Turn(conversation, (PassOn(text), StandBy()), "comment")


def _with_help_first(turn: Turn, text: str) -> Turn:
    """Put help before everything else, keep an answer, and pause: the bot asks nothing more by itself."""
    quiet = (Ask, AskAgain, NothingBefore, GiveUp, PassOn, OptIn, Explain, StandBy)
    rest = tuple(effect for effect in turn.effects if not isinstance(effect, quiet))
    conversation = dataclasses.replace(turn.conversation, held=True, refusals=0, suggested=None)
    kept = any(isinstance(effect, Keep) for effect in rest)
    return Turn(conversation, (Crisis(text), *rest), turn.reading if kept else "crisis")
