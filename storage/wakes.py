"""How workers on one PostgreSQL wake each other: whoever queues something notifies, the others listen.

A notice is part of the transaction that queued, so it arrives after the commit or not at all. It saves the
wait for the next look, and no more: each worker looks by itself every second, and misses nothing where a
notice is lost. Engines that know no LISTEN and poolers that lend connections by the transaction can do
without: `database.listen` switches both sides off.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from storage.direct import LOST, asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.direct import Connection, Direct

log = structlog.get_logger(__name__)

_CHANNEL = "attune_queued"

LOOKS = 10.0
"""Every so many seconds a listener asks whether its connection still stands."""

PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0)
"""Seconds before each attempt to connect again; the last stays."""


def worker_name() -> str:
    """Make a name by which a worker knows its own notices."""
    return secrets.token_hex(4)


async def notify(connection: AsyncConnection, worker: str) -> None:
    """Tell the others, once this transaction is committed, that something was queued."""
    await connection.execute(sa.select(sa.func.pg_notify(_CHANNEL, worker)))


class Listener:
    """Hears, on a connection of its own, that another worker has queued something.

    Attributes:
        listening: whether it hears at the moment.
    """

    def __init__(self, direct: Direct, worker: str, wake: Callable[[], None]) -> None:
        """Keep what it needs; `wake` is called for each notice that is not `worker`'s own."""
        self.listening = False
        self._direct = direct
        self._worker = worker
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop` is set; whatever becomes of the connection, there is another."""
        listening = asyncio.create_task(self._keep_listening())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, stopping):
                task.cancel()
            await asyncio.gather(listening, stopping, return_exceptions=True)

    async def _keep_listening(self) -> None:
        failures = 0
        while True:
            try:
                async with await self._direct.connect() as connection:
                    await asked(connection, f"LISTEN {_CHANNEL}")
                    failures = 0
                    self.listening = True
                    self._wake()  # what was queued while nobody listened
                    await self._hear(connection)
            except LOST as error:
                log.info(
                    "Notices of other workers are not heard at the moment.",
                    action="unheard",
                    fault=type(error).__name__,
                )
            finally:
                self.listening = False
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    async def _hear(self, connection: Connection) -> None:
        """Hear notices until the connection is lost."""
        while True:
            async for notice in connection.notifies(timeout=LOOKS):
                if notice.payload != self._worker:
                    self._wake()
            await asked(connection, "SELECT 1")
