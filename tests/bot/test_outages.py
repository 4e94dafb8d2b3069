"""A network that is down for a while: what somebody must get is tried until it goes, and operators hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import Cause, ChannelError, OutcomeUnknownError, RefusedError, SenderFaultError
from bot.service import people
from storage import tables as t
from tests.bot.test_reach import BACKUP, LEAVES, MOBILE, own, refuse, reports, stands_in, state_of, told
from tests.fakes.memory import Lost
from tests.world import AGREES, CLIENT, OPERATOR, THERAPIST, World

DOWN = ChannelError("no connection")
SILENT = OutcomeUnknownError("timed out")
EVERYBODY = (CLIENT, THERAPIST, OPERATOR)


async def outage(world: World, *whom: str, lasts: timedelta, step: timedelta) -> None:
    """Let nothing through to some people for a while, trying again and again."""
    for one in whom:
        refuse(world, one, DOWN)
    until = world.clock() + lasts
    await world.send_out()
    while world.clock() < until:
        world.clock.now += step
        await world.send_out()
    world.channel.always.clear()


async def minutes_pass(world: World, *each: int) -> None:
    """Let minutes pass, and send what may go after each of these waits."""
    for one in each:
        world.clock.wait(minutes=one)
        await world.send_out()


async def ask_through(world: World) -> None:
    """Open a check-in by hand, and send nothing yet."""
    async with world.service.desk() as desk:
        await people.ask(desk, "AB", "ors")


# What somebody must get


@pytest.mark.parametrize(
    ("lasts", "step"),
    [
        pytest.param(timedelta(minutes=10), timedelta(seconds=10), id="ten minutes"),
        pytest.param(timedelta(hours=3), timedelta(minutes=5), id="three hours"),
    ],
)
async def test_a_cry_for_help_outlasts_a_network_that_is_down(
    world: World, lasts: timedelta, step: timedelta
) -> None:
    await world.inbox.accept([world.inbound("I want to die")])
    await outage(world, *EVERYBODY, lasts=lasts, step=step)
    await minutes_pass(world, 2)
    assert told(world, CLIENT, "988") >= 1
    assert told(world, THERAPIST, "URGENT (1)") == 1
    await minutes_pass(world, 31)
    assert told(world, OPERATOR, "alert 1") == 1, "what reached nobody for long is told, once"
    texts = told(world, CLIENT, "988")
    assert 1 <= told(world, OPERATOR, "crisis text could not") <= texts, "each once"
    assert texts <= 2, "theirs, and the one that says that nobody could be reached"


async def test_words_and_alarms_outlast_it_too(world: World) -> None:
    await world.inbox.accept([world.inbound("I may be late on Thursday")])
    await world.inbox.accept([world.inbound("I want to die", "+15550199")])
    await outage(world, THERAPIST, OPERATOR, lasts=timedelta(hours=3), step=timedelta(minutes=5))
    await minutes_pass(world, 31)
    assert told(world, THERAPIST, "late on Thursday") == 1
    assert told(world, OPERATOR, "words of danger") == 1
    assert told(world, OPERATOR, "could not be passed on") == 1


@pytest.mark.parametrize("words", [LEAVES, "my husband hits me", "I want to die"])
async def test_an_alert_that_does_not_go_for_long_goes_to_who_stands_in(world: World, words: str) -> None:
    await stands_in(world)
    await world.inbox.accept([world.inbound(words)])
    await outage(world, THERAPIST, lasts=timedelta(hours=3), step=timedelta(minutes=5))
    await minutes_pass(world, 31)
    assert told(world, BACKUP, words) == 1
    assert told(world, THERAPIST, words) == 1, "and to the therapist all the same"
    assert told(world, OPERATOR, "alert 1 could not") == 0, "somebody has it"


async def test_a_crisis_text_that_does_not_go_for_long_goes_elsewhere_once(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    world.forget()
    await world.inbox.accept([world.inbound("I want to die")])
    await outage(world, CLIENT, lasts=timedelta(minutes=20), step=timedelta(minutes=1))
    assert told(world, MOBILE, "988") == 1
    assert told(world, OPERATOR, "crisis text could not") == 0
    await world.inbox.accept([world.inbound("I want to die")])
    await outage(world, CLIENT, MOBILE, lasts=timedelta(minutes=30), step=timedelta(minutes=1))
    await minutes_pass(world, 1)
    assert told(world, OPERATOR, "crisis text could not") == 1, "not in circles"


async def test_a_crisis_text_that_was_never_known_to_fail_has_no_limit_by_reports(world: World) -> None:
    """The network takes it each time, and says later that its queue was full."""
    await world.hear("I want to die")
    for _ in range(14):
        failed = reports(world, CLIENT, Cause.BUSY)
        world.forget()
        await world.service.reported(failed)
        await minutes_pass(world, 31)
    assert told(world, CLIENT, "988") == 1
    assert told(world, OPERATOR, "crisis text could not") <= 1


async def test_a_question_is_tried_until_its_check_in_is_over(world: World) -> None:
    await ask_through(world)
    await outage(world, CLIENT, lasts=timedelta(hours=14), step=timedelta(hours=1))
    await minutes_pass(world, 240)  # it is morning by then
    assert told(world, CLIENT, "1/4") == 1


# What nobody knows of


async def test_refused_connections_do_not_use_up_what_may_be_repeated(mute: World) -> None:
    refused, unknown = Lost(DOWN, to=THERAPIST), Lost(SILENT, to=THERAPIST)
    mute.channel.faults += [refused, refused, unknown, refused, unknown]
    await mute.hear("I want to die")
    await minutes_pass(mute, *[1] * 7)
    assert told(mute, THERAPIST, "URGENT (1)") == 1
    assert told(mute, OPERATOR, "alert 1") == 0


async def test_nothing_is_repeated_more_often_for_refused_connections_between(mute: World) -> None:
    refused, unknown = Lost(DOWN, to=THERAPIST), Lost(SILENT, to=THERAPIST, arrived=True)
    mute.channel.faults += [unknown, refused, refused] * 9
    await mute.hear("I want to die")
    await minutes_pass(mute, *[1] * 12)
    assert told(mute, THERAPIST, "URGENT (1)") == 3
    assert told(mute, OPERATOR, "alert 1") == 1


# What could not be asked


async def test_a_question_that_is_refused_is_told_once_a_day_and_is_nobodys_silence(world: World) -> None:
    refuse(world, CLIENT, RefusedError("63016: outside the 24 hours"))
    for _ in range(5 * 7):
        world.clock.wait(days=1)
        await world.tick()
    assert told(world, OPERATOR, "63016") >= 4, "each week's, which are more than a day apart"
    assert world.channel.texts(THERAPIST) == [], "who was not asked did not fail to answer"
    async with world.store.engine.connect() as connection:
        found = await connection.execute(sa.select(t.check_ins.c.state).distinct())
        assert set(found.scalars()) <= {"missed", "open", "waiting"}


async def test_a_question_that_nothing_takes_until_it_is_over_was_not_asked(world: World) -> None:
    await ask_through(world)
    refuse(world, CLIENT, DOWN)
    for _ in range(60):
        world.clock.wait(hours=1)
        await world.tick()
    async with world.store.engine.connect() as connection:
        found = await connection.execute(sa.select(t.check_ins.c.state).order_by(t.check_ins.c.id).limit(1))
        assert found.scalar_one() == "missed"


async def test_a_question_of_unknown_outcome_goes_elsewhere_with_its_address(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    await world.ask()
    first = reports(world, CLIENT, Cause.UNREACHABLE)
    world.channel.faults.append(Lost(SILENT, to=CLIENT))
    world.channel.find_faults.extend([ChannelError("no list")] * 3)
    await world.hear("7")
    world.forget()
    await world.service.reported(first)
    await world.send_out()
    assert told(world, MOBILE, "2/4") == 1


# One destination that our account may not write to

OTHER = "+15550120"
FAULT = SenderFaultError("Twilio 21606: our number can't send this")


@pytest.fixture
async def barred(world: World) -> World:
    """Let one client's address be refused as if our account were at fault, and another write to us, too."""
    await world.consented("CD", OTHER)
    world.forget()
    refuse(world, CLIENT, FAULT)
    await world.hear("hello?")
    return world


