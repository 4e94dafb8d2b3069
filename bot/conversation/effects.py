"""What may follow from a client's message, as values; the service carries them out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation.state import Conversation
from bot.replies import Until, Why
from scoring.instrument import Mark

# Answers


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep this answer to the item at `position`."""

    position: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Correct:
    """Put `mark` in the place of the answer at `position`, which was `was`, and say so."""

    position: int
    was: Mark
    mark: Mark


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Drop the answer at `position`; `mark` is what it was."""

    position: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class PassOn:
    """Keep the client's words for the therapist."""

    words: str


# Questions, and what is said before them in the same message


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Thank for words beside an answer, before whatever follows."""


@dataclass(frozen=True, slots=True)
class OneByOne:
    """Say that the questions come one by one now, before the first of them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the open question, or all of them where they are put together."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Ask the open question again, saying why.

    Attributes:
        why: what was unclear.
        suggest: tenths that are likely meant, which "ok" accepts.
        explain: whether to add an example and offer to skip.
        said: a word or two that were written, folded: taken up where they are harmless.
    """

    why: Why
    suggest: int | None
    explain: bool
    said: str = ""


# Answers to what a client steered to


@dataclass(frozen=True, slots=True)
class NothingBefore:
    """Say that there is no question before this one."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """Ask again in so many minutes, or at a time of day; where neither is said, in a few hours."""

    minutes: int | None
    until: Until | None


@dataclass(frozen=True, slots=True)
class Rest:
    """Say that nothing is asked again by itself, and until when the questions stay open."""


@dataclass(frozen=True, slots=True)
class Explain:
    """Send the HELP text."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """Write to this address again; it never stopped, so only say so."""


@dataclass(frozen=True, slots=True)
class StandBy:
    """Say that the words were passed on, and how the paused check-in goes on."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Say that the words are kept for the therapist, where no question follows."""


@dataclass(frozen=True, slots=True)
class AllRight:
    """Answer a courtesy where no question follows."""


# Endings


@dataclass(frozen=True, slots=True)
class Finish:
    """Close the check-in: with a score where every item has an answer, as partial otherwise."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Close the check-in as it is, because asking again does not help."""


@dataclass(frozen=True, slots=True)
class NoSession:
    """Close the check-in, because there was no session to ask about; the therapist reads the words."""

    words: str


@dataclass(frozen=True, slots=True)
class TakeBreak:
    """Close the check-in as it is, and ask nothing for a while, as the client wishes."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """Stop writing to this address, as the client wishes."""


@dataclass(frozen=True, slots=True)
class Crisis:
    """Send the crisis text and an urgent alert with the client's words before anything else.

    Attributes:
        words: what the client wrote; "" where an answer tells of danger and nothing else was written.
        answered: the answers that tell of it: each item's position, and its tenths.
    """

    words: str
    answered: tuple[tuple[int, int], ...] = ()


Record = Keep | Correct | TakeBack | PassOn
"""What is written down."""

Put = Ask | AskAgain
"""What puts a question."""

Lead = Acknowledge | OneByOne
"""What is said before a question or an ending, in the same message."""

Delayed = Postpone | Rest
"""What lets the questions rest."""

Said = NothingBefore | Explain | OptIn | StandBy | Noted | AllRight
"""What is answered in a message of its own."""

Ending = Finish | GiveUp | NoSession | TakeBreak
"""What closes the check-in."""

Effect = Record | Put | Lead | Delayed | Said | Ending | OptOut | Crisis


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one message: how the conversation stands now, what to do in order, what was read."""

    conversation: Conversation
    effects: tuple[Effect, ...]
    reading: str
