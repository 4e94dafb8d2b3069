"""What the networks send us: told apart from forgeries, kept, and only then acknowledged."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from bot.channels.base import Accept, Report
    from bot.channels.sms import SmsChannel
    from bot.channels.telegram import TelegramChannel

BODY_LIMIT = 1_000_000
"""Bytes of a request that are read; a network's own are a few thousand."""

_FIELD_LIMIT = 1000
_LENGTH = re.compile(r"[0-9]{1,18}")
_TELEGRAM_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
_TWILIO_SIGNATURE = "X-Twilio-Signature"

Endpoint = Callable[[Request], Awaitable[Response]]

_log: FilteringBoundLogger = structlog.get_logger()


class _TooLargeError(Exception):
    """The body is longer than a network would ever send."""


def telegram_webhook(channel: TelegramChannel, accept: Accept) -> Endpoint:
    """Serve Telegram's updates; anything but 2xx makes Telegram send the update again."""

    async def endpoint(request: Request) -> Response:
        if not channel.genuine(request.headers.get(_TELEGRAM_SECRET)):
            return _refused("telegram")
        inbound = _update(channel, await _body(request))
        if inbound is not None:
            await accept((inbound,))
            return Response(background=BackgroundTask(channel.settle, inbound))
        return Response()

    return _answering("telegram", endpoint)


def sms_webhook(channel: SmsChannel, accept: Accept) -> Endpoint:
    """Serve Twilio's incoming messages; the answer says that nothing is to be sent in return."""

    async def endpoint(request: Request) -> Response:
        form = await _signed_form(channel, request)
        if form is None:
            return _refused("sms")
        await accept((channel.read(form),))
        return _nothing_to_say()

    return _answering("sms", endpoint)


def sms_status_webhook(channel: SmsChannel, report: Report) -> Endpoint:
    """Serve Twilio's reports of how a message fared."""

    async def endpoint(request: Request) -> Response:
        form = await _signed_form(channel, request)
        if form is None:
            return _refused("sms/status")
        found = channel.read_status(form)
        if found is not None:
            await report((found,))
        return _nothing_to_say()

    return _answering("sms/status", endpoint)


def _answering(source: str, endpoint: Endpoint) -> Endpoint:
    """Turn faults into the status that makes a network do the right thing."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _TooLargeError:
            return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - the top of a request
            # Not the whole error: a database's may hold what somebody wrote.
            _log.error(
                "what came by webhook was not kept; the network is asked to send it again",
                action="webhook.failed",
                source=source,
                error=type(error).__name__,
            )
            return Response(status_code=503)

    return answer


def _refused(source: str) -> Response:
    _log.warning("a webhook request that is not genuine was refused", action="webhook.refused", source=source)
    return Response(status_code=403)


def _nothing_to_say() -> Response:
    return Response("<Response/>", media_type="text/xml")


async def _body(request: Request) -> bytes:
    announced = request.headers.get("Content-Length", "")
    if _LENGTH.fullmatch(announced) and int(announced) > BODY_LIMIT:
        raise _TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise _TooLargeError
    return bytes(body)


async def _signed_form(channel: SmsChannel, request: Request) -> Mapping[str, str] | None:
    """Read the form; None where Twilio did not sign it."""
    text = (await _body(request)).decode(errors="replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELD_LIMIT)
    except ValueError:
        return None
    form = ImmutableMultiDict(pairs)
    signature = request.headers.get(_TWILIO_SIGNATURE)
    return form if channel.genuine(_path_and_query(request), form, signature) else None


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
