"""An open check-in as it stands."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bot.languages import Language
from bot.replies import Expecting, answers
from bot.safety import SHIPPED, Lexicon
from scoring.instrument import Gauge, Mark, Response

EXPLAIN_AFTER = 2
"""From this many unclear replies to one question on, the re-ask gives an example and offers to skip."""

GIVE_UP_AFTER = 4
"""At this many unclear replies to one question the bot stops asking and keeps what it has."""

ONE_BY_ONE_AFTER = 2
"""At this many unclear replies to all questions in one message they are put one by one."""

POSTPONEMENTS = 3
"""How often a client may put one check-in off and be asked again."""


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
        together: whether all open questions were put in one message.
        resting: whether the client put it off, and nothing was put since.
        postponed: how often they have put it off.
        lexicon: the phrases of danger.
        options: what the scale's points are called, from 0 on, where they have names: they answer too.
    """

    response: Response
    language: Language
    refusals: int = 0
    suggested: int | None = None
    held: bool = False
    shown: bool = True
    together: bool = False
    resting: bool = False
    postponed: int = 0
    lexicon: Lexicon = SHIPPED
    options: tuple[str, ...] = ()

    @property
    def remaining(self) -> int:
        """How many questions are open."""
        return len(self.response.instrument.items) - self.response.position

    @property
    def at_once(self) -> bool:
        """Whether one message is to answer several questions."""
        return self.together and self.remaining > 1

    def expecting(self) -> Expecting:
        """Say what a reply is read against."""
        return Expecting(
            self.language,
            self.suggested,
            self.remaining,
            answered=self.response.position,
            lexicon=self.lexicon,
            held=self.held or self.resting,
            session=self.response.instrument.gauges is Gauge.ALLIANCE,
            answers=answers(self.response.instrument.scale, self.options),
        )

    def answering(self, mark: Mark) -> Conversation:
        """Take an answer (or, with None, a skip) to the open question."""
        response = self.response.with_mark(mark)
        return dataclasses.replace(self, response=response, refusals=0, suggested=None, shown=False)

    def correcting(self, position: int, mark: Mark) -> Conversation:
        """Change an answer; the open question stays, and is put anew."""
        marks = (*self.response.marks[:position], mark, *self.response.marks[position + 1 :])
        return dataclasses.replace(
            self, response=dataclasses.replace(self.response, marks=marks)
        ).unsuggested()

    def refusing(self, suggest: int | None) -> Conversation:
        """Count an unclear reply."""
        return dataclasses.replace(self, refusals=self.refusals + 1, suggested=suggest)

    def unsuggested(self) -> Conversation:
        """Forget a suggestion: the question is about to be put without it."""
        return dataclasses.replace(self, suggested=None)

    def one_by_one(self) -> Conversation:
        """Put the questions singly from now on; the first of them was not shown by itself yet."""
        return dataclasses.replace(self, together=False, refusals=0, suggested=None, shown=False)

    def put_off(self) -> Conversation:
        """Rest, once more."""
        return dataclasses.replace(self.unsuggested(), resting=True, postponed=self.postponed + 1)

    def back(self) -> Conversation:
        """Open the question before."""
        return dataclasses.replace(
            self, response=self.response.back(), refusals=0, suggested=None, shown=True
        )
