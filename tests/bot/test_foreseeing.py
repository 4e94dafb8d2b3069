"""What clients will be asked: looked ahead from what the database holds, on both engines."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from bot.service import absences, people, planning, sessions
from bot.service.absences import Whose
from bot.service.foreseeing import Foreseen, foreseen, foreseen_without_clients, prospects
from bot.service.sessions import By
from bot.timetable import AfterEnrolment, AfterSession, Away, BeforeSession, Cron, Every, Routine, Weekly
from tests.world import MONDAY, WEEKLY, World

MONTH = (date(2026, 11, 20), date(2026, 12, 20))
OFFICE = By("administrator")


def at(written: str) -> datetime:
    """Read a moment in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


async def asked(world: World, *routines: Routine) -> None:
    """Let the config have these schedules."""
    world.service.policy = dataclasses.replace(
        world.service.policy, routines={one.name: one for one in routines}
    )
    async with world.service.desk() as desk:
        await planning.sync(desk)


async def ahead(world: World, days: tuple[date, date] = MONTH) -> Sequence[Foreseen]:
    """Look ahead."""
    async with world.service.store.transaction() as tx:
        known = await prospects(tx, world.clock(), await tx.people.clients())
    return foreseen(world.service.policy, known, world.clock(), days)


def times(found: Sequence[Foreseen]) -> list[tuple[str, str]]:
    """List when each falls due and when it is asked, in UTC."""
    return [
        (
            f"{one.due_at:%m-%d %H:%M}",
            "missed" if one.asked_at is None else f"{one.asked_at:%m-%d %H:%M}",
        )
        for one in found
    ]


async def test_what_is_planned_is_foreseen_and_what_follows_it(world: World) -> None:
    found = await ahead(world)
    assert found[0] == Foreseen(
        client="AB",
        schedule="weekly",
        measures=("ors", "srs"),
        zone="UTC",
        local_date=date(2026, 11, 23),
        due_at=at("2026-11-23 18:00"),
        asked_at=at("2026-11-23 18:00"),
    )
    assert [due for due, _ in times(found)] == ["11-23 18:00", "11-30 18:00", "12-07 18:00", "12-14 18:00"]
    week = (date(2026, 11, 30), date(2026, 12, 7))
    assert await ahead(world, week) == found[1:3], "both dates are included"


async def test_nothing_is_changed_by_looking(world: World) -> None:
    async with world.service.store.reading() as tx:
        before = await tx.schedules.of([1])
    await ahead(world)
    async with world.service.store.reading() as tx:
        assert await tx.schedules.of([1]) == before


async def test_a_change_of_the_config_is_foreseen_before_it_is_planned(world: World) -> None:
    changed = dataclasses.replace(WEEKLY, when=Weekly(((2, time(9)),)))
    world.service.policy = dataclasses.replace(world.service.policy, routines={"weekly": changed})
    assert times(await ahead(world))[0] == ("11-25 09:00", "11-25 09:00")


async def test_what_falls_into_quiet_hours_is_asked_after_them_or_missed(world: World) -> None:
    late = Routine("late", ("ors",), Cron("30 22 * * 3"))
    short = dataclasses.replace(late, name="short", expires_after=timedelta(hours=9))
    await asked(world, late, short)
    week = (date(2026, 11, 25), date(2026, 11, 25))
    assert times(await ahead(world, week)) == [("11-25 22:30", "11-26 08:00"), ("11-25 22:30", "missed")]


async def test_what_is_overdue_is_asked_now_and_what_is_too_late_is_missed(world: World) -> None:
    await asked(world, dataclasses.replace(WEEKLY, when=Every(2, time(18))))
    world.clock.now = MONDAY + timedelta(days=5)  # nothing was sent since
    assert times(await ahead(world))[:4] == [
        ("11-23 18:00", "missed"),
        ("11-25 18:00", "missed"),
        ("11-27 18:00", "11-28 17:00"),
        ("11-29 18:00", "11-29 18:00"),
    ]
    world.clock.wait(hours=2)
    assert times(await ahead(world))[2] == ("11-27 18:00", "missed"), "later than its schedule allows"


