"""A Bot API server for tests, on this machine: Telegram as a bot sees it, and people to write to it.

In a test:

    async with FakeTelegram() as telegram:
        telegram.write(42, "/start")            # a person writes
        await telegram.until(lambda: telegram.from_bot(42))

As a process of its own, for tests that kill the bot (people act by HTTP, see telegram_control):

    python -m tests.fakes.telegram --port 8081

It keeps everything in memory. Getting updates, confirming them and being refused work as on the
public server; `fail_next` makes what goes wrong there only now and then.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.server import LocalServer
from tests.fakes.telegram_control import act
from tests.fakes.telegram_faults import PAGE, PAGES, SAID_INSTEAD, ApiError, Fault, refusal
from tests.fakes.telegram_methods import Methods
from tests.fakes.telegram_world import Json, World

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.requests import Request

__all__ = ["TOKEN", "Call", "FakeTelegram", "Fault"]

TOKEN = "7700551:AAFakeTokenOfABotThatLivesInTests00"
LONGEST_POLL = 50.0
LONG = 86_400.0
BATCH = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One request that the bot made, with the parameters as sent (files by their size)."""

    method: str
    parameters: Json


class FakeTelegram(World):
    """The server, in the running loop; entering it opens it, leaving it closes it.

    Attributes:
        token: the one token that is accepted.
        calls: what the bot asked, oldest first.
        webhook_answers: the status of each update pushed to a webhook.
        resend_after: seconds before an update that a webhook refused is pushed again.
    """

    def __init__(self, port: int = 0, token: str = TOKEN) -> None:
        """Prepare; port 0 takes a free one."""
        super().__init__(int(token.partition(":")[0]), "attune_test_bot")
        self.token = token
        self.calls: list[Call] = []
        self.webhook_answers: list[int] = []
        self.resend_after = 0.05
        self.methods = Methods(self)
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._poll = 0
        self._closing = False
        self._server = LocalServer(self._app(), port)
        self._pushing: asyncio.Task[None] | None = None

    @property
    def base_url(self) -> str:
        """Where the server is, once it is open: what the setting `telegram.api_base` must be."""
        return self._server.url

    async def __aenter__(self) -> Self:
        """Open the server."""
        await self._server.__aenter__()
        self._pushing = asyncio.create_task(self._push_to_webhook())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the server, and let go of all who wait."""
        self._closing = True
        self.changed()
        if self._pushing is not None:
            self._pushing.cancel()
            await asyncio.wait([self._pushing])
        await self._server.__aexit__(kind, error, trace)

    def fail_next(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of a method go wrong."""
        self._faults[method.lower()].extend([fault] * times)

    def expire_queries(self) -> None:
        """Make all presses too old to be answered."""
        self.queries.clear()

    def called(self, method: str) -> list[Json]:
        """Give the parameters of each call of a method, oldest first."""
        return [call.parameters for call in self.calls if call.method == method]

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"]),
                Route("/_fake/{what}", self._people, methods=["GET", "POST"]),
            ]
        )

    async def _answer(self, request: Request) -> Response:
        method = str(request.path_params["method"])
        if request.path_params["token"] != self.token:
            return refusal(ApiError(401, "Unauthorized"))
        parameters = await _parameters(request)
        self.calls.append(Call(method, _loggable(parameters)))
        self.changed()
        faults = self._faults[method.lower()]
        fault = faults.popleft() if faults else None
        if fault in PAGES:
            return Response(PAGE, PAGES[fault], media_type="text/html")
        if fault is Fault.TIMEOUT_BEFORE:
            return await self._silence(request)
        try:
            if fault in SAID_INSTEAD:
                raise SAID_INSTEAD[fault]
            result = await self._carry_out(method, parameters)
        except ApiError as error:
            return refusal(error)
        if fault is Fault.TIMEOUT_AFTER:
            return await self._silence(request)
        if fault is Fault.SLOW:
            await asyncio.sleep(0.1)
        said = {"ok": True, "result": {"new": True} if fault is Fault.STRANGE else result}
        return Response(PAGE) if fault is Fault.GARBAGE else JSONResponse(said)

    async def _carry_out(self, method: str, parameters: Json) -> object:
        if method.lower() == "getupdates":
            return await self._get_updates(parameters)
        return self.methods.call(method, parameters)

    async def _get_updates(self, parameters: Json) -> list[Json]:
        """Long polling: a poll ends the one before it; updates stay until an offset confirms them."""
        self._refuse_polls_beside_webhook()
        self._poll += 1
        this_poll = self._poll
        self.changed()
        self.methods.set_kinds(parameters)
        if "offset" in parameters:
            self.confirm(int(str(parameters["offset"])))
        limit = min(max(int(str(parameters.get("limit", BATCH))), 1), BATCH)
        hold = min(float(str(parameters.get("timeout", 0))), LONGEST_POLL)

        def over() -> bool:
            ended = this_poll != self._poll or self.methods.webhook is not None
            return ended or bool(self.pending) or self._closing

        with contextlib.suppress(TimeoutError):
            await self.until(over, hold)
        self._refuse_polls_beside_webhook()
        if this_poll != self._poll:
            reason = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise ApiError(409, f"Conflict: {reason}")
        return self.pending[:limit]

    def _refuse_polls_beside_webhook(self) -> None:
        if self.methods.webhook is not None:
            reason = "can't use getUpdates method while webhook is active"
            raise ApiError(409, f"Conflict: {reason}; use deleteWebhook to delete the webhook first")

    async def _silence(self, request: Request) -> Response:
        """Say nothing until the bot gives up."""
        while not self._closing and not await request.is_disconnected():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.005)
        return Response(status_code=500)

    async def _push_to_webhook(self) -> None:
        """Post updates one by one; what isn't answered by 2xx is posted again."""
        await self.until(lambda: self.methods.webhook is not None, LONG)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            while True:
                await self.until(lambda: bool(self.methods.webhook and self.pending), LONG)
                if not await self._push_one(client):
                    await asyncio.sleep(self.resend_after)

    async def _push_one(self, client: httpx.AsyncClient) -> bool:
        hook, update = self.methods.webhook, self.pending[0]
        assert hook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            answer = await client.post(hook.url, json=update, headers=headers)
        except httpx.HTTPError as error:
            hook.last_error = type(error).__name__
            return False
        self.webhook_answers.append(answer.status_code)
        taken = answer.is_success
        if taken and update in self.pending:
            self.pending.remove(update)
        else:
            hook.last_error = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        self.changed()
        return taken

    async def _people(self, request: Request) -> Response:
        return act(self, str(request.path_params["what"]), await _parameters(request))


async def _parameters(request: Request) -> Json:
    """Read what was sent in the query, as a form, as multipart or as JSON, like the Bot API."""
    parameters: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        return parameters | dict(await request.json())
    async with request.form(max_part_size=20 * 1024 * 1024) as form:
        for name, value in form.items():
            parameters[name] = await value.read() if isinstance(value, UploadFile) else value
    return parameters


def _loggable(parameters: Json) -> Json:
    return {name: len(value) if isinstance(value, bytes) else value for name, value in parameters.items()}


async def _serve(port: int, token: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with FakeTelegram(port, token) as telegram:
        about = {"base_url": telegram.base_url, "token": telegram.token}
        print(json.dumps(about), flush=True)  # noqa: T201 - whoever started it reads this line
        await stop.wait()


def main() -> None:
    """Serve until interrupted; the first line printed tells, as JSON, the base_url and the token."""
    parser = argparse.ArgumentParser(description="A fake Bot API server.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--token", default=TOKEN)
    asked = parser.parse_args()
    asyncio.run(_serve(asked.port, asked.token))


if __name__ == "__main__":
    main()
