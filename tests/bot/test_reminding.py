"""Reminders: a ladder each, awake, apart, in time, and none once the answer is there."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import structlog

from bot.channels.base import NotNowError
from storage import tables as t
from tests.fakes.memory import Lost, MemoryChannel
from tests.world import CLIENT, WEEKLY, Clock, World, opened, policy

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

ASKED = datetime(2026, 11, 23, 18, tzinfo=UTC)
"""When the weekly ORS is asked; nobody is written to from 21:00 to 08:00."""

AGAIN = "A gentle reminder"


@asynccontextmanager
async def reminding(
    url: str, *steps: timedelta, expires_after: timedelta = 48 * HOUR, most_a_day: int = 6
) -> AsyncIterator[World]:
    """Open a world in which an unanswered weekly ORS is reminded of by a ladder, just after it was asked."""
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    routine = dataclasses.replace(WEEKLY, measures=("ors",), reminders=steps, expires_after=expires_after)
    choices = dataclasses.replace(policy([channel], (routine,)), most_a_day=most_a_day)
    async with opened(url, channel, clock=clock, choices=choices) as world:
        clock.now = ASKED
        await world.tick()
        assert len(world.channel.texts(CLIENT)) == 1
        world.forget()
        yield world


def reminded(world: World) -> list[datetime]:
    """Give when the client was reminded."""
    return [
        one.at for one in world.channel.sent if one.address == CLIENT and one.message.text.startswith(AGAIN)
    ]


async def pass_by(world: World, until: datetime, every: timedelta = HOUR) -> None:
    """Let time pass to a moment."""
    while world.clock.now < until:
        world.clock.now = min(world.clock.now + every, until)
        await world.tick()


def at(text: str) -> datetime:
    """Give a moment of the week in which the ORS is asked: "24 08:00"."""
    return datetime.strptime(f"2026-11-{text} +0000", "%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param((), [], id="none"),
        pytest.param((HOUR,), ["23 19:00"], id="one"),
        pytest.param((HOUR, 24 * HOUR), ["23 19:00", "24 18:00"], id="two"),
        pytest.param((2 * HOUR, 15 * HOUR, 39 * HOUR), ["23 20:00", "24 09:00", "25 09:00"], id="three"),
        pytest.param((3 * HOUR, 27 * HOUR), ["24 08:00", "25 08:00"], id="moved out of the night"),
        pytest.param(
            (3 * HOUR, 15 * HOUR, 39 * HOUR),
            ["24 08:00", "25 09:00"],
            id="moved close to the second, which is left out",
        ),
        pytest.param((4 * HOUR, 5 * HOUR), ["24 08:00"], id="two of one night are one"),
        pytest.param((47 * HOUR, 48 * HOUR), ["25 17:00"], id="the last would be after its end"),
    ],
)
async def test_a_ladder(staffed_url: str, steps: Sequence[timedelta], expected: list[str]) -> None:
    async with reminding(staffed_url, *steps) as world:
        await pass_by(world, ASKED + 50 * HOUR)
        assert reminded(world) == [at(one) for one in expected]
        async with world.store.engine.connect() as connection:
            (row,) = await connection.execute(
                sa.select(t.check_ins.c.reminded, t.check_ins.c.reminded_at, t.check_ins.c.remind_at)
            )
        assert tuple(row) == (len(expected), at(expected[-1]) if expected else None, None)


@pytest.mark.parametrize(
    ("expires_after", "expected"),
    [
        pytest.param(14 * HOUR, [], id="over when the night is"),
        pytest.param(14 * HOUR + MINUTE, ["24 08:00"], id="a minute longer"),
    ],
)
async def test_what_the_night_moves_past_its_end_is_dropped(
    staffed_url: str, expires_after: timedelta, expected: list[str]
) -> None:
    async with reminding(staffed_url, 3 * HOUR, expires_after=expires_after) as world:
        await pass_by(world, ASKED + 16 * HOUR)
        assert reminded(world) == [at(one) for one in expected]


async def test_after_downtime_two_reminders_do_not_come_together(staffed_url: str) -> None:
    async with reminding(staffed_url, 2 * HOUR, 26 * HOUR, 43 * HOUR) as world:
        world.clock.now = ASKED + 26 * HOUR - 5 * MINUTE
        await world.tick()
        await pass_by(world, ASKED + 47 * HOUR)
        assert reminded(world) == [at("24 19:55"), at("25 13:55")], "the second would have come at 20:00"


async def test_when_the_network_comes_back_two_reminders_do_not_come_together(staffed_url: str) -> None:
    async with reminding(staffed_url, HOUR, 24 * HOUR) as world:
        world.outbox.rest(world.channel.name, ASKED + 25 * HOUR)
        await pass_by(world, ASKED + 24 * HOUR + 30 * MINUTE)
        assert reminded(world) == []
        world.clock.now = ASKED + 25 * HOUR
        await world.tick()
        assert reminded(world) == [ASKED + 25 * HOUR]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        pytest.param(1, ["24 18:00"], id="the question was enough for that day"),
        pytest.param(2, ["23 19:00", "24 18:00"], id="one more is allowed"),
    ],
)
async def test_a_client_has_so_many_messages_a_day(staffed_url: str, most: int, expected: list[str]) -> None:
    async with reminding(staffed_url, HOUR, 24 * HOUR, most_a_day=most) as world:
        await pass_by(world, ASKED + 25 * HOUR)
        assert reminded(world) == [at(one) for one in expected]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(60, "23 20:00", id="an hour after the answer"),
        pytest.param(61, "23 20:01", id="a minute less"),
    ],
)
async def test_who_has_just_answered_one_question_is_not_reminded_of_the_next(
    staffed_url: str, minutes: int, expected: str
) -> None:
    async with reminding(staffed_url, 2 * HOUR) as world:
        world.clock.now = ASKED + minutes * MINUTE
        await world.hear("7")
        world.clock.now = ASKED + 2 * HOUR - MINUTE
        await pass_by(world, ASKED + 2 * HOUR + 5 * MINUTE, every=MINUTE)
        assert reminded(world) == [at(expected)]


async def test_one_that_waited_is_reminded_of_from_when_it_was_asked(staffed_url: str) -> None:
    clock = Clock()
    channel = MemoryChannel(clock=clock)
    choices = policy([channel], (dataclasses.replace(WEEKLY, reminders=(HOUR,)),))
    async with opened(staffed_url, channel, clock=clock, choices=choices) as world:
        clock.now = ASKED
        await world.tick()
        clock.now = ASKED + 30 * MINUTE
        await world.hear("7 7 7 7")  # and the SRS, which waited, is asked
        await pass_by(world, ASKED + 2 * HOUR, every=10 * MINUTE)
        assert reminded(world) == [ASKED + 90 * MINUTE]


@pytest.mark.parametrize("written", ["STOP", "I want to kill myself", "tomorrow", "7 7 7 7", "break"])
async def test_nothing_is_reminded_of_after(staffed_url: str, written: str) -> None:
    async with reminding(staffed_url, HOUR, 15 * HOUR) as world:
        world.clock.now = ASKED + 30 * MINUTE
        await world.hear(written)
        await pass_by(world, ASKED + 15 * HOUR)
        assert reminded(world) == []


async def test_nothing_is_reminded_of_while_a_crisis_is_open(staffed_url: str) -> None:
    async with reminding(staffed_url, HOUR, 15 * HOUR) as world:
        await world.hear("I want to kill myself")
        await world.hear("continue")  # the question is put again: the crisis is open all the same
        world.forget()
        await pass_by(world, ASKED + 16 * HOUR)
        assert reminded(world) == []


# However close the answer


async def test_an_answer_that_is_kept_before_the_reminder_goes_takes_it_back(staffed_url: str) -> None:
    """Queued by the clock; then the answer comes, and only then is the outbox's turn."""
    async with reminding(staffed_url, HOUR) as world:
        world.clock.now = ASKED + HOUR
        assert await world.service.remind_due() == 1
        await world.inbox.accept([world.inbound("7 7 7 7")])
        await world.send_out()
        assert reminded(world) == []
        assert world.channel.texts(CLIENT)[-1].startswith("Thank you")


