"""Many workers on one PostgreSQL: nothing is done twice, and nobody waits for one another."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bot.ticker import Ticker
from storage import tables as t
from tests.bot import fleet
from tests.bot.fleet import CLIENTS, THERAPISTS, address, deadlocks, doubled, treating, workers
from tests.databases import Databases
from tests.world import World


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """Lend a PostgreSQL with a caseload: SQLite has one worker alone."""
    with databases.fresh("postgresql", fleet.busy) as url:
        yield url


@pytest.fixture
async def pair(url: str) -> AsyncIterator[Sequence[World]]:
    """Open two workers whose clocks agree."""
    async with workers(url) as both:
        yield both


async def test_what_falls_due_is_done_once_however_many_do_it(pair: Sequence[World]) -> None:
    """Each work of a tick, and sending, by two workers at the same time and twice each, for a day."""
    first = pair[0]
    for hours in (1, 1, 1, 1, 4, 6, 6, 2, 2):
        first.clock.wait(hours=hours)
        for works in zip(*(Ticker(one.service, lambda: None).works() for one in pair), strict=True):
            await asyncio.gather(*(work() for work, _ in works * 2))
        await asyncio.gather(*(one.outbox.deliver() for one in (*pair, *pair)))
        await first.send_out()
    assert await doubled(first) == []
    kinds = Counter(await _kinds(first))
    assert min(kinds["question"], kinds["reminder"], kinds["confirm"]) >= CLIENTS, kinds
    sent = Counter((str(one.address), one.message.text) for world in pair for one in world.channel.sent)
    assert len(set(sent)) >= CLIENTS
    assert sum(sent.values()) == sum(kinds.values()), "each message went out once"


async def _kinds(world: World) -> list[str]:
    async with world.store.engine.connect() as connection:
        gone = t.outbox.c.state.in_(["sent", "delivered"])
        return list((await connection.execute(sa.select(t.outbox.c.kind).where(gone))).scalars())


WORDS = ("7", "8", "6.5", "stop", "start", "later", "thanks", "skip", "back", "I want to die")
ORDERS = ("break C0", "away 2026-12-20 2026-12-24", "back", "ack 1", "close 1 done", "sessions C1", "help")


ROUNDS = 8


async def _talk(world: World, chance: random.Random) -> None:
    """Let many write at once, in any order, some of them therapists."""
    for _ in range(ROUNDS):
        who = chance.sample(range(CLIENTS), 5)
        batch = [world.inbound(chance.choice(WORDS), address(one)) for one in who]
        batch.append(world.inbound(chance.choice(ORDERS), treating(chance.randrange(THERAPISTS))))
        await world.service.receive(batch)


async def _tick(world: World, *, together: bool) -> None:
    """Do every work of a tick again and again, all at the same time or in turn, while time runs fast."""
    for _ in range(ROUNDS):
        world.clock.wait(minutes=40)
        works = [work for work, _ in Ticker(world.service, lambda: None).works()]
        if together:
            await asyncio.gather(*(work() for work in works))
        else:
            for work in works:
                await work()
        await world.outbox.deliver()


async def test_talk_and_clock_never_wait_for_one_another(pair: Sequence[World]) -> None:
    """Everything that locks, at the same time: nobody's transaction is ended by the database."""
    async with asyncio.TaskGroup() as group:
        for number, world in enumerate(pair):
            group.create_task(_talk(world, random.Random(number)))
            group.create_task(_talk(world, random.Random(number + 10)))
            group.create_task(_tick(world, together=True))
    await asyncio.gather(*(one.store.close() for one in pair))
    assert await deadlocks(pair[0]) == 0


_THEIRS = "check_ins|sessions|session_asks|session_series|schedules"
_MOVES = re.compile(
    rf"(UPDATE|DELETE FROM) ({_THEIRS})\b|.*FROM ({_THEIRS})\b.*FOR (NO KEY )?UPDATE", re.DOTALL
)
_HOLDS = re.compile(r".*\bclients\b.*FOR NO KEY UPDATE|UPDATE clients", re.DOTALL)


@contextmanager
def out_of_order(world: World) -> Iterator[list[str]]:
    """Collect the statements that take what is a client's in a transaction that does not hold clients.

    One that passes over what is locked waits for nobody, and is in order wherever it stands.
    """
    found: list[str] = []
    holding: dict[int, bool] = {}

    def begin(connection: sa.Connection) -> None:
        holding[id(connection.connection.dbapi_connection)] = False

    def look(connection: sa.Connection, _cursor: object, text: str, *_: object) -> None:
        which = id(connection.connection.dbapi_connection)
        holding[which] = holding[which] or bool(_HOLDS.match(text))
        if _MOVES.match(text) and "SKIP LOCKED" not in text and not holding[which]:
            found.append(text)

    engine = world.store.engine.sync_engine
    event.listen(engine, "begin", begin)
    event.listen(engine, "before_cursor_execute", look)
    yield found
    event.remove(engine, "begin", begin)
    event.remove(engine, "before_cursor_execute", look)


async def test_clients_are_held_before_what_is_theirs(pair: Sequence[World]) -> None:
    """The order that keeps two transactions from waiting for one another, in all that ticks and talk do."""
    world = pair[0]
    with out_of_order(world) as found:
        await world.service.sync([])
        await _talk(world, random.Random(1))
        await _tick(world, together=False)
        await _talk(world, random.Random(2))
        await _tick(world, together=False)
    assert found == []
