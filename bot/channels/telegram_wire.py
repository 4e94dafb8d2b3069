"""The wire to Telegram: python-telegram-bot as transport, and its errors as the caller's next move.

Two things are ours here because the library's own would leak or lose something: answers that are
not the Bot API's are told apart before the library writes them into a log or an error's text, and
updates are fetched undecoded, so that one which it can't read doesn't stop all the others.
"""

from __future__ import annotations

import json
import logging
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import httpx
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.channels.base import (
    ChannelError,
    NotNowError,
    OutcomeUnknownError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)

POLL_CONNECTIONS = 4
"""A pool of one, the library's default, is empty while a dropped connection is still being closed."""

OTHER_CONNECTIONS = 64

NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""What happens before a request leaves this machine; after anything else it may have arrived."""

NO_SUCH_CHAT = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")
"""Bad requests, by their description, that speak of the address and not of the message."""

UNREADABLE_RESULT = (AttributeError, KeyError, TypeError, ValueError)
"""What the library lets through when the result it decodes lacks what it counts on."""

# The library has begun to give times as timedelta, and warns wherever it still gives a number.
os.environ.setdefault("PTB_TIMEDELTA", "true")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Telegram, in seconds.

    Attributes:
        connect: for a connection, a free place in the pool, and the sending of a request.
        answer: for the answer to a request (to a poll: beyond the time it asks to be held).
        pauses: after polls that failed one after another; the last is used from then on.
    """

    connect: float = 5.0
    answer: float = 15.0
    pauses: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)

    def pause(self, failures: int) -> float:
        """Give the pause after so many failures in a row, one or more."""
        return self.pauses[min(failures, len(self.pauses)) - 1]


class NotTelegramError(NetworkError):
    """Something between us and Telegram answered in its place, so the request never got there."""


class BotWire(Bot):
    """The library's `Bot` on connections of our own, with updates as Telegram wrote them."""

    __slots__ = ()

    def __init__(self, token: str, api_base: str, patience: Patience) -> None:
        """Prepare, without connecting; `api_base` has neither "/bot" nor the token in it."""
        base = api_base.rstrip("/")
        super().__init__(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=_connections(patience, OTHER_CONNECTIONS),
            get_updates_request=_connections(patience, POLL_CONNECTIONS),
        )

    async def raw_updates(self, offset: int | None, kinds: Sequence[str], hold: int) -> list[object]:
        """Fetch updates from `offset` on; where there are none Telegram holds the request.

        Args:
            offset: confirms all updates before it, for good; None confirms nothing.
            kinds: the kinds of update wanted.
            hold: for how many seconds to hold the request.
        """
        asked = {"offset": offset, "timeout": hold, "allowed_updates": list(kinds)}
        patience = hold + (self.request.read_timeout or 0)
        result: object = await self._post("getUpdates", asked, read_timeout=patience)
        if not isinstance(result, list):
            message = "Telegram's answer to a poll is not a list."
            raise NetworkError(message)
        return result


@cache
def _trusted() -> ssl.SSLContext:
    """Load the certificates to trust, once: it takes as long as dozens of messages."""
    return httpx.create_ssl_context()


def _connections(patience: Patience, number: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=number,
        read_timeout=patience.answer,
        write_timeout=patience.connect,
        connect_timeout=patience.connect,
        pool_timeout=patience.connect,
        httpx_kwargs={"verify": _trusted(), "event_hooks": {"response": [_refuse_strange_answer]}},
    )


async def _refuse_strange_answer(response: httpx.Response) -> None:
    """Let through only what the Bot API writes, so that the library never meets anything else."""
    status = response.status_code
    if _is_answer(status, await response.aread()):
        return
    reason = f"The answer ({status}) is not the Bot API's."
    if httpx.codes.is_redirect(status) or httpx.codes.is_client_error(status):
        raise NotTelegramError(reason)
    raise NetworkError(reason)


def _is_answer(status: int, body: bytes) -> bool:
    try:
        answer: object = json.loads(body.decode("utf-8", "replace"))
    except ValueError:
        return False
    return (
        isinstance(answer, dict) and ("result" if httpx.codes.is_success(status) else "description") in answer
    )


def keep_token_out_of_logs() -> None:
    """Raise the level of the loggers below us: they write URLs (with the token) and whole messages.

    httpx logs each request's URL at INFO; the library logs parameters and results at DEBUG.
    """
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def translated(*, repeatable: bool = False) -> Iterator[None]:
    """Raise what goes wrong inside as a `ChannelError`.

    Args:
        repeatable: doing it twice is as good as once (an edit), so an unknown outcome is none.
    """
    try:
        yield
    except TelegramError as error:
        fault = channel_error(error)
        if repeatable and isinstance(fault, OutcomeUnknownError):
            fault = ChannelError(str(fault))
        raise fault from error
    except UNREADABLE_RESULT as error:
        reason = "Telegram's answer could not be read."
        raise (ChannelError if repeatable else OutcomeUnknownError)(reason) from error


def channel_error(error: TelegramError) -> ChannelError:
    """Say what to do next. The order matters: most of the library's errors are NetworkErrors too."""
    match error:
        case Forbidden() | ChatMigrated():
            return _forbidden(error)
        case RetryAfter():
            return NotNowError("Telegram asks for a pause.", wait_of(error), whole_sender=True)
        case InvalidToken():
            return SenderFaultError("Telegram does not accept the bot's token.")
        case BadRequest():
            return _bad_request(error)
        case NetworkError():
            return _no_answer(error)
        case _:
            return ChannelError("Telegram refused a request.")


def _forbidden(error: TelegramError) -> ChannelError:
    if "blocked" in error.message.lower():
        return UnreachableError("The person blocked the bot.", opted_out=True)
    return UnreachableError("Telegram forbids writing to this chat.")


def _bad_request(error: BadRequest) -> ChannelError:
    if any(phrase in error.message.lower() for phrase in NO_SUCH_CHAT):
        return UnreachableError("Telegram knows no such chat.")
    return RefusedError("Telegram refuses this message.")


def _no_answer(error: NetworkError) -> ChannelError:
    if isinstance(error, NotTelegramError):
        return ChannelError("Something on the way answered in Telegram's place.")
    if isinstance(error.__cause__, NOT_SENT):
        return ChannelError("Telegram could not be reached.")
    return OutcomeUnknownError("Telegram gave no usable answer.")


def is_not_modified(error: BadRequest) -> bool:
    """Tell whether an edit was refused because everything stands there as it should already."""
    return "message is not modified" in error.message.lower()


def wait_of(error: RetryAfter) -> timedelta:
    """Give how long Telegram wants to be left alone, whichever type the library gives it in."""
    wait: object = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=float(str(wait)))
