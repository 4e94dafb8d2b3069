"""A crisis to its end: once each, whoever works on it at the same time, whoever can't be reached."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
import sqlalchemy as sa

from bot.channels.base import DeliveryReport, Edited, Outcome, RefusedError, UnreachableError
from bot.ladder import Rung
from bot.safety import Concern
from bot.service import answering, crisis, emergencies
from bot.service.answering import Who
from bot.service.emergencies import Given
from bot.service.people import PeopleError
from storage import tables as t
from storage.records import Alert, CheckInState
from tests.fakes.memory import Lost
from tests.world import CLIENT, OPERATOR, THERAPIST, World

BACKUP, SECOND = "+15550105", "+15550108"
DANGER = "I want to kill myself"
HELP = "Please talk to a person now."
DESK = Who(None, "night desk")


@pytest.fixture
async def backed(world: World) -> World:
    """Give the therapist a backup."""
    await world.add_therapist("T2", BACKUP)
    async with world.service.desk() as desk:
        await emergencies.set_backup(desk, "T1", "T2")
    await world.send_out()
    world.forget()
    return world


async def the_alert(world: World) -> Alert:
    """Load the one alert there is."""
    async with world.store.reading() as tx:
        (alert,) = await tx.alerts.recent(10)
    return alert


async def audited(world: World, action: str) -> list[str]:
    """Give the details of what the audit trail holds of an action."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.audit.c.detail).where(t.audit.c.action == action).order_by(t.audit.c.id)
        )
        return [world.store.cipher.open("audit.detail", sealed) for sealed in rows.scalars()]


def heard(world: World, address: str, what: str) -> int:
    """Count the messages in which somebody read a text."""
    return sum(what in text for text in world.channel.texts(address))


# The ladder


async def test_many_workers_climb_once(backed: World) -> None:
    await backed.hear(DANGER)
    backed.forget()
    backed.clock.wait(minutes=15)
    await asyncio.gather(*(backed.service.escalate_due() for _ in range(4)))
    await backed.send_out()
    assert heard(backed, THERAPIST, "is still open") == 1
    assert (await the_alert(backed)).rung == Rung.AGAIN
    assert await audited(backed, "climbed") == ["alert 1 to again"]


async def test_it_climbs_rung_by_rung_whatever_else_fails(backed: World) -> None:
    await backed.hear(DANGER)
    for minutes in (15, 15, 30):
        backed.clock.wait(minutes=minutes)
        await backed.tick()
    assert (await the_alert(backed)).rung == Rung.OPERATORS
    assert heard(backed, OPERATOR, "nobody has closed alert 1") == 1
    assert heard(backed, CLIENT, HELP) == 2
    for _ in range(3):
        backed.clock.wait(days=1)
        await backed.tick()
    assert heard(backed, CLIENT, HELP) == 2, "never more than once"
    assert heard(backed, OPERATOR, "nobody has closed alert 1") == 4


async def test_after_days_away_one_step_is_made(backed: World) -> None:
    await backed.hear(DANGER)
    backed.forget()
    backed.clock.wait(days=2)
    await backed.tick()
    assert heard(backed, THERAPIST, "is still open") == 1
    assert heard(backed, BACKUP, "URGENT") == 0


async def test_closed_while_it_waits_to_go_out_it_does_not_go_out(backed: World) -> None:
    await backed.hear(DANGER)
    backed.clock.wait(minutes=15)
    await backed.service.escalate_due()
    backed.forget()
    async with backed.service.desk() as desk:
        assert await answering.close(desk, 1, DESK, "rang, safe tonight")
    await backed.send_out()
    assert backed.channel.texts(THERAPIST) == [
        'Alert 1 about AB was closed by night desk: "rang, safe tonight"'
    ]


async def test_of_many_who_close_it_one_does(backed: World) -> None:
    await backed.hear(DANGER)

    async def close(name: str) -> bool:
        async with backed.service.desk() as desk:
            return await answering.close(desk, 1, Who(None, name), "rang")

    assert sorted(await asyncio.gather(*(close(f"desk {n}") for n in range(4)))) == [False] * 3 + [True]
    assert len(await audited(backed, "closed")) == 1


