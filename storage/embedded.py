"""SQLite on a disk, with a thread only for what may wait.

The driver hands everything to a thread of its own, four times a statement: for a cursor, for the statement,
for its rows, for the cursor's end. Of a transaction that writes only two steps can wait, for another process
or for the disk: its beginning and its commit. What lies between them is done at once, in the database's own
memory, which takes less time than the changes of thread: they were half of what an answer took.

While a transaction goes on, others get their turn every few milliseconds. Who only reads may read much, and
keeps the thread: for a statement and its rows together.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import aiosqlite
from sqlalchemy import event
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection
from sqlalchemy.util.concurrency import await_

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.engine import Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Begins a transaction that writes: it waits here for other processes, and for none afterwards."""

TURN = 0.002
"""Seconds for which a transaction goes on before others get their turn: a handful of statements."""

ROWS = 64
"""How many rows the driver fetches at once, as it does by itself."""


class Connection(aiosqlite.Connection):
    """A connection that leaves its thread alone while it writes.

    Attributes:
        at_once: whether statements wait for nothing now, as a transaction that writes is under way.
    """

    at_once = False
    _interrupted = False
    _turn_began = 0.0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (as the driver's)
        """Do a piece of work: at once within a transaction that writes, else in the thread."""
        if self.at_once:
            return fn(*args, **kwargs)
        try:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call] # the driver has no types here
        except asyncio.CancelledError:
            self._interrupted = True  # the thread goes on with it
            raise

    def begun(self) -> None:
        """Wait for nothing from here on: a transaction that writes has begun."""
        self.at_once, self._turn_began = True, time.monotonic()

    async def give_way(self) -> None:
        """Let others have their turn, if ours has been long."""
        if time.monotonic() - self._turn_began > TURN:
            await asyncio.sleep(0)
            self._turn_began = time.monotonic()

    async def commit(self) -> None:
        """Commit in the thread: the disk may take its time."""
        self.at_once = False
        await super().commit()

    async def rollback(self) -> None:
        """Roll back in the thread, behind whatever may still be under way there, if there is anything to."""
        self.at_once = False
        if self._interrupted or self.in_transaction:
            await super().rollback()
            self._interrupted = False

    async def close(self) -> None:
        """Close in the thread."""
        self.at_once = False
        await super().close()


class _Cursor(AsyncAdapt_dbapi_cursor):
    """A cursor that does its work where it is called, or goes to the thread once."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:  # noqa: ANN401 (SQLAlchemy's types of drivers are not public)
        try:
            return connection._conn.cursor()  # noqa: SLF001 (sqlite3's own)
        except Exception as error:  # noqa: BLE001 (handed on, as SQLAlchemy's own cursors do)
            self._adapt_connection._handle_exception(error)  # noqa: SLF001

    def _aenter_cursor(self, cursor: Any) -> Any:  # noqa: ANN401
        return cursor

    def execute(self, operation: Any, parameters: Any = None) -> Any:  # noqa: ANN401
        """Carry out a statement, and fetch its rows."""
        return self._carry_out(self._cursor.execute, operation, () if parameters is None else parameters)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:  # noqa: ANN401
        """Carry out a statement for each of several parameters."""
        return self._carry_out(self._cursor.executemany, operation, seq_of_parameters)

    def _carry_out(self, work: Callable[[Any, Any], Any], operation: Any, parameters: Any) -> Any:  # noqa: ANN401
        connection: Any = self._connection
        try:
            if connection.at_once:
                await_(connection.give_way())  # SQLAlchemy refuses a statement for which nothing is awaited
                return self._with_rows(work, operation, parameters)
            done = await_(connection._execute(self._with_rows, work, operation, parameters))  # noqa: SLF001
            if operation == BEGIN_WRITING:
                connection.begun()
        except Exception as error:  # noqa: BLE001 (as above)
            self._adapt_connection._handle_exception(error)  # noqa: SLF001
        return done

    def _with_rows(self, work: Callable[[Any, Any], Any], operation: Any, parameters: Any) -> Any:  # noqa: ANN401
        result = work(operation, parameters)
        if self._cursor.description:
            self._rows = deque(cast("Any", self._cursor.fetchall()))
        return result


class Adapted(AsyncAdapt_aiosqlite_connection):
    """What SQLAlchemy sees of a connection."""

    __slots__ = ()

    def cursor(self, server_side: bool = False) -> AsyncAdapt_dbapi_cursor:  # noqa: FBT001, FBT002 (as SQLAlchemy's)
        """Make a cursor."""
        return super().cursor(server_side) if server_side else _Cursor(self)


def connects_by(engine: AsyncEngine, connect: Callable[..., Awaitable[aiosqlite.Connection]]) -> None:
    """Let an engine get its connections from a function, which takes sqlite3's own arguments."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def _(dialect: Dialect, _record: object, args: list[Any], options: dict[str, Any]) -> DBAPIConnection:
        connection: Any = await_(connect(*args, **options))
        return cast("DBAPIConnection", Adapted(dialect.dbapi, connection))


async def connect(database: str, **options: Any) -> Connection:  # noqa: ANN401 (sqlite3's own options)
    """Connect to a file, by sqlite3's own options; other threads than one will use the connection in turn."""
    connection = Connection(partial(sqlite3.connect, database, **options), ROWS)
    connection._thread.daemon = True  # noqa: SLF001 (as SQLAlchemy does, so that a process can end)
    try:
        await cast("Awaitable[object]", connection)  # opens it
    except sqlite3.Error:
        # the driver lets the thread end by itself, which may be after the loop that it reports to
        await asyncio.to_thread(connection._thread.join)  # noqa: SLF001
        raise
    return connection
