"""Connections to PostgreSQL that belong to one purpose for as long as they last, beside the pool.

A listener and the holder of a session's lock need the server itself: a pooler that lends its connections for
one transaction would hand the session to somebody else. Both sides look every few seconds whether the other
is still there, so that a machine that vanished loses within half a minute what its sessions held.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger(__name__)

PATIENCE = 5.0
"""Seconds for any one answer on such a connection; after that it counts as lost."""

_OURS = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,
}
"""How this side notices that the server is gone. Source: PostgreSQL, "Parameter Key Words" of libpq."""

_THEIRS = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET idle_session_timeout = 0",
)
"""The same for the server's side, and that it ends no session for having nothing to say."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

LOST = (psycopg.Error, OSError, TimeoutError)
"""What a connection raises that is of no use any more."""


@dataclass(frozen=True, slots=True)
class Direct:
    """How the server is reached without a pool.

    Attributes:
        parameters: what psycopg connects with; the password among it, so it is never shown.
    """

    parameters: Mapping[str, Any] = field(repr=False)

    @classmethod
    def to(cls, engine: AsyncEngine, url: sa.URL | None = None) -> Direct | None:
        """Find how to reach the server of an engine, or the one at `url`; None where it is no PostgreSQL."""
        if engine.dialect.name != "postgresql":
            return None
        _, named = engine.dialect.create_connect_args(url or engine.url)
        return cls({**_OURS, **named})

    async def connect(self) -> Connection:
        """Connect, every statement a transaction of its own; raises what is in `LOST`."""
        async with asyncio.timeout(2 * PATIENCE):
            connection = await psycopg.AsyncConnection.connect(
                **self.parameters, autocommit=True, prepare_threshold=None
            )
            for statement in _THEIRS:
                try:
                    await connection.execute(statement)
                except psycopg.DatabaseError as error:
                    if connection.closed:
                        raise
                    log.debug(
                        "The database knows no such setting.", action="direct", fault=type(error).__name__
                    )
        return connection


async def asked(connection: Connection, statement: str, given: Mapping[str, object] | None = None) -> object:
    """Ask for one value, or do what gives none, with patience for a few seconds; raises what is in `LOST`."""
    async with asyncio.timeout(PATIENCE):
        cursor = await connection.execute(statement.encode(), given)
        row = await cursor.fetchone() if cursor.description else None
    return None if row is None else row[0]
