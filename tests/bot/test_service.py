"""What the clock, administrators and networks bring: once each, to the right people, in waking hours."""

from __future__ import annotations

import asyncio
from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import (
    Cause,
    DeliveryReport,
    Edited,
    Left,
    Outcome,
    Pressed,
    Returned,
    UnreachableError,
)
from bot.service import people
from bot.timetable import Routine, Weekly
from storage import tables as t
from storage.records import CheckInState, ClientState
from tests.fakes.memory import MemoryChannel
from tests.world import CLIENT, MONDAY, OPERATOR, THERAPIST, WEEKLY, Clock, World, opened, policy


async def check_ins(world: World) -> list[tuple[str, str]]:
    """Give (measure, state) of every check-in, in the order in which they were made."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.check_ins.c.measure, t.check_ins.c.state).order_by(t.check_ins.c.id)
        )
        return [tuple(row) for row in rows]


# What the clock brings


async def test_an_occurrence_is_opened_once(world: World) -> None:
    world.clock.wait(hours=1)
    assert await world.service.start_due() == 1
    assert await world.service.start_due() == 0
    await world.send_out()
    assert await check_ins(world) == [("ors", "open"), ("srs", "waiting")]
    assert len(world.channel.texts(CLIENT)) == 1


async def test_two_workers_open_an_occurrence_once(world: World) -> None:
    world.clock.wait(hours=1)
    await asyncio.gather(*(world.service.start_due() for _ in range(4)))
    await world.send_out()
    assert await check_ins(world) == [("ors", "open"), ("srs", "waiting")]
    assert len(world.channel.texts(CLIENT)) == 1


async def test_an_occurrence_planned_again_by_mistake_is_not_opened_again(world: World) -> None:
    world.clock.wait(hours=1)
    async with world.store.reading() as transaction:
        client = await transaction.people.client("AB")
        assert client is not None
        before = await transaction.schedules.of([client.id])
    await world.tick()
    async with world.store.transaction() as transaction:
        await transaction.schedules.plan(before)
    await world.tick()
    assert len(await check_ins(world)) == 2
    assert len(world.channel.texts(CLIENT)) == 1


async def test_three_weeks_away_leave_missed_check_ins_and_one_question_at_most(world: World) -> None:
    world.clock.wait(days=21, hours=2)  # the fourth occurrence is an hour old
    await world.tick()
    await world.tick()
    missed = ["missed"] * 6
    assert [state for _, state in await check_ins(world)] == [*missed, "open", "waiting"]
    assert len(world.channel.texts(CLIENT)) == 1


async def test_away_until_all_is_over_asks_nothing(world: World) -> None:
    world.clock.wait(days=18)
    await world.tick()
    assert [state for _, state in await check_ins(world)] == ["missed"] * 6
    assert world.channel.texts(CLIENT) == []


@pytest.mark.parametrize(
    ("late", "told"),
    [pytest.param(0, 0, id="quiet hours alone forbid it"), pytest.param(25, 1, id="nothing ran")],
)
async def test_operators_hear_of_what_nobody_asked_and_not_of_what_the_config_never_asks(
    migrated_url: str, late: int, told: int
) -> None:
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    at_night = Routine("night", ("ors",), Weekly(((0, time(23, 45)),)), (), timedelta(hours=8))
    by_day = Routine("day", ("ors",), Weekly(((0, time(18)),)))
    async with opened(
        migrated_url, channel, clock=clock, choices=policy([channel], (by_day if late else at_night,))
    ) as world:
        await world.add_therapist()
        await world.service.sync([(channel.name, OPERATOR)])
        await world.consented()
        clock.wait(hours=7 + late)
        await world.tick()
        assert await check_ins(world) == [("ors", "missed")]
        alarms = [text for text in world.channel.texts(OPERATOR) if "kept as missed" in text]
        assert len(alarms) == told


async def test_who_never_agreed_is_asked_nothing(migrated_url: str) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client()
        await world.send_out()
        world.forget()
        world.clock.wait(days=7, hours=2)
        await world.tick()
        assert world.channel.sent == []
        assert await check_ins(world) == []


async def test_a_check_in_that_expires_opens_the_next_only_where_none_is_open(migrated_url: str) -> None:
    """Two schedules that overlap: the shorter one's end must not open a second question."""
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    brief = Routine("brief", ("srs",), WEEKLY.when, expires_after=timedelta(hours=2))
    long = Routine("long", ("ors",), WEEKLY.when)
    choices = policy([channel], (brief, long))
    async with opened(migrated_url, channel, clock=clock, choices=choices) as world:
        await world.add_therapist()
        await world.consented()
        await world.ask("ors")  # open for two days
        clock.wait(hours=1)
        await world.tick()  # both wait behind it
        clock.wait(hours=3)
        await world.tick()  # the brief one is over
        assert sorted(await check_ins(world)) == [("ors", "open"), ("ors", "waiting"), ("srs", "missed")]


