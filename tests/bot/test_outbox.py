"""Sending: every fault leads to the right state, nothing goes out twice blindly, nobody waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import (
    Address,
    ChannelError,
    Message,
    NotNowError,
    OutcomeUnknownError,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)
from bot.outbox import LEASE, Outbox
from bot.retries import REPEATS
from bot.service import people
from storage import tables as t
from storage.ready import Wanted
from tests.fakes.memory import Lost, MemoryChannel
from tests.world import CLIENT, MONDAY, OPERATOR, THERAPIST, Clock, World, opened

SECONDS_40 = timedelta(seconds=40)
NOT_NOW = NotNowError("busy", SECONDS_40)
RESTING = NotNowError("busy", SECONDS_40, whole_sender=True)
UNKNOWN = OutcomeUnknownError("no answer")


@pytest.fixture
async def mute(staffed_url: str) -> AsyncIterator[World]:
    """Give the same people on a network that can't be asked, and edits."""
    clock = Clock()
    channel = MemoryChannel(clock=clock, edits=True, can_be_asked=False)
    async with opened(staffed_url, channel, clock=clock) as world:
        yield world


@pytest.fixture
async def beside(staffed_url: str) -> AsyncIterator[World]:
    """Give the same people, and a second network beside theirs."""
    clock = Clock()
    networks = [MemoryChannel(name, clock=clock) for name in ("memory", "there")]
    async with opened(staffed_url, *networks, clock=clock) as world:
        yield world


