"""Calendars read on a schedule: what they say of sessions holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.service import absences, people, sessions
from bot.service.absences import Whose
from tests.bot.calendar_clinic import (
    DAY,
    EVERY,
    Clinic,
    clinic_with,
    daily,
    event,
    listed,
)
from tests.bot.test_sessions import AFTER, BY, HOUR, TUESDAY, choices
from tests.bot.written_calendars import calendar
from tests.world import CLIENT


@pytest.fixture
async def clinic(staffed_url: str) -> AsyncIterator[Clinic]:
    """Open a clinic that reads a calendar from a server."""
    async with clinic_with(staffed_url) as clinic:
        yield clinic


async def test_a_client_is_asked_after_the_session_that_the_calendar_says_moves_and_cancels(
    clinic: Clinic,
) -> None:
    world = clinic.world

    async def asked(at: datetime) -> bool:
        world.forget()
        world.clock.now = at
        await world.tick()
        return any(one.address == CLIENT for one in world.channel.sent)

    world.service.policy = choices(AFTER)
    await clinic.read(event(TUESDAY), event(TUESDAY + 2 * DAY, uid="2"), event(TUESDAY + 3 * DAY, uid="3"))
    assert await clinic.sessions() == ["AB 11-24 15:00", "AB 11-26 15:00", "AB 11-27 15:00"]
    assert await asked(TUESDAY + timedelta(minutes=50))
    await world.hear("10 10 10 10")
    moved = event(TUESDAY + 2 * DAY + HOUR, uid="2")
    await clinic.read(event(TUESDAY), moved, event(TUESDAY + 3 * DAY, uid="3"))
    assert await clinic.sessions() == ["AB 11-24 15:00", "AB 11-26 16:00", "AB 11-27 15:00"]
    assert not await asked(TUESDAY + 2 * DAY + timedelta(minutes=50))
    assert await asked(TUESDAY + 2 * DAY + HOUR + timedelta(minutes=50))
    await world.hear("10 10 10 10")
    await clinic.read(event(TUESDAY), moved, event(TUESDAY + 3 * DAY, uid="3", more=" | STATUS:CANCELLED"))
    assert await clinic.sessions() == ["AB 11-24 15:00", "AB 11-26 16:00"]
    assert not await asked(TUESDAY + 3 * DAY + HOUR)


async def test_what_is_gone_is_called_off_and_what_moved_far_is_moved(clinic: Clinic) -> None:
    ahead = clinic.world.service.policy.sessions.ahead
    await clinic.read(event(TUESDAY), event(TUESDAY + DAY, uid="2"))
    far = TUESDAY + ahead + 10 * DAY
    await clinic.read(event(far))
    assert await clinic.sessions() == [f"AB {far:%m-%d %H:%M}"]
    await clinic.read(event(far), event(TUESDAY + DAY, uid="2"))
    assert await clinic.sessions() == ["AB 11-25 15:00", f"AB {far:%m-%d %H:%M}"], "it is back"


async def test_what_lies_far_ahead_is_planned_once_it_comes_near(clinic: Clinic) -> None:
    far = TUESDAY + clinic.world.service.policy.sessions.ahead
    clinic.server.etag = '"always the same"'
    await clinic.read(event(far))
    assert await clinic.sessions() == []
    await clinic.read(after=DAY)
    assert await clinic.sessions() == [f"AB {far:%m-%d %H:%M}"]


async def test_the_same_hour_on_both_sides_of_a_clock_change(clinic: Clinic) -> None:
    clinic.world.clock.now = datetime(2026, 10, 12, 12, tzinfo=UTC)
    await clinic.read(
        "UID:1 | SUMMARY:AB | DTSTART;TZID=Europe/Berlin:20261013T150000 | DURATION:PT50M"
        " | RRULE:FREQ=WEEKLY;COUNT=3"
    )
    assert await clinic.sessions() == ["AB 10-13 13:00", "AB 10-20 13:00", "AB 10-27 14:00"]


async def test_sessions_are_those_of_the_therapists_clients(clinic: Clinic) -> None:
    await clinic.world.add_therapist("T2", None)
    await clinic.world.consented("CD", "+15550104", "T2")
    title = "AB and EF"
    await clinic.read(event(TUESDAY), event(TUESDAY + DAY, uid="2", title="CD"))
    assert await clinic.sessions() == ["AB 11-24 15:00"]
    await clinic.world.add_client("EF", None)
    clinic.server.etag = '"v1"'
    with capture_logs() as logs:
        await clinic.read(event(TUESDAY, title=title), event(TUESDAY + DAY, uid="2", title="EF: first"))
    assert await clinic.sessions() == ["EF 11-25 15:00"]
    (told,) = [one for one in logs if one["action"] == "calendar_read"]
    assert (told["ambiguous"], told["unreadable"], told["log_level"]) == (1, 0, "warning")
    assert title not in str(logs)
    assert "first" not in str(logs)


async def test_a_new_client_is_found_in_a_calendar_that_stays_as_it_was(clinic: Clinic) -> None:
    clinic.server.etag = '"v1"'
    await clinic.read(event(TUESDAY, title="EF"))
    await clinic.read()
    assert len(clinic.server.asked) == 2
    assert "none-match" in clinic.server.asked[1].lower()
    await clinic.world.add_client("EF", None)
    await clinic.read()
    assert await clinic.sessions() == ["EF 11-24 15:00"]


async def test_what_a_person_changed_stays_until_the_calendar_changes(clinic: Clinic) -> None:
    world = clinic.world
    await clinic.read(event(TUESDAY))
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (session,) = await desk.tx.sessions.of([client.id])
        await sessions.move(desk, client, session, times=(TUESDAY + DAY, TUESDAY + DAY + HOUR), by=BY)
    await clinic.read()
    assert await clinic.sessions() == ["AB 11-25 15:00"]
    await clinic.read(event(TUESDAY + HOUR))
    assert await clinic.sessions() == ["AB 11-24 16:00"]


async def test_a_session_planned_by_hand_for_the_same_time_is_the_same(clinic: Clinic) -> None:
    async with clinic.world.service.desk() as desk:
        client = await people.known(desk, "AB")
        await sessions.book(desk, client, (TUESDAY, TUESDAY + HOUR), by=BY)
    await clinic.read(event(TUESDAY), event(TUESDAY, uid="twin"), event(TUESDAY + DAY, uid="2"))
    assert await clinic.sessions() == ["AB 11-24 15:00", "AB 11-25 15:00"]
    await clinic.read(event(TUESDAY + DAY, uid="2"))
    assert await clinic.sessions() == ["AB 11-24 15:00", "AB 11-25 15:00"], "it is not the calendar's"


async def test_nobody_who_is_away_is_met(clinic: Clinic) -> None:
    async with clinic.world.service.desk() as desk:
        (therapist,) = await desk.tx.people.therapists()
        days = (date(2026, 11, 24), date(2026, 11, 24))
        await absences.begin(desk, Whose(therapist), days, by=BY)
    await clinic.read(event(TUESDAY), event(TUESDAY + DAY, uid="2"))
    assert await clinic.sessions() == ["AB 11-25 15:00"]


@pytest.mark.parametrize(
    ("now", "then"),
    [
        pytest.param([], "AB 11-24 15:00", id="gone"),
        pytest.param([event(TUESDAY, more=" | STATUS:CANCELLED")], "AB 11-24 15:00", id="cancelled"),
        pytest.param([event(TUESDAY - HOUR)], "AB 11-24 15:00", id="moved within the past"),
        pytest.param([event(TUESDAY + DAY)], "AB 11-25 15:00", id="moved to tomorrow: it did not take place"),
    ],
)
async def test_what_has_begun_stays_unless_it_is_moved_ahead(
    clinic: Clinic, now: list[str], then: str
) -> None:
    await clinic.read(event(TUESDAY))
    clinic.has(*now)
    await clinic.read(after=TUESDAY - clinic.world.clock.now)
    assert await clinic.sessions() == [then]


async def test_a_meeting_entered_while_it_takes_place_is_asked_about(clinic: Clinic) -> None:
    await clinic.read(event(TUESDAY), after=TUESDAY + timedelta(minutes=20) - clinic.world.clock.now)
    assert await clinic.sessions() == ["AB 11-24 15:00"]


async def test_a_calendar_that_was_read_is_left_until_it_is_due(clinic: Clinic) -> None:
    await clinic.read(event(TUESDAY))
    await clinic.read(after=EVERY - timedelta(seconds=1))
    assert len(clinic.server.asked) == 1
    await clinic.read(after=timedelta(seconds=1))
    assert len(clinic.server.asked) == 2


async def test_a_file_is_read_when_it_changes(staffed_url: str, tmp_path: Path) -> None:
    file, soon = tmp_path / "kt.ics", timedelta(seconds=20)
    async with clinic_with(staffed_url, lambda _: listed(file=str(file))) as clinic:
        await clinic.read()
        assert (await clinic.state()).failures == 1, "it isn't there"
        for count in (1, 2, 2):
            file.write_bytes(calendar(*daily(count)).encode())
            await clinic.read(after=soon)
            assert len(await clinic.sessions()) == count
        read_at = (await clinic.state()).read_at
        await clinic.read(after=soon)
        assert (await clinic.state()).read_at == read_at
        file.write_bytes(calendar(*daily(3)).encode()[:-20])
        await clinic.read(after=soon)
        assert len(await clinic.sessions()) == 2, "it is half written"
        assert (await clinic.state()).failures == 1


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("google", ["AB 03-25 09:00", "AB 03-31 13:00", "CD 04-02 08:30"]),
        ("outlook", ["AB-12 03-23 08:00", "AB-12 04-01 13:00", "AB-12 04-06 07:00"]),
        ("apple", ["AB 03-20 15:00", "CD 03-31 14:00", "AB 04-03 15:00"]),
    ],
)
async def test_what_programs_export_is_planned_four_weeks_ahead(
    clinic: Clinic, name: str, expected: list[str]
) -> None:
    clinic.world.clock.now = datetime(2026, 3, 16, 12, tzinfo=UTC)
    for code in ("CD", "AB-12"):
        await clinic.world.add_client(code, None)
    clinic.server.body = (Path(__file__).parent / "calendars" / f"{name}.ics").read_bytes()
    for _ in range(2):
        await clinic.read()
        assert await clinic.sessions() == expected
