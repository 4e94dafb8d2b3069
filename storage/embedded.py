"""SQLite on a disk, with a thread only for what may wait.

The driver hands everything to a thread of its own, four times a statement: for a cursor, for the statement,
for its rows, for the cursor's end. Of a transaction that writes only two steps can wait, for another process
or for the disk: its beginning and its commit. What lies between them is done at once, in the database's own
memory, which takes less time than the changes of thread: they were half of what an answer took.

Between two statements others get their turn, as they do with a thread. Who only reads may read much, and
keeps the thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import aiosqlite

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Begins a transaction that writes: it waits here for other processes, and for none afterwards."""

_ROWS = 64
"""How many rows the driver fetches at once, as it does by itself."""


class Connection(aiosqlite.Connection):
    """A connection that leaves its thread alone while it writes."""

    _writing = False

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (as the driver's)
        """Do a piece of work: at once within a transaction that writes, else in the thread."""
        if self._writing:
            if args:  # a statement, and no step before or after one
                await asyncio.sleep(0)
            return fn(*args, **kwargs)
        done = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call] # the driver has no types here
        self._writing = args[:1] == (BEGIN_WRITING,)
        return done

    async def commit(self) -> None:
        """Commit in the thread: the disk may take its time."""
        self._writing = False
        await super().commit()

    async def rollback(self) -> None:
        """Roll back in the thread, behind whatever may still be under way there."""
        self._writing = False
        await super().rollback()

    async def close(self) -> None:
        """Close in the thread."""
        self._writing = False
        await super().close()


async def connect(database: str, **options: Any) -> Connection:  # noqa: ANN401 (sqlite3's own options)
    """Connect to a file, by sqlite3's own options; other threads than one will use the connection in turn."""
    connection = Connection(partial(sqlite3.connect, database, **options), _ROWS)
    connection._thread.daemon = True  # noqa: SLF001 (as SQLAlchemy does, so that a process can end)
    await cast("Awaitable[object]", connection)  # opens it
    return connection
