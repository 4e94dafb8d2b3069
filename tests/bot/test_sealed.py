"""One row that does not open, and everybody else: who cries for help is heard, and crises climb."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.service import crisis, escalation, goals
from bot.service.desk import Desk
from bot.service.people import PeopleError
from bot.service.stand_ins import Circle, circle_of
from bot.ticker import Ticker
from storage import tables as t
from tests.world import CLIENT, OPERATOR, THERAPIST, World

OTHER, BACKUP = "+15550120", "+15550105"
CRY = "I want to kill myself"


async def damage(world: World, column: sa.Column[bytes], *which: sa.ColumnElement[bool]) -> None:
    """Let sealed values stand under a key that is gone."""
    async with world.store.engine.begin() as connection:
        rows = await connection.execute(sa.select(column.table.c.id, column).where(*which))
        for number, sealed in rows.all():
            changed = sealed[:1] + b"X" + sealed[2:]
            await connection.execute(
                sa.update(column.table).where(column.table.c.id == number).values({column.name: changed})
            )


@pytest.mark.parametrize("whose", ["T1", "T2"], ids=["their therapist's", "another therapist's"])
async def test_a_cry_is_heard_whichever_name_does_not_open(world: World, whose: str) -> None:
    await world.add_therapist("T2", BACKUP)
    await world.send_out()
    world.forget()
    await damage(world, t.therapists.c.name, t.therapists.c.code == whose)
    await damage(world, t.clients.c.name)
    await world.hear(CRY)
    assert "988" in world.channel.texts(CLIENT)[0]
    assert CRY in world.channel.texts(THERAPIST)[0]


async def test_a_cry_goes_to_who_stands_in_where_the_therapists_address_does_not_open(world: World) -> None:
    await world.add_therapist("T2", BACKUP)
    async with world.service.desk() as desk:
        therapists = {one.code: one.id for one in await desk.tx.people.therapists()}
        await desk.tx.people.set_backup(therapists["T1"], therapists["T2"])
    await world.send_out()
    world.forget()
    await damage(world, t.addresses.c.address, t.addresses.c.therapist_id == therapists["T1"])
    await world.hear(CRY)
    assert "988" in world.channel.texts(CLIENT)[0]
    assert CRY in world.channel.texts(BACKUP)[0]


async def test_a_cry_is_heard_without_the_plan_that_does_not_open(world: World) -> None:
    async with world.service.desk() as desk:
        (client,) = await desk.tx.people.clients()
        given = await desk.tx.people.emergency(client.id)
        await desk.tx.people.set_emergency(client.id, type(given)("Ring Mia."))
    await damage(world, t.clients.c.safety_plan)
    world.forget()
    await world.hear(CRY)
    assert "988" in world.channel.texts(CLIENT)[0]
    assert CRY in world.channel.texts(THERAPIST)[0]


async def test_crises_climb_beside_one_whose_words_do_not_open(world: World) -> None:
    await world.add_therapist("T2", BACKUP)
    await world.consented("CD", OTHER, "T2")
    await world.hear(CRY)
    await world.hear(CRY, OTHER)
    first = sa.select(sa.func.min(t.alerts.c.id)).scalar_subquery()
    await damage(world, t.alerts.c.words, t.alerts.c.id == first)
    world.forget()
    ticker = Ticker(world.service, lambda: None)
    world.clock.wait(minutes=20)
    await ticker.tick()
    await world.send_out()
    assert ticker.failures == 0
    assert "AB" in world.channel.texts(THERAPIST)[0], "without its words"
    assert CRY in world.channel.texts(BACKUP)[0]


async def test_check_ins_end_beside_one_whose_words_do_not_open(world: World) -> None:
    await world.consented("CD", OTHER)
    for code, address in (("AB", CLIENT), ("CD", OTHER)):
        await world.ask(code=code)
        await world.hear(f"7, a hard week for {code}", address)
    first = sa.select(sa.func.min(t.remarks.c.id)).scalar_subquery()
    await damage(world, t.remarks.c.text, t.remarks.c.id == first)
    world.forget()
    ticker = Ticker(world.service, lambda: None)
    world.clock.wait(days=8)
    await ticker.tick()
    await world.send_out()
    assert ticker.failures == 0
    read = "".join(world.channel.texts(THERAPIST))
    assert "a hard week for CD" in read
    assert "a hard week for AB" not in read


async def test_a_cry_gets_the_crisis_text_whatever_else_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> None:
        raise KeyError

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(crisis, "circle_of", nobody)
        await world.hear(CRY)
    assert "988" in world.channel.texts(CLIENT)[-1]
    assert any("about danger to a client" in text for text in world.channel.texts(OPERATOR))
    assert CRY not in str([one for one in logs if one["log_level"] == "error"])
    world.forget()
    await world.tick()
    assert CRY in world.channel.texts(THERAPIST)[0], "and whoever can be told is, as soon as they can"


async def test_goals_that_do_not_open_are_not_asked_and_what_was_answered_stands(world: World) -> None:
    async with world.service.desk() as desk:
        for goal in ("sleep better", "walk"):
            await goals.add(desk, "AB", goal)
    await world.ask("goals")
    await world.hear("7")
    await damage(world, t.goals.c.text)
    await world.hear("6")
    async with world.store.engine.connect() as connection:
        assert list((await connection.execute(sa.select(t.answers.c.tenths))).scalars()) == [70, 60]
    with pytest.raises(PeopleError, match="has no goals"):
        await world.ask("goals")
    world.clock.wait(hours=1)
    await world.tick()
    assert "1/4" in world.channel.texts(CLIENT)[-1], "and the others are"


@pytest.mark.parametrize("minutes", [20, 24 * 60], ids=["to climb", "fallen silent"])
async def test_an_alert_about_which_something_fails_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    await world.add_therapist("T2", BACKUP)
    await world.consented("CD", OTHER, "T2")
    await world.hear(CRY)
    await world.hear(CRY, OTHER)
    async with world.service.desk() as desk:
        first = min(one.id for one in await desk.tx.people.therapists())

    async def not_the_first(desk: Desk, therapist_id: int) -> Circle:
        if therapist_id == first:
            raise KeyError
        return await circle_of(desk, therapist_id)

    ticker = Ticker(world.service, lambda: None)
    world.forget()
    world.clock.wait(minutes=minutes)
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(escalation, "circle_of", not_the_first)
        await ticker.tick()
        await world.send_out()
    failures = [one for one in logs if one.get("action") == "escalate"]
    assert {one["log_level"] for one in failures} == {"error"}
    assert "CD" in "".join(world.channel.texts(BACKUP))
    assert world.channel.texts(THERAPIST) == []
    world.clock.wait(seconds=59)
    await ticker.tick()
    await world.send_out()
    assert world.channel.texts(THERAPIST) == []
    world.clock.wait(seconds=1)
    await ticker.tick()
    await world.send_out()
    assert len(world.channel.texts(THERAPIST)) == len(failures)
