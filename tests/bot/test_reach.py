"""Who can't be reached at one address is reached at another, and no alert is lost without a word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.channels.base import (
    Cause,
    ChannelError,
    DeliveryReport,
    NoAnswerError,
    NotNowError,
    Outcome,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from bot.service import emergencies
from storage import tables as t
from storage.records import AddressState
from tests.fakes.memory import Lost
from tests.world import AGREES, CLIENT, OPERATOR, THERAPIST, World

MOBILE, SECOND, BACKUP, DEPUTY = "+15550107", "+15550108", "+15550105", "+15550109"
GONE = UnreachableError("gone")
LEAVES = "I want to stop therapy for good"
"""What raises an alert that is not urgent."""


async def own(world: World, address: str, *, client: str | None = None, therapist: str | None = None) -> None:
    """Give somebody another address, as an administrator does."""
    async with world.service.desk() as desk:
        person = (
            await desk.tx.people.client(client) if client else await desk.tx.people.therapist(therapist or "")
        )
        assert person is not None
        ids = {"client_id": person.id} if client else {"therapist_id": person.id}
        await desk.tx.addresses.meet([("memory", address)], desk.now)
        assert await desk.tx.addresses.give("memory", address, **ids)


async def stands_in(world: World) -> None:
    """Let a colleague stand in for the therapist."""
    await world.add_therapist("T2", BACKUP)
    async with world.service.desk() as desk:
        await emergencies.set_backup(desk, "T1", "T2")
    await world.send_out()
    world.forget()


async def state_of(world: World, address: str) -> str:
    async with world.store.transaction() as transaction:
        return (await transaction.addresses.contacts([("memory", address)]))["memory", address].state


def reports(world: World, address: str, cause: Cause | None = None) -> Sequence[DeliveryReport]:
    """Say of everything that went to an address that it did not arrive."""
    return [
        DeliveryReport(
            "memory", "memory-account", one.external_id, Outcome.FAILED, world.clock(), "30005", cause
        )
        for one in world.channel.sent
        if one.address == address
    ]


def refuse(world: World, address: str, error: ChannelError = GONE) -> None:
    world.channel.always[world.inbound("", address).address] = error


def told(world: World, address: str, words: str) -> int:
    """Count what somebody read that holds these words."""
    return sum(words in text for text in world.channel.texts(address))


# A client's second address


async def test_a_question_that_can_not_be_delivered_goes_to_another_address_agreed_to(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    world.forget()
    refuse(world, CLIENT)
    await world.ask()
    (question,) = world.channel.texts(MOBILE)
    assert "1/4" in question
    assert world.channel.texts(THERAPIST) == [], "nothing is lost, so nobody is told"
    await world.hear("7", MOBILE)
    assert "2/4" in world.channel.texts(MOBILE)[1]


async def test_a_second_address_that_was_never_agreed_to_is_left_alone(world: World) -> None:
    await own(world, MOBILE, client="AB")
    refuse(world, CLIENT)
    await world.ask()
    assert world.channel.texts(MOBILE) == []
    assert told(world, THERAPIST, "no longer reach AB") == 1
    world.channel.always.clear()
    for _ in range(8):
        world.clock.wait(days=1)
        await world.tick()
    assert world.channel.texts(MOBILE) == [], "nor do new questions go there, or reminders"


async def test_who_agreed_before_addresses_were_told_apart_is_asked_at_any(world: World) -> None:
    await own(world, MOBILE, client="AB")
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.addresses).values(agreed_at=None))
    refuse(world, CLIENT)
    await world.ask()
    world.clock.wait(days=7, hours=1)
    await world.tick()
    assert told(world, MOBILE, "1/4") == 1


async def test_a_question_that_fails_everywhere_is_not_sent_in_circles(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    world.forget()
    for address in (CLIENT, MOBILE):
        refuse(world, address, RefusedError("too strange"))
    await world.ask()
    assert len(world.channel.tried) - 3 <= 2, "once at each"


async def test_what_fails_by_a_report_goes_to_the_other_address_too(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    world.forget()
    await world.ask()
    await world.service.reported(reports(world, CLIENT, Cause.UNREACHABLE))
    await world.send_out()
    assert told(world, MOBILE, "1/4") == 1


async def test_a_crisis_text_that_can_not_be_delivered_goes_to_the_other_address(world: World) -> None:
    await own(world, MOBILE, client="AB")
    await world.hear(AGREES, MOBILE)
    world.forget()
    world.channel.faults.append(Lost(GONE, to=CLIENT))
    await world.hear("I want to die")
    assert told(world, MOBILE, "988") == 1
    assert told(world, OPERATOR, "crisis text") == 0
    await world.service.reported(reports(world, MOBILE))
    await world.send_out()
    assert told(world, OPERATOR, "crisis text") == 1, "and where that fails, operators hear"


# A phone that does not answer


@pytest.mark.parametrize("reported", [False, True], ids=["at once", "by a report"])
async def test_a_phone_that_does_not_answer_is_tried_once_more_then_given_up(
    world: World, reported: bool
) -> None:
    if not reported:
        refuse(world, CLIENT, NoAnswerError("no answer", timedelta(hours=1)))
    await world.ask()
    await world.service.reported(reports(world, CLIENT, Cause.NO_ANSWER))
    world.forget()
    world.clock.wait(minutes=59)
    await world.send_out()
    assert world.channel.texts(CLIENT) == []
    assert await state_of(world, CLIENT) == AddressState.ACTIVE
    world.clock.wait(minutes=7)
    await world.send_out()
    await world.service.reported(reports(world, CLIENT, Cause.NO_ANSWER))
    await world.send_out()
    assert await state_of(world, CLIENT) == AddressState.UNREACHABLE
    assert told(world, THERAPIST, "no longer reach AB") == 1


async def test_nothing_waits_behind_a_phone_that_did_not_answer(world: World) -> None:
    world.channel.faults.append(Lost(NoAnswerError("no answer", timedelta(hours=1)), to=THERAPIST))
    await world.hear(LEAVES)
    await world.hear("ALERTS", THERAPIST)
    assert len(world.channel.texts(THERAPIST)) >= 1


async def test_an_account_at_fault_that_is_reported_later_is_an_alarm_once(world: World) -> None:
    await world.ask()
    for _ in range(2):
        await world.service.reported(reports(world, CLIENT, Cause.SENDER_FAULT))
        world.forget()
    await world.send_out()
    assert told(world, OPERATOR, "refuses our account") <= 1
    world.clock.wait(minutes=6)
    await world.send_out()
    assert told(world, OPERATOR, "refuses our account") == 1
    assert told(world, CLIENT, "1/4") == 1, "nothing is lost"


async def test_an_address_that_is_barred_is_an_alarm_once(world: World) -> None:
    refuse(world, CLIENT, UnreachableError("Twilio 30007: filtered by the network", barred=True))
    await world.ask()
    world.clock.wait(hours=1)
    await world.tick()
    assert told(world, OPERATOR, "30007") == 1


# Each way in which an alert may be lost


@pytest.mark.parametrize("words", [LEAVES, "I want to die"], ids=["soon", "urgent"])
class TestAnAlertThatReachesNobody:
    """Is told to operators, of whatever severity."""

    async def test_refused(self, world: World, words: str) -> None:
        refuse(world, THERAPIST, RefusedError("too strange"))
        await world.hear(words)
        assert told(world, OPERATOR, "alert 1") == 1

    async def test_refused_with_its_address(self, world: World, words: str) -> None:
        refuse(world, THERAPIST)
        await world.hear(words)
        assert told(world, OPERATOR, "alert 1") == 1
        assert told(world, OPERATOR, "therapist T1") == 1

    async def test_failed_by_a_report(self, world: World, words: str) -> None:
        await world.hear(words)
        await world.service.reported(reports(world, THERAPIST, Cause.UNREACHABLE))
        await world.send_out()
        assert told(world, OPERATOR, "alert 1") == 1

    async def test_failed_by_a_report_that_came_before_our_note(self, world: World, words: str) -> None:
        world.channel.door.clear()
        await world.inbox.accept([world.inbound(words)])
        early = [
            DeliveryReport(
                "memory", "memory-account", world.channel.id_of(n), Outcome.FAILED, world.clock(), "30005"
            )
            for n in range(1, 9)
        ]
        await world.service.reported(early)
        world.channel.door.set()
        await world.send_out()
        assert told(world, OPERATOR, "alert 1") == 1

    async def test_withdrawn_by_a_stop(self, world: World, words: str) -> None:
        world.channel.faults += [Lost(ChannelError("no route"), to=THERAPIST)] * 2
        await world.hear(words)
        await world.hear("STOP", THERAPIST)
        assert told(world, OPERATOR, "alert 1") == 1

    async def test_withdrawn_by_a_stop_after_the_other_address_failed(self, world: World, words: str) -> None:
        await own(world, SECOND, therapist="T1")
        refuse(world, SECOND, RefusedError("too strange"))
        world.channel.faults += [Lost(ChannelError("no route"), to=THERAPIST)] * 2
        await world.hear(words)
        assert told(world, OPERATOR, "alert 1") == 0, "it is still on its way"
        await world.hear("STOP", THERAPIST)
        assert told(world, OPERATOR, "alert 1") == 1

    async def test_unknown_for_ever(self, mute: World, words: str) -> None:
        refuse(mute, THERAPIST, OutcomeUnknownError("no answer"))
        await mute.hear(words)
        for _ in range(4):
            mute.clock.wait(seconds=16)
            await mute.send_out()
        assert told(mute, OPERATOR, "alert 1") == 1

    async def test_never_tried_for_an_hour(self, world: World, words: str) -> None:
        """Its network is no longer configured, say; a crisis is at the top of its ladder by then."""
        refuse(world, THERAPIST, NotNowError("busy", timedelta(hours=2)))
        await world.hear(words)
        world.clock.wait(minutes=61)
        await world.tick()  # the first look, as after a start
        await world.tick()
        assert told(world, OPERATOR, "alert 1") >= 1
        before = told(world, OPERATOR, "alert 1 could not")
        world.clock.wait(minutes=61)
        await world.tick()
        assert told(world, OPERATOR, "alert 1 could not") == before, "once"

    async def test_written_with_a_key_that_is_gone(self, world: World, words: str) -> None:
        world.channel.faults += [Lost(ChannelError("no route"), to=THERAPIST)]
        await world.hear(words)
        async with world.store.engine.begin() as connection:
            await connection.execute(
                sa.update(t.outbox).where(t.outbox.c.kind == "alert").values(body=b"not to be opened")
            )
        await world.tick()
        world.clock.wait(minutes=1)
        await world.send_out()
        await world.tick()
        assert told(world, OPERATOR, "alert 1") == 1


# All addresses, then who stands in


@pytest.mark.parametrize("by_report", [False, True], ids=["refused", "reported"])
async def test_an_alert_goes_by_all_addresses_then_to_who_stands_in(world: World, by_report: bool) -> None:
    await own(world, SECOND, therapist="T1")
    await stands_in(world)
    if not by_report:
        refuse(world, THERAPIST, RefusedError("too strange"))
        refuse(world, SECOND, RefusedError("too strange"))
    await world.hear(LEAVES)
    await world.service.reported([*reports(world, THERAPIST), *reports(world, SECOND)])
    await world.send_out()
    (alert,) = world.channel.texts(BACKUP)
    assert alert.startswith("For T1, who can't be reached:\n")
    assert LEAVES in alert
    assert told(world, OPERATOR, "alert 1") == 0
    await world.service.reported(reports(world, BACKUP))
    await world.send_out()
    assert told(world, OPERATOR, "alert 1") == 1, "when that fails too"


async def test_one_address_of_two_is_enough(world: World) -> None:
    await own(world, SECOND, therapist="T1")
    await stands_in(world)
    refuse(world, SECOND, RefusedError("too strange"))
    await world.hear(LEAVES)
    assert len(world.channel.texts(THERAPIST)) == 1
    assert world.channel.texts(BACKUP) == world.channel.texts(OPERATOR) == []


async def test_a_therapist_without_an_address_has_alerts_read_by_who_stands_in(world: World) -> None:
    await stands_in(world)
    async with world.store.transaction() as transaction:
        found = await transaction.addresses.contacts([("memory", THERAPIST)])
        await transaction.addresses.set_state([one.id for one in found.values()], AddressState.UNREACHABLE)
    await world.hear(LEAVES)
    assert told(world, BACKUP, "For T1") == 1
    assert world.channel.texts(OPERATOR) == []
    await world.hear("ACK 1", BACKUP)
    assert told(world, BACKUP, "Alert 1 about AB is acknowledged") == 1, world.channel.texts(BACKUP)


# The operators' own alarms


async def test_an_alarm_that_can_not_be_delivered_is_told_to_another_operator_and_logged(
    world: World,
) -> None:
    await world.service.sync([("memory", OPERATOR), ("memory", DEPUTY)])
    refuse(world, OPERATOR)
    with capture_logs() as logs:
        await world.hear("I want to die", "+15550199")
    assert told(world, DEPUTY, "words of danger") == 1
    assert told(world, DEPUTY, "another operator's address") == 1
    assert [one["log_level"] for one in logs if one.get("action") == "alarm"] == ["error"]
    await world.hear("I want to die", "+15550198")
    assert told(world, DEPUTY, "another operator's address") == 1, "once"


async def test_alarms_that_reach_nobody_end_in_the_log(world: World) -> None:
    await world.service.sync([("memory", OPERATOR), ("memory", DEPUTY)])
    for address in (OPERATOR, DEPUTY):
        refuse(world, address, RefusedError("too strange"))
    with capture_logs() as logs:
        await world.hear("I want to die", "+15550199")
    assert [one["log_level"] for one in logs if one.get("action") == "alarm"] == ["error"] * 4


# New words under the number of an alert that nobody has seen

HURT, AGAIN = "my husband hits me", "my husband hits me, again, with a belt"


@pytest.mark.parametrize("lost", ["refused", "reported", "stopped", "down"])
@pytest.mark.parametrize("backup", [True, False], ids=["somebody stands in", "nobody does"])
@pytest.mark.parametrize("words", [(HURT, AGAIN), ("I want to die", "I want to die, now")])
async def test_new_words_that_are_lost_are_told_though_the_old_ones_arrived(
    world: World, lost: str, backup: bool, words: tuple[str, str]
) -> None:
    first, more = words
    if backup:
        await stands_in(world)
    await world.hear(first)
    assert told(world, THERAPIST, first) == 1
    world.clock.wait(minutes=1)
    world.forget()
    if lost != "reported":
        refuse(world, THERAPIST, RefusedError("no") if lost == "refused" else ChannelError("down"))
    await world.hear(more)
    await world.service.reported(reports(world, THERAPIST))
    if lost == "stopped":
        await world.hear("STOP", THERAPIST)
    for _ in range(14 if lost == "down" else 1):
        world.clock.wait(minutes=1)
        await world.send_out()
    assert told(world, BACKUP, more) == int(backup)
    assert told(world, OPERATOR, "alert 1") == int(not backup)


async def test_who_stands_in_is_not_sent_in_circles_what_they_never_get(world: World) -> None:
    await stands_in(world)
    for one in (THERAPIST, BACKUP):
        refuse(world, one, RefusedError("no"))
    await world.inbox.accept([world.inbound("I want to die")])
    for _ in range(9):
        await world.outbox.deliver()
    assert sum("URGENT" in text for text in world.channel.tried) == 3, "at each once, and operators hear"
    assert told(world, OPERATOR, "alert 1") == 1


async def test_new_words_that_do_not_go_for_an_hour_are_told_though_the_old_ones_arrived(
    world: World,
) -> None:
    await world.hear(HURT)
    world.clock.wait(minutes=1)
    await world.tick()
    refuse(world, THERAPIST, NotNowError("busy", timedelta(hours=9)))
    await world.hear(AGAIN)
    for _ in range(2):
        world.clock.wait(minutes=61)
        await world.tick()
    assert told(world, OPERATOR, "alert 1") == 1