async def test_the_next_check_in_opens_when_the_one_before_it_expires(world: World) -> None:
    await world.ask("ors")
    world.clock.wait(hours=47)
    async with world.service.desk() as desk:
        await people.ask(desk, "AB", "srs")
    world.forget()
    world.clock.wait(hours=3)  # 20:00
    await world.tick()
    assert ("srs", "open") in await check_ins(world)
    assert "1/4 How well did your therapist" in world.channel.texts(CLIENT)[0]


async def test_nothing_is_started_at_night(world: World) -> None:
    world.clock.now = MONDAY.replace(hour=23)
    await world.tick()
    await world.ask("srs")
    assert world.channel.sent == []
    world.clock.now = MONDAY.replace(day=24, hour=8)
    await world.tick()
    assert len(world.channel.texts(CLIENT)) == 1


# Who is known by which address


async def test_an_address_thought_dead_that_writes_is_alive(world: World) -> None:
    world.channel.always[world.inbound("").address] = UnreachableError("out of reach")
    await world.ask()
    world.channel.always.clear()
    assert "no longer reach AB" in world.channel.texts(THERAPIST)[0]
    await world.hear("7")
    assert world.channel.texts(CLIENT)[-1].startswith("1/4"), "what never reached them is asked first"


async def test_an_invitation_is_not_sent_to_who_said_stop(migrated_url: str) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client()
        await world.hear("STOP")
        world.forget()
        async with world.service.desk() as desk:
            await people.invite(desk, client="AB")
        await world.send_out()
        assert world.channel.sent == []


async def test_who_agrees_after_a_stop_is_asked_again(migrated_url: str) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client()
        async with world.service.desk() as desk:
            await people.invite(desk, client="AB")
        await world.send_out()
        await world.hear("STOP")
        await world.hear("AGREE")
        await world.ask()
        assert world.channel.texts(CLIENT)[-1].startswith("Hello")


async def test_a_button_after_a_stop_changes_nothing_and_asks_nothing(world: World) -> None:
    await world.ask()
    (question,) = world.channel.sent
    await world.hear("STOP")
    world.forget()
    await world.hear(Pressed(question.message.choices[0][3].data, question.external_id))
    (answer,) = world.channel.texts(CLIENT)
    assert "closed" in answer
    async with world.store.reading() as transaction:
        (check_in,) = await transaction.check_ins.by_id([1])
    assert (check_in.state, check_in.marks) == (CheckInState.OPEN, ())


@pytest.mark.parametrize(
    "data", ["a:1:0:70", "a:1:0:-", "a:99:0:70", "ack:1", "agree", "a:1:0:101", "nonsense"]
)
async def test_nobody_presses_anothers_buttons(world: World, data: str) -> None:
    """A button's data is no secret: a forged press answers no question but the presser's own open one."""
    await world.ask()
    await world.add_therapist("T2", "+15550120")
    await world.consented("CD", "+15550121", "T2")
    for address in ("+15550121", "+15550120", "+15550122"):
        await world.hear(Pressed(data, "memory-1"), address)
    async with world.store.reading() as transaction:
        (check_in,) = await transaction.check_ins.by_id([1])
    assert check_in.marks == ()


async def test_a_therapists_silence_is_told_unless_another_address_works(world: World) -> None:
    other = "+15550120"
    async with world.service.desk() as desk:
        token = (await people.invite(desk, therapist="T1")).token
    await world.hear(f"/start {token}", other)
    await world.hear(Left(), THERAPIST)
    assert world.channel.texts(OPERATOR) == []
    await world.hear("stop", other)
    (told,) = world.channel.texts(OPERATOR)
    assert "therapist T1" in told
    await world.hear(Returned(), THERAPIST)
    await world.hear("I want to die")
    assert "URGENT" in world.channel.texts(THERAPIST)[-1]
    assert not any("URGENT" in text for text in world.channel.texts(other))


async def test_an_alarm_reaches_no_operator_who_said_stop_and_is_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.hear("stop", OPERATOR)
    world.forget()
    await world.hear("I want to die", "+15550199")
    assert world.channel.texts(OPERATOR) == []
    assert "no operator" in capsys.readouterr().out


# What networks report later


def report(
    external_id: str, *, outcome: Outcome = Outcome.FAILED, cause: Cause | None = None
) -> DeliveryReport:
    return DeliveryReport("memory", "memory-account", external_id, outcome, MONDAY, "30005", cause)


async def test_an_alert_that_was_not_delivered_after_all_is_told_to_operators(world: World) -> None:
    await world.hear("I want to die")
    alert = next(one for one in world.channel.sent if one.address == THERAPIST)
    await world.service.reported([report(alert.external_id), report(alert.external_id)])
    await world.send_out()
    (told,) = world.channel.texts(OPERATOR)
    assert told.startswith("Attune at Elm Street clinic: URGENT: alert 1 ")


async def test_a_report_that_comes_before_our_own_note_is_followed_up_all_the_same(world: World) -> None:
    """Twilio may call back before its answer to our request has reached us."""
    await world.service.reported([report(world.channel.id_of(number)) for number in (1, 2)])
    await world.hear("I want to die")
    await world.send_out()
    assert len(world.channel.texts(OPERATOR)) == 2, "of the alert and of the crisis text"


