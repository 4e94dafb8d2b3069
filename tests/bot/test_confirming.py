"""Whether a session suits its client: asked in time, and answered by nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import messages
from bot.channels.base import Pressed
from bot.policy import SessionRules
from bot.service import people
from scoring.rules import Finding, Severity
from storage import tables as t
from storage.sessions import Session, SessionState
from tests.bot.test_sessions import AFTER, HOUR, RULES, TUESDAY, at, book, change, choices
from tests.world import CLIENT, THERAPIST, World, opened

WEDNESDAY = TUESDAY + 24 * HOUR
ASKED = "Your session is on Wednesday 25 November at 15:00. Does that work? Write ok or no."


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Open a clinic that asks clients a day before whether a session suits them."""
    async with opened(staffed_url, choices=choices(AFTER, rules=RULES)) as world:
        world.forget()
        yield world


def received(world: World, address: str = CLIENT) -> list[str]:
    """Give what somebody received, and forget it."""
    texts = [one.message.text for one in world.channel.sent if one.address == address]
    world.forget()
    return texts


async def now(world: World, session: Session) -> Session:
    """Give a session as it is kept."""
    async with world.store.reading() as tx:
        (found,) = await tx.sessions.by_id([session.id])
    return found


async def test_it_is_asked_once_and_at_its_time(world: World) -> None:
    await book(world, WEDNESDAY)
    await at(world, TUESDAY - timedelta(seconds=1))
    assert received(world) == []
    await at(world, TUESDAY)
    assert received(world) == [ASKED]
    await at(world, TUESDAY + timedelta(minutes=1))
    assert received(world) == []


@pytest.mark.parametrize(
    ("starts_at", "asked"),
    [
        pytest.param(datetime(2026, 11, 24, 17, tzinfo=UTC), None, id="a day from now: it starts too soon"),
        pytest.param(
            datetime(2026, 11, 24, 17, 1, tzinfo=UTC),
            datetime(2026, 11, 23, 17, 1, tzinfo=UTC),
            id="a minute more",
        ),
        pytest.param(
            datetime(2026, 11, 26, 7, tzinfo=UTC),
            datetime(2026, 11, 25, 8, tzinfo=UTC),
            id="after quiet hours",
        ),
    ],
)
async def test_when_it_is_asked(world: World, starts_at: datetime, asked: datetime | None) -> None:
    assert (await book(world, starts_at)).confirm_at == asked


async def test_not_where_quiet_hours_last_until_the_session(staffed_url: str) -> None:
    rules = SessionRules(confirm_before=HOUR)
    async with opened(staffed_url, choices=choices(AFTER, rules=rules)) as world:
        assert (await book(world, datetime(2026, 11, 25, 8, tzinfo=UTC))).confirm_at is None


async def test_after_a_night_without_ticks_nobody_is_woken(world: World) -> None:
    await book(world, WEDNESDAY)
    await at(world, datetime(2026, 11, 24, 23, tzinfo=UTC))
    assert received(world) == []
    await at(world, datetime(2026, 11, 25, 8, tzinfo=UTC))
    assert received(world) == [ASKED]


async def test_after_the_session_has_begun_it_is_not_asked(world: World) -> None:
    await book(world, WEDNESDAY)
    world.clock.now = WEDNESDAY
    await world.service.ask_to_confirm()
    await world.send_out()
    assert received(world) == []


async def test_it_waits_while_a_check_in_is_open(world: World) -> None:
    await book(world, WEDNESDAY)
    world.clock.now = TUESDAY
    await world.ask("ors")
    await world.tick()
    assert ASKED not in received(world)
    for answer in "7777":
        await world.hear(answer)
    received(world)
    await at(world, TUESDAY + HOUR)
    assert received(world) == [ASKED]


