"""Who waits for whom on PostgreSQL: what falls due keeps no message waiting."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from storage import tables as t
from storage.records import ClientState, Schedule
from storage.store import Store
from tests.databases import Engine
from tests.storage.caseload import NOW, TODAY, Case, enrol


@pytest.fixture
def engine() -> Engine:
    """Ask PostgreSQL alone: SQLite has one writer at a time."""
    return "postgresql"


async def planned(store: Store) -> Case:
    """Keep a client for whom a schedule is due."""
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.schedules.put([Schedule(0, case.client, "weekly", "", TODAY, NOW)])
    return case


async def test_what_refers_to_a_client_is_written_while_their_schedule_is_claimed(store: Store) -> None:
    case = await planned(store)
    async with store.transaction() as tx:
        assert len(await tx.schedules.due(NOW, 10)) == 1
        async with asyncio.timeout(10), store.engine.begin() as other:
            await other.execute(sa.insert(t.remarks).values(client_id=case.client, text=b"x", at=NOW))


async def test_a_client_is_not_paused_while_their_schedule_is_claimed(store: Store) -> None:
    """Else they would be asked after somebody was told that they are not."""
    case = await planned(store)

    async def pause() -> None:
        async with store.transaction() as tx:
            await tx.people.set_client_state(case.client, ClientState.PAUSED)

    async with store.transaction() as tx:
        assert len(await tx.schedules.due(NOW, 10)) == 1
        pausing = asyncio.create_task(pause())
        done, _ = await asyncio.wait([pausing], timeout=0.5)
        assert not done, "it waits until they were asked"
    await pausing
