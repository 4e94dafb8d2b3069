"""Workers share what a sender may send, and know of one another when it has to rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import Address, NotNowError, SenderFaultError
from bot.leasing import LEASE
from bot.outbox import Outbox
from bot.pace import ChatPace, Pace
from storage import tables as t
from storage.records import OutboxState, Priority
from tests.fakes.memory import Lost, MemoryChannel
from tests.world import CLIENT, OPERATOR, Clock, World, opened

SECOND = timedelta(seconds=1)
PAUSE = 40 * SECOND
RESTING = NotNowError("busy", PAUSE, whole_sender=True)
THIRTY = Pace(SECOND / 30)


def worker(world: World, pace: Pace = THIRTY) -> Outbox:
    """Make one more process that sends: it shares nothing with the others but the database."""
    paces = dict.fromkeys(world.channels, pace)
    return Outbox(world.service, world.channels, world.clock, chance=lambda: 0.0, paces=paces)


async def queue(world: World, count: int, *, to: str = "", channel: str = "memory") -> None:
    """Queue answers to as many people, or all `to` one."""
    addresses = [(channel, to or f"+1666{number:05}") for number in range(count)]
    async with world.service.desk() as desk:
        await desk.tx.addresses.meet(dict.fromkeys(addresses), desk.now)
        contacts = await desk.tx.addresses.contacts(dict.fromkeys(addresses))
        for number, pair in enumerate(addresses):
            desk.reply(contacts[pair], f"answer {number}")


async def waiting(world: World) -> Sequence[tuple[str, int]]:
    """List the state and the attempts of every answer, oldest first."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.outbox.c.state, t.outbox.c.attempts)
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .where(t.outbox.c.kind == "reply", t.outbox.c.created_at == world.clock())
            .order_by(t.outbox.c.id)
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def answering(world: World) -> World:
    """Begin anew, so that what is queued now is told from what was queued before."""
    world.forget()
    world.channel.tried.clear()
    world.clock.wait(hours=1)
    return world


async def test_two_workers_share_one_budget(answering: World) -> None:
    await queue(answering, 60)
    one, other = worker(answering), worker(answering)
    await asyncio.gather(one.deliver(), other.deliver())
    assert len(answering.channel.sent) == 16, "what may go in the next half second"
    assert not await one.deliver()
    answering.clock.now += SECOND
    await asyncio.gather(one.deliver(), other.deliver())
    answering.clock.now += SECOND / 2
    await asyncio.gather(one.deliver(), other.deliver())
    assert len(answering.channel.sent) <= 16 + 16 + 15
    assert len({one.address for one in answering.channel.sent}) == len(answering.channel.sent)


async def test_a_network_without_a_pace_takes_all_that_there_is(answering: World) -> None:
    await queue(answering, 45)
    while await answering.outbox.deliver():
        pass
    assert len(answering.channel.sent) == 45


async def test_one_person_gets_a_burst_and_then_one_a_second(answering: World) -> None:
    await queue(answering, 6, to=CLIENT)
    paced = worker(answering, Pace(SECOND / 1000, ChatPace()))
    while await paced.deliver():
        pass
    assert answering.channel.texts(CLIENT) == ["answer 0", "answer 1", "answer 2"]
    answering.clock.now += SECOND * 0.9
    assert not await paced.deliver()
    answering.clock.now += SECOND * 0.2
    while await paced.deliver():
        pass
    assert answering.channel.texts(CLIENT)[3:] == ["answer 3"]


async def test_a_crisis_text_waits_for_no_budget_and_is_counted(answering: World) -> None:
    slow = worker(answering, Pace(10 * SECOND, ChatPace(10 * SECOND, burst=1)))
    await queue(answering, 3)
    await queue(answering, 1, to=CLIENT)
    await slow.deliver()
    assert len(answering.channel.sent) == 1
    await answering.inbox.accept([answering.inbound("I want to die")])
    while await slow.deliver():
        pass
    crisis = [one for one in answering.channel.texts(CLIENT) if "988" in one]
    assert len(crisis) == 1, "whatever the sender and the chat have sent"
    urgent = len(answering.channel.sent) - 1
    answering.clock.now += 10 * SECOND * urgent
    assert not await slow.deliver(), "what was not urgent waits until it is paid for"
    answering.clock.now += 10 * SECOND
    assert await slow.deliver()


async def test_a_sender_that_must_rest_rests_for_all_workers(answering: World) -> None:
    await queue(answering, 1)
    here, there = worker(answering), worker(answering)
    answering.channel.faults.append(Lost(RESTING))
    await here.deliver()
    await queue(answering, 2, to=CLIENT)
    tried = len(answering.channel.tried)
    answering.clock.now += PAUSE - SECOND / 100
    assert not await there.deliver()
    assert len(answering.channel.tried) == tried, "not one attempt while it rests"
    answering.clock.now += SECOND / 100
    assert await there.deliver()


