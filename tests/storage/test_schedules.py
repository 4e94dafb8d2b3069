"""What falls due: the indexed column is the truth, and a change of the config moves only what changed."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date, datetime, time, timedelta

import pytest

from storage.records import ClientState, Schedule
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, TODAY, Case, enrol


def weekly(case: Case, due: datetime = NOW, name: str = "weekly", rule: str = "mon 09:00 UTC") -> Schedule:
    """Make a schedule to keep."""
    return Schedule(0, case.client, name, rule, due.date(), due)


async def plan(store: Store, *wanted: Schedule) -> None:
    """Keep these schedules."""
    async with store.transaction() as tx:
        await tx.schedules.put(wanted)


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
        later = dataclasses.replace(
            first,
            local_date=date(2026, 3, 9),
            wall=time(9),
            next_due_at=NOW + 168 * HOUR,
            last_date=TODAY,
        )
        await tx.schedules.plan([later])
        await tx.schedules.plan([])
        assert await tx.schedules.of([one.client]) == (later,)
    assert await due(store, NOW) == [(other.client, "weekly", NOW)]


async def test_what_is_put_again_takes_the_place_of_what_was_kept(store: Store) -> None:
    case = await enrol(store)
    await plan(store, weekly(case, NOW))
    await plan(store, weekly(case, NOW + HOUR, rule="mon 10:00 UTC"))
    assert await due(store, NOW) == []
    assert await due(store, NOW + HOUR) == [(case.client, "weekly", NOW + HOUR)]


async def test_what_has_stopped_falls_due_no_more_and_is_still_known(store: Store) -> None:
    case = await enrol(store)
    stopped = dataclasses.replace(weekly(case), active=False)
    await plan(store, weekly(case), weekly(case, name="daily"))
    await plan(store, stopped)
    assert await due(store, NOW) == [(case.client, "daily", NOW)]
    async with store.reading() as tx:
        assert [one.name for one in await tx.schedules.of([case.client])] == ["daily"]
        both = await tx.schedules.of([case.client], stopped=True)
    assert [(one.name, one.active) for one in both] == [("weekly", False), ("daily", True)]


async def test_other_clients_are_left_alone(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    await plan(store, weekly(one), weekly(other))
    await plan(store, dataclasses.replace(weekly(one), active=False))
    assert await due(store, NOW) == [(other.client, "weekly", NOW)]


async def test_a_schedule_comes_back_as_it_was_kept(store: Store) -> None:
    case = await enrol(store)
    own = dataclasses.replace(
        weekly(case),
        wall=time(9, 30),
        last_date=date(2026, 2, 23),
        given=True,
        own_when={"weekly": ["mon 09:30"]},
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )
    await plan(store, own)
    async with store.reading() as tx:
        (kept,) = await tx.schedules.of([case.client])
    assert dataclasses.replace(kept, id=0) == own
    assert kept.local_date == TODAY


async def test_two_workers_never_claim_the_same_occurrence(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    await plan(store, *(weekly(case) for case in cases))
    claimed: list[int] = []

    async def claim() -> None:
        async with store.transaction() as tx:
            found = await tx.schedules.due(NOW, 10)
            await asyncio.sleep(0.01)
            await tx.schedules.plan([dataclasses.replace(one, next_due_at=NOW + HOUR) for one in found])
            claimed.extend(one.client_id for one in found)

    await asyncio.gather(*(claim() for _ in range(4)))
    assert sorted(claimed) == [case.client for case in cases]
