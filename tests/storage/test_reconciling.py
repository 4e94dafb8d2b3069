"""Whose turn it is to compare a network's list, and what is not here of it."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from storage.calendars import Lease
from storage.reconciling import Reconciliation
from storage.records import Received
from storage.store import Store
from tests.storage.caseload import enrol
from tests.storage.mail import arrive, draft, lease, note, queue, sent

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
MINUTE, DAY, SECOND = timedelta(minutes=1), timedelta(days=1), timedelta(seconds=1)
LEASE = Lease(30 * MINUTE, DAY)
ACCOUNT = ("sms", "AC1")


async def claim(store: Store, at: datetime, *, anyway: bool = False) -> Reconciliation | None:
    """Try to take the list."""
    async with store.transaction() as tx:
        return await tx.reconciling.claim(ACCOUNT, at, LEASE, anyway=anyway)


async def done(store: Store, at: datetime = NOW) -> Reconciliation:
    """Take the list, and note that it was compared."""
    state = await claim(store, at, anyway=True)
    assert state is not None
    after = dataclasses.replace(state, due_at=at + DAY, through=at, leased_until=None)
    async with store.transaction() as tx:
        await tx.reconciling.put(after)
    return after


async def test_an_account_is_known_from_its_first_day_on(store: Store) -> None:
    assert await claim(store, NOW) is None
    taken = await claim(store, NOW + DAY)
    assert taken == Reconciliation(*ACCOUNT, NOW + DAY, NOW, NOW + DAY + LEASE.length)


@pytest.mark.parametrize(
    ("later", "gets_it"),
    [
        pytest.param(DAY - SECOND, False, id="a second early"),
        pytest.param(DAY, True, id="due"),
        pytest.param(-SECOND, True, id="done by a clock that was ahead"),
    ],
)
async def test_it_is_due_once_a_day(store: Store, later: timedelta, gets_it: bool) -> None:
    await done(store)
    assert (await claim(store, NOW + later) is not None) is gets_it


@pytest.mark.parametrize(
    ("later", "gets_it"),
    [
        pytest.param(LEASE.length - SECOND, False, id="another has it"),
        pytest.param(LEASE.length, True, id="the other came to grief"),
        pytest.param(-SECOND, True, id="taken by a clock that was ahead"),
    ],
)
async def test_a_lease_ends(store: Store, later: timedelta, gets_it: bool) -> None:
    await claim(store, NOW, anyway=True)
    assert (await claim(store, NOW + later, anyway=True) is not None) is gets_it


async def test_of_many_workers_one_gets_it(store: Store) -> None:
    found = await asyncio.gather(*(claim(store, NOW, anyway=True) for _ in range(5)))
    assert sum(one is not None for one in found) == 1


async def test_whoever_was_too_slow_holds_it_no_longer(store: Store) -> None:
    slow, quick = await claim(store, NOW, anyway=True), await claim(store, NOW + DAY, anyway=True)
    assert slow is not None
    assert quick is not None
    async with store.transaction() as tx:
        assert not await tx.reconciling.held(slow)
        assert await tx.reconciling.held(quick)


async def test_an_account_that_was_never_compared_is_not_known(store: Store) -> None:
    await done(store)
    async with store.reading() as tx:
        assert await tx.reconciling.of("sms", "AC2") is None
        assert await tx.reconciling.of(*ACCOUNT) == Reconciliation(*ACCOUNT, NOW + DAY, NOW)


async def test_what_came_is_told_from_what_did_not_by_channel_and_account(store: Store) -> None:
    case = await enrol(store)
    async with store.transaction() as tx:
        for external_id, account in (("SM1", "AC1"), ("SM2", "AC2")):
            came = Received("sms", account, external_id, case.address, "text", "7", NOW)
            await tx.inbox.keep([came], NOW)
        assert await tx.reconciling.unknown("sms", "AC1", ["SM1", "SM2", "SM3"]) == {"SM2", "SM3"}
        assert await tx.reconciling.unknown("sms", "AC1", []) == frozenset()


async def test_only_what_was_sent_and_nothing_more_is_known_of_is_unsettled(store: Store) -> None:
    case = await enrol(store)
    await queue(store, *(draft(case, str(number)) for number in range(3)))
    for number in (1, 2, 3):
        (one,) = await lease(store, limit=1)
        await note(store, sent(one, f"SM{number}"))
    await arrive(store, "delivered", "SM1")
    await arrive(store, "failed", "SM2", "30007")
    async with store.reading() as tx:
        assert await tx.reconciling.unsettled("AC1", ["SM1", "SM2", "SM3", "SM4"]) == {"SM3"}
        assert await tx.reconciling.unsettled("AC2", ["SM3"]) == frozenset()
