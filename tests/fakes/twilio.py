"""A Twilio of our own: takes messages, lists them, posts signed webhooks, and fails on request.

In a test: `async with FakeTwilio() as twilio: ...`. On its own, steered by POSTs under /_fake/:
`python -m tests.fakes.twilio --port 9000 --public-url https://clinic.example --bot-url http://127.0.0.1:8080`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import dataclasses
import signal
import ssl
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.fakes import twilio_rules as rules
from tests.fakes.server import LocalServer
from tests.fakes.twilio_control import steering
from tests.fakes.twilio_rules import ACCOUNT, NUMBER, TOKEN, WHATSAPP, Fault, SentMessage

__all__ = ["ACCOUNT", "NUMBER", "TOKEN", "WHATSAPP", "FakeTwilio", "Fault", "SentMessage"]

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loopback needs none, and reading them is slow

_MESSAGES = "/2010-04-01/Accounts/{account}/Messages.json"


class FakeTwilio:
    """Twilio's messages on loopback.

    Attributes:
        api_base: where it listens, from entering on.
        sent: every message that was taken, in order.
        received: every message that people wrote, in order.
        lists: how many pages of the list were given.
        posts: how many times a message was handed over, taken or not.
        public_url: what the bot is known as; what webhooks are signed for.
        bot_url: where the bot really listens; without it no webhook is sent.
        callbacks: statuses to post for each message before its own POST is answered.
        numbers: what may stand in From.
    """

    def __init__(self, *, public_url: str | None = None, bot_url: str | None = None, port: int = 0) -> None:
        """Get ready; nothing listens yet."""
        self.public_url = public_url
        self.bot_url = bot_url
        self.callbacks: tuple[str, ...] = ()
        self.numbers: tuple[str, ...] = (NUMBER, WHATSAPP)
        self.auth_token = TOKEN
        self.sent: list[SentMessage] = []
        self.received: list[SentMessage] = []
        self.lists = 0
        self.posts = 0
        self._faults: deque[Fault] = deque()
        self._opted_out: set[str] = set()
        self._closing = asyncio.Event()
        self._server = LocalServer(self._app(), port)
        self._client = httpx.AsyncClient(trust_env=False, timeout=10, verify=_NO_CERTIFICATES)
        self.api_base = ""

    async def __aenter__(self) -> Self:
        """Listen on loopback."""
        await self._server.__aenter__()
        self.api_base = self._server.url
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()
        await self._client.aclose()

    async def stop(self) -> None:
        """Listen no more, and let go of requests that hang."""
        self._closing.set()
        await self._server.stop()

    def fail_next(self, fault: Fault, times: int = 1) -> None:
        """Have the next request (or so many) meet `fault`."""
        self._faults.extend([fault] * times)

    def opt_out(self, address: str) -> None:
        """Have a person tell Twilio, not the bot, that they want no messages."""
        self._opted_out.add(address)

    def reset(self) -> None:
        """Forget messages, faults and who opted out."""
        self.sent.clear()
        self.received.clear()
        self._faults.clear()
        self._opted_out.clear()
        self.callbacks = ()
        self.posts = 0

    async def receive(
        self, from_: str, body: str, *, sid: str | None = None, **fields: str
    ) -> httpx.Response:
        """Post an incoming message to the bot, signed.

        Args:
            from_: who wrote.
            body: what; a STOP or START is acted upon, as Twilio does.
            sid: an id used before, to deliver the same message again.
            fields: further form fields, or others in place of the usual ones.
        """
        opt_out = rules.opt_out_type(body)
        if opt_out == "STOP":
            self._opted_out.add(from_)
        elif opt_out == "START":
            self._opted_out.discard(from_)
        sid = sid or self.arrive(from_, body, at=None, **fields)
        form = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": from_,
            "FromCity": "",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": WHATSAPP if from_.startswith("whatsapp:") else NUMBER,
            **({"OptOutType": opt_out} if opt_out else {}),
            **fields,
        }
        return await self.post(f"{self.public_url}/sms", form)

    def arrive(self, from_: str, body: str, *, at: datetime | None = None, **fields: str) -> str:
        """Take a message from a person, and tell nobody: the bot can't be reached. Returns its id.

        Args:
            from_: who wrote.
            body: what.
            at: when; None for now.
            fields: further form fields; those that the list knows too are kept.
        """
        sid, when = rules.new_sid(), at or datetime.now(UTC)
        to = fields.get("To", WHATSAPP if from_.startswith("whatsapp:") else NUMBER)
        form = {"From": from_, **fields}
        self.received.append(
            SentMessage(sid, to, body, form, when, when, status="received", direction="inbound")
        )
        return sid

    async def status(self, sid: str, status: str, code: int | None = None) -> httpx.Response | None:
        """Give a message a new status and post it to the bot; None where nobody asked for that."""
        found = next((n for n, message in enumerate(self.sent) if message.sid == sid), None)
        callback: str | None = f"{self.public_url}/sms/status"
        to = ""
        if found is not None:
            message = self.sent[found]
            sent = message.sent or (datetime.now(UTC) if status != "queued" else None)
            self.sent[found] = dataclasses.replace(message, status=status, code=code, sent=sent)
            callback, to = message.form.get("StatusCallback"), message.to
        if callback is None or self.bot_url is None:
            return None
        form = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "From": NUMBER,
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "To": to,
            **({"ErrorCode": str(code)} if code is not None else {}),
        }
        return await self.post(callback, form)

    async def post(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Post a form, signed for the public `url`, to where the bot really is."""
        if self.public_url is None or self.bot_url is None:
            msg = "the fake was not told where the bot is"
            raise RuntimeError(msg)
        return await self._client.post(
            self.bot_url + url.removeprefix(self.public_url),
            content=urlencode(form),
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Twilio-Signature": rules.signature(self.auth_token, url, form),
            },
        )

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(_MESSAGES, self._create, methods=["POST"]),
                Route(_MESSAGES, self._list, methods=["GET"]),
                Route("/_fake/sent", self._show_sent, methods=["GET"]),
                Route("/_fake/{what}", steering(self), methods=["POST"]),
            ]
        )

    async def _create(self, request: Request) -> Response:
        self.posts += 1
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        fault = self._faults.popleft() if self._faults else None
        if fault is not None and fault.slow:
            await asyncio.sleep(fault.slow)
            fault = None
        if fault is not None and not fault.accepts:
            return await self._fail(fault, form)
        if not self._authorized(request):
            return _error(20003, form)
        code = rules.refused(form, self.numbers, frozenset(self._opted_out))
        if code is not None:
            return _error(code, form)
        message = SentMessage(rules.new_sid(), form["To"], form["Body"], form, datetime.now(UTC))
        self.sent.append(message)
        for status in self.callbacks:
            await self.status(message.sid, status)
        if fault is not None:
            return await self._fail(fault, form)
        return JSONResponse(message.payload(), status_code=201)

    async def _list(self, request: Request) -> Response:
        query = dict(request.query_params)
        if self._faults:
            return await self._fail(self._faults.popleft(), query)
        if not self._authorized(request):
            return _error(20003, query)
        found = [
            message
            for message in sorted(
                [*reversed(self.sent), *reversed(self.received)], key=lambda one: one.created, reverse=True
            )
            if query.get("To", message.to) == message.to
            and query.get("From", message.form.get("From")) == message.form.get("From")
            and rules.in_dates(message, query)
        ]
        self.lists += 1
        size, page = min(int(query.get("PageSize", "50")), 1000), int(query.get("Page", "0"))
        path, more = request.url.path, len(found) > (page + 1) * size
        following = urlencode({**query, "Page": str(page + 1), "PageToken": f"PA{page + 1}"})
        return JSONResponse(
            {
                "messages": [each.payload() for each in found[page * size : (page + 1) * size]],
                "first_page_uri": path,
                "next_page_uri": f"{path}?{following}" if more else None,
                "previous_page_uri": None,
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": min(len(found), (page + 1) * size) - 1,
                "uri": path,
            }
        )

    async def _fail(self, fault: Fault, form: Mapping[str, str]) -> Response:
        if fault.hangs:
            await self._closing.wait()
        if fault.drips:
            return StreamingResponse(self._drip(), fault.http_status)
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if fault.body is not None:
            return Response(fault.body, fault.http_status, headers)
        code = fault.code or fault.http_status
        return _error(code, form, fault.http_status, headers)

    async def _drip(self) -> AsyncIterator[str]:
        while not self._closing.is_set():
            yield " "
            await asyncio.sleep(0.01)

    def _authorized(self, request: Request) -> bool:
        expected = base64.b64encode(f"{ACCOUNT}:{self.auth_token}".encode()).decode()
        given = request.headers.get("Authorization") == f"Basic {expected}"
        return given and request.path_params["account"] == ACCOUNT

    async def _show_sent(self, _request: Request) -> Response:
        return JSONResponse([{**each.payload(), "form": dict(each.form)} for each in self.sent])


def _error(
    code: int,
    form: Mapping[str, str],
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    status = status or Fault(code=code).http_status
    payload = rules.error_payload(code, status, form.get("To", ""), form.get("Body", ""))
    return JSONResponse(payload, status, headers)


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    fake = FakeTwilio(public_url=arguments.public_url, bot_url=arguments.bot_url, port=arguments.port)
    async with fake:
        sys.stdout.write(f"{fake.api_base}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Serve until told to stop; the first line of output is the address."""
    parser = argparse.ArgumentParser(description="A fake Twilio.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--public-url", help="what the bot is known as; webhooks are signed for it")
    parser.add_argument("--bot-url", help="where the bot listens; without it no webhook is sent")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