async def test_ok_is_kept_and_the_therapist_is_not_written_to(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await at(world, TUESDAY)
    world.forget()
    await world.hear("Ok!")
    assert (await now(world, session)).confirmed_at == TUESDAY
    assert received(world, THERAPIST) == []


async def test_no_cancels_and_tells_both(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await at(world, TUESDAY)
    world.forget()
    await world.hear("no")
    assert (await now(world, session)).state is SessionState.CANCELLED
    told = [one.message.text for one in world.channel.sent if one.address == THERAPIST]
    assert told == ["AB can't come on Wednesday 25 November, 15:00, so the session is cancelled."]


@pytest.mark.parametrize("words", ["maybe", "no, could we make it Friday?", "7", "next week is better"])
async def test_other_words_change_nothing(world: World, words: str) -> None:
    session = await book(world, WEDNESDAY)
    await at(world, TUESDAY)
    before = await now(world, session)
    await world.hear(words)
    assert await now(world, session) == before


async def test_no_is_no_answer_before_it_was_asked_nor_once_it_has_begun(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await world.hear("no")
    assert (await now(world, session)).planned
    await at(world, TUESDAY)
    world.clock.now = WEDNESDAY
    await world.hear("no")
    assert (await now(world, session)).planned


async def test_no_to_what_was_asked_since_is_no_answer(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await at(world, TUESDAY)
    world.clock.wait(minutes=1)
    await world.ask("ors")
    for answer in "7777":
        await world.hear(answer)
    await world.hear("no")
    assert (await now(world, session)).planned


async def test_a_button_of_another_clients_session_is_stale(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await world.consented("CD", "+15550104", "T1")
    data = messages.confirm(session.id, session.starts_at, ("", ""))[0][1].data
    await world.hear(Pressed(data, "m1"), "+15550104")
    assert (await now(world, session)).planned
    await world.hear(Pressed(data, "m1"))
    assert not (await now(world, session)).planned


async def test_a_moved_session_is_asked_about_anew(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await at(world, TUESDAY)
    await world.hear("ok")
    await change(world, session, WEDNESDAY + 24 * HOUR)
    moved = await now(world, session)
    assert (moved.confirmed_at, moved.asked_at, moved.confirm_at) == (None, None, WEDNESDAY)


async def test_who_is_paused_is_not_asked(world: World) -> None:
    await book(world, WEDNESDAY)
    async with world.service.desk() as desk:
        await people.pause(desk, "AB")
    await at(world, TUESDAY)
    assert received(world) == []


async def test_a_clinic_that_does_not_want_it_asks_nobody(world: World) -> None:
    world.service.policy = dataclasses.replace(world.service.policy, sessions=SessionRules())
    assert (await book(world, WEDNESDAY)).confirm_at is None
    await at(world, TUESDAY)
    assert received(world) == []


# What words are meant for


async def ask(world: World, starts_at: datetime = WEDNESDAY) -> Session:
    """Plan a session and let its client be asked about it a day before."""
    session = await book(world, starts_at)
    await at(world, starts_at - 24 * HOUR)
    assert received(world)
    return session


@pytest.mark.parametrize("answer", ["ok", "no"])
@pytest.mark.parametrize("before", ["I want to kill myself", "break", "let me see", "HELP", "thanks"])
async def test_words_after_anything_else_that_the_client_was_sent_are_none(
    world: World, before: str, answer: str
) -> None:
    session = await ask(world)
    await world.hear(before)
    kept = await now(world, session)
    assert kept.asked_at == TUESDAY
    await world.hear(answer)
    assert await now(world, session) == kept


async def test_no_in_one_batch_with_danger_is_none(world: World) -> None:
    session = await ask(world)
    await world.inbox.accept([world.inbound("I want to kill myself"), world.inbound("no")])
    await world.send_out()
    assert (await now(world, session)).planned


async def test_no_while_a_crisis_is_open_is_none_though_nothing_was_sent_since(world: World) -> None:
    session = await ask(world)
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        await desk.raise_alert(client, Severity.URGENT, [Finding("crisis", Severity.URGENT)], None)
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.alerts).values(climb_at=WEDNESDAY))
    await world.hear("no")
    assert (await now(world, session)).planned


async def test_a_question_that_has_not_gone_out_is_not_answered(world: World) -> None:
    session = await book(world, WEDNESDAY)
    world.outbox.rest(world.channel.name, WEDNESDAY)
    await at(world, TUESDAY)
    assert (await now(world, session)).asked_at == TUESDAY
    await world.hear("no")
    assert (await now(world, session)).planned


async def test_one_whose_key_is_gone_is_not_answered(world: World) -> None:
    session = await ask(world)
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.outbox).values(body=b"sealed with a key that is gone"))
    await world.hear("no")
    assert (await now(world, session)).planned


async def test_of_two_that_were_asked_the_last_is_answered(world: World) -> None:
    one = await ask(world)
    other = await ask(world, WEDNESDAY + 3 * HOUR)
    await world.hear("no")
    assert ((await now(world, one)).planned, (await now(world, other)).planned) == (True, False)


async def test_where_the_last_was_moved_the_one_before_is_not_answered_instead(world: World) -> None:
    one = await ask(world)
    other = await ask(world, WEDNESDAY + 3 * HOUR)
    await change(world, other, WEDNESDAY + 96 * HOUR)
    await world.hear("no")
    assert ((await now(world, one)).planned, (await now(world, other)).planned) == (True, True)


async def test_a_moved_session_is_not_answered_as_it_was(world: World) -> None:
    session = await ask(world)
    moved_to = WEDNESDAY + HOUR
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.sessions).values(starts_at=moved_to))
    await world.hear("no")
    assert (await now(world, session)).planned


