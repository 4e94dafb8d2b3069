"""The clinic under test: the real service, ticker and outbox on one database and a clock that is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.service import Service
from bot.ticker import Ticker
from storage import tables as kept
from storage.store import Store
from tests.fakes.memory import MemoryChannel
from tests.world import CIPHER, OPERATOR, Clock, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.policy import Policy
    from storage.statements import Row

T = TypeVar("T")

Lend = Callable[[], AbstractContextManager[str | None]]
"""Lends the URL of an empty database with every table; None for one in memory, which the stage makes."""


@contextmanager
def in_memory() -> Iterator[str | None]:
    """Lend a database in memory."""
    yield None


class Watched(Service):
    """The service, which also remembers of which missed check-ins it told."""

    def __init__(self, store: Store, policy: Policy, clock: Callable[[], datetime]) -> None:
        """Begin with nothing told."""
        super().__init__(store, policy, clock)
        self.told: set[int] = set()

    async def report_missed(self) -> int:
        """Tell operators, and remember of what."""
        async with self.store.engine.connect() as connection:
            untold = await connection.execute(sa.select(kept.check_ins.c.id).where(kept.check_ins.c.untold))
            ids = set(untold.scalars())
        count = await super().report_missed()
        self.told |= ids
        return count


@dataclass(slots=True)
class Stage:
    """One clinic, an event loop of its own, and the ways to look into its database."""

    runner: asyncio.Runner
    world: World
    service: Watched
    ticker: Ticker
    channel: MemoryChannel
    woken: list[datetime] = field(default_factory=list)

    @classmethod
    def set_up(cls, url: str | None, policy: Policy, now: datetime) -> Stage:
        """Open a clinic with an operator and a therapist."""
        runner, clock = asyncio.Runner(), Clock(now)
        store = Store.in_memory(CIPHER) if url is None else Store.open(url, CIPHER)
        channel, service = MemoryChannel(clock=clock), Watched(store, policy, clock)
        outbox = Outbox(service, {channel.name: channel}, clock, chance=lambda: 0.0)
        world = World(store, service, Inbox(service, outbox.wake), outbox, {channel.name: channel}, clock)
        woken: list[datetime] = []
        ticker = Ticker(service, lambda: woken.append(clock()))
        stage = cls(runner, world, service, ticker, channel, woken)
        stage.run(_prepare(world, tables=url is None))
        return stage

    def run(self, work: Coroutine[object, None, T]) -> T:
        """Do something on the loop, to its end."""
        return self.runner.run(work)

    def close(self) -> None:
        """Let go of the database and of the loop."""
        self.run(self.world.store.close())
        self.runner.close()

    @property
    def now(self) -> datetime:
        """The present moment, as everybody here is told."""
        return self.world.clock.now

    def rows(self, statement: sa.Select[Any]) -> Sequence[Row]:
        """Read rows."""
        return self.run(self._rows(statement))

    async def _rows(self, statement: sa.Select[Any]) -> Sequence[Row]:
        async with self.world.store.engine.connect() as connection:
            found: Sequence[Row] = (await connection.execute(statement)).all()
            return found

    def everything(self) -> dict[str, Sequence[Row]]:
        """Read every row of every table."""
        return self.run(self._everything())

    async def _everything(self) -> dict[str, Sequence[Row]]:
        async with self.world.store.engine.connect() as connection:
            return {
                name: (await connection.execute(sa.select(table).order_by(*table.primary_key))).all()
                for name, table in kept.metadata.tables.items()
            }


async def _prepare(world: World, *, tables: bool) -> None:
    if tables:
        async with world.store.engine.begin() as connection:
            await connection.run_sync(kept.metadata.create_all)
    await world.service.sync([(world.channel.name, OPERATOR)])
    await world.add_therapist()
    await world.send_out()