async def test_what_waited_for_its_turn_when_the_sender_had_to_rest_is_not_tried(answering: World) -> None:
    await queue(answering, 5)
    answering.channel.faults.append(Lost(RESTING))
    await worker(answering, Pace(SECOND / 10)).deliver()
    assert answering.channel.tried == ["answer 0"]
    assert await waiting(answering) == [("waiting", 1), ("waiting", 0), *[("waiting", 0)] * 3]


async def test_other_networks_go_on_while_one_rests(staffed_url: str) -> None:
    clock = Clock()
    networks = [MemoryChannel(name, clock=clock) for name in ("memory", "there")]
    async with opened(staffed_url, *networks, clock=clock) as world:
        networks[0].faults.append(Lost(RESTING))
        await queue(world, 1)
        await worker(world).deliver()
        await queue(world, 2, channel="there")
        await worker(world).deliver()
        assert [len(one.sent) for one in networks] == [0, 2]


async def test_operators_hear_once_of_an_account_at_fault_whichever_workers_meet_it(staffed_url: str) -> None:
    clock = Clock()
    networks = [MemoryChannel(name, clock=clock) for name in ("memory", "there")]
    async with opened(staffed_url, *networks, clock=clock) as world:
        await world.service.sync([("there", OPERATOR)])
        networks[0].faults += [Lost(SenderFaultError("the account was refused"))] * 3
        await queue(world, 1)
        for _ in range(3):
            await worker(world).deliver()
            await world.send_out()
            clock.wait(minutes=5)
        assert len(networks[1].texts(OPERATOR)) == 1
        await world.send_out()
        assert len(networks[0].sent) == 1, "it sends again"
        networks[0].faults.append(Lost(SenderFaultError("again")))
        await queue(world, 1)
        await world.send_out()
        assert len(networks[1].texts(OPERATOR)) == 2, "so that the next fault is news"


async def test_what_this_process_alone_rests_from_others_send(answering: World) -> None:
    await queue(answering, 1)
    here, there = worker(answering), worker(answering)
    here.rest("memory", answering.clock() + PAUSE)
    assert not await here.deliver()
    assert await there.deliver()
    await queue(answering, 1)
    here.resume("memory")
    assert await here.deliver()


async def test_what_an_earlier_version_queued_goes_too(answering: World) -> None:
    await queue(answering, 2)
    async with answering.store.engine.begin() as connection:
        await connection.execute(sa.update(t.outbox).values(channel=None))
    await worker(answering).deliver()
    assert len(answering.channel.sent) == 2


async def test_a_reply_goes_before_ten_thousand_questions(answering: World) -> None:
    now = answering.clock()
    async with answering.store.engine.begin() as connection:
        await connection.execute(
            sa.insert(t.addresses),
            [
                {
                    "channel": "memory",
                    "address": answering.store.cipher.seal("addresses.address", f"+1777{number:05}"),
                    "fingerprint": number.to_bytes(32, "big"),
                    "operator": False,
                    "state": "active",
                    "created_at": now,
                }
                for number in range(10_000)
            ],
        )
        found = await connection.execute(
            sa.select(t.addresses.c.id).order_by(t.addresses.c.id.desc()).limit(10_000)
        )
        body = answering.store.cipher.seal("outbox.body", '{"text":"question"}')
        await connection.execute(
            sa.insert(t.outbox),
            [
                {
                    "address_id": address,
                    "channel": "memory",
                    "kind": "note",
                    "priority": int(Priority.QUESTION),
                    "body": body,
                    "state": OutboxState.WAITING,
                    "created_at": now,
                    "not_before": now - SECOND,
                    "attempts": 0,
                }
                for address in found.scalars()
            ],
        )
    sending = worker(answering)
    await sending.deliver()
    assert set(answering.channel.tried) == {"question"}
    await queue(answering, 3)
    answering.clock.now += SECOND / 4
    await sending.deliver()
    assert answering.channel.tried[16:19] == ["answer 0", "answer 1", "answer 2"]
    assert set(answering.channel.tried[19:]) == {"question"}


async def test_a_lease_says_how_long_a_message_is_one_workers(answering: World) -> None:
    await queue(answering, 1)
    answering.channel.door.clear()
    dying = asyncio.create_task(worker(answering).deliver())
    await asyncio.wait_for(answering.channel.knocked.wait(), 5)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    answering.channel.door.set()
    answering.clock.now += LEASE
    while await worker(answering).deliver():
        pass
    assert answering.channel.asked
    assert len(answering.channel.texts(Address("+166600000"))) == 1
