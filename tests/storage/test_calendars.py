"""Whose turn it is to read a calendar: one worker's at a time, whatever clocks do."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from storage.calendars import CalendarState, Lease, Seen
from storage.store import Store

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LEASE = Lease(5 * MINUTE, 60 * MINUTE)


async def claim(store: Store, at: datetime = NOW, *, anyway: bool = False) -> CalendarState | None:
    """Try to take the calendar."""
    async with store.transaction() as tx:
        return await tx.calendars.claim("kt", at, LEASE, anyway=anyway)


async def taken(store: Store, at: datetime = NOW) -> CalendarState:
    """Take the calendar."""
    state = await claim(store, at)
    assert state is not None
    return state


async def read(store: Store, at: datetime = NOW) -> CalendarState:
    """Take the calendar, and note that it was read."""
    state = dataclasses.replace(
        await taken(store, at), due_at=at + LEASE.every, leased_until=None, read_at=at, seen=Seen("d", '"e"')
    )
    async with store.transaction() as tx:
        await tx.calendars.put(state)
    return state


async def test_a_new_calendar_is_due_at_once_and_then_one_workers(store: Store) -> None:
    assert await claim(store) == CalendarState("kt", NOW, NOW + LEASE.length)
    assert await claim(store) is None


async def test_of_many_workers_one_gets_it(store: Store) -> None:
    found = await asyncio.gather(*(claim(store) for _ in range(5)))
    assert sum(one is not None for one in found) == 1


@pytest.mark.parametrize(
    ("later", "gets_it"),
    [
        pytest.param(LEASE.length - SECOND, False, id="another has it"),
        pytest.param(LEASE.length, True, id="the other came to grief"),
        pytest.param(-SECOND, True, id="taken by a clock that was ahead"),
    ],
)
async def test_a_lease_ends(store: Store, later: timedelta, gets_it: bool) -> None:
    await taken(store)
    assert (await claim(store, NOW + later, anyway=True) is not None) is gets_it


@pytest.mark.parametrize(
    ("later", "gets_it"),
    [
        pytest.param(LEASE.every - SECOND, False, id="a second early"),
        pytest.param(LEASE.every, True, id="due"),
        pytest.param(timedelta(0), False, id="only just read"),
        pytest.param(-SECOND, True, id="read by a clock that was ahead"),
    ],
)
async def test_it_is_read_every_so_often(store: Store, later: timedelta, gets_it: bool) -> None:
    await read(store)
    assert (await claim(store, NOW + later) is not None) is gets_it


async def test_it_can_be_read_before_it_is_due(store: Store) -> None:
    await read(store)
    assert await claim(store, NOW + SECOND, anyway=True) is not None


async def test_it_is_held_until_another_has_it(store: Store) -> None:
    first = await taken(store)
    async with store.transaction() as tx:
        assert await tx.calendars.held(first)
    second = await taken(store, NOW + LEASE.length)
    async with store.transaction() as tx:
        assert not await tx.calendars.held(first)
        assert await tx.calendars.held(second)


async def test_what_is_written_is_read_again(store: Store) -> None:
    await taken(store)
    state = CalendarState("kt", NOW, None, NOW - SECOND, "b", Seen("d", '"e"', "Mon"), 2, 1, NOW + SECOND)
    async with store.transaction() as tx:
        await tx.calendars.put(state)
        assert await tx.calendars.of(["kt", "never-read"]) == (state,)
        await tx.calendars.put(dataclasses.replace(state, seen=None))
        (kept,) = await tx.calendars.of(["kt"])
    assert kept.seen is None
