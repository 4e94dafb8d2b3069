"""The web server: its address, taken before anything else is begun, and serving until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_BACKLOG = 128

_IDLE = 75
"""Seconds for which a connection without a request is kept.

Longer than whoever stands before us keeps theirs, or a request may come as we hang up, and be lost. nginx and
the load balancers of AWS keep an idle one for 60. Sources: keepalive_timeout in
nginx.org/en/docs/http/ngx_http_upstream_module.html; "Connection idle timeout" in the guide of AWS's
Application Load Balancers.
"""


class ListenError(Exception):
    """The web server's address can't be had; the text says which, and what to do."""


@contextlib.contextmanager
def listening(host: str, port: int, section: str = "server") -> Iterator[Sequence[socket.socket]]:
    """Hold sockets that listen on every address of `host`; what comes waits until it is served.

    `section` is that of the settings which they come from.

    Raises:
        ListenError: the port is taken or not ours to take, or the host is none of this machine's.
    """
    with contextlib.ExitStack() as stack:
        try:
            found = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
            )
            held = []
            for family, kind, protocol, _, address in found:
                held.append(sock := stack.enter_context(socket.socket(family, kind, protocol)))
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind(address)
                sock.listen(_BACKLOG)
        except OSError as error:
            msg = f"can't listen on {host}:{port} ({error.strerror}): change {section}.host or {section}.port"
            raise ListenError(msg) from error
        yield held


async def serve(web: ASGIApp, sockets: Sequence[socket.socket], stop: asyncio.Event) -> None:
    """Serve until `stop`, and finish what is being answered; a server that ends by itself sets `stop`."""
    config = uvicorn.Config(web, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=_IDLE)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(list(sockets)))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await stopping
    await serving


class _Server(uvicorn.Server):
    """A web server that leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
