"""Whether a session suits its client: asked in time, and answered by nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import messages
from bot.channels.base import Pressed
from bot.policy import SessionRules
from bot.service import people
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
