"""Who of several workers polls: one, and another within seconds once that one is gone or stays silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import election
from bot.election import Election
from storage.crypto import Cipher
from storage.seat import Seat, Standing
from storage.store import Store
from tests.databases import Engine

SOON = 15.0


@pytest.fixture
def engine() -> Engine:
    """Ask PostgreSQL alone: on SQLite there is one worker."""
    return "postgresql"


@pytest.fixture(autouse=True)
def _without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try and look more often than is needed outside of tests."""
    monkeypatch.setattr(election, "TRIES_EVERY", 0.1)
    monkeypatch.setattr(election, "LOOKS_EVERY", 0.05)


class Worker:
    """Polls a Telegram that isn't there, and tells who does."""

    polling: set[Worker]

    def __init__(self, seat: Seat | None, *, answered: bool = True) -> None:
        """Prepare; where polls stay unanswered another is to try after a moment."""
        self.polls = 0
        self.answered = answered
        self.last: datetime | None = None
        self.stop = asyncio.Event()
        silence = timedelta(seconds=0.3)
        self.election = Election(seat, self.listen, last_poll=lambda: self.last, silence=silence)

    async def listen(self, stop: asyncio.Event, may: Callable[[], Awaitable[bool]]) -> None:
        """Poll as the channel does: the seat is looked at before each poll."""
        while not stop.is_set() and await may():
            Worker.polling.add(self)
            self.polls += 1
            assert len(Worker.polling) == 1, "two poll at once"
            await asyncio.sleep(0.02)
            Worker.polling.discard(self)
            if self.answered:
                self.last = datetime.now(UTC)


@asynccontextmanager
async def running(*workers: Worker) -> AsyncIterator[None]:
    """Let workers run."""
    Worker.polling = set()
    tasks = [asyncio.create_task(one.election.run(one.stop)) for one in workers]
    try:
        yield
    finally:
        for one in workers:
            one.stop.set()
        await asyncio.gather(*tasks)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110 - another task's doing
            await asyncio.sleep(0.01)


def worker(store: Store, *, answered: bool = True) -> Worker:
    """Make a worker on a database."""
    assert store.direct is not None
    return Worker(Seat(store.direct, "poller"), answered=answered)


async def test_alone_it_polls_at_once() -> None:
    alone = Worker(None)
    async with running(alone):
        await until(lambda: alone.polls > 1)
    assert alone.election.standing is Standing.HELD


async def test_one_polls_and_the_other_says_so(store: Store) -> None:
    first, second = worker(store), worker(store)
    async with running(first, second):
        await until(lambda: {one.election.standing for one in (first, second)} == {"held", "taken"})
        polls = [one for one in (first, second) if one.election.standing is Standing.HELD]
        other = first if polls == [second] else second
        await until(lambda: polls[0].polls > 3)
        assert other.election.elsewhere.is_set()
        assert other.polls == 0


async def test_the_other_takes_over_when_the_first_is_stopped(store: Store) -> None:
    first, second = worker(store), worker(store)
    async with running(first, second):
        await until(lambda: first.polls + second.polls > 1)
        gone, left = (first, second) if first.polls else (second, first)
        gone.stop.set()
        await until(lambda: left.polls > 1)


async def test_who_loses_the_lock_stops_at_once_and_somebody_polls_again(store: Store) -> None:
    first, second = worker(store), worker(store)
    async with running(first, second):
        await until(lambda: first.polls + second.polls > 1)
        before = first.polls + second.polls
        locked = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        async with store.engine.connect() as connection:
            await connection.execute(sa.text(locked))
        await until(lambda: first.polls + second.polls > before + 3)


async def test_who_hears_nothing_from_telegram_lets_another_try(store: Store) -> None:
    deaf = worker(store, answered=False)
    async with running(deaf):
        await until(lambda: deaf.polls > 0)
        other = worker(store)
        stopped = asyncio.create_task(other.election.run(other.stop))
        await until(lambda: other.polls > 1)
        other.stop.set()
        await stopped
    assert deaf.election.standing is not Standing.HELD


async def test_a_database_that_is_away_keeps_everybody_from_polling(
    migrated_url: str, cipher: Cipher
) -> None:
    store = Store.open(migrated_url.replace("attune_", "nowhere_"), cipher)
    nobody = worker(store)
    async with running(nobody):
        await until(lambda: nobody.election.standing is Standing.AWAY)
    assert nobody.polls == 0
    await store.close()
