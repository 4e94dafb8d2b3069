"""What the networks send us: told apart from forgeries, kept, and only then acknowledged."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

import structlog
from starlette.background import BackgroundTask
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.channels.base import Address, Inbound, Unreadable
from bot.inbox import FullError
from bot.limits import Limit
from bot.web.gate import Gate
from storage.trouble import trouble

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from bot.channels.base import Accept, Report
    from bot.channels.sms import SmsChannel
    from bot.channels.telegram import TelegramChannel

BODY_LIMIT = 1_000_000
"""Bytes of an update from Telegram that are read; its own are a few thousand."""

FORM_LIMIT = 100_000
"""The same of a form, which has to be read before it is known whether Twilio sent it."""

BODY_SECONDS = 10.0
"""How long a request may take to arrive."""

COME_AGAIN = 5
"""Seconds after which a network may bring again what could not be kept."""

_FIELD_LIMIT = 1000
_LENGTH = re.compile(r"[0-9]{1,18}")
_TELEGRAM_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
_TWILIO_SIGNATURE = "X-Twilio-Signature"

Endpoint = Callable[[Request], Awaitable[Response]]

_log: FilteringBoundLogger = structlog.get_logger()


class _TooLargeError(Exception):
    """The body is longer than a network would ever send."""


class _SlowError(Exception):
    """The body did not arrive in time."""


class _ForgedError(Exception):
    """No network sent this."""


def telegram_webhook(channel: TelegramChannel, accept: Accept, gate: Gate) -> Endpoint:
    """Serve Telegram's updates; anything but 2xx makes Telegram send the update again."""

    async def endpoint(request: Request) -> Response:
        if not channel.genuine(request.headers.get(_TELEGRAM_SECRET)):
            raise _ForgedError
        inbound = _update(channel, await _body(request, BODY_LIMIT))
        if inbound is not None:
            await accept((inbound,))
            return Response(background=BackgroundTask(channel.settle, inbound))
        return Response()

    return _answering("telegram", endpoint, gate)


def sms_webhook(channel: SmsChannel, accept: Accept, gate: Gate) -> Endpoint:
    """Serve Twilio's incoming messages; the answer says that nothing is to be sent in return."""

    async def endpoint(request: Request) -> Response:
        await accept((channel.read(await _signed_form(channel, request)),))
        return _nothing_to_say()

    return _answering("sms", endpoint, gate)


def sms_status_webhook(channel: SmsChannel, report: Report, gate: Gate) -> Endpoint:
    """Serve Twilio's reports of how a message fared."""

    async def endpoint(request: Request) -> Response:
        found = channel.read_status(await _signed_form(channel, request))
        if found is not None:
            await report((found,))
        return _nothing_to_say()

    return _answering("sms/status", endpoint, gate)


def _answering(source: str, endpoint: Endpoint, gate: Gate) -> Endpoint:
    """Let in what there is room for, and answer with the status that makes a network do the right thing."""

    async def answer(request: Request) -> Response:
        if not gate.enter():
            return _later(1)
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001 - the top of a request
            return _fault(source, request, error, gate)
        finally:
            gate.leave()

    return answer


def _fault(source: str, request: Request, error: Exception, gate: Gate) -> Response:
    match error:
        case _ForgedError():
            return gate.forged(source, request)
        case _TooLargeError():
            gate.note(Limit.BODY)
            return Response(status_code=413)
        case _SlowError():
            gate.note(Limit.SLOW)
            return Response(status_code=408)
        case ClientDisconnect():
            return Response(status_code=400)
        case FullError():
            return _later(COME_AGAIN)
        case _ if trouble(error) is None:
            # Not the whole error: a database's may hold what somebody wrote.
            _log.error(
                "what came by webhook was not kept; the network is asked to send it again",
                action="webhook.failed",
                source=source,
                error=type(error).__name__,
            )
    return _later(COME_AGAIN)


def _later(seconds: int) -> Response:
    return Response(status_code=503, headers={"Retry-After": str(seconds)})


def _nothing_to_say() -> Response:
    return Response("<Response/>", media_type="text/xml")


async def _body(request: Request, limit: int) -> bytes:
    announced = request.headers.get("Content-Length", "")
    if _LENGTH.fullmatch(announced) and int(announced) > limit:
        raise _TooLargeError
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _TooLargeError
    except TimeoutError:
        raise _SlowError from None
    return bytes(body)


async def _signed_form(channel: SmsChannel, request: Request) -> Mapping[str, str]:
    """Read the form, if Twilio signed it; what bears no signature is not read."""
    signature = request.headers.get(_TWILIO_SIGNATURE)
    if not signature:
        raise _ForgedError
    text = (await _body(request, FORM_LIMIT)).decode(errors="replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELD_LIMIT)
    except ValueError:
        raise _ForgedError from None
    form = ImmutableMultiDict(pairs)
    if not channel.genuine(_path_and_query(request), form, signature):
        raise _ForgedError
    return form


def _path_and_query(request: Request) -> str:
    """Give back what stood in the request line, still escaped."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    query: bytes = request.scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _update(channel: TelegramChannel, body: bytes) -> Inbound | None:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return channel.read(found)
    return Inbound(
        channel=channel.name,
        account=channel.account,
        external_id="unreadable-" + hashlib.sha256(body).hexdigest()[:40],
        address=Address(""),
        said=Unreadable(body.decode(errors="replace").replace("\x00", "")),
        at=datetime.now(UTC),
    )
