"""Series of sessions, planned ahead and never twice; and sessions as a calendar has them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.bookings import start_on
from bot.calendars.values import Meeting
from bot.policy import SessionRules
from bot.service import people, session_series, session_sync, sessions
from bot.service.absences import Whose, begin
from bot.service.session_calendar import Kept, keep
from bot.service.session_series import series_of
from storage.series import Series
from storage.sessions import Session, SessionState
from tests.bot.test_sessions import AFTER, BY, HOUR, TUESDAY, book, change, choices, dues
from tests.world import World, opened

WINDOW = (TUESDAY - timedelta(days=30), TUESDAY + timedelta(days=60))
FIRST = TUESDAY.date()
WORK = "calendar:work"


@pytest.fixture
async def world(staffed_url: str) -> AsyncIterator[World]:
    """Open a clinic that asks after each session, and plans two weeks ahead."""
    rules = SessionRules(ahead=timedelta(days=14))
    async with opened(staffed_url, choices=choices(AFTER, rules=rules)) as world:
        yield world


async def repeat(
    world: World, first: date = FIRST, at: time = time(15), *, weeks: int = 1, zone: str = "UTC"
) -> Series:
    """Begin a series."""
    start = start_on(first, at, zone)
    assert start is not None
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        wanted = series_of(client, start, zone=zone, weeks=weeks, minutes=50)
        return await session_series.repeat(desk, client, wanted, by=BY)


async def kept(world: World) -> list[Session]:
    """List the client's sessions, those that are off too."""
    async with world.store.reading() as tx:
        (client,) = await tx.people.clients()
        return list(await tx.sessions.of([client.id]))


async def starts(world: World) -> list[str]:
    """List when the client's planned sessions start."""
    return [f"{one.starts_at:%d %b %H:%M}" for one in await kept(world) if one.planned]


async def test_a_series_is_planned_ahead_day_by_day(world: World) -> None:
    await repeat(world)
    assert await starts(world) == ["24 Nov 15:00", "01 Dec 15:00"]
    assert await world.service.plan_sessions() == 0
    world.clock.wait(hours=24)
    assert await world.service.plan_sessions() == 1
    assert await starts(world) == ["24 Nov 15:00", "01 Dec 15:00", "08 Dec 15:00"]
    assert await world.service.plan_sessions() == 0


async def test_a_clock_that_leaps_plans_nothing_twice_and_nothing_that_is_past(world: World) -> None:
    await repeat(world)
    world.clock.wait(days=30)
    assert await world.service.plan_sessions() == 1
    assert (await starts(world))[2:] == ["29 Dec 15:00", "05 Jan 15:00"]
    before = await starts(world)
    world.clock.wait(days=-30)
    assert await world.service.plan_sessions() == 0
    world.clock.wait(days=31)
    assert await world.service.plan_sessions() == 1
    assert await starts(world) == before


async def test_the_wall_time_stays_when_the_clocks_change(world: World) -> None:
    world.clock.now = datetime(2027, 3, 22, 9, tzinfo=UTC)
    await repeat(world, date(2027, 3, 23), zone="Europe/London")
    assert await starts(world) == ["23 Mar 15:00", "30 Mar 14:00"]


async def test_the_same_series_twice_is_one(world: World) -> None:
    first = await repeat(world)
    assert (await repeat(world)).id == first.id
    assert (await repeat(world, TUESDAY.date() + timedelta(days=7))).id == first.id
    fortnightly = await repeat(world, weeks=2, at=time(10))
    assert (
        await repeat(world, TUESDAY.date() + timedelta(days=7), weeks=2, at=time(10))
    ).id != fortnightly.id


async def test_a_session_that_is_there_is_not_planned_again_by_a_series(world: World) -> None:
    await book(world)
    await repeat(world)
    assert await starts(world) == ["24 Nov 15:00", "01 Dec 15:00"]


