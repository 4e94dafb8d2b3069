"""Check-ins: one occurrence once, one open at a time, and what the clock brings them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import tables as t
from storage.records import CheckInState, NewCheckIn
from storage.store import Store
from tests.storage.caseload import HOUR, NOW, TODAY, enrol, occurrence, opened

OPEN, WAITING = CheckInState.OPEN, CheckInState.WAITING
TOMORROW = TODAY + timedelta(days=1)


async def test_an_occurrence_is_kept_as_it_is(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        (kept,) = await tx.check_ins.add([occurrence(case)])
        assert await tx.check_ins.add([]) == ()
    assert (kept.client_id, kept.episode_id, kept.measure) == (case.client, case.episode, "ors")
    assert (kept.state, kept.held, kept.refusals, kept.suggested, kept.marks) == (WAITING, False, 0, None, ())
    assert (kept.due_at, kept.expires_at) == (NOW, NOW + 48 * HOUR)
    async with store.reading() as tx:
        assert await tx.check_ins.by_id([kept.id, 999]) == (kept,)


async def test_the_same_occurrence_is_never_opened_twice(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert len(await tx.check_ins.add([occurrence(case), occurrence(case)])) == 1, "within one batch"
    async with store.transaction() as tx:
        later = dataclasses.replace(occurrence(case), due_at=NOW + HOUR, state=CheckInState.MISSED)
        added = await tx.check_ins.add([later, occurrence(case, 7)])
    assert [one.due_at for one in added] == [NOW + timedelta(days=7)], "only what is new is returned"


async def test_two_workers_open_an_occurrence_once(store: Store) -> None:
    case = await enrol(store)

    async def add() -> int:
        async with store.transaction() as tx:
            return len(await tx.check_ins.add([occurrence(case), occurrence(case, 1)]))

    assert sorted(await asyncio.gather(*(add() for _ in range(4)))) == [0, 0, 0, 2]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda one: dataclasses.replace(one, origin="schedule:daily"), id="another schedule"),
        pytest.param(lambda one: dataclasses.replace(one, local_date=TOMORROW), id="another day"),
        pytest.param(lambda one: dataclasses.replace(one, slot="srs"), id="another measure of that day"),
    ],
)
async def test_other_occurrences_are_others(
    store: Store, changed: Callable[[NewCheckIn], NewCheckIn]
) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert len(await tx.check_ins.add([occurrence(case), changed(occurrence(case))])) == 2


async def test_a_client_has_one_open_check_in(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        await opened(tx, one)
        await opened(tx, other)
        (behind,) = await tx.check_ins.add([occurrence(one, 7)])
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await opened(tx, one, day=1)
    with pytest.raises(sa.exc.IntegrityError):
        async with store.transaction() as tx:
            await tx.openings.set_open([behind.id], NOW)


async def test_only_open_ones_are_loaded_in_the_order_of_their_ids(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    async with store.transaction() as tx:
        second = await opened(tx, cases[1])
        first = await opened(tx, cases[0])
        await tx.check_ins.add([occurrence(cases[2])])
        found = await tx.check_ins.open_of(case.client for case in cases)
        assert found == (second, first)
        assert await tx.check_ins.open_of([]) == ()


async def test_the_next_is_the_first_due_that_still_makes_sense(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        late = dataclasses.replace(occurrence(one, 0), expires_at=NOW + HOUR)
        added = await tx.check_ins.add([occurrence(one, 3), late, occurrence(one, 1), occurrence(other, 2)])
        by_day = {added_one.due_at: added_one for added_one in added}
        ids = [one.client, other.client]
        before = await tx.openings.next_waiting(ids, NOW)
        after = await tx.openings.next_waiting(ids, NOW + HOUR)
    assert set(before) == {by_day[NOW], by_day[NOW + 48 * HOUR]}
    assert set(after) == {by_day[NOW + 24 * HOUR], by_day[NOW + 48 * HOUR]}, "what is over is passed over"


async def test_a_waiting_one_is_opened_with_its_time(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        added = await tx.check_ins.add([occurrence(case), occurrence(case, 7)])
        await tx.openings.set_open([added[0].id], NOW + HOUR, remind_at=NOW + 5 * HOUR)
        found = await tx.check_ins.by_id([one.id for one in added])
    assert [one.state for one in found] == [OPEN, WAITING]
    assert [one.remind_at for one in found] == [NOW + 5 * HOUR, added[1].remind_at]
    async with store.engine.connect() as connection:
        rows = await connection.execute(sa.select(t.check_ins.c.opened_at).order_by(t.check_ins.c.id))
        assert list(rows.scalars()) == [NOW + HOUR, None]


@pytest.mark.parametrize("state", list(CheckInState))
async def test_how_it_stands_is_written_and_its_end_noted(store: Store, state: CheckInState) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        mine, theirs = await opened(tx, one), await opened(tx, other)
        changed = dataclasses.replace(mine, state=state, held=True, refusals=3, suggested=65)
        changed = dataclasses.replace(changed, together=True, resume_at=NOW + 3 * HOUR)
        await tx.check_ins.update([changed], NOW + HOUR)
        await tx.check_ins.update([], NOW)
        closed_at = None if state in {OPEN, WAITING} else NOW + HOUR
        changed = dataclasses.replace(changed, closed_at=closed_at)
        assert await tx.check_ins.by_id([mine.id, theirs.id]) == (changed, theirs)
    async with store.engine.connect() as connection:
        rows = await connection.execute(sa.select(t.check_ins.c.closed_at).order_by(t.check_ins.c.id))
        assert list(rows.scalars()) == [None if state in {OPEN, WAITING} else NOW + HOUR, None]


async def test_what_was_answered_last_is_known_for_a_while(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        assert await tx.check_ins.last_closed(case.client, NOW) is None
        endings = (CheckInState.COMPLETE, CheckInState.PARTIAL, CheckInState.EXPIRED)
        ended = []
        for day, state in enumerate(endings):
            ended.append(dataclasses.replace(await opened(tx, case, day=day), state=state))
            await tx.check_ins.update([ended[-1]], NOW + day * HOUR)
        last = await tx.check_ins.last_closed(case.client, NOW)
        assert last == dataclasses.replace(ended[1], closed_at=NOW + HOUR), "nobody answered the third"
        assert await tx.check_ins.last_closed(case.client, NOW + HOUR + timedelta(microseconds=1)) is None


async def test_what_is_over_is_found_open_or_waiting(store: Store) -> None:
    one, other, done = await enrol(store, "AB"), await enrol(store, "CD"), await enrol(store, "EF")
    over = NOW + 48 * HOUR
    async with store.transaction() as tx:
        first = await opened(tx, one)
        (second,) = await tx.check_ins.add([occurrence(other)])
        finished = await opened(tx, done)
        await tx.check_ins.update([dataclasses.replace(finished, state=CheckInState.COMPLETE)], NOW)
        assert await tx.check_ins.to_expire(over - timedelta(microseconds=1), 10) == ()
        assert await tx.check_ins.to_expire(over, 10) == (first, second)
        assert await tx.check_ins.to_expire(over, 1) == (first,)


async def test_withdrawing_ends_what_is_open_or_waiting_and_nothing_else(store: Store) -> None:
    one, other = await enrol(store, "AB"), await enrol(store, "CD")
    async with store.transaction() as tx:
        finished = await opened(tx, one)
        await tx.check_ins.update([dataclasses.replace(finished, state=CheckInState.PARTIAL)], NOW)
        mine = [await opened(tx, one, day=1), *await tx.check_ins.add([occurrence(one, 2)])]
        theirs = await opened(tx, other)
        await tx.check_ins.withdraw(one.client, NOW)
        found = await tx.check_ins.by_id([finished.id, *(each.id for each in mine), theirs.id])
    assert [each.state for each in found] == [
        CheckInState.PARTIAL,
        CheckInState.WITHDRAWN,
        CheckInState.WITHDRAWN,
        OPEN,
    ]


async def test_two_workers_never_expire_the_same_one(store: Store) -> None:
    cases = [await enrol(store, code) for code in ("AB", "CD", "EF")]
    async with store.transaction() as tx:
        ids = [(await opened(tx, case)).id for case in cases]
    expired: list[int] = []

    async def work() -> None:
        async with store.transaction() as tx:
            over = await tx.check_ins.to_expire(NOW + 99 * HOUR, 10)
            await asyncio.sleep(0.01)
            closed = [dataclasses.replace(one, state=CheckInState.EXPIRED) for one in over]
            await tx.check_ins.update(closed, NOW)
            expired.extend(one.id for one in over)

    await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(expired) == ids
