"""Workers wake each other: after the commit, not before, and again after the connection was cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from storage.crypto import Cipher
from storage.records import Draft, Priority
from storage.store import Access, Store, Transaction
from storage.wakes import Listener
from tests.databases import Engine
from tests.storage.caseload import HOUR, NOW, Case, enrol

PATIENCE = 20.0


@pytest.fixture
def engine() -> Engine:
    """Ask PostgreSQL alone: SQLite has one worker."""
    return "postgresql"


class Woken:
    """Counts how often it was woken."""

    def __init__(self) -> None:
        """Begin at none."""
        self.count = 0

    def __call__(self) -> None:
        """Be woken."""
        self.count += 1


@asynccontextmanager
async def listening(store: Store, worker: str = "another") -> AsyncIterator[tuple[Listener, Woken]]:
    """Listen as a worker of this name."""
    assert store.direct is not None
    woken, stop = Woken(), asyncio.Event()
    listener = Listener(store.direct, worker, woken)
    running = asyncio.create_task(listener.run(stop))
    try:
        await until(lambda: listener.listening)
        woken.count = 0
        yield listener, woken
    finally:
        stop.set()
        await running


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - another task's doing
            await asyncio.sleep(0.01)


def draft(case: Case, *, later: bool = False) -> Draft:
    """Make a message that may go at once, or later."""
    return Draft(case.address, "reply", Priority.REPLY, "{}", NOW + HOUR if later else NOW)


async def queue(tx: Transaction, case: Case, *, later: bool = False) -> None:
    """Queue one message."""
    await tx.outbox.queue([draft(case, later=later)], NOW)


async def nothing_comes(woken: Woken) -> None:
    """Give a notice the time to arrive, and see that none does."""
    await asyncio.sleep(0.3)
    assert woken.count == 0


async def test_it_is_heard_once_it_is_committed(store: Store) -> None:
    case = await enrol(store)
    async with listening(store) as (_, woken):
        async with store.transaction() as tx:
            await queue(tx, case)
            await nothing_comes(woken)
        await until(lambda: woken.count == 1)


async def _queue_in_vain(store: Store, case: Case) -> None:
    async with store.transaction() as tx:
        await queue(tx, case)
        raise ZeroDivisionError


async def test_what_is_rolled_back_is_not_heard(store: Store) -> None:
    case = await enrol(store)
    async with listening(store) as (_, woken):
        with pytest.raises(ZeroDivisionError):
            await _queue_in_vain(store, case)
        await nothing_comes(woken)


async def test_what_may_not_go_yet_wakes_nobody(store: Store) -> None:
    case = await enrol(store)
    async with listening(store) as (_, woken):
        async with store.transaction() as tx:
            await queue(tx, case, later=True)
        await nothing_comes(woken)


async def test_a_worker_does_not_hear_itself(store: Store) -> None:
    case = await enrol(store)
    async with listening(store, store.worker) as (_, woken):
        async with store.transaction() as tx:
            await queue(tx, case)
        await nothing_comes(woken)


async def test_a_cut_connection_is_made_again_and_what_came_meanwhile_is_looked_for(store: Store) -> None:
    case = await enrol(store)
    async with listening(store) as (listener, woken):
        async with store.engine.connect() as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            await connection.execute(sa.text(ended))
        await until(lambda: woken.count == 1 and listener.listening)
        async with store.transaction() as tx:
            await queue(tx, case)
        await until(lambda: woken.count == 2)


async def test_switched_off_nobody_is_told(migrated_url: str, cipher: Cipher) -> None:
    store = Store.open(migrated_url, cipher, Access(notifies=False))
    case = await enrol(store)
    async with listening(store) as (_, woken):
        async with store.transaction() as tx:
            await queue(tx, case)
        await nothing_comes(woken)
    await store.close()


@pytest.mark.parametrize(("prepared", "kept"), [(True, True), (False, False)])
async def test_statements_are_prepared_unless_switched_off(
    migrated_url: str, cipher: Cipher, *, prepared: bool, kept: bool
) -> None:
    """A pooler that lends connections by the transaction may hand a statement to a server that lacks it."""
    store = Store.open(migrated_url, cipher, Access(prepared=prepared))
    async with store.engine.connect() as connection:
        for _ in range(8):
            await connection.execute(sa.text("SELECT 41 + :one"), {"one": 1})
        known = await connection.scalar(
            sa.text("SELECT count(*) > 0 FROM pg_prepared_statements WHERE statement LIKE '%41 +%'")
        )
    assert known is kept
    await store.close()
