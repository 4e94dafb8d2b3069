"""An SQLite database in memory without a thread: for a process that does nothing else meanwhile.

The driver hands every statement to a thread of its own, so that a disk keeps nobody waiting. In memory
nothing waits, and the two changes of thread take longer than the statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage import embedded

if TYPE_CHECKING:
    import asyncio


class _AtOnce(SimpleQueue["tuple[asyncio.Future[object] | None, Callable[[], object]]"]):
    """In place of the driver's queue of work: what is put in is done, and its outcome is there at once."""

    def put_nowait(self, item: tuple[asyncio.Future[object] | None, Callable[[], object]]) -> None:
        """Do a piece of work."""
        outcome, work = item
        try:
            result = work()
        except BaseException as error:
            if outcome is None:
                raise
            outcome.set_exception(error)
        else:
            if outcome is not None:
                outcome.set_result(result)


class _Connection(aiosqlite.Connection):
    """A connection on which nothing ever waits."""

    at_once = True

    async def give_way(self) -> None:
        """Go on: there is nobody else."""


async def _connect(_name: str, **options: Any) -> aiosqlite.Connection:  # noqa: ANN401 (sqlite3's own options)
    connection = _Connection(partial(sqlite3.connect, ":memory:", **options), embedded.ROWS)
    connection._tx = _AtOnce()  # noqa: SLF001 (the driver has no other way in; SQLAlchemy uses it too)
    return await connection._connect()  # noqa: SLF001 (awaiting the connection itself would start its thread)


def engine() -> AsyncEngine:
    """Make an engine on one connection, which is the database: it ends with it."""
    made = create_async_engine(
        "sqlite+aiosqlite://",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
    )
    embedded.connects_by(made, _connect)
    return made
