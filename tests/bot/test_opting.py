"""STOP and START: one wish, however it is said, for all of a client's addresses or for one network's."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from bot.channels.base import (
    Cause,
    DeliveryReport,
    Edited,
    Keyword,
    Left,
    Outcome,
    Pressed,
    Returned,
    Said,
    UnreachableError,
    Wrote,
)
from bot.service import people
from storage import tables as t
from storage.records import AddressState
from tests.fakes.memory import MemoryChannel
from tests.world import CLIENT, OPERATOR, THERAPIST, Clock, World, opened, policy

MOBILE, SECOND = "+15550177", "+15550178"
STOPPED = "AB has stopped the check-in messages."
BACK = "AB has started the check-in messages again."


@asynccontextmanager
async def two_networks(url: str, *, everywhere: bool = True) -> AsyncIterator[World]:
    """Open a database in which the client has two addresses on `memory` and one on `mobile`."""
    clock = Clock()
    networks = (MemoryChannel(clock=clock), MemoryChannel("mobile", clock=clock))
    choices = dataclasses.replace(policy(networks), stop_everywhere=everywhere)
    async with opened(url, *networks, clock=clock, choices=choices) as world:
        async with world.service.desk() as desk:
            client = await people.known(desk, "AB")
            for pair in (("memory", SECOND), ("mobile", MOBILE)):
                await desk.tx.addresses.meet([pair], desk.now)
                assert await desk.tx.addresses.give(*pair, client_id=client.id)
        yield world


async def states(world: World) -> list[str]:
    """Give the states of the client's addresses: both on `memory`, then the mobile one."""
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        known = await desk.tx.addresses.of_clients([client.id])
    return [{one.address: one.state.value for one in known}[address] for address in (CLIENT, SECOND, MOBILE)]