async def test_one_destination_holds_up_nobody_else_for_long(barred: World) -> None:
    for _ in range(4):
        await minutes_pass(barred, 6)
        barred.forget()
        await barred.hear("I want to die", OTHER)
        assert told(barred, OTHER, "988") == 1, "at once"


async def test_operators_hear_of_it_once_and_then_of_the_address(barred: World) -> None:
    for _ in range(10):
        await minutes_pass(barred, 5, 1)
        await barred.hear("hello?", OTHER)
    assert told(barred, OPERATOR, "refuses our account") == 1
    assert await state_of(barred, CLIENT) == "active"
    for _ in range(3):
        await minutes_pass(barred, 5, 1)
        await barred.hear("hello?", OTHER)
    assert told(barred, OPERATOR, "refuses our account") == 1
    assert told(barred, OPERATOR, "21606") == 1
    assert await state_of(barred, CLIENT) == "unreachable"


async def test_an_account_that_sends_nothing_gives_no_address_up(world: World) -> None:
    for one in EVERYBODY:
        refuse(world, one, FAULT)
    await world.hear("hello?")
    await minutes_pass(world, *[6] * 30)
    assert await state_of(world, CLIENT) == "active"
    world.channel.always.clear()
    await minutes_pass(world, 6)
    assert len(world.channel.texts(CLIENT)) == 1
    assert told(world, OPERATOR, "refuses our account") == 1


async def test_whoever_read_that_a_crisis_text_was_sent_hears_that_it_was_not(world: World) -> None:
    refuse(world, CLIENT, RefusedError("too strange"))
    await world.hear("I want to die")
    assert told(world, THERAPIST, "They have been sent the crisis text") == 1
    assert told(world, THERAPIST, "AB (1): the crisis text could not be delivered") == 1
    assert told(world, OPERATOR, "crisis text could not") == 1
