"""An edited message: a correction of the answers that the same message gave, and of no other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot import replies
from bot.conversation.effects import Acknowledge, Ask, Correct, Effect, PassOn, Turn
from bot.conversation.state import Conversation
from bot.conversation.turns import concluded
from bot.replies import AllPoints, Points, Reply, Steer
from scoring.instrument import Mark


def amend(conversation: Conversation, positions: Sequence[int], text: str) -> Turn | None:
    """Decide what follows from an edit of the message that answered the items at `positions`.

    Args:
        conversation: the open check-in as it stands.
        positions: which answers came from the message, in order; not empty.
        text: how it reads now.

    Returns:
        None where it now reads as no answer to just these, or the check-in is paused.
    """
    if conversation.held:
        return None
    expecting = dataclasses.replace(
        conversation.expecting(), suggested=None, remaining=len(positions), answered=0
    )
    reading = replies.read(text, expecting)
    marks = _marks(reading.reply, len(positions))
    if marks is None:
        return None
    after, effects = conversation, list[Effect]()
    for position, mark in zip(positions, marks, strict=True):
        effects.append(Correct(position, after.response.marks[position], mark))
        after = after.correcting(position, mark)
    if isinstance(reading.reply, Points | AllPoints) and reading.reply.comment:
        effects += [PassOn(text), Acknowledge()]
    if not conversation.resting:
        effects.append(Ask())
    return concluded(Turn(after, tuple(effects), "correction"), text, at_risk=reading.at_risk)


def _marks(reply: Reply, wanted: int) -> tuple[Mark, ...] | None:
    match reply:
        case Points(tenths) if wanted == 1:
            return (tenths,)
        case AllPoints(tenths) if len(tenths) == wanted:
            return tenths
        case Steer.SKIP:
            return (None,) * wanted
        case _:
            return None
