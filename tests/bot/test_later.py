"""Putting a check-in off: once each time, in waking hours, in time, and never against danger or STOP."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
import sqlalchemy as sa

from storage import tables as t
from tests.world import CLIENT, MONDAY, THERAPIST, World

AGAIN = "Here I am again"


async def first(world: World) -> tuple[str, datetime | None]:
    """Give the first check-in's state, and until when it rests."""
    async with world.store.engine.connect() as connection:
        columns = (t.check_ins.c.state, t.check_ins.c.resume_at)
        rows = await connection.execute(sa.select(*columns).order_by(t.check_ins.c.id).limit(1))
        state, resume_at = rows.one()
        return state, resume_at


async def test_it_is_put_again_once_by_any_number_of_workers(world: World) -> None:
    await world.ask()
    await world.hear("in an hour")
    world.forget()
    world.clock.wait(minutes=59)
    await world.tick()
    assert world.channel.sent == []
    world.clock.wait(minutes=1)
    await asyncio.gather(*(world.service.resume_due() for _ in range(4)))
    await world.send_out()
    (put,) = world.channel.texts(CLIENT)
    assert put.startswith(AGAIN)
    assert await first(world) == ("open", None)


async def test_a_number_meanwhile_simply_goes_on(world: World) -> None:
    await world.ask()
    await world.hear("later")
    await world.hear("7")
    world.forget()
    world.clock.wait(hours=4)
    await world.tick()
    assert world.channel.texts(CLIENT) == []


async def test_an_answer_and_putting_off_in_one_batch_ask_nothing_now(world: World) -> None:
    await world.ask()
    world.forget()
    await world.inbox.accept([world.inbound("7"), world.inbound("later")])
    await world.send_out()
    assert [text[:10] for text in world.channel.texts(CLIENT)] == ["All right."]
    world.clock.wait(hours=3)
    await world.tick()
    assert "2/4" in world.channel.texts(CLIENT)[-1]


async def test_each_of_a_batch_counts(world: World) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound("in 1 hour") for _ in range(4)])
    await world.send_out()
    texts = world.channel.texts(CLIENT)[1:]
    assert [text.startswith("All right") for text in texts] == [True, True, True, False]
    assert "I won't ask again" in texts[-1]


async def test_after_an_outage_it_is_put_in_waking_hours(world: World) -> None:
    await world.ask()
    await world.hear("in an hour")
    world.forget()
    world.clock.now = MONDAY.replace(hour=23)
    await world.tick()
    assert world.channel.sent == []
    world.clock.now = MONDAY.replace(day=24, hour=8)
    await world.tick()
    assert world.channel.texts(CLIENT)[0].startswith(AGAIN)


@pytest.mark.parametrize("meanwhile", ["STOP", "I want to kill myself"])
async def test_nothing_is_put_again_after_stop_or_danger(world: World, meanwhile: str) -> None:
    await world.ask()
    await world.hear("later")
    await world.hear(meanwhile)
    world.forget()
    world.clock.wait(hours=3)
    await world.tick()
    assert not any(AGAIN in text or "1/4" in text for text in world.channel.texts(CLIENT))


async def test_the_next_check_in_waits_behind_one_that_rests(world: World) -> None:
    await world.ask("ors")
    await world.hear("tomorrow")
    world.forget()
    world.clock.wait(hours=1)
    await world.tick()
    assert world.channel.texts(CLIENT) == []


async def test_one_that_rests_is_over_when_it_is_over(world: World) -> None:
    await world.ask()
    await world.hear("7")
    await world.hear("in 3 days")
    assert "no later" in world.channel.texts(CLIENT)[-1]
    world.clock.wait(hours=47)
    await world.tick()
    assert world.channel.texts(CLIENT)[-1].startswith(AGAIN), "an hour before its end"
    await world.hear("later")
    world.clock.wait(hours=17)
    await world.tick()
    assert (await first(world))[0] == "partial"
    assert any("1 of 4 questions answered" in text for text in world.channel.texts(THERAPIST))


async def test_a_reminder_waits_for_what_was_put_off(world: World) -> None:
    world.clock.wait(hours=1)
    await world.tick()
    await world.hear("in 26 hours")
    world.clock.wait(hours=25)  # the reminder was due after 24
    await world.tick()
    assert world.channel.texts(CLIENT)[-1].startswith("All right")
    world.clock.wait(hours=1)
    await world.tick()
    await world.tick()
    texts = world.channel.texts(CLIENT)
    assert texts[-1].startswith(AGAIN)
    assert not any("gentle reminder" in text for text in texts)
