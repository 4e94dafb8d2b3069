"""A seat that one worker of all holds at a time: a lock of a PostgreSQL session of its own.

It goes with the session, however that ends. Where something between us and the server shares sessions out, or
the engine has no such locks, nobody can hold one: that is noticed, and said.

Source: PostgreSQL, "Advisory Locks".
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING

import psycopg
import structlog

from storage.direct import LOST, asked

if TYPE_CHECKING:
    from storage.direct import Connection, Direct

log = structlog.get_logger(__name__)

_TAKE = "SELECT pg_try_advisory_lock(%(high)s, %(low)s)"
_HELD = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
    AND classid::bigint = %(high_bits)s AND objid::bigint = %(low_bits)s AND objsubid = 2
"""
_BITS = 0xFFFFFFFF
_NO_SUCH_LOCKS = (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFunction)


class Standing(StrEnum):
    """Where a worker stands with regard to a seat.

    NEW: it has not tried yet. HELD: it is this worker's. TAKEN: it is another's. AWAY: the database can't be
    asked. SHARED: no session can hold it, because of what is between us and the server, or of the server.
    """

    NEW = "new"
    HELD = "held"
    TAKEN = "taken"
    AWAY = "away"
    SHARED = "shared"


class Seat:
    """One worker's place at a seat; to be used by one task at a time, but for `held`."""

    def __init__(self, direct: Direct, name: str) -> None:
        """Keep how to reach the server, and what the seat is called in the whole database."""
        self._direct = direct
        key = hashlib.blake2b(name.encode(), digest_size=8).digest()
        high, low = (int.from_bytes(part, signed=True) for part in (key[:4], key[4:]))
        self._key = {"high": high, "low": low, "high_bits": high & _BITS, "low_bits": low & _BITS}
        self._connection: Connection | None = None
        self._asking = asyncio.Lock()

    async def take(self) -> Standing:
        """Take the seat if it is free; asked again, it is looked at anew."""
        async with self._asking:
            try:
                return await self._take()
            except _NO_SUCH_LOCKS:
                await self._drop()
                return Standing.SHARED
            except LOST as error:
                log.info("The database can't be asked for a seat.", action="seat", fault=type(error).__name__)
                await self._drop()
                return Standing.AWAY

    async def _take(self) -> Standing:
        if self._connection is None:
            self._connection = await self._direct.connect()
            pid = await asked(self._connection, "SELECT pg_backend_pid()")
            if pid != self._connection.info.backend_pid:
                await self._drop()
                return Standing.SHARED
        if not await asked(self._connection, _TAKE, self._key):
            return Standing.TAKEN
        if await self._is_held(self._connection):
            return Standing.HELD
        await self._drop()
        return Standing.SHARED

    async def held(self) -> bool:
        """Tell whether the seat is this worker's still, by asking the server."""
        async with self._asking:
            if self._connection is None:
                return False
            try:
                held = await self._is_held(self._connection)
            except LOST as error:
                log.warning("A seat was lost.", action="seat_lost", fault=type(error).__name__)
                held = False
            if not held:
                await self._drop()
            return held

    async def _is_held(self, connection: Connection) -> bool:
        return bool(await asked(connection, _HELD, self._key))

    async def leave(self) -> None:
        """Let go of the seat, at once."""
        async with self._asking:
            await self._drop()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*LOST):  # it is of no more use, in whatever state it is
                await connection.close()
