"""Listens for webhooks as a clinic's server would, and keeps what came."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class Call:
    """One webhook call: the address that was called, its form fields, and its signature."""

    url: str
    form: dict[str, str]
    signature: str | None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A listener on 127.0.0.1 that answers each POST with an empty TwiML document."""

    url: str
    calls: list[Call] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        """Keep what came and say so."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.calls.append(Call(str(request.url), form, request.headers.get("X-Twilio-Signature")))
        return Response("<Response/>", media_type="text/xml")


@contextlib.asynccontextmanager
async def webhook() -> AsyncIterator[Webhook]:
    """Listen on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hook = Webhook(f"http://127.0.0.1:{listening.getsockname()[1]}")
        app = Starlette(routes=[Route("/{path:path}", hook.answer, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield hook
        finally:
            server.should_exit = True
            await serving
