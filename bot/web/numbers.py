"""GET /metrics: to whoever shows the token, or on a port of its own."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.web.webhooks import Endpoint

_BEARER = "Bearer "


def numbers(read: Callable[[], Awaitable[bytes]], token: str | None) -> Endpoint:
    """Serve what `read` gives; where there is a token, only to those who show it."""

    async def endpoint(request: Request) -> Response:
        if token is not None and not _shows(request.headers.get("Authorization", ""), token):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return Response(await read(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return endpoint


def alone(endpoint: Endpoint) -> Starlette:
    """Put an application together that serves the numbers and nothing else."""
    return Starlette(routes=[Route("/metrics", endpoint, methods=["GET"])])


def _shows(header: str, token: str) -> bool:
    return header.startswith(_BEARER) and hmac.compare_digest(
        header.removeprefix(_BEARER).encode(), token.encode()
    )
