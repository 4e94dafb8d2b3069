"""Stands between Attune and a network's server, and keeps a call waiting, there or on its way back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.server import LocalServer
from tests.walks.attune import PATIENCE

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding"})
"""Headers that belong to one connection, or to how its body is written."""


@dataclass(frozen=True, slots=True)
class Held:
    """A call that is kept waiting.

    Attributes:
        method: how its path ends, and its HTTP method: ("sendMessage", "POST").
        carried_out: whether it is kept after the server did it, before Attune is told; else before.
    """

    method: tuple[str, str]
    carried_out: bool
    _caught: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def caught(self) -> None:
        """Wait until there was such a call."""
        async with asyncio.timeout(PATIENCE):
            await self._caught.wait()

    def release(self) -> None:
        """Let it go on."""
        self._released.set()

    async def keep(self) -> None:
        """Keep it waiting."""
        self._caught.set()
        await self._released.wait()


class Gate:
    """A server on loopback that passes on what it is asked; `url` says where, from entering on."""

    def __init__(self, upstream: str) -> None:
        """Take the address of the server behind it."""
        methods = ["GET", "POST", "DELETE"]
        self._server = LocalServer(Starlette(routes=[Route("/{path:path}", self._pass_on, methods=methods)]))
        self._client = httpx.AsyncClient(base_url=upstream, trust_env=False, timeout=None)  # noqa: S113 - its callers have one
        self._held: list[Held] = []

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and let go of what waits."""
        for held in self._held:
            held.release()
        await self._client.aclose()
        await self._server.__aexit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.url

    def hold(self, path_end: str, method: str = "POST", *, carried_out: bool) -> Held:
        """Keep all calls waiting whose path ends so, until the first of them is released."""
        held = Held((path_end, method), carried_out)
        self._held.append(held)
        return held

    async def _pass_on(self, request: Request) -> Response:
        """Pass a call on, for as long as whoever makes it waits for the answer."""
        body = await request.body()
        passing = asyncio.create_task(self._answer(request, body))
        leaving = asyncio.create_task(_left(request))
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not passing.done():
            passing.cancel()
            await asyncio.wait({passing})
            return Response(status_code=502)
        return passing.result()

    async def _answer(self, request: Request, body: bytes) -> Response:
        held = [one for one in self._held if _matches(one, request)]
        for one in held:
            if not one.carried_out:
                await one.keep()
        answer = await self._client.request(
            request.method,
            request.url.path,
            params=request.url.query.encode(),
            content=body,
            headers=_passed(request.headers),
        )
        for one in held:
            if one.carried_out:
                await one.keep()
        return Response(answer.content, answer.status_code, _passed(answer.headers))


def _matches(held: Held, request: Request) -> bool:
    path_end, method = held.method
    return request.method == method and request.url.path.endswith(path_end)


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OURS}


async def _left(request: Request) -> None:
    """Wait until whoever asked is gone: what comes after a whole request can be nothing else."""
    await request.receive()