@pytest.mark.parametrize("before", ["I want to kill myself", "break", "let me see"])
async def test_a_button_names_its_session_whatever_came_since(world: World, before: str) -> None:
    session = await ask(world)
    await world.hear(before)
    data = messages.confirm(session.id, session.starts_at, ("", ""))[0][0].data
    await world.hear(Pressed(data, "m1"))
    assert (await now(world, session)).confirmed_at == TUESDAY


# When it waits


async def test_it_waits_an_hour_after_the_last_answer(world: World) -> None:
    await book(world, WEDNESDAY)
    world.clock.now = TUESDAY - timedelta(minutes=2)
    await world.ask("ors")
    await world.hear("7 7 7 7")
    assert received(world)[-1].endswith("or write no.")
    for later in (timedelta(), timedelta(minutes=58, seconds=-1)):
        await at(world, TUESDAY + later)
        assert received(world) == []
    await at(world, TUESDAY + timedelta(minutes=58))
    assert received(world) == [ASKED]


async def test_it_waits_an_hour_after_the_question_about_another_session(world: World) -> None:
    await ask(world)
    await book(world, WEDNESDAY + timedelta(minutes=1))
    await at(world, TUESDAY + HOUR - timedelta(seconds=1))
    assert received(world) == []
    await at(world, TUESDAY + HOUR)
    assert len(received(world)) == 1


async def test_in_danger_nobody_is_asked_before_it_is_over(world: World) -> None:
    await book(world, WEDNESDAY)
    await world.hear("I want to kill myself")
    world.forget()
    await at(world, TUESDAY)
    assert received(world) == []
    await world.hear("CLOSED 1 spoke, safe", THERAPIST)
    await at(world, TUESDAY + HOUR)
    assert received(world) == [ASKED]


async def test_in_danger_until_the_session_it_is_not_asked_at_all(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await world.hear("I want to kill myself")
    world.forget()
    for hours in range(26):
        await at(world, TUESDAY + hours * HOUR)
    assert ASKED not in received(world)
    kept = await now(world, session)
    assert (kept.asked_at, kept.confirm_at) == (None, None)


async def test_in_a_break_it_is_asked_only_once_that_is_ended(world: World) -> None:
    await book(world, WEDNESDAY)
    await world.hear("break")
    world.forget()
    await at(world, TUESDAY)
    assert received(world) == []
    await world.hear("continue")
    world.forget()
    await at(world, TUESDAY + HOUR)
    assert received(world) == [ASKED]


async def test_one_on_its_way_is_withdrawn_by_danger(world: World) -> None:
    await book(world, WEDNESDAY)
    world.outbox.rest(world.channel.name, WEDNESDAY)
    await at(world, TUESDAY)
    await world.hear("I want to kill myself")
    world.outbox.resume(world.channel.name)
    await world.send_out()
    texts = received(world)
    assert ASKED not in texts
    assert texts[0].startswith("Thank you for telling me")
