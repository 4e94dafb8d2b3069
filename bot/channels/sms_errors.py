"""What Twilio's error codes mean for the sender of a message: one table.

The reasons are in our words. Twilio's own messages quote the number that was written to, so none
of them may reach a log or an exception text.

Source: twilio.com/docs/api/errors, one page a code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType

from bot.channels.base import (
    Cause,
    ChannelError,
    NoAnswerError,
    NotNowError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)


class Move(StrEnum):
    """What the caller must do next.

    BAR_ADDRESS: stop writing to an address, as STOP_ADDRESS does; but what keeps us from it is ours to mend.
    """

    STOP_SENDER = "stop_sender"
    STOP_ADDRESS = "stop_address"
    BAR_ADDRESS = "bar_address"
    OPTED_OUT = "opted_out"
    HOLD_SENDER = "hold_sender"
    CALL_AGAIN = "call_again"
    TRY_AGAIN = "try_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One code's meaning; `wait` counts for HOLD_SENDER and CALL_AGAIN only."""

    move: Move
    reason: str
    wait: timedelta = timedelta()


_SECONDS_10 = timedelta(seconds=10)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

CODES: Mapping[int, Verdict] = MappingProxyType(
    {
        20003: Verdict(Move.STOP_SENDER, "the account's credentials were refused"),
        20404: Verdict(Move.STOP_SENDER, "the account was not found"),
        20429: Verdict(Move.HOLD_SENDER, "too many requests", _SECONDS_10),
        21211: Verdict(Move.STOP_ADDRESS, "not a valid number"),
        21212: Verdict(Move.STOP_SENDER, "our number is not valid"),
        21217: Verdict(Move.STOP_ADDRESS, "not a number that can be written"),
        21408: Verdict(Move.BAR_ADDRESS, "this region is not enabled for the account"),
        21602: Verdict(Move.GIVE_UP, "the message is empty"),
        21603: Verdict(Move.STOP_SENDER, "no number of ours was given to send from"),
        21606: Verdict(Move.STOP_SENDER, "our number can't send this"),
        21608: Verdict(Move.BAR_ADDRESS, "a trial account writes to verified numbers only"),
        21610: Verdict(Move.OPTED_OUT, "the person opted out"),
        21611: Verdict(Move.HOLD_SENDER, "our number's queue is full", _MINUTE),
        21614: Verdict(Move.STOP_ADDRESS, "not a mobile number"),
        21617: Verdict(Move.GIVE_UP, "the message is longer than 1,600 characters"),
        21635: Verdict(Move.STOP_ADDRESS, "a landline"),
        21659: Verdict(Move.STOP_SENDER, "our number is not one of Twilio's"),
        21660: Verdict(Move.STOP_SENDER, "our number is not the account's"),
        30001: Verdict(Move.HOLD_SENDER, "the queue is full", _MINUTE),
        30002: Verdict(Move.STOP_SENDER, "the account is suspended"),
        30003: Verdict(Move.CALL_AGAIN, "the phone could not be reached", _HOUR),
        30004: Verdict(Move.BAR_ADDRESS, "blocked at the other end"),
        30005: Verdict(Move.STOP_ADDRESS, "an unknown number"),
        30006: Verdict(Move.STOP_ADDRESS, "a landline, or a network out of reach"),
        30007: Verdict(Move.BAR_ADDRESS, "filtered by the network"),
        30008: Verdict(Move.CALL_AGAIN, "not delivered, for a reason nobody knows", _HOUR),
        30022: Verdict(Move.HOLD_SENDER, "over the sender's rate", _MINUTE),
        30034: Verdict(Move.STOP_SENDER, "our number is not registered"),
        30036: Verdict(Move.GIVE_UP, "its validity ended before it could go"),
        63016: Verdict(Move.GIVE_UP, "outside the 24 hours in which free text may be sent"),
        63017: Verdict(Move.HOLD_SENDER, "over the sender's rate", _MINUTE),
        63038: Verdict(Move.HOLD_SENDER, "the account's daily limit is reached", _HOUR),
    }
)
"""Every code that this product knows what to do about."""

_ERRORS: Mapping[Move, Callable[[str, timedelta], ChannelError]] = MappingProxyType(
    {
        Move.STOP_SENDER: lambda reason, _: SenderFaultError(reason),
        Move.STOP_ADDRESS: lambda reason, _: UnreachableError(reason),
        Move.BAR_ADDRESS: lambda reason, _: UnreachableError(reason, barred=True),
        Move.OPTED_OUT: lambda reason, _: UnreachableError(reason, opted_out=True),
        Move.HOLD_SENDER: lambda reason, wait: NotNowError(reason, wait, whole_sender=True),
        Move.CALL_AGAIN: NoAnswerError,
        Move.TRY_AGAIN: lambda reason, _: ChannelError(reason),
        Move.GIVE_UP: lambda reason, _: RefusedError(reason),
    }
)

CAUSES: Mapping[Move, Cause] = MappingProxyType(
    {
        Move.STOP_SENDER: Cause.SENDER_FAULT,
        Move.STOP_ADDRESS: Cause.UNREACHABLE,
        Move.BAR_ADDRESS: Cause.BARRED,
        Move.OPTED_OUT: Cause.OPTED_OUT,
        Move.HOLD_SENDER: Cause.BUSY,
        Move.CALL_AGAIN: Cause.NO_ANSWER,
    }
)
"""What a code means that is reported after a message was taken; what isn't here concerns the one message."""

_ACCOUNT_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


def refusal(status: int, code: int | None, retry_after: timedelta | None = None) -> ChannelError:
    """Say in our errors why Twilio did not take a message.

    Args:
        status: the HTTP status, below 500: a 5xx is an unknown outcome, not a refusal.
        code: Twilio's own code, where the answer held one.
        retry_after: how long the answer itself asks to wait, where it does.
    """
    verdict = CODES.get(code or 0) or _by_status(status)
    reason = f"Twilio {code or f'HTTP {status}'}: {verdict.reason}"
    return _ERRORS[verdict.move](reason, retry_after or verdict.wait)


def _by_status(status: int) -> Verdict:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return CODES[20429]
    if status in _ACCOUNT_STATUSES:
        return Verdict(Move.STOP_SENDER, "the account was refused")
    if status == HTTPStatus.BAD_REQUEST:
        return Verdict(Move.GIVE_UP, "the message was refused")
    return Verdict(Move.TRY_AGAIN, "not taken")
