"""A seat that one worker of all holds, and what becomes of it when that one is gone."""

from __future__ import annotations

import asyncio
import dataclasses

import psycopg
import pytest
import sqlalchemy as sa

from storage.direct import Connection, Direct
from storage.seat import Seat, Standing
from storage.store import Store
from tests.databases import Engine


@pytest.fixture
def engine() -> Engine:
    """Ask PostgreSQL alone: on SQLite there is one worker."""
    return "postgresql"


def direct(store: Store) -> Direct:
    """Give how the server is reached."""
    assert store.direct is not None
    return store.direct


async def cut(store: Store) -> None:
    """End every session of the database that holds a lock of its own, as the death of its machine would."""
    locked = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    async with store.engine.connect() as connection:
        await connection.execute(sa.text(locked))


async def test_one_holds_it_until_it_leaves(store: Store) -> None:
    first, second = (Seat(direct(store), "poller") for _ in range(2))
    assert [await first.take(), await first.held()] == [Standing.HELD, True]
    assert [await second.take(), await second.held()] == [Standing.TAKEN, False]
    await first.leave()
    assert not await first.held()
    assert await second.take() is Standing.HELD
    await second.leave()


async def test_of_many_that_try_at_once_one_has_it(store: Store) -> None:
    seats = [Seat(direct(store), "poller") for _ in range(8)]
    standings = await asyncio.gather(*(one.take() for one in seats))
    assert sorted(standings) == [Standing.HELD, *7 * [Standing.TAKEN]]
    for one in seats:
        await one.leave()


async def test_seats_of_other_names_are_others(store: Store) -> None:
    seats = [Seat(direct(store), f"poller of {bot}") for bot in range(20)]
    assert {await one.take() for one in seats} == {Standing.HELD}
    for one in seats:
        await one.leave()


async def test_whoever_loses_the_session_knows_and_another_has_it(store: Store) -> None:
    first, second = (Seat(direct(store), "poller") for _ in range(2))
    assert await first.take() is Standing.HELD
    await cut(store)
    assert not await first.held()
    assert await second.take() is Standing.HELD
    assert await first.take() is Standing.TAKEN
    await first.leave()
    await second.leave()


async def test_a_lock_that_is_gone_while_the_session_lives_is_noticed(store: Store) -> None:
    """As behind a pooler that ends what a session held before it lends it to somebody else."""

    class Kept(Direct):
        async def connect(self) -> Connection:
            made.append(await super().connect())
            return made[-1]

    made: list[Connection] = []
    seat = Seat(Kept(direct(store).parameters), "poller")
    assert await seat.take() is Standing.HELD
    await made[0].execute("SELECT pg_advisory_unlock_all()")
    assert not await seat.held()
    await seat.leave()


async def test_behind_a_pooler_nobody_holds_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pooler answers in the server's place at the start: with a session's number that is not its own."""
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda _: 1))
    seat = Seat(direct(store), "poller")
    assert [await seat.take(), await seat.held()] == [Standing.SHARED, False]


@pytest.mark.parametrize("sentence", ["true", "pg_advisory_nothing(1)"])
async def test_an_engine_without_such_locks_gives_no_seat(
    store: Store, monkeypatch: pytest.MonkeyPatch, sentence: str
) -> None:
    """One only pretends to lock, another does not know how."""
    monkeypatch.setattr("storage.seat._TAKE", f"SELECT {sentence}")
    seat = Seat(direct(store), "poller")
    assert [await seat.take(), await seat.held()] == [Standing.SHARED, False]


async def test_without_the_database_it_is_not_known(store: Store) -> None:
    nowhere = dataclasses.replace(direct(store), parameters={"host": "/nonexistent", "dbname": "none"})
    seat = Seat(nowhere, "poller")
    assert [await seat.take(), await seat.held()] == [Standing.AWAY, False]


async def test_how_the_server_is_reached_is_never_shown(store: Store) -> None:
    assert repr(direct(store)) == "Direct()"
