"""A server that gives out one calendar, with the faults that such servers have."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

SECRET = "private-7f3a9c"
"""What stands in the calendar's address and nowhere else."""


@dataclass(slots=True)
class CalendarServer:
    """Answers each request with what it was given last, byte by byte as a server that may be broken does.

    Attributes:
        body: the calendar.
        status: what it is answered with.
        headers: further ones.
        etag: what the calendar is called; asked for it, nothing is sent again.
        cut: after how many bytes of the body the connection ends.
        measured: whether the answer says how long it is.
        pause: seconds before it answers.
        asked: what was asked, as header lines.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    cut: int | None = None
    measured: bool = True
    pause: float = 0.0
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen; from here on `url` says where."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/{SECRET}/basic.ics"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(asked)
            await asyncio.sleep(self.pause)
            writer.write(self._answered(asked))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    def _answered(self, asked: str) -> bytes:
        same = self.etag is not None and f"if-none-match: {self.etag}" in asked.lower()
        status, body = (304, b"") if same else (self.status, self.body)
        lines = [f"HTTP/1.1 {status} As it is", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"ETag: {self.etag}"] if self.etag else []
        lines += [f"Content-Length: {len(body)}"] if self.measured else []
        return "\r\n".join([*lines, "", ""]).encode() + body[: self.cut]
