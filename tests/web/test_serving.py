"""The web server keeps connections for as long as those who stand before it do."""

from __future__ import annotations

import asyncio
import socket

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.web.serving import listening, serve

_REQUEST = b"GET / HTTP/1.1\r\nHost: attune.example\r\n\r\n"
_IDLE = 6
"""Seconds: one longer than the server keeps a connection of itself."""


async def _hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def test_a_connection_that_was_idle_for_a_while_takes_another_request() -> None:
    stop = asyncio.Event()
    with listening("127.0.0.1", 0) as sockets:
        serving = asyncio.create_task(serve(Starlette(routes=[Route("/", _hello)]), sockets, stop))
        reader, writer = await asyncio.open_connection(*_address(sockets[0]))
        for pause in (0, _IDLE):
            await asyncio.sleep(pause)
            writer.write(_REQUEST)
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.close()
        stop.set()
        await serving


def _address(listener: socket.socket) -> tuple[str, int]:
    host, port, *_ = listener.getsockname()
    return host, port
