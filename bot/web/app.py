"""The web application: what is served where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.web.gate import Gate
from bot.web.webhooks import Endpoint, sms_status_webhook, sms_webhook, telegram_webhook

if TYPE_CHECKING:
    from starlette.requests import Request
    from structlog.typing import FilteringBoundLogger

    from bot.channels.base import Accept, Report
    from bot.channels.sms import SmsChannel
    from bot.channels.telegram import TelegramChannel

_NOT_KEPT = {"Cache-Control": "no-store"}

_log: FilteringBoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can do its work now.

    Attributes:
        ready: whether requests should be sent here.
        parts: (name, whether it is well, detail) of each: "database", "inbox", "outbox", "clock", "poller"
            or "webhook", "ticker", "calendars" and "reconciliation", as far as this process has them. The
            details are read by anyone who reaches this page: times and counts, nothing of people.
    """

    ready: bool
    parts: tuple[tuple[str, bool, str], ...] = ()


def build(
    *,
    accept: Accept,
    report: Report,
    readiness: Callable[[], Awaitable[Readiness]],
    telegram: TelegramChannel | None,
    sms: SmsChannel | None,
    gate: Gate | None = None,
    numbers: Endpoint | None = None,
) -> Starlette:
    """Put the application together; a channel that is not given has no routes.

    Args:
        accept: returns once what arrived is kept; only then is the network told so.
        report: the same for delivery reports.
        readiness: asked at each GET /readyz.
        telegram: serves POST /telegram.
        sms: serves POST /sms and POST /sms/status.
        gate: lets webhook requests in, or not; a process has one.
        numbers: serves GET /metrics (`bot.web.numbers`).
    """
    gate = gate or Gate()
    routes = [
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/readyz", _readyz(readiness), methods=["GET"]),
    ]
    if numbers is not None:
        routes.append(Route("/metrics", numbers, methods=["GET"]))
    if telegram is not None:
        routes.append(Route("/telegram", telegram_webhook(telegram, accept, gate), methods=["POST"]))
    if sms is not None:
        routes.append(Route("/sms", sms_webhook(sms, accept, gate), methods=["POST"]))
        routes.append(Route("/sms/status", sms_status_webhook(sms, report, gate), methods=["POST"]))
    return Starlette(routes=routes)


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n", headers=_NOT_KEPT)


def _readyz(readiness: Callable[[], Awaitable[Readiness]]) -> Endpoint:
    async def readyz(_request: Request) -> Response:
        try:
            found = await readiness()
        except Exception as error:  # noqa: BLE001 - the top of a request
            # Not the whole error: a database's may hold its password, or a statement's values.
            _log.error(
                "whether this process is ready could not be found out",
                action="health.failed",
                error=type(error).__name__,
            )
            found = Readiness(ready=False)
        parts = {name: {"ok": ok, "detail": detail} for name, ok, detail in found.parts}
        return JSONResponse(
            {"ready": found.ready, "parts": parts},
            status_code=200 if found.ready else 503,
            headers=_NOT_KEPT,
        )

    return readyz
