"""Sessions and what is asked around them, whatever becomes of them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from bot.policy import Policy, SessionRules
from bot.service import people, session_sync, sessions
from bot.service.absences import Back, Whose, begin, end
from bot.service.sessions import By, SessionError
from bot.timetable import AfterSession, Away, BeforeSession, Routine
from storage import tables as t
from storage.sessions import Session, SessionState
from tests.world import CLIENT, OPERATOR, World, opened, policy

BEFORE = Routine("before", ("ors",), BeforeSession(Away(minutes=120)), (), timedelta(hours=12))
AFTER = Routine("after", ("srs",), AfterSession(Away(minutes=0)), (), timedelta(hours=48))
HOUR = timedelta(hours=1)
BY = By("administrator")

TUESDAY = datetime(2026, 11, 24, 15, tzinfo=UTC)
"""The day after the tests' Monday, at three."""

RULES = SessionRules(confirm_before=timedelta(hours=24))


def choices(*routines: Routine, rules: SessionRules | None = None) -> Policy:
    """Make the choices of a clinic that asks around sessions."""
    made = policy((), routines or (BEFORE, AFTER))
    return dataclasses.replace(made, sessions=rules or SessionRules())


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Open a clinic that asks before and after each session."""
    async with opened(staffed_url, choices=choices()) as world:
        yield world


async def book(world: World, starts_at: datetime = TUESDAY, minutes: int = 50) -> Session:
    """Plan a session of the client."""
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        times = (starts_at, starts_at + timedelta(minutes=minutes))
        return await sessions.book(desk, client, times, by=BY)


async def change(world: World, session: Session, to: datetime | None = None, what: str = "move") -> None:
    """Move a session, cancel it, or mark it as missed."""
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (now,) = await desk.tx.sessions.by_id([session.id])
        if to is not None:
            times = (to, to + (now.ends_at - now.starts_at))
            await sessions.move(desk, client, now, times=times, by=BY)
        else:
            await {"cancel": sessions.call_off, "no_show": sessions.no_show}[what](desk, client, now, by=BY)
    await world.send_out()


async def at(world: World, when: datetime) -> None:
    """Let time pass up to a moment, and do what falls due then."""
    world.clock.now = when
    await world.tick()


async def check_ins(world: World) -> list[tuple[str, str, str]]:
    """List the client's check-ins: origin, measure, state."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.check_ins.c.origin, t.check_ins.c.measure, t.check_ins.c.state).order_by(
                t.check_ins.c.id
            )
        )
        return [(row.origin, row.measure, row.state) for row in rows]


async def dues(world: World, session: Session) -> dict[str, tuple[datetime, bool]]:
    """Map schedules to when they fall due around a session, and whether they have."""
    async with world.store.reading() as tx:
        asks = (await tx.sessions.asks([session.id])).get(session.id, ())
    return {one.name: (one.due_at, one.done) for one in asks}


async def test_a_session_is_asked_about_before_and_after(world: World) -> None:
    session = await book(world)
    assert await dues(world, session) == {
        "before": (TUESDAY - 2 * HOUR, False),
        "after": (TUESDAY + timedelta(minutes=50), False),
    }
    await at(world, TUESDAY - 2 * HOUR - timedelta(seconds=1))
    assert await check_ins(world) == []
    await at(world, TUESDAY - 2 * HOUR)
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "open")]
    await at(world, TUESDAY)
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "expired")], "the session has begun"
    await at(world, TUESDAY + timedelta(minutes=50))
    assert (await check_ins(world))[1:] == [(f"session:{session.id}", "srs", "open")]


async def test_the_same_session_twice_is_one(world: World) -> None:
    first, second = await book(world), await book(world)
    assert first == second
    longer = await book(world, minutes=90)
    assert longer.id == first.id
    assert (await dues(world, longer))["after"] == (TUESDAY + timedelta(minutes=90), False)


async def test_a_moved_session_takes_what_is_not_asked_yet_along(world: World) -> None:
    session = await book(world)
    await change(world, session, TUESDAY + 24 * HOUR)
    assert await dues(world, session) == {
        "before": (TUESDAY + 22 * HOUR, False),
        "after": (TUESDAY + 24 * HOUR + timedelta(minutes=50), False),
    }
    await at(world, TUESDAY + 2 * HOUR)
    assert await check_ins(world) == []


async def test_what_was_asked_for_the_old_time_is_withdrawn_and_asked_anew(world: World) -> None:
    session = await book(world)
    await at(world, TUESDAY - 2 * HOUR)
    world.forget()
    await change(world, session, TUESDAY + 24 * HOUR)
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "withdrawn")]
    await at(world, TUESDAY + 22 * HOUR)
    assert await check_ins(world) == [
        (f"session:{session.id}", "ors", "withdrawn"),
        (f"session:{session.id}/1", "ors", "open"),
    ]


