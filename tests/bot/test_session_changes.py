"""What a change of a session leaves as it was, and what it takes back."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta

import pytest

from bot.service import people, sessions
from bot.service.absences import Whose, begin, end
from bot.timetable import AfterSession, Away, BeforeSession
from storage.sessions import SessionState
from tests.bot.test_sessions import (
    AFTER,
    BEFORE,
    BY,
    HOUR,
    RULES,
    TUESDAY,
    at,
    book,
    change,
    check_ins,
    choices,
)
from tests.world import CLIENT, World, opened

WEDNESDAY = TUESDAY + 24 * HOUR
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Open a clinic that asks around each session, and a day before whether it suits."""
    async with opened(staffed_url, choices=choices(BEFORE, AFTER, rules=RULES)) as world:
        world.forget()
        yield world


def questions(world: World) -> list[str]:
    """Give the sessions of which the client was asked whether they suit."""
    texts = [one.message.text for one in world.channel.sent if one.address == CLIENT]
    return [
        text.split(". ")[0].removeprefix("Your session is on ")
        for text in texts
        if "suit" in text or "work?" in text
    ]


# Whether it suits


@pytest.mark.parametrize(
    ("what", "to"),
    [("cancel", None), ("move", WEDNESDAY + HOUR), ("move", WEDNESDAY + 48 * HOUR)],
)
async def test_a_question_that_waits_to_go_out_is_about_a_session_as_it_is(
    world: World, what: str, to: datetime | None
) -> None:
    first, second = await book(world, WEDNESDAY), await book(world, WEDNESDAY + 3 * HOUR)
    world.clock.now = TUESDAY
    assert await world.service.ask_to_confirm() == 1
    world.clock.now = TUESDAY + 3 * HOUR
    assert await world.service.ask_to_confirm() == 1
    await change(world, first, to, what)
    assert questions(world) == ["Wednesday 25 November at 18:00"], "the other's still goes"
    async with world.store.reading() as tx:
        one, other = await tx.sessions.by_id([first.id, second.id])
    assert (one.asked_at, other.asked_at) == (None, TUESDAY + 3 * HOUR)


async def test_a_question_about_a_session_that_stays_goes_out(world: World) -> None:
    await book(world, WEDNESDAY)
    world.clock.now = TUESDAY
    await world.service.ask_to_confirm()
    await book(world, WEDNESDAY, minutes=90)
    await world.send_out()
    assert questions(world) == ["Wednesday 25 November at 15:00"]


async def test_a_time_away_takes_the_question_back_too(world: World) -> None:
    session = await book(world, WEDNESDAY)
    world.clock.now = TUESDAY
    await world.service.ask_to_confirm()
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (therapist,) = await desk.tx.people.therapists()
        whose = Whose(therapist, client)
        assert await begin(desk, whose, (date(2026, 11, 25), date(2026, 11, 25)), by=BY) == 1
    await world.send_out()
    assert questions(world) == []
    async with world.service.desk() as desk:
        await end(desk, whose, by=BY)
    await world.hear("no")
    async with world.store.reading() as tx:
        (kept,) = await tx.sessions.by_id([session.id])
    assert kept.state is SessionState.PLANNED, "nobody asked, so no is no answer"


# What was asked around it


async def test_another_end_does_not_ask_again_what_was_asked_before_it(world: World) -> None:
    session = await book(world, WEDNESDAY)
    await at(world, WEDNESDAY - 2 * HOUR)
    await book(world, WEDNESDAY, minutes=90)
    await world.tick()
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "open")]


@pytest.mark.parametrize(
    ("minutes", "states"),
    [
        pytest.param(30, ["open"], id="earlier: it is past"),
        pytest.param(51 + 15, ["open"], id="within a quarter of an hour"),
        pytest.param(51 + 16, ["withdrawn", "open"], id="later"),
    ],
)
async def test_another_end_asks_again_only_what_is_due_later(
    staffed_url: str, minutes: int, states: list[str]
) -> None:
    async with opened(staffed_url, choices=choices(AFTER)) as world:
        session = await book(world)
        await at(world, TUESDAY + 51 * MINUTE)
        await book(world, minutes=minutes)
        assert (await check_ins(world))[0][2] == states[0]
        await at(world, TUESDAY + 2 * HOUR)
        assert await check_ins(world) == [
            (f"session:{session.id}{'/1' if number else ''}", "srs", state)
            for number, state in enumerate(states)
        ]


async def test_of_two_asked_after_it_only_the_one_that_moves_is_asked_again(staffed_url: str) -> None:
    at_five = AfterSession(Away(days=0, at=time(17)))
    evening = dataclasses.replace(AFTER, name="evening", measures=("ors",), when=at_five)
    async with opened(staffed_url, choices=choices(AFTER, evening)) as world:
        session = await book(world, minutes=120)
        await at(world, TUESDAY + 2 * HOUR)
        assert sorted(one[1:] for one in await check_ins(world)) == [("ors", "waiting"), ("srs", "open")]
        await book(world, minutes=115)
        assert {one[2] for one in await check_ins(world)} == {"waiting", "open"}, "five minutes sooner"
        later = TUESDAY + 24 * HOUR
        async with world.service.desk() as desk:
            client = await people.known(desk, "AB")
            (now,) = await desk.tx.sessions.by_id([session.id])
            moved = (now.starts_at - HOUR, later)
            await sessions.move(desk, client, now, times=moved, by=BY)
        assert {one[2] for one in await check_ins(world)} == {"withdrawn"}, "both fall due the next day"


async def test_what_falls_due_at_the_same_moment_stays_though_the_session_moves(staffed_url: str) -> None:
    at_five = dataclasses.replace(AFTER, when=AfterSession(Away(days=0, at=time(17))))
    morning = dataclasses.replace(BEFORE, when=BeforeSession(Away(days=0, at=time(9))))
    async with opened(staffed_url, choices=choices(at_five, morning)) as world:
        session = await book(world)
        await at(world, TUESDAY - 6 * HOUR)
        await change(world, session, TUESDAY - HOUR)
        assert await check_ins(world) == [(f"session:{session.id}", "ors", "withdrawn")], (
            "it was over at three"
        )
        await at(world, TUESDAY + 2 * HOUR)
        srs = (f"session:{session.id}/1", "srs", "open")
        assert (await check_ins(world))[-1] == srs
        await change(world, session, TUESDAY)
        assert (await check_ins(world))[-1] == srs