async def test_a_long_name_at_the_command_line_is_cut_and_kept_whole_in_the_trail(backed: World) -> None:
    await backed.hear(DANGER)
    name = "the night desk of the second floor of the old building"
    async with backed.service.desk() as desk:
        assert await answering.close(desk, 1, Who(None, name), "rang")
    assert (await the_alert(backed)).closed_by == name[:32]
    assert await audited(backed, "closed") == [f"alert 1 by {name}: rang"]


# New danger


async def test_two_cries_at_once_raise_one_alert(backed: World) -> None:
    one, other = backed.inbound(DANGER), backed.inbound("I still want to kill myself")
    await asyncio.gather(backed.service.receive([one]), backed.service.receive([other]))
    await backed.send_out()
    alert = await the_alert(backed)
    assert sorted(alert.words) == sorted([DANGER, "I still want to kill myself"])
    assert heard(backed, THERAPIST, "URGENT (1)") == 2


async def test_new_danger_is_unseen_again(backed: World) -> None:
    await backed.hear(DANGER)
    await backed.hear("ACK 1", THERAPIST)
    backed.clock.wait(minutes=10)
    await backed.hear("I have the pills, I want to kill myself")
    assert (await the_alert(backed)).acknowledged_at is None
    backed.forget()
    backed.clock.wait(minutes=15)
    await backed.tick()
    assert heard(backed, THERAPIST, "is still open") == 1, "the hour of the first ACK does not hold it"


async def test_many_cries_make_no_flood_of_alerts_and_lose_no_word(backed: World) -> None:
    for number in range(12):
        await backed.hear(f"I want to kill myself, {number}")
    alert = await the_alert(backed)
    assert len(alert.words) == crisis.KEPT
    for number in range(12):
        assert heard(backed, THERAPIST, f'"I want to kill myself, {number}"') == 1
    assert heard(backed, BACKUP, "URGENT") == 0
    assert heard(backed, CLIENT, HELP) == 12


async def test_after_it_is_closed_new_danger_is_a_new_alert(backed: World) -> None:
    await backed.hear(DANGER)
    await backed.hear("CLOSED 1 spoke with her", THERAPIST)
    await backed.hear(DANGER)
    async with backed.store.reading() as tx:
        assert [one.crisis_open for one in await tx.alerts.recent(10)] == [True, False]


async def test_danger_in_an_edited_message_holds_the_open_check_in(backed: World) -> None:
    await backed.ask()
    await backed.hear(Edited(DANGER))
    assert heard(backed, CLIENT, "write continue") == 1
    async with backed.store.engine.connect() as connection:
        (row,) = await connection.execute(sa.select(t.check_ins.c.held, t.check_ins.c.state))
    assert (row.held, row.state) == (True, CheckInState.OPEN)
    backed.forget()
    backed.clock.wait(hours=24)
    await backed.tick()
    assert not any("/4" in text for text in backed.channel.texts(CLIENT)), "nothing is asked by itself"


# Who can't be reached


async def test_a_report_of_failure_sends_it_to_the_backup_at_once(backed: World) -> None:
    await backed.hear(DANGER)
    (sent,) = (one for one in backed.channel.sent if "URGENT" in one.message.text)
    failed = DeliveryReport(
        backed.channel.name, backed.channel.account, sent.external_id, Outcome.FAILED, backed.clock(), "30005"
    )
    await backed.service.reported([failed])
    await backed.send_out()
    assert heard(backed, BACKUP, "URGENT (1), for T1") == 1
    assert (await the_alert(backed)).rung == Rung.BACKUP
    assert heard(backed, OPERATOR, "URGENT") == 0


