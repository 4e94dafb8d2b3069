"""SQLite on a disk keeps nobody waiting, and uses its thread for nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
import sqlalchemy as sa

from storage import embedded
from storage.embedded import BEGIN_WRITING, Connection
from storage.store import Store
from tests.storage.caseload import NOW, therapist

LONG = 3_000_000
"""Rows that take SQLite a good part of a second to count."""

LOCKED_FOR = 0.3
"""Seconds for which another process writes."""


@pytest.fixture
def engine() -> str:
    """Look at SQLite alone."""
    return "sqlite"


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List what is handed to the thread, by the names of the driver's functions."""
    names: list[str] = []
    hand_over = aiosqlite.Connection._execute  # noqa: SLF001 (where the driver does)

    async def noting(
        self: aiosqlite.Connection, fn: Callable[..., object], *args: object, **kwargs: object
    ) -> object:
        names.append(getattr(fn, "__name__", ""))
        return await hand_over(self, fn, *args, **kwargs)  # type: ignore[no-untyped-call] # of the driver's

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noting)
    return names


async def test_between_its_beginning_and_its_commit_a_write_needs_no_thread(
    store: Store, handed_over: list[str]
) -> None:
    async with store.transaction() as transaction:
        handed_over.clear()
        await transaction.people.add_therapist(therapist(), NOW)
        assert len(await transaction.people.therapists()) == 1
        assert handed_over == []
    assert handed_over[0] == "commit"


async def test_after_a_rollback_the_next_statement_is_the_threads(
    store: Store, handed_over: list[str]
) -> None:
    async def failing() -> None:
        async with store.transaction():
            handed_over.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    async with store.reading() as transaction:
        assert await transaction.people.therapists() == ()
    assert handed_over == ["rollback", *["_with_rows"] * 2, "rollback"], "a reader begins, and asks"


async def test_a_long_write_lets_others_have_their_turn_between_statements(store: Store) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with store.transaction() as transaction:
        waiting = asyncio.create_task(others())
        for _ in range(12):
            await transaction.people.therapists()
            time.sleep(embedded.TURN)  # noqa: ASYNC251 (work that takes as long)
        waiting.cancel()
    assert turns >= 10, "once between two statements, but for the first, in which they begin"


async def test_with_nothing_to_roll_back_the_connection_goes_back_without_the_thread(
    store: Store, handed_over: list[str]
) -> None:
    async with store.transaction() as transaction:
        await transaction.people.therapists()
    assert handed_over[-1] == "commit"


async def test_a_beginning_that_was_given_up_is_rolled_back(store: Store) -> None:
    """The thread goes on waiting for the lock, and gets it after all."""
    path = store.engine.url.database
    assert path is not None
    connection = await embedded.connect(path, isolation_level=None)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
        other.execute(BEGIN_WRITING)
        beginning = asyncio.create_task(_begin(connection))
        await asyncio.sleep(0.05)
        beginning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beginning
        rolling_back = asyncio.create_task(connection.rollback())
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
        await rolling_back
        await asyncio.sleep(0.2)  # longer than SQLite waits between two tries
        other.execute(BEGIN_WRITING)
    await connection.close()


async def test_a_reader_who_gives_up_leaves_the_thread_to_end_what_it_does(store: Store) -> None:
    numbers = sa.select(sa.literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < LONG))
    async with store.engine.connect() as connection:
        reader = await connection.execution_options(attune_read_only=True)
        reading = asyncio.create_task(reader.execute(sa.select(sa.func.count()).select_from(numbers)))
        await asyncio.sleep(0.05)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    async with store.reading() as transaction:
        assert await transaction.people.therapists() == ()


async def _begin(connection: Connection) -> None:
    await connection.execute(BEGIN_WRITING)


async def test_whoever_waits_for_another_process_keeps_nobody_waiting(store: Store) -> None:
    assert store.engine.url.database is not None
    with closing(sqlite3.connect(store.engine.url.database, isolation_level=None)) as other:
        other.execute(BEGIN_WRITING)
        writing = asyncio.create_task(_write(store))
        longest = 0.0
        began = time.perf_counter()
        while (now := time.perf_counter()) < began + LOCKED_FOR:
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - now)
        assert not writing.done()
        other.execute("ROLLBACK")
    await writing
    assert longest < LOCKED_FOR, "the loop went on meanwhile"


async def _write(store: Store) -> None:
    async with store.transaction() as transaction:
        await transaction.people.add_therapist(therapist(), NOW)


async def test_a_connection_ends_its_thread_with_it(store: Store) -> None:
    assert store.engine.url.database is not None
    connection = await embedded.connect(store.engine.url.database)
    assert isinstance(connection, Connection)
    await connection.execute(BEGIN_WRITING)
    connection.begun()
    await connection.close()
    with pytest.raises(ValueError, match=r"(?i)connection"):
        await connection.execute("SELECT 1")
    with closing(sqlite3.connect(store.engine.url.database, timeout=0)) as other:
        other.execute(BEGIN_WRITING)


async def test_a_connection_that_was_closed_counts_as_lost(store: Store) -> None:
    async with store.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, Connection)
        await driver.close()
        with pytest.raises(sa.exc.OperationalError) as raised:
            await connection.exec_driver_sql("SELECT 1")
        assert raised.value.connection_invalidated


async def test_where_a_file_cannot_be_opened_no_thread_is_left(tmp_path: Path) -> None:
    before = set(_workers())
    with pytest.raises(sqlite3.OperationalError):
        _ = await embedded.connect(str(tmp_path / "nowhere" / "attune.db"))
    assert set(_workers()) <= before


def _workers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if "_connection_worker_thread" in one.name]
