"""What follows from a message or a button, by how it was read."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from bot import replies
from bot.conversation import effects as then
from bot.conversation.effects import Effect, Turn
from bot.conversation.state import (
    EXPLAIN_AFTER,
    GIVE_UP_AFTER,
    ONE_BY_ONE_AFTER,
    POSTPONEMENTS,
    Conversation,
)
from bot.plain import fold
from bot.replies import AllPoints, Comment, Correction, Later, Points, Reply, Steer, Unclear, Why
from scoring.instrument import Mark

_AT_ANY_TIME = (Steer.STOP, Steer.START, Steer.HELP, Steer.BACK, Steer.BREAK)
"""What needs no question to be an answer to; so do a correction and putting it off."""

_TELLING = 2
"""From so many words on, what stands beside an unclear number is passed on."""

_AROUND = " .!?"

_ECHOED = 2
"""How many words a re-ask may take up."""


def advance(conversation: Conversation, text: str) -> Turn:
    """Decide everything that follows from what a client wrote to the open question.

    Args:
        conversation: the check-in as it stands.
        text: the client's message, as typed.
    """
    reading = replies.read(text, conversation.expecting())
    decide = _resumed if conversation.held else _turn
    return concluded(decide(conversation, reading.reply, text), text, at_risk=reading.at_risk)


def choose(conversation: Conversation, mark: Mark) -> Turn:
    """Decide what follows from a button of the open question: an answer, or None to skip."""
    if conversation.held:
        return settled(_resumed(conversation, Steer.GO_ON, ""))
    seen = dataclasses.replace(conversation, shown=True, together=False)
    return concluded(_turn(seen, Steer.SKIP if mark is None else Points(mark), ""), "", at_risk=False)


def corrects_earlier(conversation: Conversation, text: str) -> Correction | None:
    """Tell whether a text before a check-in's first answer is meant for the check-in before it.

    It is read as a correction would be if there were an answer; `advance` reads it as one to this question.
    """
    if conversation.response.position or conversation.held:
        return None
    earlier = dataclasses.replace(conversation.expecting(), answered=1, answers=replies.USUAL)
    reading = replies.read(text, earlier)
    return reading.reply if isinstance(reading.reply, Correction) and not reading.at_risk else None


def _turn(  # noqa: PLR0911 (one for each kind of reply)
    conversation: Conversation, reply: Reply, text: str
) -> Turn:
    if not conversation.shown and reply not in _AT_ANY_TIME and not isinstance(reply, Correction | Later):
        return Turn(conversation, (*_words_of(reply, text), then.Ask()), "early")
    match reply:
        case Points(tenths) if not conversation.at_once:
            return _answered(conversation, (tenths,), _words_of(reply, text))
        case Points():
            return _unclear(conversation, Unclear(Why.SEVERAL), text, _words_of(reply, text))
        case AllPoints(tenths):
            return _answered(conversation, tenths, _words_of(reply, text))
        case Correction(tenths):
            return _corrected(conversation, tenths, _words_of(reply, text))
        case Later(minutes, until):
            enough = conversation.postponed >= POSTPONEMENTS
            follows = then.Rest() if enough else then.Postpone(minutes, until)
            return Turn(conversation.put_off(), (follows,), "later")
        case Comment(words):
            return Turn(conversation, (then.PassOn(words), then.Ask()), "comment")
        case Unclear():
            resting = conversation.resting and reply.why is Why.WORDS
            decide = _while_resting if resting else _unclear
            return decide(conversation, reply, text, _words_of(reply, text))
        case Steer():
            return _steered(conversation, reply, text)
        case _:
            assert_never(reply)


def _words_of(reply: Reply, text: str) -> tuple[then.PassOn, ...]:
    """Pass on what was written beside an answer, and whatever was none and is more than a number."""
    match reply:
        case Points() | AllPoints() | Correction():
            telling = bool(reply.comment)
        case Unclear(why):
            words = [word for word in text.split() if sum(map(str.isalpha, word)) > 1]
            telling = why is Why.WORDS or len(words) >= _TELLING
        case Comment() | Steer.NO_SESSION:
            telling = True
        case _:
            telling = False
    return (then.PassOn(text),) if telling else ()


def _answered(
    conversation: Conversation, marks: tuple[Mark, ...], words: tuple[then.PassOn, ...] = ()
) -> Turn:
    kept: list[Effect] = []
    after = conversation
    for mark in marks:
        kept.append(then.Keep(after.response.position, mark))
        after = after.answering(mark)
    thanks = (then.Acknowledge(),) if words else ()
    follows = then.Finish() if after.response.done else then.Ask()
    answered = "score" if len(marks) == 1 else "scores"
    return Turn(after, (*kept, *words, *thanks, follows), "skip" if marks[0] is None else answered)


def _corrected(conversation: Conversation, mark: int, words: tuple[then.PassOn, ...]) -> Turn:
    """Change the answer before. Where the client put the rest off, it stays put off."""
    *_, was = conversation.response.marks
    position = conversation.response.position - 1
    thanks = (then.Acknowledge(),) if words else ()
    follows = () if conversation.resting else (then.Ask(),)
    after = conversation.correcting(position, mark)
    return Turn(after, (then.Correct(position, was, mark), *words, *thanks, *follows), "correction")


def _unclear(conversation: Conversation, reply: Unclear, text: str, words: tuple[then.PassOn, ...]) -> Turn:
    if conversation.suggested is not None and replies.says(text, conversation.language, "decline"):
        reply, words = Unclear(Why.QUANTITY), ()
    after = conversation.refusing(None if conversation.at_once else reply.suggest)
    if conversation.at_once and after.refusals >= ONE_BY_ONE_AFTER:
        return Turn(after.one_by_one(), (*words, then.OneByOne(), then.Ask()), "unclear")
    if after.refusals >= GIVE_UP_AFTER:
        return Turn(after, (*words, then.GiveUp()), "unclear")
    said = fold(text).strip(_AROUND) if reply.why is Why.WORDS and len(text.split()) <= _ECHOED else ""
    explain = after.refusals >= EXPLAIN_AFTER
    return Turn(after, (*words, then.AskAgain(reply.why, after.suggested, explain, said)), "unclear")


def _while_resting(
    conversation: Conversation, reply: Unclear, text: str, words: tuple[then.PassOn, ...]
) -> Turn:
    """Answer words while the questions are put off: they are no try at an answer."""
    del reply
    if any(replies.says(text, conversation.language, name) for name in ("nothing", "accept")):
        return Turn(conversation, (then.AllRight(),), "nothing")
    return Turn(conversation, (*words, then.Noted()), "comment")


def _steered(  # noqa: PLR0911 (one for each word)
    conversation: Conversation, steer: Steer, text: str
) -> Turn:
    match steer:
        case Steer.SKIP:
            return _answered(conversation, (None,) * (conversation.remaining if conversation.at_once else 1))
        case Steer.BACK:
            return _back(conversation)
        case Steer.GO_ON:
            return Turn(conversation, (then.Ask(),), steer)
        case Steer.STOP:
            return Turn(conversation, (then.OptOut(),), steer)
        case Steer.START:
            return Turn(conversation.unsuggested(), (then.OptIn(), then.Ask()), steer)
        case Steer.HELP:
            follows = () if conversation.resting else (then.Ask(),)
            return Turn(conversation.unsuggested(), (then.Explain(), *follows), steer)
        case Steer.NO_SESSION:
            return Turn(conversation, (then.NoSession(text),), steer)
        case Steer.BREAK:
            return Turn(conversation, (then.TakeBreak(),), steer)
        case _:
            assert_never(steer)


def _back(conversation: Conversation) -> Turn:
    if not conversation.response.marks:
        return Turn(conversation, (then.NothingBefore(), then.Ask()), Steer.BACK)
    after = conversation.back()
    taken = then.TakeBack(after.response.position, conversation.response.marks[-1])
    return Turn(after, (taken, then.Ask()), Steer.BACK)


def _resumed(conversation: Conversation, reply: Reply, text: str) -> Turn:
    """After a crisis STOP, HELP and a break work as ever; a number or a word that steers only asks again."""
    match reply:
        case Steer.STOP | Steer.BREAK:
            return _steered(conversation, reply, text)
        case Steer.HELP:
            return Turn(conversation, (then.Explain(),), reply)
        case Steer.NO_SESSION:
            return Turn(conversation, (then.PassOn(text), then.StandBy()), "comment")
        case Steer() | Points() | AllPoints() | Correction():
            after = dataclasses.replace(conversation, held=False)
            return Turn(after, (*_words_of(reply, text), then.Ask()), Steer.GO_ON)
        case _:
            return Turn(conversation, (then.PassOn(text), then.StandBy()), "comment")


def settled(turn: Turn) -> Turn:
    """Rest no longer once a question is put or the check-in ends."""
    rests = turn.conversation.resting
    if rests and any(isinstance(effect, then.Put | then.Ending) for effect in turn.effects):
        return dataclasses.replace(turn, conversation=dataclasses.replace(turn.conversation, resting=False))
    return turn


def concluded(turn: Turn, text: str, *, at_risk: bool) -> Turn:
    """Put help before everything else where a text or an answer tells of danger; else let the turn stand.

    Args:
        turn: what was decided.
        text: what the client wrote; "" for a button.
        at_risk: whether the text tells of danger.
    """
    answered = _of_danger(turn)
    if not at_risk and not answered:
        return settled(turn)
    telling = at_risk or any(isinstance(effect, then.PassOn) for effect in turn.effects)
    return _with_help_first(turn, then.Crisis(text if telling else "", answered))


def _of_danger(turn: Turn) -> tuple[tuple[int, int], ...]:
    """Give the answers to risk items that a turn keeps; one corrected downwards has alarmed before."""
    instrument, found = turn.conversation.response.instrument, list[tuple[int, int]]()
    if not instrument.risk_items:
        return ()
    for effect in turn.effects:
        match effect:
            case then.Keep(position, int(mark)) if instrument.is_risk(position, mark):
                found.append((position, mark))
            case then.Correct(position, was, int(mark)) if instrument.is_risk(position, mark):
                found += [(position, mark)] if was is None or mark > was else []
            case _:
                pass
    return tuple(found)


def _with_help_first(turn: Turn, crisis: then.Crisis) -> Turn:
    """Put help before everything else, keep an answer, and pause: the bot asks nothing more by itself."""
    stays = (then.Keep, then.Correct, then.TakeBack, then.Finish, then.OptOut)
    rest = tuple(effect for effect in turn.effects if isinstance(effect, stays))
    conversation = dataclasses.replace(
        turn.conversation, held=True, refusals=0, suggested=None, resting=False
    )
    kept = any(isinstance(effect, then.Keep | then.Correct) for effect in rest)
    return Turn(conversation, (crisis, *rest), turn.reading if kept else "crisis")