async def test_a_question_that_waits_to_go_out_goes_no_more(world: World) -> None:
    session = await book(world)
    world.clock.now = TUESDAY - 2 * HOUR
    await world.service.start_session_asks()
    world.forget()
    await change(world, session, what="cancel")
    assert world.channel.sent == []
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "withdrawn")]


@pytest.mark.parametrize("what", ["move", "cancel"])
async def test_a_half_answered_one_stays_open_and_is_not_asked_again(world: World, what: str) -> None:
    session = await book(world)
    await at(world, TUESDAY - 2 * HOUR)
    await world.hear("7")
    await change(world, session, TUESDAY + 24 * HOUR if what == "move" else None, what)
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "open")]
    for answer in "667":
        await world.hear(answer)
    await at(world, TUESDAY + 22 * HOUR)
    assert await check_ins(world) == [(f"session:{session.id}", "ors", "complete")]


@pytest.mark.parametrize("what", ["cancel", "no_show"])
async def test_nothing_is_asked_about_a_session_that_does_not_take_place(world: World, what: str) -> None:
    session = await book(world)
    await at(world, TUESDAY + 49 * timedelta(minutes=1))
    await change(world, session, what=what)
    assert all(done for _, done in (await dues(world, session)).values())
    await at(world, TUESDAY + HOUR)
    assert "srs" not in {measure for _, measure, _ in await check_ins(world)}


async def test_after_a_time_without_ticks_what_is_too_late_is_missed_and_told(world: World) -> None:
    await book(world)
    world.forget()
    await at(world, TUESDAY + 30 * HOUR)
    states = {measure: state for _, measure, state in await check_ins(world)}
    assert states == {"ors": "missed", "srs": "missed"}
    (told,) = world.channel.sent
    assert told.address == OPERATOR
    assert "kept as missed: 2 " in told.message.text


async def test_quiet_hours_move_a_question_to_their_end(world: World) -> None:
    session = await book(world, datetime(2026, 11, 24, 20, 30, tzinfo=UTC))
    await at(world, session.ends_at)
    assert [one for one in await check_ins(world) if one[1] == "srs"] == [
        (f"session:{session.id}", "srs", "open")
    ]
    world.forget()
    await at(world, datetime(2026, 11, 25, 7, 59, tzinfo=UTC))
    assert world.channel.sent == []
    await at(world, datetime(2026, 11, 25, 8, tzinfo=UTC))
    assert [one.address for one in world.channel.sent] == [CLIENT]


async def test_before_an_early_session_nothing_is_asked_and_nobody_is_alarmed(world: World) -> None:
    await book(world, datetime(2026, 11, 24, 8, tzinfo=UTC))
    await at(world, datetime(2026, 11, 24, 6, tzinfo=UTC))
    assert [(measure, state) for _, measure, state in await check_ins(world)] == [("ors", "missed")]
    assert await world.service.report_missed() == 0


@pytest.mark.parametrize("closed", [True, False])
async def test_a_client_who_is_not_asked_keeps_the_session_and_is_asked_nothing(
    world: World, *, closed: bool
) -> None:
    session = await book(world)
    async with world.service.desk() as desk:
        if closed:
            await people.close(desk, "AB", "planned")
        else:
            await people.pause(desk, "AB")
    await at(world, TUESDAY + HOUR)
    assert await check_ins(world) == []
    async with world.store.reading() as tx:
        (kept,) = await tx.sessions.by_id([session.id])
    assert kept.planned


async def test_a_change_of_the_schedules_moves_what_is_to_come(world: World) -> None:
    session = await book(world)
    sooner = dataclasses.replace(AFTER, when=AfterSession(Away(days=1, at=time(9))))
    world.service.policy = choices(sooner)
    await world.service.sync([(world.channel.name, OPERATOR)])
    assert await dues(world, session) == {"after": (datetime(2026, 11, 25, 9, tzinfo=UTC), False)}


async def test_a_new_zone_moves_what_is_told_by_the_clock(staffed_url: str) -> None:
    evening = dataclasses.replace(BEFORE, when=BeforeSession(Away(days=1, at=time(18))))
    async with opened(staffed_url, choices=choices(evening)) as world:
        session = await book(world, TUESDAY + 24 * HOUR)
        async with world.service.desk() as desk:
            client = await people.known(desk, "AB")
            moved = dataclasses.replace(client, zone="America/New_York")
            await desk.tx.people.set_client(moved)
            await session_sync.sync(desk, [moved])
        assert await dues(world, session) == {"before": (datetime(2026, 11, 24, 23, tzinfo=UTC), False)}


