"""One row for each of our senders: its budget, its rest, and what is wrong with it."""

from __future__ import annotations

import asyncio

from storage.senders import Sender
from storage.store import Store
from tests.storage.caseload import HOUR, NOW

BOT, OTHER = ("telegram", "1"), ("telegram", "2")


async def test_a_sender_begins_with_nothing(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.senders.hold([BOT, OTHER]) == {BOT: Sender(), OTHER: Sender()}
        assert await tx.senders.hold([]) == {}


async def test_each_sender_has_a_budget_of_its_own(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.senders.hold([BOT, OTHER])
        await tx.senders.book(BOT, NOW)
    async with store.transaction() as tx:
        assert await tx.senders.hold([BOT, OTHER]) == {BOT: Sender(free_at=NOW), OTHER: Sender()}


async def test_the_longer_rest_counts(store: Store) -> None:
    for hours in (2, 3, 1):
        async with store.transaction() as tx:
            await tx.senders.halt(BOT, NOW + hours * HOUR)
    async with store.transaction() as tx:
        assert (await tx.senders.hold([BOT]))[BOT].halted_until == NOW + 3 * HOUR


async def test_a_fault_is_news_once_until_it_is_over(store: Store) -> None:
    async with store.transaction() as tx:
        told = [await tx.senders.blame(sender, "fault") for sender in (BOT, BOT, OTHER)]
        assert told == [True, False, True]
        await tx.senders.absolve([BOT])
        await tx.senders.absolve([])
        assert [await tx.senders.blame(sender, "again") for sender in (BOT, OTHER)] == [True, False]
        assert (await tx.senders.hold([OTHER]))[OTHER].halt_reason == "fault"


async def test_what_a_network_refuses_is_news_once_a_day_for_each_reason(store: Store) -> None:
    async def news(channel: str, reason: str, hours: float) -> bool:
        async with store.transaction() as tx:
            return await tx.senders.news(channel, reason, NOW + hours * HOUR)

    assert await news("sms", "21606", 0)
    assert not await news("sms", "21606", 23.9)
    assert await news("sms", "63016", 23.9)
    assert await news("telegram", "21606", 23.9)
    assert await news("sms", "21606", 24)
    assert not await news("sms", "21606", 47.9), "a day from the last telling"
    assert await news("sms", "x" * 99, 0)
    assert not await news("sms", "x" * 99, 0)


async def test_two_workers_never_spend_the_same_budget(store: Store) -> None:
    """Each reads where the sender stands, thinks about it, and moves it on."""

    async def spend() -> None:
        async with store.transaction() as tx:
            free_at = (await tx.senders.hold([BOT]))[BOT].free_at or NOW
            await asyncio.sleep(0.01)
            await tx.senders.book(BOT, free_at + HOUR)

    await asyncio.gather(*(spend() for _ in range(5)))
    async with store.transaction() as tx:
        assert (await tx.senders.hold([BOT]))[BOT].free_at == NOW + 5 * HOUR