async def states(world: World) -> list[tuple[str, str, str | None]]:
    """Give (kind, state, reason) of everything queued since the stage was set, oldest first."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.outbox.c.kind, t.outbox.c.state, t.outbox.c.reason)
            .where(t.outbox.c.kind.in_(["question", "reminder", "reply", "edit", "alert", "crisis"]))
            .order_by(t.outbox.c.id)
            .offset(1)  # the answer to AGREE
        )
        return [tuple(row) for row in rows]


# One message, on the databases


async def test_a_message_that_can_not_go_now_goes_later(world: World) -> None:
    world.channel.faults.append(Lost(NOT_NOW))
    await world.ask()
    assert await states(world) == [("question", "waiting", "NotNowError")]
    world.clock.wait(seconds=39)
    await world.send_out()
    assert world.channel.sent == []
    world.clock.wait(seconds=1)
    await world.send_out()
    assert await states(world) == [("question", "sent", None)]


async def test_what_arrived_though_the_network_was_silent_is_not_sent_again(world: World) -> None:
    world.channel.faults.append(Lost(UNKNOWN, arrived=True))
    await world.ask()
    assert await states(world) == [("question", "unknown", "OutcomeUnknownError")]
    world.clock.wait(seconds=16)
    await world.send_out()
    assert await states(world) == [("question", "sent", None)]
    assert len(world.channel.texts(CLIENT)) == 1
    assert len(world.channel.asked) == 1


async def test_what_did_not_arrive_is_sent_again_once_the_network_says_so(world: World) -> None:
    world.channel.faults.append(Lost(UNKNOWN))
    await world.ask()
    world.channel.find_faults.append(ChannelError("no answer now"))
    world.clock.wait(seconds=16)
    await world.send_out()
    assert world.channel.sent == [], "never before the network was asked"
    assert (await states(world))[0][1] == "unknown"
    world.clock.wait(seconds=16)
    await world.send_out()
    assert len(world.channel.texts(CLIENT)) == 1
    assert await states(world) == [("question", "sent", None)]


async def test_a_channel_that_breaks_may_have_sent(world: World) -> None:
    world.channel.faults.append(Lost(ZeroDivisionError(), arrived=True))
    await world.ask()
    world.channel.find_faults.append(ZeroDivisionError())
    world.clock.wait(seconds=16)
    await world.send_out()
    assert (await states(world))[0][1] == "unknown"
    world.clock.wait(seconds=16)
    await world.send_out()
    assert len(world.channel.texts(CLIENT)) == 1


async def test_where_nobody_can_be_asked_a_question_is_repeated_a_few_times(mute: World) -> None:
    for _ in range(9):
        mute.channel.faults.append(Lost(UNKNOWN, arrived=True))
    await mute.ask()
    for _ in range(9):
        mute.clock.wait(seconds=16)
        await mute.send_out()
    assert len(mute.channel.texts(CLIENT)) == REPEATS
    assert await states(mute) == [("question", "sent", "unconfirmed")]


async def test_where_nobody_can_be_asked_a_thank_you_is_not_repeated(mute: World) -> None:
    mute.channel.faults.append(Lost(UNKNOWN))
    await mute.hear("no")
    mute.clock.wait(seconds=16)
    await mute.send_out()
    assert mute.channel.sent == []
    assert await states(mute) == [("reply", "sent", "unconfirmed")]


async def test_an_alert_of_which_the_network_never_spoke_is_told_to_operators(mute: World) -> None:
    for _ in range(2 * REPEATS):
        mute.channel.faults.append(Lost(UNKNOWN))
    await mute.hear("I want to die")
    for _ in range(REPEATS):
        mute.clock.wait(seconds=16)
        await mute.send_out()
    assert [state for _, state, _ in await states(mute)] == ["failed", "failed", "sent"]
    (once_more,) = mute.channel.texts(CLIENT)
    assert "I can't reach a therapist for you." in once_more
    told = mute.channel.texts(OPERATOR)
    assert len(told) == 2
    assert any("URGENT" in text for text in told)
    assert any("crisis text" in text for text in told)


async def test_a_message_is_never_sent_on_when_its_time_is_over(world: World) -> None:
    world.channel.faults.append(Lost(NotNowError("busy", timedelta(hours=60))))
    await world.ask()
    world.clock.wait(hours=60)
    await world.send_out()
    assert world.channel.sent == []
    assert await states(world) == [("question", "withdrawn", "too late")]


async def test_the_network_learns_how_long_a_question_is_good_for(world: World) -> None:
    await world.ask()
    (question,) = world.channel.sent
    assert question.message.valid_for == timedelta(hours=48)


async def test_a_lost_lease_is_an_unknown_outcome(world: World) -> None:
    """A process died in the middle of sending: what it held is asked about, by whoever comes next."""
    world.channel.door.clear()
    world.channel.knocked.clear()
    async with world.service.desk() as desk:
        desk.reply((await desk.tx.addresses.of_operators())[0], "one")
    dying = asyncio.create_task(world.outbox.deliver())
    await asyncio.wait_for(world.channel.knocked.wait(), 5)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    world.channel.door.set()
    next_process = Outbox(world.service, world.channels, world.clock, chance=lambda: 0.0)
    assert not await next_process.deliver()
    world.clock.now += LEASE
    while await next_process.deliver():
        pass
    assert len(world.channel.asked) == 1
    assert world.channel.texts(OPERATOR) == ["one"]


async def test_a_process_that_is_alone_takes_back_at_once(world: World) -> None:
    async with world.store.transaction() as transaction:
        pair = [(world.channel.name, Address(CLIENT))]
        contacts = await transaction.addresses.contacts([(name, str(one)) for name, one in pair])
    async with world.service.desk() as desk:
        desk.reply(next(iter(contacts.values())), "one")
    async with world.store.transaction() as transaction:
        now = world.clock()
        ready = await transaction.leases.ready(Wanted("memory", now, most=1, crises=0))
        leased = await transaction.leases.take(ready, now, now + LEASE)
        assert len(leased) == 1
    await world.outbox.reclaim()
    await world.send_out()
    assert world.channel.texts(CLIENT) == ["one"]
    assert len(world.channel.asked) == 1


# Nobody waits for another


async def two_clients(world: World) -> str:
    """Add a second client, and give their address."""
    other = "+15550107"
    await world.consented("CD", other)
    world.forget()
    return other


async def test_one_who_blocked_us_stops_nobody(world: World) -> None:
    other = await two_clients(world)
    world.channel.always[Address(CLIENT)] = UnreachableError("blocked", opted_out=True)
    for code in ("AB", "CD"):
        async with world.service.desk() as desk:
            await people.ask(desk, code, "ors")
    await world.send_out()
    assert len(world.channel.texts(other)) == 1
    assert "AB has stopped" in world.channel.texts(THERAPIST)[0]
    tried = len(world.channel.tried)
    world.clock.wait(hours=1)
    await world.tick()
    assert len(world.channel.tried) == tried, "never tried again"


async def test_a_sender_that_must_rest_rests_as_a_whole(world: World) -> None:
    other = await two_clients(world)
    world.channel.faults.append(Lost(RESTING))
    await world.ask("ors", "AB")
    tried = len(world.channel.tried)
    await world.ask("ors", "CD")
    assert len(world.channel.tried) == tried, "not one attempt while it rests"
    world.clock.now += SECONDS_40
    await world.send_out()
    assert [len(world.channel.texts(one)) for one in (CLIENT, other)] == [1, 1]


async def test_one_busy_address_rests_alone(world: World) -> None:
    other = await two_clients(world)
    world.channel.faults.append(Lost(NOT_NOW))
    await world.ask("ors", "AB")
    await world.ask("ors", "CD")
    assert [len(world.channel.texts(one)) for one in (CLIENT, other)] == [0, 1]


async def test_one_resting_network_leaves_the_others_alone(beside: World) -> None:
    here, there = beside.channels.values()
    here.faults.append(Lost(SenderFaultError("the account was refused")))
    await beside.ask()
    await beside.inbox.accept([beside.inbound("hello", "+15550199", channel="there")])
    await beside.send_out()
    assert len(there.sent) == 1
    assert here.sent == []


async def test_operators_hear_once_of_an_account_at_fault(beside: World) -> None:
    here, there = beside.channels.values()
    await beside.service.sync([("there", OPERATOR)])
    here.faults += [Lost(SenderFaultError("the account was refused"))] * 3
    await beside.ask()
    for _ in range(3):
        beside.clock.wait(minutes=5)
        await beside.send_out()
    assert len(here.texts(CLIENT)) == 1
    (told,) = there.texts(OPERATOR)
    assert "memory refuses our account" in told


# Order


async def test_a_message_that_is_tried_again_keeps_its_place_in_the_line(world: World) -> None:
    world.channel.faults.append(Lost(ChannelError("no route"), to=CLIENT))
    await world.hear("I am late")
    await world.hear("no")
    assert world.channel.texts(CLIENT) == []
    world.clock.wait(seconds=6)
    await world.send_out()
    assert [text.split(".")[0] for text in world.channel.texts(CLIENT)] == [
        "Thank you for telling me",
        "All right",
    ]


async def test_the_crisis_text_overtakes_whatever_waits(world: World) -> None:
    world.channel.faults.append(Lost(ChannelError("no route"), to=CLIENT))
    await world.hear("I am late")
    await world.hear("I want to die")
    assert len(world.channel.texts(CLIENT)) == 1
    assert "988" in world.channel.texts(CLIENT)[0]


# What was overtaken


async def test_a_waiting_question_that_is_put_anew_is_withdrawn(world: World) -> None:
    await world.ask()
    world.channel.faults.append(Lost(NOT_NOW))
    await world.hear("7")
    await world.hear("6")  # to a question that was not shown: it is put now
    world.clock.now += SECONDS_40
    await world.send_out()
    assert [text[:3] for text in world.channel.texts(CLIENT)[1:]] == ["2/4"]


async def test_a_question_that_was_under_way_when_its_answer_came_is_not_tried_again(world: World) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound("7")])
    world.channel.faults.append(Lost(NOT_NOW))
    await overtaken(world, "6")
    world.clock.now += SECONDS_40
    await world.send_out()
    assert [text[:3] for text in world.channel.texts(CLIENT)[1:]] == ["3/4"]


async def test_what_was_under_way_when_a_stop_came_is_not_tried_again(world: World) -> None:
    world.channel.faults.append(Lost(NOT_NOW))
    async with world.service.desk() as desk:
        await people.ask(desk, "AB", "ors")
    await overtaken(world, "STOP")
    world.clock.now += SECONDS_40
    await world.send_out()
    (confirmation,) = world.channel.texts(CLIENT)
    assert "no more messages" in confirmation


async def overtaken(world: World, words: str) -> None:
    """Let something arrive while the network still thinks about what is being sent."""
    world.channel.door.clear()
    world.channel.knocked.clear()
    sending = asyncio.create_task(world.outbox.deliver())
    await asyncio.wait_for(world.channel.knocked.wait(), 5)
    await world.inbox.accept([world.inbound(words)])
    world.channel.door.set()
    await sending
    await world.send_out()


@pytest.mark.parametrize("answered", [("7",), ("7", "7", "7", "7")], ids=["partly", "wholly"])
async def test_a_reminder_never_comes_after_the_answer(world: World, answered: tuple[str, ...]) -> None:
    world.clock.wait(hours=1)
    await world.tick()
    world.channel.faults.append(Lost(NOT_NOW))
    world.clock.wait(hours=24)
    await world.tick()  # the reminder can't go now
    for number in answered:
        await world.hear(number)
    world.clock.now += SECONDS_40
    await world.send_out()
    assert not any("reminder" in text for text in world.channel.texts(CLIENT))


async def test_what_waited_for_a_network_until_night_waits_until_morning(world: World) -> None:
    world.clock.now = MONDAY.replace(hour=20, minute=59)
    for address in (CLIENT, THERAPIST):
        world.channel.faults.append(Lost(NotNowError("down", timedelta(minutes=10)), to=address))
    await world.hear("I am late")
    await world.ask()
    world.clock.wait(minutes=11)
    await world.send_out()
    (reply,) = world.channel.texts(CLIENT)
    assert reply.startswith("Thank you"), "an answer goes out at any hour"
    assert world.channel.texts(THERAPIST) == []
    world.clock.now = MONDAY.replace(day=24, hour=8, minute=0)
    await world.send_out()
    assert world.channel.texts(CLIENT)[1].startswith("Hello")
    assert "I am late" in world.channel.texts(THERAPIST)[0]


# The loop


async def test_the_loop_sends_when_woken_and_ends_when_asked(world: World) -> None:
    stop = asyncio.Event()
    world.channel.knocked.clear()
    running = asyncio.create_task(world.outbox.run(stop, poll=60))
    await world.inbox.accept([world.inbound("I am late")])
    await asyncio.wait_for(world.channel.knocked.wait(), 5)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_a_message_that_replaces_another_does_so(mute: World) -> None:
    await mute.ask()
    (question,) = mute.channel.sent
    await mute.hear("7")
    edit = mute.channel.sent[-1].message
    assert edit == Message("You yourself: 7", replaces=question.external_id)


async def test_no_cry_for_help_waits_behind_one_of_unknown_outcome(world: World) -> None:
    """The network neither says whether the first crisis text went out nor answers when it is asked."""
    world.channel.find_faults.extend([ChannelError("no answer")] * 3)
    world.channel.faults.append(Lost(UNKNOWN, to=CLIENT))
    await world.hear("I want to kill myself")
    assert world.channel.texts(CLIENT) == []
    await world.hear("I want to die")
    assert len(world.channel.texts(CLIENT)) == 1


async def test_an_urgent_message_nobody_can_tell_of_is_sent_again_after_a_while(world: World) -> None:
    world.channel.find_faults.extend([ChannelError("no answer") for _ in range(99)])
    world.channel.faults.append(Lost(UNKNOWN, to=CLIENT))
    await world.hear("I want to kill myself")
    for _ in range(4):
        world.clock.wait(minutes=1)
        await world.send_out()
    assert world.channel.texts(CLIENT) == []
    world.clock.wait(minutes=2)
    await world.send_out()
    assert len(world.channel.texts(CLIENT)) == 1


async def test_operators_hear_of_words_that_the_network_refused(world: World) -> None:
    world.channel.faults.append(Lost(RefusedError("too strange"), to=THERAPIST))
    await world.hear("I may be late on Thursday")
    assert any("could not be passed on" in text for text in world.channel.texts(OPERATOR))