async def audited(world: World) -> list[tuple[str, str]]:
    """Give (actor, action) of all comings and goings."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.audit.c.actor, t.audit.c.action)
            .where(t.audit.c.action.in_(["opted_out", "opted_in"]))
            .order_by(t.audit.c.id)
        )
        return [tuple(row) for row in rows]


WAYS = (
    pytest.param("stop", id="in words"),
    pytest.param("Stop. Thank you", id="with courtesy"),
    pytest.param(Wrote("arrêt", Keyword.STOP), id="in a word that only the network knows"),
    pytest.param(Left(), id="by a block"),
    pytest.param(Edited("stop"), id="by an edit"),
)


@pytest.mark.parametrize("said", WAYS)
async def test_a_stop_holds_for_every_address_and_is_told_once(staffed_url: str, said: Said | str) -> None:
    async with two_networks(staffed_url) as world:
        await world.hear(said)
        assert await states(world) == ["stopped"] * 3
        await world.hear("stop", MOBILE, channel="mobile")
        told = [text for text in world.channel.texts(THERAPIST) if STOPPED in text]
        assert len(told) == 1
        await world.ask()
        assert [one.message.text for one in world.channels["mobile"].sent] == [
            "You will get no more messages from me. Write START if you want them again."
        ]


@pytest.mark.parametrize("said", WAYS)
async def test_where_the_site_says_so_a_stop_holds_for_its_network_alone(
    staffed_url: str, said: Said | str
) -> None:
    async with two_networks(staffed_url, everywhere=False) as world:
        await world.hear("START", MOBILE, channel="mobile")
        world.forget()
        await world.hear(said)
        assert await states(world) == ["stopped", "stopped", "active"]
        await world.ask()
        assert len(world.channels["mobile"].texts(MOBILE)) == 1
        await world.hear("stop", MOBILE, channel="mobile")
        assert await states(world) == ["stopped"] * 3
        assert len([text for text in world.channel.texts(THERAPIST) if STOPPED in text]) == 2


async def test_a_stop_on_one_network_opens_no_address_that_was_never_agreed_to(staffed_url: str) -> None:
    async with two_networks(staffed_url, everywhere=False) as world:
        await world.hear("stop")
        assert "Elsewhere" not in world.channel.texts(CLIENT)[-1]
        for _ in range(8):
            world.clock.wait(days=1)
            await world.tick()
        assert world.channels["mobile"].sent == []


async def test_a_network_that_refuses_for_the_persons_sake_is_a_stop_too(staffed_url: str) -> None:
    """Twilio's 21610 and Telegram's 403, as an error."""
    async with two_networks(staffed_url) as world:
        world.channel.always = {
            world.inbound("").address: UnreachableError("refused", opted_out=True),
        }
        await world.ask()
        assert await states(world) == ["stopped"] * 3
        assert [text for text in world.channel.texts(THERAPIST) if STOPPED in text]
        assert await audited(world) == [("network", "opted_out")]


async def test_a_report_of_a_refusal_is_a_stop_too(staffed_url: str) -> None:
    async with two_networks(staffed_url) as world:
        await world.ask()
        sent = world.channel.sent[-1]
        failed = Outcome.FAILED
        report = DeliveryReport(
            "memory", "memory-account", sent.external_id, failed, world.clock(), "21610", Cause.OPTED_OUT
        )
        await world.service.reported([report, report])
        assert await states(world) == ["stopped"] * 3
        assert await audited(world) == [("network", "opted_out")]


async def test_an_address_that_died_takes_no_other_with_it(staffed_url: str) -> None:
    async with two_networks(staffed_url) as world:
        world.channel.always = {world.inbound("").address: UnreachableError("refused")}
        await world.ask()
        assert await states(world) == ["unreachable", "active", "active"]


@pytest.mark.parametrize(
    "said",
    ["START", "start please", Wrote("YES", Keyword.START), Wrote("alta", Keyword.START), Returned()],
    ids=["in words", "politely", "YES to Twilio", "in a word that only the network knows", "by unblocking"],
)
async def test_a_start_is_heard_from_the_address_it_came_from_only(
    staffed_url: str, said: Said | str
) -> None:
    async with two_networks(staffed_url) as world:
        await world.hear("stop")
        await world.hear(said, MOBILE, channel="mobile")
        assert await states(world) == ["stopped", "stopped", "active"]
        assert [text for text in world.channel.texts(THERAPIST) if BACK in text] == [BACK]
        assert await audited(world) == [("client", "opted_out"), ("client", "opted_in")]
        await world.ask()
        assert "1/4" in world.channels["mobile"].texts(MOBILE)[-1]


async def test_a_late_refusal_on_a_stopped_address_stops_no_other(staffed_url: str) -> None:
    async with two_networks(staffed_url) as world:
        await world.hear("stop")
        await world.hear("START", MOBILE, channel="mobile")
        await world.hear(Left())
        assert await states(world) == ["stopped", "stopped", "active"]


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("taken", [None, Keyword.STOP])
async def test_a_stop_is_answered_where_no_network_has(
    world: World, taken: Keyword | None, days: int
) -> None:
    world.clock.wait(days=days)
    await world.hear(Wrote("stop", taken))
    assert len(world.channel.texts(CLIENT)) == (1 if taken is None else 0)


@pytest.mark.parametrize("state", ["consent", "open", "held", "paused", "closed"])
async def test_a_stop_is_heard_in_every_state(world: World, migrated_url: str, state: str) -> None:
    """Never as an answer."""
    if state in {"open", "held"}:
        await world.ask()
        await world.hear("i want to die" if state == "held" else "7")
    elif state in {"paused", "closed"}:
        async with world.service.desk() as desk:
            await (people.pause(desk, "AB") if state == "paused" else people.close(desk, "AB", "planned"))
    else:
        async with opened(migrated_url) as other:
            await other.add_therapist()
            await other.add_client()
            await other.hear("stop")
            assert [text for text in other.channel.texts(THERAPIST) if STOPPED in text]
            return
    answers = await count_answers(world)
    await world.hear("unsubscribe me pls")
    assert await count_answers(world) == answers
    assert [text for text in world.channel.texts(THERAPIST) if STOPPED in text]
    async with world.service.desk() as desk:
        pair = (world.channel.name, CLIENT)
        assert (await desk.tx.addresses.contacts([pair]))[pair].state is AddressState.STOPPED


async def count_answers(world: World) -> int:
    """Count the answers that are kept."""
    async with world.store.engine.connect() as connection:
        return (await connection.execute(sa.select(sa.func.count()).select_from(t.answers))).scalar_one()


async def test_help_that_a_network_gave_is_not_given_again(world: World) -> None:
    await world.hear(Wrote("HELP", Keyword.HELP))
    assert world.channel.texts(CLIENT) == []
    await world.hear("HELP")
    assert len(world.channel.texts(CLIENT)) == 1


async def test_a_word_that_starts_only_what_was_stopped_is_a_text_like_others(world: World) -> None:
    """A "yes" accepts a suggestion, whatever Twilio takes it for."""
    await world.ask()
    await world.hear("6-7")
    await world.hear(Wrote("yes", Keyword.START))
    assert "2/4" in world.channel.texts(CLIENT)[-1]


async def test_a_therapists_address_stops_alone(world: World) -> None:
    async with world.service.desk() as desk:
        therapist = await desk.tx.people.therapist("T1")
        assert therapist is not None
        pair = (world.channel.name, MOBILE)
        await desk.tx.addresses.meet([pair], desk.now)
        await desk.tx.addresses.give(*pair, therapist_id=therapist.id)
    await world.hear(Wrote("STOP", Keyword.STOP), THERAPIST)
    world.forget()
    await world.hear("I moved house")
    assert world.channel.texts(THERAPIST) == []
    assert len(world.channel.texts(MOBILE)) == 1
    assert world.channel.texts(OPERATOR) == []


async def test_a_crisis_text_that_waits_is_not_lost_to_a_stop(world: World) -> None:
    crisis = "I want to die"
    await world.inbox.accept([world.inbound(crisis), world.inbound("stop")])
    await world.send_out()
    assert any("call 911" in text for text in world.channel.texts(CLIENT))


async def test_a_button_after_a_stop_elsewhere_changes_nothing(staffed_url: str) -> None:
    async with two_networks(staffed_url) as world:
        await world.ask()
        await world.inbox.accept(
            [world.inbound("stop", MOBILE, channel="mobile"), world.inbound(Pressed("a:1:0:70", "x"))]
        )
        assert await count_answers(world) == 0