async def test_time_away_cancels_sessions_and_its_end_plans_them_again(world: World) -> None:
    session = await book(world)
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (therapist,) = await desk.tx.people.therapists()
        whose = Whose(therapist, client)
        assert await begin(desk, whose, (date(2026, 11, 24), date(2026, 11, 30)), by=BY) == 1
        with pytest.raises(SessionError, match="away on 2026-11-25"):
            await sessions.book(desk, client, (TUESDAY + 24 * HOUR, TUESDAY + 25 * HOUR), by=BY)
    assert await dues(world, session) == {}
    async with world.service.desk() as desk:
        assert await end(desk, whose, by=BY) == Back(((date(2026, 11, 24), date(2026, 11, 30)),), 1)
        assert await end(desk, whose, by=BY) is None
    assert set(await dues(world, session)) == {"before", "after"}


async def test_the_therapists_time_away_is_that_of_every_client(world: World) -> None:
    session = await book(world)
    async with world.service.desk() as desk:
        (therapist,) = await desk.tx.people.therapists()
        assert await begin(desk, Whose(therapist), (date(2026, 11, 24), date(2026, 11, 24)), by=BY) == 1
    async with world.store.reading() as tx:
        (kept,) = await tx.sessions.by_id([session.id])
    assert kept.state is SessionState.CANCELLED


async def test_a_session_is_not_moved_onto_another(world: World) -> None:
    first, other = await book(world), await book(world, TUESDAY + 24 * HOUR)
    with pytest.raises(SessionError, match="another session"):
        await change(world, first, other.starts_at)


async def test_one_that_was_moved_away_leaves_its_time_to_another(world: World) -> None:
    first = await book(world)
    await change(world, first, TUESDAY + 24 * HOUR)
    second = await book(world)
    assert second.id != first.id
    assert second.key == f"{first.key}/2"


async def test_an_after_session_question_of_a_session_entered_late_is_still_asked(world: World) -> None:
    await at(world, TUESDAY + 2 * HOUR)
    session = await book(world)
    assert set(await dues(world, session)) == {"before", "after"}
    await at(world, TUESDAY + 2 * HOUR)
    states = {measure: state for _, measure, state in await check_ins(world)}
    assert states == {"ors": "missed", "srs": "open"}
    world.clock.now = TUESDAY + 60 * HOUR
    assert await dues(world, await book(world, TUESDAY + 10 * HOUR)) == {}, "too late for either"


async def test_workers_open_each_once(world: World) -> None:
    await book(world)
    world.clock.now = TUESDAY - 2 * HOUR
    await asyncio.gather(*(world.service.start_session_asks() for _ in range(4)))
    assert len(await check_ins(world)) == 1


async def test_we_did_not_meet_marks_the_session(world: World) -> None:
    session = await book(world)
    await at(world, TUESDAY + timedelta(minutes=50))
    await world.hear("we didn't meet")
    async with world.store.reading() as tx:
        (kept,) = await tx.sessions.by_id([session.id])
    assert kept.state is SessionState.NO_SHOW


async def test_of_two_measures_the_answered_one_is_not_asked_again(staffed_url: str) -> None:
    both = dataclasses.replace(BEFORE, measures=("ors", "srs"))
    async with opened(staffed_url, choices=choices(both)) as world:
        session = await book(world)
        await at(world, TUESDAY - 2 * HOUR)
        for answer in "7777":
            await world.hear(answer)
        assert [state for _, _, state in await check_ins(world)] == ["complete", "open"]
        await change(world, session, TUESDAY + 24 * HOUR)
        await at(world, TUESDAY + 22 * HOUR)
        assert await check_ins(world) == [
            (f"session:{session.id}", "ors", "complete"),
            (f"session:{session.id}", "srs", "withdrawn"),
            (f"session:{session.id}/1", "srs", "open"),
        ]


async def test_a_measure_of_two_schedules_is_asked_once_a_session(staffed_url: str) -> None:
    again = dataclasses.replace(BEFORE, name="again", when=BeforeSession(Away(minutes=60)))
    async with opened(staffed_url, choices=choices(BEFORE, again)) as world:
        session = await book(world)
        await at(world, TUESDAY - 2 * HOUR)
        await change(world, session, TUESDAY + 24 * HOUR)
        await at(world, TUESDAY + 22 * HOUR)
        await at(world, TUESDAY + 23 * HOUR)
        assert [state for _, _, state in await check_ins(world)] == ["withdrawn", "open"]