async def test_a_delivery_is_final(world: World) -> None:
    await world.ask()
    (question,) = world.channel.sent
    delivered = report(question.external_id, outcome=Outcome.DELIVERED)
    await world.service.reported([delivered])
    await world.service.reported([report(question.external_id, cause=Cause.UNREACHABLE)])
    async with world.store.engine.connect() as connection:
        states = await connection.execute(
            sa.select(t.outbox.c.state).where(t.outbox.c.external_id == question.external_id)
        )
        assert states.scalar_one() == "delivered"


async def test_a_report_of_a_dead_address_ends_writing_to_it(world: World) -> None:
    await world.ask()
    (question,) = world.channel.sent
    await world.service.reported([report(question.external_id, cause=Cause.UNREACHABLE)])
    await world.send_out()
    assert "no longer reach AB" in world.channel.texts(THERAPIST)[0]


async def test_reports_of_messages_nobody_knows_change_nothing(world: World) -> None:
    await world.service.reported([report("none-of-ours"), report("x", outcome=Outcome.SENT)])
    await world.service.reported([])
    await world.send_out()
    assert world.channel.sent == []


# What administrators do


async def test_a_late_paper_form_is_kept_and_not_judged(world: World) -> None:
    await world.past("srs", (10, 10, 10, 10), 1)
    await world.past("srs", (1, 1, 1, 1), 9)
    await world.send_out()
    assert world.channel.texts(THERAPIST) == []


async def test_words_longer_than_any_message_reach_the_therapist_whole(world: World) -> None:
    words = " ".join(f"word{number}" for number in range(500))
    await world.hear(words[:4000])
    parts = [one.message.text for one in world.channel.sent if one.address == THERAPIST]
    assert len(parts) > 1
    assert all(len(part) <= 1500 for part in parts)
    assert " ".join(parts).split('"')[1].split() == words[:4000].split()


async def test_sync_tells_nothing_twice(world: World) -> None:
    async with world.store.engine.connect() as connection:
        before = (await connection.execute(sa.select(t.schedules.c.next_due_at))).scalars().all()
    world.clock.wait(hours=2)  # it is due, and was not opened yet
    await world.service.sync([("memory", OPERATOR)])
    async with world.store.engine.connect() as connection:
        after = (await connection.execute(sa.select(t.schedules.c.next_due_at))).scalars().all()
    assert after == before


# Nothing that was not shown is agreed to or answered, and nothing said is lost


async def invited(world: World) -> None:
    """Add a client and show the consent text."""
    await world.add_therapist()
    await world.add_client()
    async with world.service.desk() as desk:
        await people.invite(desk, client="AB")
    await world.send_out()


async def state_of(world: World, code: str = "AB") -> ClientState:
    """Give where a client stands."""
    async with world.store.reading() as transaction:
        found = await transaction.people.client(code)
    assert found is not None
    return found.state


@pytest.mark.parametrize("loose", ["ok", "yes", "sure", "okay", "7"])
async def test_a_loose_word_is_no_consent(migrated_url: str, loose: str) -> None:
    async with opened(migrated_url) as world:
        await invited(world)
        for written in (loose, "no", loose, "stop", loose):
            await world.hear(written)
            assert await state_of(world) is ClientState.INVITED


async def test_agree_counts_once_the_text_was_shown(migrated_url: str) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client()
        await world.hear("AGREE")
        assert await state_of(world) is ClientState.INVITED
        assert "no emergency service" in world.channel.texts(CLIENT)[-1]
        await world.hear("AGREE")
        assert await state_of(world) is ClientState.ACTIVE


@pytest.mark.parametrize("end", ["pause", "close"])
async def test_words_of_a_check_in_that_is_broken_off_reach_the_therapist(world: World, end: str) -> None:
    await world.ask()
    await world.hear("I am afraid of him")
    async with world.service.desk() as desk:
        await (people.pause(desk, "AB") if end == "pause" else people.close(desk, "AB", "planned"))
    await world.send_out()
    assert any("I am afraid of him" in text for text in world.channel.texts(THERAPIST))


async def test_stop_holds_for_every_number_on_the_channel(world: World) -> None:
    second = "+15550177"
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        await desk.tx.addresses.meet([(world.channel.name, second)], desk.now)
        await desk.tx.addresses.give(world.channel.name, second, client_id=client.id)
    await world.hear("STOP")
    world.forget()
    await world.ask()
    assert world.channel.texts(second) == []


async def test_an_edited_message_answers_nothing_and_is_read_for_danger(world: World) -> None:
    await world.ask()
    await world.hear("7")
    await world.hear(Edited("2"))
    assert world.channel.texts(CLIENT)[-1].startswith("I saw that you edited")
    await world.hear(Edited("I want to kill myself"))
    assert "988" in world.channel.texts(CLIENT)[-1]
    await world.hear("continue")
    assert world.channel.texts(CLIENT)[-1].startswith("2/4")
