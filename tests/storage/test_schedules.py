"""What falls due: the indexed column is the truth, and a change of the config moves only what changed."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date, datetime, timedelta

import pytest

from storage.records import ClientState, Schedule
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, TODAY, Case, enrol


def weekly(case: Case, due: datetime = NOW, name: str = "weekly", rule: str = "mon 09:00 UTC") -> Schedule:
    """Make a schedule to keep."""
    return Schedule(0, case.client, name, rule, due.date(), due)


async def plan(store: Store, *wanted: Schedule) -> None:
    """Give the clients of these schedules exactly these."""
    async with store.transaction() as tx:
        await tx.schedules.replace(wanted, {one.client_id for one in wanted})


async def due(store: Store, now: datetime, limit: int = 10) -> list[tuple[int, str, datetime]]:
    """List what is due."""
    async with store.transaction() as tx:
        found = await tx.schedules.due(now, limit)
    return [(one.client_id, one.name, one.next_due_at) for one in found]


async def test_a_schedule_is_due_from_its_moment_on(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case))
    assert await due(store, NOW - timedelta(microseconds=1)) == []
    assert await due(store, NOW) == [(case.client, "weekly", NOW)]
    assert await due(store, NOW + HOUR) == [(case.client, "weekly", NOW)]


async def test_the_longest_due_comes_first(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    moments = [NOW, NOW - HOUR, NOW]
    await plan(store, *(weekly(case, moment) for case, moment in zip(cases, moments, strict=True)))
    found = await due(store, NOW)
    assert [client for client, _, _ in found] == [cases[1].client, cases[0].client, cases[2].client]
    assert await due(store, NOW, limit=2) == found[:2]


@pytest.mark.parametrize("state", [one for one in ClientState if one is not ClientState.ACTIVE])
async def test_nothing_is_due_for_a_client_who_is_not_active(store: Store, state: ClientState) -> None:
    case = await enrol(store)
    await plan(store, weekly(case))
    async with store.transaction() as tx:
        await tx.people.set_client_state(case.client, state)
    assert await due(store, NOW) == []


async def test_the_next_occurrence_is_set_alone(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    await plan(store, weekly(one), weekly(other))
    async with store.transaction() as tx:
        (first, _) = await tx.schedules.due(NOW, 10)
        await tx.schedules.plan([(first.id, date(2026, 3, 9), NOW + 168 * HOUR)])
        await tx.schedules.plan([])
        (moved,) = await tx.schedules.of([one.client])
    assert (moved.local_date, moved.next_due_at) == (date(2026, 3, 9), NOW + 168 * HOUR)
    assert await due(store, NOW) == [(other.client, "weekly", NOW)]


async def test_an_unchanged_rule_keeps_its_next_occurrence(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case, NOW))
    await plan(store, weekly(case, NOW + HOUR))
    assert await due(store, NOW) == [(case.client, "weekly", NOW)]


async def test_a_changed_rule_moves_it(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case, NOW))
    await plan(store, weekly(case, NOW + HOUR, rule="mon 10:00 UTC"))
    assert await due(store, NOW) == []
    assert await due(store, NOW + HOUR) == [(case.client, "weekly", NOW + HOUR)]


async def test_one_that_comes_back_after_a_while_brings_nothing_old(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case, NOW))
    async with store.transaction() as tx:
        await tx.schedules.replace([], [case.client])
    assert await due(store, NOW) == []
    await plan(store, weekly(case, NOW + 24 * HOUR))
    assert await due(store, NOW + HOUR) == []
    assert await due(store, NOW + 24 * HOUR) == [(case.client, "weekly", NOW + 24 * HOUR)]


async def test_what_is_not_wanted_stops_and_others_clients_are_left_alone(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    await plan(store, weekly(one), weekly(one, name="daily"), weekly(other))
    await plan(store, weekly(one, name="daily"))
    assert {name for client, name, _ in await due(store, NOW) if client == one.client} == {"daily"}
    assert (other.client, "weekly", NOW) in await due(store, NOW)
    async with store.reading() as tx:
        assert [found.name for found in await tx.schedules.of([one.client, other.client])] == [
            "daily",
            "weekly",
        ]


async def test_what_is_forgotten_is_planned_anew(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case, NOW))
    async with store.transaction() as tx:
        await tx.schedules.forget(case.client)
        assert await tx.schedules.of([case.client]) == ()
    await plan(store, weekly(case, NOW + HOUR))
    assert await due(store, NOW) == []


async def test_a_schedule_comes_back_as_it_was_kept(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case))
    async with store.reading() as tx:
        (kept,) = await tx.schedules.of([case.client])
    assert dataclasses.replace(kept, id=0) == weekly(case)
    assert kept.local_date == TODAY


async def test_two_workers_never_claim_the_same_occurrence(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    await plan(store, *(weekly(case) for case in cases))
    claimed: list[int] = []

    async def claim() -> None:
        async with store.transaction() as tx:
            found = await tx.schedules.due(NOW, 10)
            await asyncio.sleep(0.01)
            await tx.schedules.plan([(one.id, TODAY, NOW + HOUR) for one in found])
            claimed.extend(one.client_id for one in found)

    await asyncio.gather(*(claim() for _ in range(4)))
    assert sorted(claimed) == [case.client for case in cases]
