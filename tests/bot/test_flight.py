"""Rounds that overlap: a slow message holds up nobody else, and what landed is always written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot.channels.base import Address, Message, Receipt
from bot.flight import Flight
from bot.outbox import UNDER_WAY, Outbox
from bot.sending import Outcome, Unsent
from bot.service.delivery import Attempt
from storage import tables as t
from storage.records import Note, OutboxState, Outgoing
from tests.bot.test_sharing import queue
from tests.fakes.memory import MemoryChannel
from tests.world import CLIENT, Clock, World, opened

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
SLOW = Address("+15550777")


class SlowChannel(MemoryChannel):
    """A network on which messages to one address take until `hurry` is set."""

    hurry: asyncio.Event

    async def send(self, address: Address, message: Message) -> Receipt:
        """Send at once, unless to that address."""
        if address == SLOW:
            self.tried.append(message.text)
            await self.hurry.wait()
        return await super().send(address, message)


@pytest.fixture
async def slow(staffed_url: str) -> AsyncIterator[World]:
    """Open the database on that network."""
    clock = Clock()
    channel = SlowChannel(clock=clock)
    channel.hurry = asyncio.Event()
    async with opened(staffed_url, channel, clock=clock) as world:
        yield world


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[None]:
    """Let the loop run, and end it as a stop does."""
    stop = asyncio.Event()
    loop = asyncio.create_task(outbox.run(stop, poll=60))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(loop, 20)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something, ten seconds at most."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)


async def states(world: World) -> Sequence[str]:
    """List the states of the answers queued last, oldest first."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.outbox.c.state).where(t.outbox.c.kind == "reply").order_by(t.outbox.c.id).offset(1)
        )
        return list(rows.scalars())


async def test_a_slow_message_holds_up_nobody_else(slow: World) -> None:
    assert isinstance(slow.channel, SlowChannel)
    await queue(slow, 1, to=SLOW)
    async with running(slow.outbox):
        await until(lambda: len(slow.channel.tried) == 1)
        for number in range(3):
            await slow.inbox.accept([slow.inbound(f"I am late {number}")])
            await until(lambda at=number: len(slow.channel.texts(CLIENT)) > at)  # type: ignore[misc]
        assert (await states(slow))[0] == OutboxState.LEASED
        slow.channel.hurry.set()
    assert set(await states(slow)) == {OutboxState.SENT}, "a stop waits for what was begun, and writes it"


async def test_so_many_are_under_way_and_no_more_but_for_danger(world: World) -> None:
    world.channel.door.clear()
    world.channel.tried.clear()
    await queue(world, UNDER_WAY + 20)
    async with running(world.outbox):
        await until(lambda: len(world.channel.tried) == UNDER_WAY)
        await asyncio.sleep(0.5)
        assert len(world.channel.tried) == UNDER_WAY
        await world.inbox.accept([world.inbound("I want to die")])
        await until(lambda: any("988" in text for text in world.channel.tried))
        world.channel.door.set()
        await until(lambda: len(world.channel.sent) >= UNDER_WAY + 20)


def outcome(number: int) -> Attempt:
    outgoing = Outgoing(number, 1, "memory", "a", "reply", "", 1, NOW, NOW, None, None, None, None, None)
    return Attempt(outgoing, Note(number, OutboxState.SENT, NOW))


async def landing(one: Outcome) -> Outcome:
    """Land at once."""
    return one


async def test_what_lands_while_a_group_is_written_is_the_next_group() -> None:
    groups: list[list[int]] = []
    door = asyncio.Event()

    async def settle(group: Sequence[Outcome]) -> None:
        groups.append([one.outgoing.id for one in group])
        await door.wait()

    flight = Flight(settle)
    flight.launch("memory", landing(outcome(1)))
    await until(lambda: len(groups) == 1)
    for number in (2, 3, 4):
        flight.launch("memory", landing(outcome(number)))
    await until(lambda: flight.under_way["memory"] == 0)
    door.set()
    await flight.end()
    assert groups == [[1], [2, 3, 4]]


async def test_a_group_is_written_again_once_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.flight._PAUSE", 0.01)
    written: list[int] = []
    away = [OperationalError("", None, Exception("the server closed the connection"))] * 3

    async def settle(group: Sequence[Outcome]) -> None:
        if away:
            raise away.pop()
        written.extend(one.outgoing.id for one in group)

    flight = Flight(settle)
    flight.launch("memory", landing(outcome(1)))
    await until(lambda: not away)
    flight.launch("memory", landing(Unsent(outcome(2).outgoing, NOW)))
    await until(lambda: written == [1, 2])
    await flight.end()


async def test_one_that_can_not_be_written_harms_no_other() -> None:
    written: list[int] = []

    async def settle(group: Sequence[Outcome]) -> None:
        if any(one.outgoing.id == 2 for one in group):
            reason = "poison"
            raise ValueError(reason)
        written.extend(one.outgoing.id for one in group)

    flight = Flight(settle)
    for number in (1, 2, 3):
        flight.launch("memory", landing(outcome(number)))
    await flight.end()
    assert sorted(written) == [1, 3]


async def test_a_stop_does_not_wait_for_a_database_that_is_away() -> None:
    async def settle(_: Sequence[Outcome]) -> None:
        reason = "gone"
        raise OperationalError(reason, None, Exception(reason))

    flight = Flight(settle)
    flight.launch("memory", landing(outcome(1)))
    await asyncio.wait_for(flight.end(), 5)
