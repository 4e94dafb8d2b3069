"""What becomes of a message that was not simply sent: what to do, when, and why, as values.

Worked figures, without jitter (waits grow by up to a quarter, those that a network names by up to a tenth):

| what happened | attempt | what follows |
|---|---|---|
| the network gave no usable answer, but took nothing | 1 | again in 5 s |
| the same | 2, 3, 4, 5 | again in 10 s, 20 s, 40 s, 80 s |
| the same | 10, 11 | again in 30 min; what is of danger in 1 min |
| the same: a "thank you", a note | 12 | given up, after 103 min in all |
| the same: a question, an alert, a crisis text, words, an alarm | 12 and more | as at 11; it is told once |
| "not now, wait 40 s" | any | again in 40 s, however often; where it is said of the sender, all rest |
| our own account is at fault | any | again in 5 min, all rest, operators hear of it once a day a reason |
| the same, twice in a row for one message | any | again in 5 min, but only that message rests |
| the same, though others go | 12 | given up, and the address with it |
| the phone did not answer (reported, or at once) | 1 | again in an hour |
| the same | 2 | given up, and the address with it |
| refused for good | any | given up; the address is lost where it was refused, not the message |
| nobody knows whether it went | any | the network is asked in 15 s, and every 15 s from then |
| the network is sure that it did not | 1 to 11 | again at once; from 12 on as if it had taken nothing |
| the network can't be asked: a question, an alert | 1st, 2nd time | again at once |
| the same | 3rd time | a question counts as sent; an alert as given up, so that operators hear |
| the network can't be asked: a "thank you" | 1 | counts as sent: it is not worth a double |
| it can be asked, but for 5 min does not answer: an alert, a crisis text | 1st, 2nd time | again at once |

How often nobody knew is counted apart: whoever was refused a connection has sent no double. Nothing is tried
again past its validity: that is seen to where messages are leased.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from bot.channels.base import (
    Cause,
    ChannelError,
    NoAnswerError,
    NotNowError,
    OutcomeUnknownError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)

ATTEMPTS: Final = 12
"""After so many attempts a message has failed, or is tried on but no longer counted on: some two hours."""

REPEATS: Final = 3
"""How often what is worth a double is sent at most: a network may deliver each and never say so."""

ASK_FOR: Final = timedelta(minutes=5)
"""How long a network that can't answer is asked about what somebody must get; then it goes again."""

_SENDER_PAUSE = timedelta(minutes=5)
_ASK_AGAIN = timedelta(seconds=15)
_CRISIS_WAIT = timedelta(minutes=1)
_BUSY = timedelta(minutes=1)
_CALL_AGAIN = timedelta(hours=1)
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=30)

_ANSWERED_FOR = frozenset({"crisis", "alert", "alarm", "lost alarm", "remark"})
"""What somebody must get: it outlasts any outage, and a network's silence is not waited for.

Where it is never known whether such a message went, it counts as given up, so that somebody hears.
"""

_TRIED_ON = _ANSWERED_FOR | {"question", "reminder", "together"}
"""What has no limit of attempts while a network takes nothing: a question ends with its check-in."""

_REPEATED = _TRIED_ON | {"consent", "note", "edit"}
"""What is sent again where a network can't say whether it was sent; a "thank you" is not worth a double.

An edit made twice changes nothing the second time.
"""


class Fate(StrEnum):
    """What becomes of a message: sent again, asked about, given up, or taken as sent."""

    AGAIN = "again"
    ASK = "ask"
    GIVEN_UP = "given_up"
    TAKEN_AS_SENT = "taken_as_sent"


class Loss(StrEnum):
    """Why nothing goes to an address any more: the network refuses it, or the person asked for silence."""

    UNREACHABLE = "unreachable"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class Tried:
    """A message after an attempt.

    Attributes:
        kind: what it is ("question", "alert").
        attempts: how often it was sent, this time among them; from 1 on.
        crisis: whether it is of the first priority.
        called_before: whether a network has said of it before that the phone did not answer.
        unsure: how often before nobody ever knew whether it went.
        faulted_before: whether the attempt before this one met a fault of our account too.
    """

    kind: str
    attempts: int
    crisis: bool = False
    called_before: bool = False
    unsure: int = 0
    faulted_before: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """A decision on a message that was not simply sent.

    Attributes:
        fate: what to do.
        why: the reason, in a word for the database; of what is barred in the channel's, up to 64 characters.
        at: when (aware UTC), where it is to be done again or asked about.
        rests: the whole sender rests until `at`.
        lost: what the address has become, where nothing may go there any more.
        no_answer: the phone did not answer; should it not answer again, its address is given up.
        sender_fault: operators must look after our account.
        barred: operators must look after what keeps us from this one address.
        stalled: it is tried on, but has not gone for so long that whoever would hear of its end hears now.
        said: why the network refused this message or our account, in the channel's words (64 characters).
        unsure: it goes again though nobody will ever know whether this attempt went.
    """

    fate: Fate
    why: str
    at: datetime | None = None
    rests: bool = False
    lost: Loss | None = None
    no_answer: bool = False
    sender_fault: bool = False
    barred: bool = False
    stalled: bool = False
    said: str = ""
    unsure: bool = False


def backoff(attempts: int, jitter: float) -> timedelta:
    """Give the wait before the next attempt: 5 s, 10 s, 20 s … half an hour, up to a quarter more by jitter.

    Args:
        attempts: how many were made, from 1 on.
        jitter: from 0 to 1.
    """
    wait = min(_FIRST_WAIT * (1 << min(attempts - 1, 20)), _LONGEST_WAIT)
    return wait * (1 + jitter / 4)


