"""Corrections, by a message or by an edit: what changes, what is audited, and what no one may change."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import Edited
from storage import tables as t
from tests.world import CIPHER, CLIENT, MONDAY, THERAPIST, World

LATER = MONDAY + timedelta(seconds=1)


async def marks(world: World) -> list[list[int | None]]:
    """Give the answers of every check-in, in the order in which they were asked."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.answers.c.check_in_id, t.answers.c.tenths).order_by(
                t.answers.c.check_in_id, t.answers.c.position
            )
        )
        found: dict[int, list[int | None]] = {}
        for row in rows:
            found.setdefault(row.check_in_id, []).append(row.tenths)
        return list(found.values())


async def totals(world: World) -> list[tuple[int, list[int]]]:
    """Give every score: its total and its items."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.scores.c.total, t.scores.c["items"].label("each")).order_by(t.scores.c.check_in_id)
        )
        return [(row.total, row.each) for row in rows]


async def trail(world: World, action: str) -> list[str]:
    """Give the details of what the audit trail says of an action."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.audit.c.detail).where(t.audit.c.action == action).order_by(t.audit.c.id)
        )
        return [CIPHER.open("audit.detail", sealed) for sealed in rows.scalars()]


async def say(world: World, text: str, at: datetime = MONDAY) -> None:
    """Let the client write at a moment of their network's clock."""
    await world.inbox.accept([dataclasses.replace(world.inbound(text), at=at)])
    await world.send_out()


async def finish(world: World, *numbers: str) -> None:
    """Answer an ORS."""
    await world.ask()
    for number in numbers:
        await world.hear(number)


async def test_a_correction_in_the_same_batch_changes_the_answer(world: World) -> None:
    await world.ask()
    await world.inbox.accept([world.inbound("7"), world.inbound("sorry, 6")])
    await world.send_out()
    assert await marks(world) == [[60]]
    assert await trail(world, "corrected") == ["item 1 was 70, is 60"]


async def test_a_score_is_made_anew_and_keeps_its_time(world: World) -> None:
    await finish(world, "6", "6", "6", "6")
    world.clock.wait(hours=5)
    await world.hear("sorry, 8")
    assert await totals(world) == [(260, [60, 60, 60, 80])]
    async with world.store.engine.connect() as connection:
        assert (await connection.execute(sa.select(t.scores.c.at))).scalar_one() == MONDAY
    assert await trail(world, "corrected") == ["item 4 was 60, is 80"]


async def test_a_calm_score_that_stays_calm_is_nothing_to_tell_of(world: World) -> None:
    await finish(world, "6", "6", "6", "6")
    world.forget()
    await world.hear("sorry, 6.5")
    assert world.channel.texts(THERAPIST) == []


@pytest.mark.parametrize(
    ("hours", "total"),
    [pytest.param(24, 260, id="a day later"), pytest.param(24.01, 240, id="more than a day later")],
)
async def test_it_can_be_corrected_for_a_day(world: World, hours: float, total: int) -> None:
    world.clock.wait(hours=2)  # past the weekly one
    await world.ask("ors")
    for _ in range(4):
        await world.hear("6")
    world.clock.wait(hours=hours)
    await world.hear("sorry, 8")
    assert [found for found, _ in await totals(world)] == [total]


async def test_an_alert_that_follows_from_a_correction_is_raised(world: World) -> None:
    await world.past("ors", [6, 6, 6, 6], 7)
    await finish(world, "6", "6", "6", "6")
    world.forget()
    await world.hear("oops 1")
    told = world.channel.texts(THERAPIST)
    assert any(text.startswith("Alert 1") for text in told)
    assert any("corrected an answer" in text and "before: 6" in text for text in told)


async def test_a_worse_correction_takes_the_place_of_the_alert_before(world: World) -> None:
    await world.past("ors", [10, 10, 10, 5], 14)
    await finish(world, "8", "8", "8", "4")
    world.forget()
    await world.hear("sorry, 0")
    told = world.channel.texts(THERAPIST)
    assert any("takes the place of alert" in text for text in told)