async def test_who_is_not_asked_has_nothing_to_come(world: World) -> None:
    await world.add_client("CD", "+15550199")
    assert {one.client for one in await ahead(world)} == {"AB"}, "who has not agreed yet"
    async with world.service.desk() as desk:
        await people.pause(desk, "AB")
    assert await ahead(world) == []


async def test_a_measure_that_cannot_be_asked_is_not_foreseen(world: World) -> None:
    await asked(world, dataclasses.replace(WEEKLY, measures=("ors", "goals")))
    assert {one.measures for one in await ahead(world)} == {("ors",)}
    await asked(world, dataclasses.replace(WEEKLY, measures=("goals",)))
    assert await ahead(world) == []


async def test_times_away_are_left_out(world: World) -> None:
    async with world.service.desk() as desk:
        (client,) = await desk.tx.people.clients()
        (therapist,) = await desk.tx.people.therapists()
        away = (date(2026, 11, 30), date(2026, 12, 7))
        await absences.begin(desk, Whose(therapist, client), away, by=OFFICE)
    assert [due for due, _ in times(await ahead(world))] == ["11-23 18:00", "12-14 18:00"]


BEFORE = Routine("before", ("ors",), BeforeSession(Away(120)))
AFTER = Routine("after", ("srs",), AfterSession(Away(30)))
TUESDAY = at("2026-11-24 14:00")


async def book(world: World, starts: datetime) -> None:
    """Plan a session of fifty minutes."""
    async with world.service.desk() as desk:
        (client,) = await desk.tx.people.clients()
        await sessions.book(desk, client, (starts, starts + timedelta(minutes=50)), by=OFFICE)


async def test_what_is_asked_around_sessions_is_foreseen(world: World) -> None:
    await asked(world, BEFORE, AFTER)
    await book(world, TUESDAY)
    found = await ahead(world)
    assert [(one.schedule, one.measures) for one in found] == [("before", ("ors",)), ("after", ("srs",))]
    assert times(found) == [("11-24 12:00", "11-24 12:00"), ("11-24 15:20", "11-24 15:20")]


async def test_before_a_session_nothing_is_asked_once_it_has_begun(world: World) -> None:
    await asked(world, dataclasses.replace(BEFORE, when=BeforeSession(Away(600))))
    await book(world, at("2026-11-25 08:00"))  # due at 22:00, in quiet hours, which end as it begins
    await book(world, at("2026-11-26 08:10"))
    assert times(await ahead(world)) == [("11-24 22:00", "missed"), ("11-25 22:10", "11-26 08:00")]


async def test_what_has_been_asked_around_a_session_is_not_foreseen_again(world: World) -> None:
    await asked(world, BEFORE, AFTER)
    await book(world, TUESDAY)
    world.clock.now = at("2026-11-24 12:00")
    assert times(await ahead(world))[0] == ("11-24 12:00", "11-24 12:00")
    await world.tick()
    assert times(await ahead(world)) == [("11-24 15:20", "11-24 15:20")]


async def test_a_measure_is_asked_once_around_a_session(world: World) -> None:
    await asked(world, dataclasses.replace(BEFORE, measures=("ors", "srs")), AFTER)
    await book(world, TUESDAY)
    assert [(one.schedule, one.measures) for one in await ahead(world)] == [("before", ("ors", "srs"))]


async def test_a_session_that_is_off_is_asked_nothing_about(world: World) -> None:
    await asked(world, BEFORE, AFTER)
    await book(world, TUESDAY)
    async with world.service.desk() as desk:
        (client,) = await desk.tx.people.clients()
        (session,) = await desk.tx.sessions.of([client.id])
        await sessions.call_off(desk, client, session, by=OFFICE)
    assert await ahead(world) == []


async def test_before_there_are_clients_it_goes_by_the_clinics_clock(world: World) -> None:
    once = Routine("once", ("srs",), AfterEnrolment(((3, time(22)),)))
    policy = dataclasses.replace(
        world.service.policy, zone="America/New_York", routines={"weekly": WEEKLY, "once": once}
    )
    found = foreseen_without_clients(policy, (date(2026, 11, 23), date(2026, 11, 30)))
    assert {(one.client, one.zone) for one in found} == {(None, "America/New_York")}
    assert times(found) == [
        ("11-23 23:00", "11-23 23:00"),
        ("11-27 03:00", "11-27 13:00"),
        ("11-30 23:00", "11-30 23:00"),
    ]
