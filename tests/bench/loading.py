"""Requests to a web server over many connections that stay open, each made before the clock starts.

It does as little as it can, so that the server's work is measured and not its own: asyncio's transports, no
parsing but of the status and the length of what comes back.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

CONNECTIONS = 64
"""How many requests are under way at a time, each on a connection of its own."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Outcome:
    """What came back.

    Attributes:
        statuses: how many answers had which status.
        seconds: from the first request to the last answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.statuses.total() / self.seconds


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last has come."""

    def __init__(self, requests: Iterator[bytes], statuses: Counter[int]) -> None:
        self._requests = requests
        self._statuses = statuses
        self._held = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection; nothing is sent yet."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def next(self) -> None:
        """Send the next request, or be done where there is none."""
        assert self.transport is not None
        request = next(self._requests, None)
        if request is None:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take what came; an answer that is whole is counted."""
        self._held += data
        head = self._held.find(_HEAD_END)
        if head < 0:
            return
        length = _LENGTH.search(self._held, 0, head + 2)
        whole = head + len(_HEAD_END) + (0 if length is None else int(length[1]))
        if len(self._held) >= whole:
            self._statuses[int(self._held[9:12])] += 1
            self._held = self._held[whole:]
            self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so where a server hung up on us."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))


async def load(port: int, requests: Sequence[bytes]) -> Outcome:
    """Make every request once, over `CONNECTIONS` connections to a port of this machine."""
    loop = asyncio.get_running_loop()
    outcome = Outcome()
    left = iter(requests)
    connections = [
        (await loop.create_connection(lambda: _Connection(left, outcome.statuses), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for one in connections:
        one.next()
    await asyncio.gather(*(one.done for one in connections))
    outcome.seconds = time.perf_counter() - began
    return outcome
