"""Intake: kept before it is acknowledged, once each, in groups, and one message's fault is nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.channels.base import Inbound, Wrote
from bot.health import Health
from bot.inbox import SHARE, FullError, Inbox, StoppedError
from bot.limits import Limits
from bot.service import Service, people
from scoring.instrument import AgeGroup
from storage import tables as t
from storage.records import CheckInState, Client, ClientState
from storage.store import Store
from storage.trouble import Trouble
from tests.storage.test_trouble import sqlite
from tests.world import AGREES, CIPHER, CLIENT, OPERATOR, World, opened

NEW = Client(0, "", 0, "en", "UTC", "US", AgeGroup.ADULT, ClientState.INVITED, None)


class Watched(Service):
    """Notes how large each group is as it begins."""

    groups: list[int]
    begun: asyncio.Event

    async def receive(self, batch: Sequence[Inbound]) -> None:
        """Note the group, and work on it."""
        self.groups.append(len(batch))
        self.begun.set()
        await super().receive(batch)


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Give a client who is asked nothing yet, and a service that notes its groups."""
    async with opened(staffed_url) as world:
        service = Watched(world.store, world.service.policy, world.clock)
        service.groups, service.begun = [], asyncio.Event()
        world.service = service
        world.inbox = Inbox(service, world.outbox.wake)
        yield world


def groups(world: World) -> list[int]:
    """Give the sizes of the groups so far."""
    assert isinstance(world.service, Watched)
    return world.service.groups


async def crowd(world: World, size: int) -> list[str]:
    """Enrol clients who are all being asked, and give their addresses."""
    addresses = [f"+1555100{number:04}" for number in range(size)]
    async with world.service.desk() as desk:
        for number, address in enumerate(addresses):
            known = [(world.channel.name, address)]
            await people.add_client(desk, replace(NEW, code=f"C{number}"), "T1", known)
    await world.inbox.accept([world.inbound(AGREES, address) for address in addresses])
    async with world.service.desk() as desk:
        for number in range(size):
            await people.ask(desk, f"C{number}", "ors")
    await world.send_out()
    assert isinstance(world.service, Watched)
    world.service.groups.clear()
    world.service.begun.clear()
    world.forget()
    return addresses