def after(tried: Tried, error: ChannelError, now: datetime, jitter: float) -> Retry:
    """Decide what follows from a network's refusal, or its silence.

    Args:
        tried: the message.
        error: what the channel said.
        now: the present moment (aware UTC).
        jitter: from 0 to 1, so that those who were refused together do not come back together.
    """
    why = type(error).__name__
    match error:
        case UnreachableError():
            lost = Loss.OPTED_OUT if error.opted_out else Loss.UNREACHABLE
            said = str(error)[:64] if error.barred else why  # whoever is to mend it must know what
            return Retry(Fate.GIVEN_UP, said, lost=lost, barred=error.barred)
        case NoAnswerError() if tried.called_before:
            return Retry(Fate.GIVEN_UP, why, lost=Loss.UNREACHABLE)
        case RefusedError():
            return Retry(Fate.GIVEN_UP, why, said=str(error)[:64])
        case OutcomeUnknownError():
            return Retry(Fate.ASK, why, now + _ASK_AGAIN)
        case _:
            return _later(tried, error, now, jitter)


def _later(tried: Tried, error: ChannelError, now: datetime, jitter: float) -> Retry:
    """Decide about what was not sent and may be."""
    why = type(error).__name__
    match error:
        case NotNowError():
            at = now + error.wait * (1 + jitter / 10)
            no_answer = isinstance(error, NoAnswerError)
            return Retry(Fate.AGAIN, why, at, rests=error.whole_sender, no_answer=no_answer)
        case SenderFaultError():
            said, rests = str(error)[:64], not tried.faulted_before
            at = now + _SENDER_PAUSE
            return Retry(Fate.AGAIN, why, at, rests=rests, sender_fault=True, said=said)
        case _:
            return _not_taken(tried, why, now, jitter)


def _not_taken(tried: Tried, why: str, now: datetime, jitter: float) -> Retry:
    """Decide about what certainly did not go, for no reason that says when it may."""
    if tried.attempts >= ATTEMPTS and tried.kind not in _TRIED_ON:
        return Retry(Fate.GIVEN_UP, why)
    wait = backoff(tried.attempts, jitter)
    at = now + (min(wait, _CRISIS_WAIT) if tried.crisis else wait)
    return Retry(Fate.AGAIN, why, at, stalled=tried.attempts >= ATTEMPTS)


def after_report(tried: Tried, cause: Cause | None, now: datetime, jitter: float) -> Retry:
    """Decide what follows from a network's later word that a message did not arrive.

    It is as if the message had been refused at once; but a network that takes a message each time and then
    loses it is not asked for ever: after the twelfth time the message is given up. What somebody must get is
    tried on, but then waits alone.

    Args:
        tried: the message.
        cause: why it did not arrive; None where nothing follows from that.
        now: the present moment (aware UTC).
        jitter: from 0 to 1.
    """
    retry = after(tried, _as_if(cause, tried.attempts), now, jitter)
    if retry.fate is not Fate.GIVEN_UP and tried.attempts >= ATTEMPTS:
        must = tried.kind in _ANSWERED_FOR
        given_up = dataclasses.replace(retry, fate=Fate.GIVEN_UP, at=None)
        retry = dataclasses.replace(retry if must else given_up, rests=False, stalled=must)
    return dataclasses.replace(retry, why=cause or "failed", said="")


def _as_if(cause: Cause | None, attempts: int) -> ChannelError:
    """Give what a channel would have raised, had it known at once."""
    why = "reported"
    match cause:
        case None:
            return RefusedError(why)
        case Cause.OPTED_OUT:
            return UnreachableError(why, opted_out=True)
        case Cause.UNREACHABLE | Cause.BARRED:
            return UnreachableError(why, barred=cause is Cause.BARRED)
        case Cause.NO_ANSWER:
            return NoAnswerError(why, _CALL_AGAIN)
        case Cause.BUSY:
            return NotNowError(why, max(backoff(attempts, 0.0), _BUSY), whole_sender=True)
        case Cause.SENDER_FAULT:
            return SenderFaultError(why)
        case _:
            assert_never(cause)


def not_there(tried: Tried, now: datetime) -> Retry:
    """Decide about a message of which the network is sure that it was not sent."""
    if tried.attempts >= ATTEMPTS:
        return _not_taken(tried, "unconfirmed", now, 0.0)
    return Retry(Fate.AGAIN, "repeated", now)


def unconfirmed(tried: Tried, now: datetime) -> Retry:
    """Decide where a network can't be asked: what matters goes again a few times, the rest counts as sent."""
    if tried.kind in _REPEATED and tried.unsure + 1 < REPEATS:
        return Retry(Fate.AGAIN, "repeated", now, unsure=True)
    fate = Fate.GIVEN_UP if tried.kind in _ANSWERED_FOR else Fate.TAKEN_AS_SENT
    return Retry(fate, "unconfirmed")


def unanswered(tried: Tried, error: Exception, sent_at: datetime, now: datetime) -> Retry:
    """Decide where a network that can be asked does not answer; what somebody must get can't wait for ever.

    Args:
        tried: the message.
        error: what came instead of an answer.
        sent_at: when the attempt was made of which nobody knows.
        now: the present moment (both aware UTC).
    """
    if tried.kind in _ANSWERED_FOR and now - sent_at >= ASK_FOR:
        return unconfirmed(tried, now)
    at_fault = isinstance(error, SenderFaultError)
    return Retry(Fate.ASK, type(error).__name__, now + _ASK_AGAIN, sender_fault=at_fault)
