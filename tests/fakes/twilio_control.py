"""How another process steers the fake Twilio: small JSON bodies by POST.

/_fake/receive {"sender", "body", "sid"?, "fields"?} · /_fake/status {"sid", "status", "code"?} ·
/_fake/fail {"fault": {...}, "times"?} · /_fake/callbacks {"statuses": [...]} · /_fake/reset
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.twilio_rules import Fault

if TYPE_CHECKING:
    from tests.fakes.twilio import FakeTwilio


class _Receive(BaseModel):
    sender: str
    body: str
    sid: str | None = None
    fields: dict[str, str] = {}


class _Status(BaseModel):
    sid: str
    status: str
    code: int | None = None


class _Fail(BaseModel):
    fault: Fault
    times: int = 1


class _Callbacks(BaseModel):
    statuses: tuple[str, ...]


def steering(fake: FakeTwilio) -> Callable[[Request], Awaitable[Response]]:
    """Serve POST /_fake/{what}."""

    async def steer(request: Request) -> Response:
        found = await _obey(fake, request.path_params["what"], await request.body() or b"{}")
        return Response(status_code=404) if found is None else JSONResponse(found)

    return steer


async def _obey(fake: FakeTwilio, what: str, body: bytes) -> dict[str, object] | None:
    match what:
        case "receive":
            wish = _Receive.model_validate_json(body)
            answer = await fake.receive(wish.sender, wish.body, sid=wish.sid, **wish.fields)
            return {"status": answer.status_code, "body": answer.text}
        case "status":
            news = _Status.model_validate_json(body)
            told = await fake.status(news.sid, news.status, news.code)
            return {"status": None if told is None else told.status_code}
        case "fail":
            failing = _Fail.model_validate_json(body)
            fake.fail_next(failing.fault, failing.times)
        case "callbacks":
            fake.callbacks = _Callbacks.model_validate_json(body).statuses
        case "reset":
            fake.reset()
        case _:
            return None
    return {}
