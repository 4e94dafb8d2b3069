"""Two workers beside one another: a late word frees nothing that the other has under way; a rest holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy.exc import TimeoutError as NoTurn

from bot.channels.base import ChannelError, NotNowError, OutcomeUnknownError
from bot.leasing import Leasing, Room, Slot
from bot.outbox import Outbox
from bot.sending import Outcome, Sending, Unsent
from bot.service import people
from storage.store import Store, Transaction
from tests.fakes.memory import Lost
from tests.world import CLIENT, World

MINUTE = timedelta(minutes=1)


class Worker:
    """One worker, whose steps a test takes one by one."""

    def __init__(self, world: World) -> None:
        """Work on a world's database and network."""
        self.outbox = Outbox(world.service, world.channels, world.clock, chance=lambda: 0.0)
        self.leasing: Leasing = self.outbox._leasing  # noqa: SLF001 (the steps of a round, which are its own)
        self.sending: Sending = self.outbox._sending  # noqa: SLF001 (as above)

    async def attempts(self, world: World) -> list[Outcome]:
        """Take what may go or is to be asked about, and try it; nothing is written yet."""
        taken = await self.leasing.take(world.clock(), Room())
        asked = [await self.sending.ask(one) for one in taken.unsure]
        return [*asked, *[await self.sending.send(one) for one in taken.slots]]

    async def takes(self, world: World) -> tuple[Slot, ...]:
        """Take what may go, and leave it at that."""
        return (await self.leasing.take(world.clock(), Room())).slots

    async def settle(self, outcomes: list[Outcome]) -> None:
        """Write how they fared."""
        await self.outbox._settle(outcomes)  # noqa: SLF001 (as above)


@asynccontextmanager
async def sending(world: World, worker: Worker) -> AsyncIterator[None]:
    """Let a worker be in the middle of sending, on a network that is slow, until the end."""
    world.channel.knocked.clear()
    world.channel.door.clear()
    going = asyncio.create_task(worker.outbox.deliver())
    try:
        await asyncio.wait_for(world.channel.knocked.wait(), 10)
        yield
    finally:
        world.channel.door.set()
        await going


async def ask(world: World) -> None:
    """Queue the first question of a check-in, and send nothing."""
    world.forget()
    async with world.service.desk() as desk:
        await people.ask(desk, "AB", "ors")


async def test_an_old_refusal_does_not_free_what_another_is_sending(mute: World) -> None:
    late, other, third = Worker(mute), Worker(mute), Worker(mute)
    await ask(mute)
    mute.channel.faults.append(Lost(ChannelError("no connection")))
    refused = await late.attempts(mute)
    mute.clock.wait(seconds=61)  # it has no database for so long, and its lease runs out
    await other.outbox.deliver()
    async with sending(mute, other):
        await late.settle(refused)
        mute.clock.wait(seconds=10)
        assert await third.takes(mute) == (), "it is being sent"
    assert len(mute.channel.texts(CLIENT)) == 1


async def test_an_old_answer_does_not_free_what_another_sends_again(world: World) -> None:
    late, other, third = Worker(world), Worker(world), Worker(world)
    await ask(world)
    world.channel.faults.append(Lost(OutcomeUnknownError("timeout")))
    await late.outbox.deliver()
    world.clock.wait(seconds=16)
    not_there = await late.attempts(world)
    assert len(not_there) == len(world.channel.asked) == 1
    world.clock.wait(seconds=61)
    await other.outbox.deliver()
    assert len(world.channel.asked) == 2
    async with sending(world, other):
        await late.settle(not_there)
        assert await third.takes(world) == (), "it is being sent"
    assert len(world.channel.texts(CLIENT)) == 1


async def test_what_is_given_back_twice_is_given_back_once(world: World) -> None:
    late, other, third = Worker(world), Worker(world), Worker(world)
    await ask(world)
    (slot,) = (await late.leasing.take(world.clock(), Room())).slots
    given_back: list[Outcome] = [Unsent(slot.outgoing, world.clock() + timedelta(seconds=1))]
    await late.settle(given_back)
    world.clock.wait(seconds=2)
    async with sending(world, other):
        await late.settle(given_back)  # the first time it was not sure that the database had taken it
        assert await third.takes(world) == (), "it is being sent"
    assert len(world.channel.texts(CLIENT)) == 1


async def test_a_rest_that_the_database_did_not_take_holds_here_and_then_for_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = Worker(world), Worker(world)
    await ask(world)
    world.channel.faults.append(Lost(NotNowError("429", timedelta(seconds=40), whole_sender=True)))

    def locked(_: Store) -> AbstractAsyncContextManager[Transaction]:
        raise NoTurn

    taken = await here.leasing.take(world.clock(), Room())
    with monkeypatch.context() as patched:
        patched.setattr(Store, "transaction", locked)
        outcomes: list[Outcome] = [await here.sending.send(one) for one in taken.slots]
    await here.settle(outcomes)
    for seconds in (1, 37):
        world.clock.wait(seconds=seconds)
        for worker in (here, other):
            await worker.outbox.deliver()
            assert worker.leasing.halted_until("memory", world.clock()) is not None
    assert world.channel.texts(CLIENT) == []
    world.clock.wait(seconds=3)
    await other.outbox.deliver()
    assert len(world.channel.texts(CLIENT)) == 1


async def test_a_rest_that_begins_while_a_round_waits_for_its_turn_stops_it(world: World) -> None:
    here = Worker(world)
    await ask(world)
    async with world.store.transaction() as transaction:
        await transaction.senders.hold([("memory", "memory-account")])  # another leases just now
        taking = asyncio.create_task(here.leasing.take(world.clock(), Room()))
        await asyncio.sleep(0.1)
        halting = asyncio.create_task(here.leasing.halt("memory", world.clock() + MINUTE))
        await asyncio.sleep(0.1)
    taken, _ = await asyncio.gather(taking, halting)
    assert taken.slots == ()
    assert here.leasing.halted_until("memory", world.clock()) == world.clock() + MINUTE