async def test_two_addresses_that_fail_at_once_make_one_alert_to_the_backup(backed: World) -> None:
    async with backed.service.desk() as desk:
        therapist = await desk.tx.people.therapist("T1")
        assert therapist is not None
        await desk.tx.addresses.meet([("memory", SECOND)], desk.now)
        assert await desk.tx.addresses.give("memory", SECOND, therapist_id=therapist.id)
    await backed.hear(DANGER)
    reports = [
        DeliveryReport(
            "memory", backed.channel.account, one.external_id, Outcome.FAILED, backed.clock(), "30005"
        )
        for one in backed.channel.sent
        if "URGENT" in one.message.text
    ]
    assert len(reports) == 2
    await backed.service.reported(reports)
    await backed.send_out()
    assert heard(backed, BACKUP, "URGENT (1), for T1") == 1


async def test_one_address_that_fails_of_two_is_enough_told(backed: World) -> None:
    async with backed.service.desk() as desk:
        therapist = await desk.tx.people.therapist("T1")
        assert therapist is not None
        await desk.tx.addresses.meet([("memory", SECOND)], desk.now)
        assert await desk.tx.addresses.give("memory", SECOND, therapist_id=therapist.id)
    backed.channel.always[backed.inbound("", SECOND).address] = UnreachableError("refused")
    await backed.hear(DANGER)
    assert heard(backed, THERAPIST, "URGENT (1)") == 1
    assert heard(backed, BACKUP, "URGENT") == 0
    assert heard(backed, OPERATOR, "URGENT") == 0


async def test_where_nobody_is_left_operators_and_the_client_hear_once(backed: World) -> None:
    for address in (THERAPIST, BACKUP):
        backed.channel.always[backed.inbound("", address).address] = UnreachableError("refused")
    await backed.hear(DANGER)
    assert heard(backed, OPERATOR, "URGENT: alert 1") == 1
    assert heard(backed, CLIENT, "I am telling your therapist now.") == 1
    assert heard(backed, CLIENT, "I can't reach a therapist for you.") == 1
    assert (await the_alert(backed)).rung == Rung.OPERATORS
    backed.clock.wait(hours=1)
    await backed.tick()
    assert heard(backed, CLIENT, HELP) == 2


async def test_a_backup_who_misses_it_does_not_hold_it_up(backed: World) -> None:
    await backed.hear(DANGER)
    backed.clock.wait(minutes=15)
    await backed.tick()
    backed.channel.always[backed.inbound("", BACKUP).address] = UnreachableError("refused")
    backed.clock.wait(minutes=15)
    await backed.tick()
    assert (await the_alert(backed)).rung == Rung.BACKUP
    await backed.tick()
    assert (await the_alert(backed)).rung == Rung.OPERATORS, "at once, not after half an hour"


async def test_a_therapist_who_leaves_with_it_unseen_hands_it_on(backed: World) -> None:
    await backed.hear(DANGER)
    await backed.hear("STOP", THERAPIST)
    await backed.tick()
    assert heard(backed, BACKUP, "URGENT (1), for T1") == 1


async def test_a_therapist_who_left_having_seen_it_is_not_overtaken(backed: World) -> None:
    await backed.hear(DANGER)
    await backed.hear("ACK 1", THERAPIST)
    await backed.hear("STOP", THERAPIST)
    await backed.tick()
    assert heard(backed, BACKUP, "URGENT") == 0


async def test_the_configs_backups_stand_in_where_a_therapist_has_none(world: World) -> None:
    await world.add_therapist("T2", BACKUP)
    world.service.policy = dataclasses.replace(world.service.policy, backups=("T1", "T9", "T2"))
    await world.hear(DANGER)
    for _ in range(2):
        world.clock.wait(minutes=15)
        await world.tick()
    assert heard(world, BACKUP, "URGENT (1), for T1") == 1


async def test_a_backup_of_the_config_that_is_nobody_is_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.service.policy = dataclasses.replace(world.service.policy, backups=("T1", "T9"))
    await world.service.sync([])
    said = capsys.readouterr().out
    assert "crisis.backups names no therapist" in said
    assert "T9" in said
    assert "T1" not in said


