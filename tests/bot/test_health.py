"""The state of the database: told once, waited out, and over by itself; nothing spins meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot import health as healths
from bot.health import Health
from bot.service import Service
from bot.ticker import Ticker
from storage.store import Store
from storage.trouble import Trouble
from tests.storage.test_trouble import sqlite
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FULL, LOCKED, DAMAGED = sqlite(13), sqlite(5), sqlite(11)


def test_a_spell_of_trouble_is_logged_once_and_each_fault_counted() -> None:
    health = Health()
    with capture_logs() as logs:
        for part in ("inbox", "inbox", "ticker"):
            assert health.met(FULL, part) is Trouble.DISK_FULL
        assert health.met(LOCKED, "inbox") is Trouble.LOCKED
        health.well()
        health.well()
    assert [(one.get("trouble"), one.get("was")) for one in logs] == [
        ("disk full", None),
        ("locked", None),
        (None, "locked"),
    ]
    labels = {"part": "inbox", "trouble": "disk_full"}
    assert health.metrics.registry.get_sample_value("attune_database_errors_total", labels) == 2


def test_what_is_no_fault_of_the_database_changes_nothing() -> None:
    health = Health()
    assert health.met(KeyError("measure"), "inbox") is None
    assert health.trouble is None


def test_damage_stays_until_somebody_has_seen_to_it() -> None:
    health = Health()
    health.met(DAMAGED, "inbox")
    health.met(LOCKED, "inbox")
    health.well()
    assert health.trouble is Trouble.DAMAGED


@pytest.fixture
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healths, "LOOK_AGAIN", 0.01)


@pytest.mark.usefixtures("_quickly")
async def test_it_is_well_again_once_a_write_comes_to_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody need write to us for that."""
    left, try_writing, health, stop = [FULL, FULL], Store.try_writing, Health(), asyncio.Event()

    async def full(self: Store, _: datetime) -> None:
        if left:
            raise left.pop()
        await try_writing(self, world.clock())

    monkeypatch.setattr(Store, "try_writing", full)
    health.met(FULL, "outbox")
    watching = asyncio.create_task(health.watch(world.store, stop))
    await asyncio.wait_for(health.hold(stop), 5)
    assert (left, health.trouble) == ([], None)
    stop.set()
    await asyncio.wait_for(watching, 5)


async def test_trying_writes_indeed(world: World) -> None:
    """A statement that changes nothing would come to pass on a full disk."""
    await world.service.sync([], applied={})
    async with world.store.engine.connect() as connection:
        statement = "SELECT tried_at FROM applied"
        before = (await connection.exec_driver_sql(statement)).scalar_one()
    await world.store.try_writing(world.clock())
    async with world.store.engine.connect() as connection:
        assert (await connection.exec_driver_sql(statement)).scalar_one() != before


async def test_whoever_waits_is_let_go_when_the_process_ends() -> None:
    health, stop = Health(), asyncio.Event()
    health.met(FULL, "outbox")
    waiting = asyncio.create_task(health.hold(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(waiting, 1)


async def test_a_tick_in_trouble_ends_and_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other works would each wait for the lock in vain."""
    tried = []

    async def locked(_: Service) -> int:
        tried.append(1)
        raise LOCKED

    for work in ("expire_due", "start_due", "remind_due"):
        monkeypatch.setattr(Service, work, locked)
    health = Health()
    ticker = Ticker(world.service, lambda: None, health=health)
    with capture_logs() as logs:
        await ticker.tick()
        await ticker.tick()
    assert (len(tried), ticker.failures, health.trouble) == (2, 2, Trouble.LOCKED)
    assert [one["action"] for one in logs] == ["database"]
    assert health.metrics.registry.get_sample_value("attune_ticks_total", {"outcome": "failed"}) == 2


async def test_sending_pauses_while_the_database_is_in_trouble(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, transaction = [], Store.transaction
    full = True

    @asynccontextmanager
    async def failing(self: Store) -> AsyncIterator[object]:
        tried.append(1)
        if full:
            raise FULL
        async with transaction(self) as one:
            yield one

    await world.inbox.accept([world.inbound("stop")])
    monkeypatch.setattr(Store, "transaction", failing)
    health = world.outbox._health  # noqa: SLF001 (the world has no other use for it)
    stop = asyncio.Event()
    with capture_logs() as logs:
        sending = asyncio.create_task(world.outbox.run(stop, poll=0.01))
        for _ in range(20):
            world.outbox.wake()
            await asyncio.sleep(0.01)
        assert len(tried) == 1, "it does not spin"
        full = False
        health.well()
        while not world.channel.sent:  # noqa: ASYNC110 (the network tells nobody)
            await asyncio.sleep(0.01)
        stop.set()
        await sending
    assert [one["action"] for one in logs if one["log_level"] != "info"] == ["database"]