async def test_an_answer_that_comes_while_the_network_refuses_the_reminder_takes_it_back(
    staffed_url: str,
) -> None:
    async with reminding(staffed_url, HOUR) as world:
        world.clock.now = ASKED + HOUR
        world.channel.faults.append(Lost(NotNowError("busy", wait=timedelta(seconds=30))))
        await world.tick()
        await world.hear("7 7 7 7")
        await pass_by(world, ASKED + 2 * HOUR, every=10 * MINUTE)
        assert reminded(world) == []


async def test_an_answer_to_one_question_takes_the_reminder_of_it_back(staffed_url: str) -> None:
    async with reminding(staffed_url, HOUR) as world:
        world.clock.now = ASKED + HOUR
        await world.service.remind_due()
        await world.inbox.accept([world.inbound("7")])
        await world.send_out()
        (asked,) = world.channel.texts(CLIENT)
        assert asked.startswith("2/4")


async def test_what_was_put_again_is_not_reminded_of_soon_after(staffed_url: str) -> None:
    async with reminding(staffed_url, 15 * HOUR, 39 * HOUR) as world:
        await world.hear("in 14 hours")  # 08:00; the first reminder would come an hour later
        await pass_by(world, ASKED + 40 * HOUR)
        assert reminded(world) == [at("25 09:00")]


async def test_what_was_over_before_it_could_be_asked_is_kept_in_the_trail(staffed_url: str) -> None:
    missed = t.audit.c.action == "missed_waiting"
    async with reminding(staffed_url) as world:
        await world.ask("srs")  # behind the weekly one, and over at the same time
        with structlog.testing.capture_logs() as logs:
            await pass_by(world, at("25 18:00"))
        async with world.store.engine.connect() as connection:
            first, second = await connection.execute(sa.select(t.check_ins).order_by(t.check_ins.c.id))
            trail = list(await connection.scalars(sa.select(t.audit.c.check_in_id).where(missed)))
        assert (first.state, second.state, trail) == ("expired", "missed", [second.id])
        told = [one for one in logs if one.get("action") == "missed_waiting"]
        assert [(one["count"], one["check_in_ids"]) for one in told] == [(1, [second.id])]
        assert await world.service.report_missed() == 0, "it was no outage"