async def test_a_message_that_is_refused_by_itself_is_followed_up_too(backed: World) -> None:
    await backed.hear("hello")
    backed.forget()
    backed.channel.faults.append(Lost(RefusedError("refused"), to=backed.inbound("", THERAPIST).address))
    await backed.hear(DANGER)
    assert heard(backed, BACKUP, "URGENT (1), for T1") == 1


async def test_another_danger_goes_to_the_backup_where_it_fails(backed: World) -> None:
    backed.channel.always[backed.inbound("", THERAPIST).address] = UnreachableError("refused")
    async with backed.service.desk() as desk:
        found = await desk.tx.addresses.contacts([("memory", CLIENT)])
        assert await crisis.concern(desk, found["memory", CLIENT], "he hits me", Concern.VIOLENCE)
    await backed.send_out()
    assert heard(backed, BACKUP, "AB wrote of violence") == 1
    assert heard(backed, BACKUP, "Their therapist T1 can't be reached") == 1
    assert not (await the_alert(backed)).crisis_open


async def test_past_danger_is_told_and_not_answered(backed: World) -> None:
    async with backed.service.desk() as desk:
        found = await desk.tx.addresses.contacts([("memory", CLIENT)])
        assert not await crisis.concern(desk, found["memory", CLIENT], "I'm not suicidal", Concern.PAST)
    await backed.send_out()
    assert heard(backed, THERAPIST, "wrote of suicide, as denied, past") == 1
    assert backed.channel.texts(CLIENT) == []


async def test_what_a_therapist_writes_is_no_concern_about_themselves(backed: World) -> None:
    async with backed.service.desk() as desk:
        found = await desk.tx.addresses.contacts([("memory", THERAPIST)])
        assert not await crisis.concern(desk, found["memory", THERAPIST], "he hits her", Concern.VIOLENCE)
    await backed.send_out()
    assert backed.channel.sent == []


# What is kept for a crisis


async def test_emergency_details_are_shown_in_an_open_crisis_only_and_that_is_audited(backed: World) -> None:
    async with backed.service.desk() as desk:
        await emergencies.give(desk, "AB", Given(contact=" Mia, +12025550142 ", whereabouts="12 Elm Street"))
        await emergencies.give(desk, "AB", Given(whereabouts=""))
    with pytest.raises(PeopleError, match="no open alert of danger"):
        async with backed.service.desk() as desk:
            await emergencies.show(desk, "AB", "night desk")
    await backed.hear(DANGER)
    async with backed.service.desk() as desk:
        client, kept = await emergencies.show(desk, "AB", "night desk")
        assert (client.name, kept.contact, kept.whereabouts) == (
            "Alma Brightwater",
            "Mia, +12025550142",
            None,
        )
        await answering.close(desk, 1, DESK, "rang")
    assert await audited(backed, "emergency_shown") == ["alert 1 to night desk"]
    with pytest.raises(PeopleError, match="no open alert of danger"):
        async with backed.service.desk() as desk:
            await emergencies.show(desk, "AB", "night desk")


async def test_a_plan_that_would_hide_the_crisis_text_is_refused(backed: World) -> None:
    async with backed.service.desk() as desk:
        await emergencies.give(desk, "AB", Given(safety_plan="x" * emergencies.PLAN_AT_MOST))
    with pytest.raises(PeopleError, match="at most 1000"):
        async with backed.service.desk() as desk:
            await emergencies.give(desk, "AB", Given(safety_plan="x" * (emergencies.PLAN_AT_MOST + 1)))


@pytest.mark.parametrize(
    ("code", "backup", "why"),
    [("T1", "T1", "can't stand in for T1"), ("T1", "T9", "no therapist T9"), ("T9", None, "no therapist T9")],
)
async def test_a_backup_is_another_therapist(backed: World, code: str, backup: str | None, why: str) -> None:
    with pytest.raises(PeopleError, match=why):
        async with backed.service.desk() as desk:
            await emergencies.set_backup(desk, code, backup)