async def test_a_cancelled_one_of_a_series_stays_off(world: World) -> None:
    await repeat(world)
    first, *_ = await kept(world)
    await change(world, first, what="cancel")
    world.clock.wait(hours=25)
    await world.service.plan_sessions()
    assert "24 Nov 15:00" not in await starts(world)


async def test_the_end_of_a_series_leaves_what_was(world: World) -> None:
    await repeat(world)
    world.clock.now = TUESDAY + timedelta(minutes=10)
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        assert await session_series.end(desk, client, by=BY) == 1
        assert await session_series.end(desk, client, by=BY) is None
    assert await starts(world) == ["24 Nov 15:00"]
    world.clock.wait(days=20)
    assert await world.service.plan_sessions() == 0


async def test_none_is_planned_in_a_time_away_and_for_who_has_ended(world: World) -> None:
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (therapist,) = await desk.tx.people.therapists()
        await begin(desk, Whose(therapist, client), (date(2026, 12, 1), date(2026, 12, 1)), by=BY)
    await repeat(world)
    assert await starts(world) == ["24 Nov 15:00"]
    async with world.service.desk() as desk:
        await people.close(desk, "AB", "planned")
    world.clock.wait(days=20)
    await world.service.plan_sessions()
    assert await starts(world) == ["24 Nov 15:00"]


async def test_who_comes_back_has_the_sessions_at_once_that_were_not_made_meanwhile(world: World) -> None:
    await repeat(world)
    async with world.service.desk() as desk:
        await people.close(desk, "AB", "planned")
    for _ in range(60):
        world.clock.wait(days=1)
        await world.service.plan_sessions()
    assert await starts(world) == ["24 Nov 15:00", "01 Dec 15:00"], "planned before"
    async with world.service.desk() as desk:
        await people.resume(desk, "AB")
    assert (await starts(world))[2:] == ["26 Jan 15:00", "02 Feb 15:00"], "two weeks from 22 January"
    world.clock.wait(days=7)
    await world.service.plan_sessions()
    assert (await starts(world))[2:] == ["26 Jan 15:00", "02 Feb 15:00", "09 Feb 15:00"]


def meeting(start: datetime = TUESDAY, key: str = "k1", *, cancelled: bool = False) -> Meeting:
    """Make a meeting of the client in a calendar."""
    return Meeting("AB", key, start, start + HOUR, cancelled)


async def read(world: World, *meetings: Meeting, source: str = WORK) -> Kept:
    """Bring the client's sessions in line with a calendar."""
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        return await keep(desk, client, meetings, source=source, window=WINDOW)


async def test_a_calendar_adds_moves_and_calls_off(world: World) -> None:
    assert await read(world, meeting(), meeting(TUESDAY + 24 * HOUR, "k2")) == Kept(2, 0, 0)
    assert await read(world, meeting(), meeting(TUESDAY + 24 * HOUR, "k2")) == Kept()
    assert await read(
        world, meeting(TUESDAY + HOUR), meeting(TUESDAY + 24 * HOUR, "k2", cancelled=True)
    ) == Kept(0, 1, 1)
    assert await starts(world) == ["24 Nov 16:00"]
    first = next(one for one in await kept(world) if one.planned)
    assert (await dues(world, first))["after"] == (TUESDAY + 2 * HOUR, False)


async def test_what_a_calendar_has_no_more_is_off_unless_it_has_begun(world: World) -> None:
    await read(world, meeting(), meeting(TUESDAY + 24 * HOUR, "k2"))
    world.clock.now = TUESDAY
    assert await read(world) == Kept(0, 0, 1)
    assert await starts(world) == ["24 Nov 15:00"]
    assert await read(world, meeting(TUESDAY + 24 * HOUR, "k2")) == Kept(0, 1, 0), "it is back"


async def test_a_calendar_leaves_the_sessions_of_others_alone(world: World) -> None:
    await book(world)
    await read(world, meeting(TUESDAY + 24 * HOUR, "k2"), source="calendar:other")
    assert await read(world, meeting(TUESDAY + 48 * HOUR)) == Kept(1, 0, 0)
    assert len(await starts(world)) == 3


