"""Goals: kept sealed, in their order, until they end; and given with the check-ins that ask about them."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from storage import tables as t
from storage.records import CheckIn
from storage.store import Store, Transaction
from tests.storage.caseload import HOUR, NOW, Case, enrol, occurrence


async def test_goals_are_kept_sealed_and_listed_in_their_order(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        for client, text in ((one.client, "sleep"), (other.client, "walk"), (one.client, "call my sister")):
            await tx.goals.add(client, text, NOW)
    async with store.reading() as tx:
        assert await tx.goals.of([one.client]) == {one.client: ("sleep", "call my sister")}
        assert await tx.goals.of([one.client, other.client, 10**6]) == {
            one.client: ("sleep", "call my sister"),
            other.client: ("walk",),
        }
        assert await tx.goals.of([]) == {}
    async with store.engine.connect() as connection:
        sealed = (await connection.execute(sa.select(t.goals.c.text))).scalars().all()
    assert not any(b"sleep" in one for one in sealed)


async def test_a_goal_ends_by_its_place_and_is_still_kept(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        for text in ("sleep", "walk", "call"):
            await tx.goals.add(case.client, text, NOW)
        assert await tx.goals.end(case.client, 1, NOW + HOUR)
        assert await tx.goals.of([case.client]) == {case.client: ("sleep", "call")}
        assert await tx.goals.end(case.client, 1, NOW + HOUR), "places are those of the goals that are left"
        assert not await tx.goals.end(case.client, 1, NOW + HOUR)
        assert await tx.goals.of([case.client]) == {case.client: ("sleep",)}
    async with store.engine.connect() as connection:
        ended = (
            (await connection.execute(sa.select(t.goals.c.ended_at).order_by(t.goals.c.id))).scalars().all()
        )
    assert ended == [None, NOW + HOUR, NOW + HOUR]


async def test_a_goal_of_somebody_else_does_not_end(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await tx.goals.add(one.client, "sleep", NOW)
        assert not await tx.goals.end(other.client, 0, NOW)
        assert await tx.goals.of([one.client]) == {one.client: ("sleep",)}


async def _opened(tx: Transaction, case: Case, measure: str) -> CheckIn:
    new = dataclasses.replace(occurrence(case), measure=measure, slot=measure)
    (added,) = await tx.check_ins.add([new])
    return added


async def test_only_a_check_in_about_goals_carries_them(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        await tx.goals.add(case.client, "sleep", NOW)
        about, other = await _opened(tx, case, "goals"), await _opened(tx, case, "ors")
        assert (about.texts, other.texts) == (("sleep",), ())
        waiting = await tx.openings.next_waiting([case.client], NOW)
        assert [one.texts for one in waiting] == [("sleep",)]
        assert [one.texts for one in await tx.check_ins.by_id([about.id, other.id])] == [("sleep",), ()]
        assert [one.id for one in await tx.check_ins.unfinished()] == [about.id, other.id]
        assert await tx.check_ins.withdraw(case.client, NOW, measure="goals") == (about.id,)
        assert [one.id for one in await tx.check_ins.unfinished()] == [other.id]
