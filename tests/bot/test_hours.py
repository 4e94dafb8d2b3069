"""At what hour a message goes: quiet hours hold for all that nobody waits for, however late it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Cause, ChannelError, SenderFaultError
from bot.hours import AWAITED, may_go
from storage.records import Outgoing, Priority
from tests.bot.test_reach import LEAVES, MOBILE, own, refuse, reports
from tests.fakes.memory import Lost
from tests.world import AGREES, CLIENT, QUIET, THERAPIST, World

NIGHT = datetime(2026, 11, 24, 2, tzinfo=UTC)
MORNING = NIGHT.replace(hour=8)
EVENING = NIGHT.replace(hour=20)
SECOND = timedelta(seconds=1)


def outgoing(kind: str, priority: Priority, age: timedelta) -> Outgoing:
    """Make a message that was queued so long before the night."""
    made = NIGHT - age
    return Outgoing(
        1, 1, "sms", CLIENT, kind, "", 1, made, NIGHT, None, None, None, None, 1, priority=priority
    )


@pytest.mark.parametrize(
    ("kind", "priority", "age", "goes"),
    [
        ("reply", Priority.REPLY, timedelta(), NIGHT),
        ("reply", Priority.REPLY, AWAITED, NIGHT),
        ("reply", Priority.REPLY, AWAITED + SECOND, MORNING),
        ("question", Priority.QUESTION, timedelta(), MORNING),
        ("reminder", Priority.REMINDER, timedelta(), MORNING),
        ("alert", Priority.ALERT, timedelta(), MORNING),
        ("alarm", Priority.ALERT, timedelta(days=1), NIGHT),
        ("lost alarm", Priority.ALERT, timedelta(days=1), NIGHT),
        ("edit", Priority.QUESTION, timedelta(days=1), NIGHT),
        ("crisis", Priority.CRISIS, timedelta(days=1), NIGHT),
    ],
)
def test_what_goes_at_night_and_what_waits_for_the_morning(
    kind: str, priority: Priority, age: timedelta, goes: datetime
) -> None:
    message = outgoing(kind, priority, age)
    assert may_go(message, "UTC", QUIET, NIGHT) == goes
    assert may_go(message, "UTC", QUIET, EVENING + timedelta(days=1)) == EVENING + timedelta(days=1)
    assert may_go(message, None, QUIET, NIGHT) == NIGHT, "who has no clock has no night"


def at_night(world: World, address: str) -> list[int]:
    """List the hours of the night at which somebody was written to."""
    return [
        one.at.hour for one in world.channel.sent if one.address == address and QUIET.holds(one.at.time())
    ]


async def test_a_question_that_is_reported_lost_at_night_goes_elsewhere_in_the_morning(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    await world.ask()
    world.forget()
    world.clock.now = world.clock.now.replace(hour=20, minute=30)
    await world.hear("7")
    lost = reports(world, CLIENT, Cause.UNREACHABLE)
    world.clock.wait(hours=7)
    await world.service.reported(lost)
    await world.send_out()
    assert at_night(world, MOBILE) == []
    world.clock.wait(hours=5)
    await world.send_out()
    assert any("2/4" in text for text in world.channel.texts(MOBILE))


async def test_an_answer_that_waited_for_our_account_until_night_goes_in_the_morning(world: World) -> None:
    await world.ask()
    world.clock.now = world.clock.now.replace(hour=20, minute=30)
    refuse(world, CLIENT, SenderFaultError("account"))
    await world.hear("7")
    world.forget()
    world.clock.wait(hours=5)
    world.channel.always.clear()
    await world.send_out()
    assert world.channel.texts(CLIENT) == []
    world.clock.wait(hours=7)
    await world.send_out()
    assert any("2/4" in text for text in world.channel.texts(CLIENT))


async def test_an_alert_that_waits_for_the_morning_holds_up_no_answer(world: World) -> None:
    world.clock.now = world.clock.now.replace(hour=20, minute=59, second=58)
    world.channel.faults.append(Lost(ChannelError("no connection"), to=world.inbound("", THERAPIST).address))
    await world.hear(LEAVES)
    world.clock.wait(seconds=10)
    await world.tick()
    assert world.channel.texts(THERAPIST) == []
    world.clock.now = world.clock.now.replace(hour=22)
    await world.hear("HELP", THERAPIST)
    assert len(world.channel.texts(THERAPIST)) == 1
    world.clock.wait(hours=10)
    await world.tick()
    assert len(world.channel.texts(THERAPIST)) == 2