@pytest.mark.parametrize("how", ["by hand", "in a series"])
async def test_a_meeting_at_the_time_of_a_planned_session_is_that_session(world: World, how: str) -> None:
    await (book(world) if how == "by hand" else repeat(world))
    first, *others = await kept(world)
    assert await read(world, meeting()) == Kept()
    assert await kept(world) == [
        dataclasses.replace(first, key="calendar:k1", given=(await kept(world))[0].given),
        *others,
    ]
    assert await read(world, meeting()) == Kept(), "again"
    assert await read(world, meeting(TUESDAY + HOUR)) == Kept(0, 1, 0)
    after = await kept(world)
    assert [(one.id, one.starts_at) for one in after if one.planned] == [
        (first.id, TUESDAY + HOUR),
        *((one.id, one.starts_at) for one in others),
    ]
    assert await read(world) == Kept(), "gone is not called off: a person planned it"
    assert await read(world, meeting(TUESDAY + HOUR, cancelled=True)) == Kept(0, 0, 1)


async def test_a_session_is_one_meeting_and_a_calendars_own_is_no_others(world: World) -> None:
    session = await book(world)
    assert await read(world, meeting(), meeting(key="k2"), meeting(key="k3", cancelled=True)) == Kept()
    assert await read(world, meeting(key="x1"), source="calendar:other") == Kept()
    (one,) = await kept(world)
    assert (one.id, one.key, one.source) == (session.id, "calendar:k1", BY.actor)


async def test_a_cancelled_meeting_takes_no_session_over(world: World) -> None:
    await book(world)
    assert await read(world, meeting(cancelled=True)) == Kept()
    assert await starts(world) == ["24 Nov 15:00"]
    assert [one.key for one in await kept(world)] == ["at:2026-11-24T15:00"]


async def test_what_was_changed_by_hand_stays_until_the_calendar_changes_it(world: World) -> None:
    await read(world, meeting())
    (one,) = await kept(world)
    await change(world, one, what="cancel")
    assert await read(world, meeting()) == Kept()
    assert await starts(world) == []
    assert await read(world, meeting(TUESDAY + HOUR)) == Kept(0, 1, 0)
    assert await starts(world) == ["24 Nov 16:00"]


async def test_meetings_long_over_or_called_off_are_not_added(world: World) -> None:
    assert await read(world, meeting(TUESDAY - 72 * HOUR), meeting(key="k2", cancelled=True)) == Kept()
    assert await kept(world) == []


async def test_a_meeting_without_an_end_is_as_long_as_usual(world: World) -> None:
    await read(world, dataclasses.replace(meeting(), ends_at=TUESDAY))
    (one,) = await kept(world)
    assert one.ends_at - one.starts_at == SessionRules().length


async def test_a_no_show_is_not_undone_by_a_change_of_an_old_meeting(world: World) -> None:
    await read(world, meeting())
    (one,) = await kept(world)
    world.clock.now = TUESDAY + 2 * HOUR
    await change(world, one, what="no_show")
    await read(world, meeting(TUESDAY + timedelta(minutes=5)))
    (one,) = await kept(world)
    assert one.state is SessionState.NO_SHOW


async def test_bringing_in_line_twice_changes_nothing(world: World) -> None:
    await repeat(world)
    before: Sequence[Session] = await kept(world)
    async with world.service.desk() as desk:
        assert await session_sync.sync(desk, await desk.tx.people.clients()) == (0, 0)
    assert await kept(world) == before


async def test_a_move_keeps_the_length_unless_it_is_given(world: World) -> None:
    one = await book(world, minutes=90)
    await change(world, one, TUESDAY + 24 * HOUR)
    (moved,) = await kept(world)
    assert moved.ends_at - moved.starts_at == timedelta(minutes=90)
    assert moved.keyed_on == one.keyed_on, "what names its check-ins stays"
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (found,) = await desk.tx.sessions.by_id([one.id])
        times = (found.starts_at, found.ends_at)
        assert await sessions.move(desk, client, found, times=times, by=BY) == found