async def kept(world: World) -> list[tuple[str, str | None, str | None]]:
    """Give what was kept of everything that arrived: (external id, reading, fault)."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.inbound.c.external_id, t.inbound.c.reading, t.inbound.c.fault).order_by(
                t.inbound.c.id
            )
        )
        return [tuple(row) for row in rows]


@asynccontextmanager
async def busy(world: World) -> AsyncIterator[None]:
    """Keep every other transaction waiting for its turn to write."""
    async with world.store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(sa.text("LOCK TABLE inbound IN ACCESS EXCLUSIVE MODE"))
        yield


async def begun(world: World) -> None:
    """Wait until a group is being worked on."""
    assert isinstance(world.service, Watched)
    await asyncio.wait_for(world.service.begun.wait(), 5)


async def test_what_comes_twice_is_answered_once(world: World) -> None:
    await world.ask()
    first = world.inbound("7")
    await world.inbox.accept([first, first])
    await world.inbox.accept([first])
    await world.send_out()
    texts = world.channel.texts(CLIENT)
    assert len(texts) == 2
    assert texts[1].startswith("2/4")


async def test_the_same_text_under_two_ids_is_two_answers(world: World) -> None:
    await world.ask()
    await world.hear("7")
    await world.hear("7")
    assert [text[:3] for text in world.channel.texts(CLIENT)[1:]] == ["2/4", "3/4"]


async def test_the_same_id_at_another_account_is_another_message(world: World) -> None:
    one = world.inbound("I was late", external_id="1")
    other = Inbound(one.channel, "another-account", "1", one.address, one.said, one.at)
    await world.inbox.accept([one, other])
    assert len(await kept(world)) == 3  # with the consent


async def test_numbers_before_their_question_was_shown_answer_nothing(world: World) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound(number) for number in ("7", "6", "5")])
    await world.send_out()
    assert [text[:3] for text in world.channel.texts(CLIENT)[1:]] == ["2/4"]
    assert [reading for _, reading, _ in await kept(world)][1:] == ["score", "early", "early"]


async def test_a_number_at_night_does_not_answer_what_is_asked_in_the_morning(world: World) -> None:
    """It brings the question at once: somebody who writes is awake."""
    world.clock.now = world.clock.now.replace(hour=23)
    await world.ask()
    assert world.channel.texts(CLIENT) == []
    await world.hear("3")
    (asked,) = world.channel.texts(CLIENT)
    assert asked.startswith("1/4")
    await world.hear("4")
    world.clock.now += timedelta(hours=10)
    await world.send_out()
    assert [text[:3] for text in world.channel.texts(CLIENT)[1:]] == ["2/4"]


async def test_nothing_is_asked_after_a_stop_in_the_same_group(world: World) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound("7"), world.inbound("stop"), world.inbound("6")])
    await world.send_out()
    opening, confirmation = world.channel.texts(CLIENT)
    assert opening.startswith("Hello")
    assert "no more messages" in confirmation
    assert [reading for _, reading, _ in await kept(world)][-3:] == ["score", "stop", "comment"]


async def test_a_question_that_is_put_again_twice_in_a_group_goes_out_once(world: World) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound("so so"), world.inbound("not great")])
    await world.send_out()
    assert len(world.channel.texts(CLIENT)) == 2, "the opening, and the question once more"


async def test_who_agrees_is_a_client_for_the_rest_of_the_group(world: World) -> None:
    ann = "+15550150"
    await world.add_client("XY", ann)
    await world.inbox.accept([world.inbound(AGREES, ann), world.inbound("I may be late", ann)])
    assert [reading for _, reading, _ in await kept(world)][-2:] == ["consent", "comment"]


async def test_64_clients_are_one_transaction(world: World) -> None:
    addresses = await crowd(world, 64)
    await world.inbox.accept([world.inbound("7", address) for address in addresses])
    assert groups(world) == [64]
    await world.send_out()
    assert all(world.channel.texts(address)[-1].startswith("2/4") for address in addresses)


async def test_more_than_fit_are_taken_in_turn(world: World) -> None:
    inbox = Inbox(world.service, world.outbox.wake, group=2)
    await inbox.accept([world.inbound(f"I came {number} minutes late") for number in range(5)])
    assert groups(world) == [2, 2, 1]


async def test_what_arrives_while_a_commit_runs_is_the_next_group(world: World) -> None:
    await world.ask()
    async with busy(world):
        first = asyncio.create_task(world.inbox.accept([world.inbound("7")]))
        await begun(world)
        later = [asyncio.create_task(world.inbox.accept([world.inbound("I am late")])) for _ in range(9)]
        await asyncio.sleep(0)
    await asyncio.gather(first, *later)
    assert groups(world) == [1, 9]


async def test_nothing_waits_when_idle(world: World) -> None:
    for before in range(3):
        alone = asyncio.create_task(world.inbox.accept([world.inbound("I am late")]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(groups(world)) == before + 1, "begun within two turns of the loop"
        await alone
    assert groups(world) == [1, 1, 1]


async def test_a_poison_message_harms_nobody_else(world: World) -> None:
    ann, bob, cy = await crowd(world, 3)
    await spoil(world, "C1")
    poison = world.inbound("7", bob)
    await world.inbox.accept([world.inbound("7", ann), poison, world.inbound("7", cy)])
    await world.inbox.accept([poison])
    await world.send_out()
    assert groups(world) == [3, 1, 1, 1, 1]
    assert [world.channel.texts(one)[0][:3] for one in (ann, cy)] == ["2/4", "2/4"]
    assert world.channel.texts(bob) == []
    assert [row[1:] for row in await kept(world) if row[0] == poison.external_id] == [(None, "KeyError")]
    (told,) = world.channel.texts(OPERATOR)
    assert "could not be worked on" in told


async def spoil(world: World, code: str) -> None:
    """Leave a client with an open check-in of a measure that the clinic no longer has."""
    async with world.store.engine.begin() as connection:
        client = sa.select(t.clients.c.id).where(t.clients.c.code == code).scalar_subquery()
        await connection.execute(
            sa.update(t.check_ins).where(t.check_ins.c.client_id == client).values(measure="gone")
        )


class CrossedError(Exception):
    """What a driver raises where two transactions waited for one another."""

    sqlstate = "40P01"


@pytest.mark.parametrize(
    ("fault", "times", "kept"),
    [
        pytest.param(OperationalError("", {}, CrossedError()), 2, True, id="crossed twice"),
        pytest.param(IntegrityError("", {}, Exception()), 2, True, id="somebody else was first, twice"),
        pytest.param(OperationalError("", {}, CrossedError()), 3, False, id="crossed every time"),
        pytest.param(OperationalError("", {}, Exception()), 1, False, id="the database is gone"),
    ],
)
async def test_what_another_transaction_came_between_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception, times: int, *, kept: bool
) -> None:
    """A cry for help is not refused because a schedule fell due at the same moment."""
    left, receive = [fault] * times, Service.receive

    async def crossed(self: Service, batch: Sequence[Inbound]) -> None:
        if left:
            raise left.pop()
        await receive(self, batch)

    monkeypatch.setattr(Service, "receive", crossed)
    accepted = world.inbox.accept([world.inbound("I want to die")])
    if kept:
        await accepted
        assert any("988" in text for text in await sent_to(world)), "it was heard and answered"
    else:
        with pytest.raises(OperationalError):
            await accepted


async def sent_to(world: World) -> Sequence[str]:
    """Send what was queued, and give what the client received."""
    await world.send_out()
    return world.channel.texts(CLIENT)


async def test_with_the_database_gone_nothing_is_acknowledged_or_kept(world: World, tmp_path: Path) -> None:
    await world.ask()
    here, seven = world.store, world.inbound("7")
    nowhere = f"{tmp_path}/nowhere"
    gone = {"sqlite": f"sqlite:///{nowhere}/a.db", "postgresql": f"postgresql://postgres@/a?host={nowhere}"}
    world.service.store = Store.open(gone[here.engine.dialect.name], CIPHER)
    with pytest.raises(OperationalError):
        await world.inbox.accept([seven, world.inbound("hello")])
    await world.service.store.close()
    world.service.store = here
    assert len(await kept(world)) == 1  # the consent
    await world.inbox.accept([seven])
    await world.send_out()
    assert world.channel.texts(CLIENT)[-1].startswith("2/4")


async def test_whoever_goes_away_takes_nobodys_message_along(world: World) -> None:
    await world.ask()
    async with busy(world):
        first = asyncio.create_task(world.inbox.accept([world.inbound("7")]))
        await begun(world)
        gone = asyncio.create_task(world.inbox.accept([world.inbound("I am late")]))
        stays = asyncio.create_task(world.inbox.accept([world.inbound("I am ill")]))
        await asyncio.sleep(0)
        for one in (first, gone):
            one.cancel()
        await asyncio.gather(first, gone, return_exceptions=True)
    await stays
    assert groups(world) == [1, 2]
    assert [reading for _, reading, _ in await kept(world)][1:] == ["score", "early", "early"]


async def test_accepting_nothing_is_nothing(world: World) -> None:
    await world.inbox.accept([])
    assert groups(world) == []


async def test_text_that_no_database_takes_is_kept_all_the_same(world: World) -> None:
    await world.inbox.accept([world.inbound(Wrote("a\0b \ud800 c"))])
    assert (await kept(world))[-1][1:] == ("comment", None)


async def test_an_answer_and_what_follows_from_it_are_kept_together_or_not_at_all(world: World) -> None:
    await world.ask("srs")
    for number in ("2", "2", "2"):
        await world.hear(number)
    world.forget()
    async with world.store.engine.begin() as connection:  # so that the score can't be kept
        found = (await connection.execute(sa.select(t.check_ins))).one()
        taken = {"check_in_id": found.id, "episode_id": found.episode_id, "measure": "srs", "items": []}
        await connection.execute(
            sa.insert(t.scores).values(**taken, total=0, at=world.clock(), source="chat")
        )
    await world.hear("2")
    async with world.store.reading() as transaction:
        (check_in,) = await transaction.check_ins.by_id([found.id])
        assert (check_in.state, check_in.marks) == (CheckInState.OPEN, (20, 20, 20))
        assert await transaction.alerts.recent(10) == ()
    assert world.channel.texts(CLIENT) == [], "nobody is thanked for what was not kept"
    assert len(world.channel.texts(OPERATOR)) == 1


# ---- too much, and a database in trouble --------------------------------------------------------


async def test_more_than_may_wait_is_refused_at_once_and_what_was_taken_is_kept(world: World) -> None:
    health = Health()
    inbox = Inbox(world.service, world.outbox.wake, group=2, limits=Limits(waiting=3), health=health)
    async with busy(world):
        taken = [asyncio.create_task(inbox.accept([world.inbound("I am late")]))]
        await begun(world)
        taken += [asyncio.create_task(inbox.accept([world.inbound("I am late")])) for _ in range(3)]
        await asyncio.sleep(0)
        assert (inbox.waiting, inbox.full) == (3, True)
        with pytest.raises(FullError):
            await inbox.accept([world.inbound("I am ill"), world.inbound("again")])
    await asyncio.gather(*taken)
    await inbox.accept([world.inbound("I am ill")])
    assert len(await kept(world)) == 1 + 4 + 1
    assert health.metrics.registry.get_sample_value("attune_refused_total", {"limit": "queue"}) == 2


async def test_whoever_fetches_waits_for_room(world: World) -> None:
    inbox = Inbox(world.service, world.outbox.wake, group=1, limits=Limits(waiting=1))
    async with busy(world):
        taken = [asyncio.create_task(inbox.accept([world.inbound("I am late")]))]
        await begun(world)
        taken.append(asyncio.create_task(inbox.accept([world.inbound("I am late")])))
        await asyncio.sleep(0)
        fetched = asyncio.create_task(inbox.accept_in_turn([world.inbound("7")]))
        await asyncio.sleep(0.01)
        assert inbox.waiting == 1, "what was fetched is not in yet"
    await asyncio.gather(*taken, fetched)
    assert groups(world) == [1, 1, 1]


async def test_nobody_takes_up_a_group_while_others_wait(world: World) -> None:
    """And what one person writes stays in order."""
    inbox = Inbox(world.service, world.outbox.wake, group=SHARE + 1)
    many = [world.inbound(f"line {number}") for number in range(3 * SHARE)]
    async with busy(world):
        first = asyncio.create_task(inbox.accept([world.inbound("hello", "+15550190")]))
        await begun(world)
        flood = asyncio.create_task(inbox.accept(many))
        await asyncio.sleep(0)
        behind = world.inbound("hello", "+15550191")
        other = asyncio.create_task(inbox.accept([behind]))
        await asyncio.sleep(0)
    await asyncio.gather(first, flood, other)
    ids = [row[0] for row in await kept(world)]
    theirs = [one.external_id for one in many]
    assert [one for one in ids if one in theirs] == theirs
    assert ids.index(behind.external_id) < ids.index(theirs[SHARE]), "it need not wait for the rest"
    assert groups(world) == [1, SHARE + 1, SHARE, SHARE]


def failing(monkeypatch: pytest.MonkeyPatch, faults: list[Exception]) -> None:
    """Let the service meet these faults first, one at each try."""
    receive = Service.receive

    async def faulty(self: Service, batch: Sequence[Inbound]) -> None:
        if faults:
            raise faults.pop(0)
        await receive(self, batch)

    monkeypatch.setattr(Service, "receive", faulty)


@pytest.mark.parametrize(("code", "said"), [(13, "disk full"), (5, "locked"), (14, "gone"), (8, "read-only")])
async def test_a_database_in_trouble_is_no_poison(
    world: World, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    """Nothing is kept, nothing acknowledged, and it is tried once: not one by one."""
    failing(monkeypatch, [sqlite(code)])
    health = Health()
    inbox = Inbox(world.service, world.outbox.wake, health=health)
    two = [world.inbound("I am late"), world.inbound("I am ill")]
    with pytest.raises(OperationalError):
        await inbox.accept(two)
    assert str(health.trouble) == said
    assert len(await kept(world)) == 1  # the consent
    assert health.metrics.registry.get_sample_value("attune_inbound_not_kept_total") == 2
    await inbox.accept(two)
    assert health.trouble is None, "it was written, so it is well"
    assert len(await kept(world)) == 3


async def test_trouble_midway_leaves_the_rest_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that fails is tried one by one; a database that is locked then is not waited for each time."""
    failing(monkeypatch, [KeyError("measure"), sqlite(5)])
    three = [world.inbound(f"late {number}") for number in range(3)]
    with pytest.raises(OperationalError):
        await world.inbox.accept(three)
    assert len(await kept(world)) == 1
    assert groups(world) == [3, 1], "the second was not begun"


async def test_what_is_damaged_of_one_person_keeps_nobody_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their words are kept, danger in them is answered, and the state stays until somebody sees to it."""
    failing(monkeypatch, [sqlite(11), sqlite(11)])
    health = Health()
    inbox = Inbox(world.service, world.outbox.wake, health=health)
    await inbox.accept([world.inbound("I want to die"), world.inbound("I am late", "+15550190")])
    assert [fault for _, _, fault in await kept(world)] == [None, "OperationalError", None]
    assert any("988" in text for text in await sent_to(world))
    assert health.trouble is Trouble.DAMAGED


async def test_a_process_that_ends_tells_everybody_who_waits(world: World) -> None:
    inbox = Inbox(world.service, world.outbox.wake, group=1)
    async with busy(world):
        waiting = [asyncio.create_task(inbox.accept([world.inbound("I am late")])) for _ in range(3)]
        await begun(world)
        assert inbox._worker is not None  # noqa: SLF001 (nobody else can end it)
        inbox._worker.cancel()  # noqa: SLF001 (as above)
        found = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    assert [type(one) for one in found] == [StoppedError] * 3
    await inbox.accept([world.inbound("I am late")])
