"""Several workers on one PostgreSQL: a caseload with everything that can fall due, and their services."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import time, timedelta

import sqlalchemy as sa

from bot.policy import SessionRules
from bot.service import planning
from bot.service.desk import Desk
from bot.service.session_asks import Changed, confirm_at, settle
from bot.timetable import AfterSession, Away, Routine, Weekly
from scoring.instrument import AgeGroup
from storage import tables as t
from storage.migrations import upgrade
from storage.records import Client, ClientState, Therapist
from storage.sessions import Session
from tests.fakes.memory import MemoryChannel
from tests.world import MONDAY, Clock, World, opened, policy

DAY = timedelta(days=1)

DAILY = Routine(
    "daily",
    ("ors", "srs"),
    Weekly(tuple((day, time(18)) for day in range(7))),
    (timedelta(hours=2), timedelta(hours=4)),
    timedelta(hours=8),
)
AFTER = Routine("after", ("srs",), AfterSession(Away(minutes=0)), (timedelta(hours=2),), timedelta(hours=8))

CLIENTS, THERAPISTS, DAYS = 12, 3, 30


def address(number: int) -> str:
    """Give a client's address by their number, from 0 on."""
    return f"+1555{number:04d}"


def treating(number: int) -> str:
    """Give a therapist's address by their number, from 0 on."""
    return f"+1777{number:04d}"


def busy(url: str) -> None:
    """Prepare a database with a caseload that is asked daily and around a session each day."""
    asyncio.run(_fill(url))


async def _fill(url: str) -> None:
    async with worker(url) as world:
        await upgrade(world.store.engine)
        async with world.service.desk() as desk:
            clients = await _people(desk)
            await planning.plan(desk, clients, anew=True)
            sessions = [_session(desk, one, day) for one in clients for day in range(DAYS)]
            kept = await desk.tx.sessions.add(sessions, desk.now)
            await settle(desk, [Changed(None, one) for one in kept], {one.id: one for one in clients})


async def _people(desk: Desk) -> Sequence[Client]:
    people, ids = desk.tx.people, []
    for number in range(THERAPISTS):
        added = await people.add_therapist(Therapist(0, f"T{number}", "en", "UTC", "Dr Quimby"), desk.now)
        ids.append(added or 0)
        await _reached(desk, treating(number), therapist_id=added)
    for number in range(CLIENTS):
        code, whose = f"C{number}", ids[number % THERAPISTS]
        active, adult = ClientState.ACTIVE, AgeGroup.ADULT
        client = Client(0, code, whose, "en", "UTC", "US", adult, active, desk.now, "Alma Brightwater")
        added = await people.add_client(client, desk.now)
        await people.open_episode(added or 0, desk.now)
        await _reached(desk, address(number), client_id=added)
    return await people.clients()


async def _reached(
    desk: Desk, at: str, *, client_id: int | None = None, therapist_id: int | None = None
) -> None:
    await desk.tx.addresses.meet([("memory", at)], desk.now)
    await desk.tx.addresses.give("memory", at, client_id=client_id, therapist_id=therapist_id)


def _session(desk: Desk, client: Client, day: int) -> Session:
    starts = MONDAY + day * DAY
    made = Session(
        0, client.id, f"s{day}", "therapist", starts.date(), starts, starts + timedelta(minutes=50)
    )
    return dataclasses.replace(made, confirm_at=confirm_at(desk.policy, made, client, desk.now))


@asynccontextmanager
async def worker(url: str, clock: Clock | None = None) -> AsyncIterator[World]:
    """Open one worker on a database."""
    clock = clock or Clock()
    channel = MemoryChannel(clock=clock)
    rules = SessionRules(confirm_before=timedelta(hours=3))
    choices = dataclasses.replace(policy([channel], (DAILY, AFTER)), sessions=rules, most_a_day=20)
    async with opened(url, channel, clock=clock, choices=choices) as world:
        world.service.policy.lexicon.ready()
        yield world


@asynccontextmanager
async def workers(url: str, count: int = 2) -> AsyncIterator[Sequence[World]]:
    """Open several workers whose clocks agree."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(worker(url, clock)) for _ in range(count)]


async def deadlocks(world: World) -> int:
    """Count the deadlocks that PostgreSQL has found in the database so far."""
    async with world.store.engine.connect() as connection:
        asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int((await connection.execute(sa.text(asked))).scalar_one())


async def count(world: World, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    """Count rows."""
    async with world.store.engine.connect() as connection:
        found = await connection.scalar(sa.select(sa.func.count()).select_from(table).where(*where))
        return int(found or 0)


async def doubled(world: World) -> list[tuple[object, ...]]:
    """List what went, or waits to go, twice: the same question put for the same reason at the same time."""
    same = (t.outbox.c.address_id, t.outbox.c.kind, t.outbox.c.check_in_id, t.outbox.c.position)
    when = (*same, t.outbox.c.created_at)
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(*when)
            .where(t.outbox.c.kind.in_(["question", "reminder", "together", "confirm"]))
            .group_by(*when)
            .having(sa.func.count() > 1)
        )
        return [tuple(row) for row in rows]
