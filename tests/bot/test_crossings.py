"""What is tried again: a transaction that another came between, and nothing else."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from structlog.testing import capture_logs

from bot.crossings import TRIES, tried_again
from storage import tables as t
from storage.store import Store, Transaction
from tests.databases import Engine
from tests.storage.caseload import enrol


def deadlock() -> DBAPIError:
    """Make what PostgreSQL ends one of two transactions with."""
    return OperationalError("UPDATE", {}, psycopg.errors.DeadlockDetected())


def order() -> DBAPIError:
    """Make what an engine says that can't put two transactions in an order."""
    return OperationalError("COMMIT", {}, psycopg.errors.SerializationFailure())


def twice() -> DBAPIError:
    """Make what is said to the second of two who keep the same."""
    return IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation())


def gone() -> DBAPIError:
    """Make what is said where the database is away."""
    return OperationalError("SELECT", {}, psycopg.OperationalError())


class Work:
    """Fails so often with an error, and then does."""

    def __init__(self, error: Exception, failures: int) -> None:
        """Prepare to fail."""
        self.error = error
        self.failures = failures
        self.tried = 0

    @tried_again
    async def do(self, what: str, *, also: str = "") -> str:
        """Do it."""
        self.tried += 1
        if self.tried <= self.failures:
            raise self.error
        return what + also


@pytest.mark.parametrize("error", [deadlock(), order(), twice()])
async def test_what_another_came_between_is_tried_again(error: DBAPIError) -> None:
    work = Work(error, TRIES - 1)
    with capture_logs() as logs:
        assert await work.do("done", also=" well") == "done well"
    assert (work.tried, len(logs)) == (TRIES, TRIES - 1)
    assert {one["work"] for one in logs} == {"do"}


@pytest.mark.parametrize(("error", "tried"), [(deadlock(), TRIES), (gone(), 1), (ValueError("a poison"), 1)])
async def test_but_not_for_ever_and_nothing_else_is(error: Exception, tried: int) -> None:
    work = Work(error, 99)
    with pytest.raises(type(error)) as raised:
        await work.do("never")
    assert raised.value is error
    assert work.tried == tried


@pytest.fixture
def engine() -> Engine:
    """Ask PostgreSQL alone: SQLite has one writer at a time."""
    return "postgresql"


class Crossing:
    """Writes two rows in an order; the other way round at the same time they wait for one another."""

    def __init__(self, store: Store, rows: tuple[int, int], meeting: asyncio.Barrier) -> None:
        """Prepare."""
        self.store = store
        self.rows = rows
        self.meeting = meeting
        self.tried = 0

    @tried_again
    async def write(self) -> None:
        """Write both, after both have written their first."""
        self.tried += 1
        async with self.store.transaction() as tx:
            await touch(tx, self.rows[0])
            if self.tried == 1:
                await self.meeting.wait()
            await touch(tx, self.rows[1])


async def touch(tx: Transaction, client_id: int) -> None:
    """Write a client's row."""
    await tx.people.set_language(client_id, "de")


async def test_two_that_really_wait_for_one_another_are_both_done_in_the_end(store: Store) -> None:
    one, other = [(await enrol(store, code)).client for code in ("AB", "CD")]
    meeting = asyncio.Barrier(2)
    both = [Crossing(store, rows, meeting) for rows in ((one, other), (other, one))]
    await asyncio.gather(*(each.write() for each in both))
    assert sorted(each.tried for each in both) == [1, 2]
    async with store.engine.connect() as connection:
        spoken = await connection.execute(sa.select(t.clients.c.language))
        assert set(spoken.scalars()) == {"de"}