async def test_a_correction_that_leaves_only_what_was_told_before_withdraws_the_alert(world: World) -> None:
    await world.past("ors", [9, 9, 9, 9], 14)
    await world.past("ors", [6.5, 6.5, 6.5, 6.5], 7)
    await finish(world, "6.5", "6.5", "6.5", "4")
    world.forget()
    await world.hear("sorry, 6")
    (told,) = world.channel.texts(THERAPIST)
    assert told.endswith("By the corrected answers alert 2 would not have been raised.")


async def test_later_the_same_words_answer_the_next_question(world: World) -> None:
    await finish(world, "6", "6", "6", "6")
    world.clock.wait(minutes=16)
    await world.ask("srs")
    await world.hear("sorry, 8")
    assert await marks(world) == [[60, 60, 60, 60], [80]]


async def test_within_minutes_they_correct_what_was_before(world: World) -> None:
    await finish(world, "6", "6", "6", "6")
    world.clock.wait(minutes=15)
    await world.ask("srs")
    await world.hear("sorry, 8")
    assert await marks(world) == [[60, 60, 60, 80]]
    assert world.channel.texts(CLIENT)[-1].startswith("1/4 How well")


async def test_after_going_back_they_answer_the_question_that_is_open(world: World) -> None:
    await finish(world, "6", "6", "6", "6")
    await world.ask("srs")
    for text in ("9", "back", "sorry, 8"):
        await world.hear(text)
    assert await marks(world) == [[60, 60, 60, 60], [80]]


async def test_after_stop_nothing_is_corrected(world: World) -> None:
    await finish(world, "6", "6", "6", "6")
    await world.hear("STOP")
    await world.hear("sorry, 8")
    assert await marks(world) == [[60, 60, 60, 60]]


# Edits


async def test_an_edit_in_the_same_batch_corrects(world: World) -> None:
    await world.ask()
    edit = world.inbound(Edited("6", MONDAY))
    await world.inbox.accept([dataclasses.replace(world.inbound("7"), at=MONDAY), edit])
    await world.send_out()
    assert await marks(world) == [[60]]


async def test_of_two_messages_of_one_second_an_edit_changes_neither(world: World) -> None:
    await world.ask()
    await say(world, "7")
    await say(world, "6")
    await world.hear(Edited("1", MONDAY))
    assert await marks(world) == [[70, 60]]
    assert world.channel.texts(CLIENT)[-1].startswith("I saw that you edited")


async def test_a_message_edited_twice_is_the_same_message(world: World) -> None:
    await world.ask()
    await say(world, "7")
    await say(world, "5", LATER)
    await world.hear(Edited("6", MONDAY))
    await world.hear(Edited("4", MONDAY))
    assert await marks(world) == [[40, 50]]
    assert await trail(world, "corrected") == ["item 1 was 70, is 60", "item 1 was 60, is 40"]


async def test_an_edit_of_an_answer_taken_back_answers_nothing(world: World) -> None:
    await world.ask()
    await say(world, "7")
    await say(world, "back", LATER)
    await world.hear(Edited("6", MONDAY))
    assert await marks(world) == []


async def test_an_edit_of_what_was_no_answer_answers_nothing(world: World) -> None:
    await world.ask()
    await say(world, "not great")
    await world.hear(Edited("3", MONDAY))
    assert await marks(world) == []


async def test_no_edit_reaches_a_check_in_that_is_over(world: World) -> None:
    await world.ask()
    await say(world, "7 6 8 7")
    await world.hear(Edited("1 1 1 1", MONDAY))
    assert await marks(world) == [[70, 60, 80, 70]]


# No session


async def test_without_a_session_the_check_in_is_withdrawn_and_audited(world: World) -> None:
    await world.ask("srs")
    await world.hear("9")
    await world.hear("we didn't meet")
    async with world.store.engine.connect() as connection:
        state = (await connection.execute(sa.select(t.check_ins.c.state))).scalar_one()
        actions = list((await connection.execute(sa.select(t.audit.c.action))).scalars())
        remarks = (await connection.execute(sa.select(sa.func.count()).select_from(t.remarks))).scalar_one()
    assert (state, "no_session" in actions, remarks) == ("withdrawn", True, 1)
    assert await totals(world) == []
