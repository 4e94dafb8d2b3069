"""What goes wrong with calendars harms no session, and is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.calendar_reading import CalendarRounds
from bot.calendar_reading import rounds as module
from bot.calendars import Reading, read
from bot.service import calendar_turns
from bot.service.calendar_sessions import Of, is_doubtful, take_in
from bot.service.calendar_turns import LEASE, RETRY
from storage.calendars import Seen
from tests.bot.calendar_clinic import (
    DAY,
    Clinic,
    clinic_with,
    daily,
    event,
    listed,
    rounds_of,
)
from tests.bot.test_sessions import HOUR, TUESDAY
from tests.bot.written_calendars import calendar
from tests.fakes.calendars import SECRET


@pytest.fixture
async def clinic(staffed_url: str) -> AsyncIterator[Clinic]:
    """Open a clinic that reads a calendar from a server."""
    async with clinic_with(staffed_url) as clinic:
        yield clinic


BROKEN: Mapping[str, Mapping[str, object]] = {
    "at fault": {"status": 500},
    "nothing there": {"status": 404},
    "cut in the middle": {"cut": 120},
    "cut in the middle, of unknown length": {"cut": 120, "measured": False},
    "cut before its end, of unknown length": {"cut": -20, "measured": False},
    "a page": {"body": b"<!DOCTYPE html><html><body>Sign in</body></html>"},
    "nothing at all": {"body": b""},
    "sent elsewhere": {"status": 302, "headers": {"Location": "http://example.org/"}},
}


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("fault", BROKEN)
async def test_what_is_broken_changes_nothing_and_alarms_once(clinic: Clinic, fault: str) -> None:
    await clinic.read(*daily(2))
    sound = {name: getattr(clinic.server, name) for name in ("status", "cut", "measured", "body", "headers")}
    for name, value in BROKEN[fault].items():
        setattr(clinic.server, name, value)
    with capture_logs() as logs:
        for failed in range(1, 6):
            await clinic.read()
            assert (await clinic.state()).failures == failed
            assert len(clinic.alarms()) == (failed >= 3)
            assert (await clinic.rounds.readiness())[1] is (failed < 3)
    assert await clinic.sessions() == ["AB 11-24 15:00", "AB 11-25 15:00"]
    assert SECRET not in str(logs) + str(clinic.world.channel.sent) + str(await clinic.rounds.readiness())
    for name, value in sound.items():
        setattr(clinic.server, name, value)
    await clinic.read()
    assert len(clinic.alarms()) == 2
    assert "can be read again" in clinic.alarms()[1]
    assert await clinic.rounds.readiness() == (
        "calendars",
        True,
        "1 listed, 0 can't be read, 0 failed rounds in a row",
    )


async def test_one_that_failed_is_tried_again_soon(clinic: Clinic) -> None:
    clinic.server.status = 500
    await clinic.read()
    await clinic.read(after=RETRY - timedelta(seconds=1))
    assert len(clinic.server.asked) == 1
    await clinic.read(after=timedelta(seconds=1))
    assert len(clinic.server.asked) == 2


async def test_two_failures_alarm_nobody(clinic: Clinic) -> None:
    for status in (500, 500, 200, 500, 500, 200):
        clinic.server.status = status
        await clinic.read()
    assert clinic.alarms() == []


async def test_a_therapist_who_is_not_there_is_a_fault(staffed_url: str) -> None:
    async with clinic_with(staffed_url, lambda url: listed(url=url, therapist="T9")) as clinic:
        with capture_logs() as logs:
            await clinic.read()
        assert (await clinic.state()).failures == 1
        assert clinic.server.asked == []
        assert "its therapist isn't here" in str(logs)


@pytest.mark.parametrize(
    ("missing", "planned", "doubted"),
    [(0, 0, False), (2, 2, False), (3, 3, True), (3, 5, True), (3, 6, False), (4, 7, True), (20, 40, False)],
)
def test_more_than_half_and_three_at_least_are_doubted(missing: int, planned: int, doubted: bool) -> None:
    assert is_doubtful(missing, planned) is doubted


async def test_an_emptied_calendar_is_believed_after_two_more_readings(clinic: Clinic) -> None:
    clinic.server.etag = '"four"'
    await clinic.read(*daily(4))
    clinic.has()
    clinic.server.etag = '"none"'
    await clinic.read()
    assert len(await clinic.sessions()) == 4
    (told,) = clinic.alarms()
    assert "no longer has 4 of the sessions" in told
    assert "only if the next two readings say so too" in told
    await clinic.read()
    assert len(await clinic.sessions()) == 4
    await clinic.read()
    assert await clinic.sessions() == []
    assert len(clinic.alarms()) == 1


async def test_one_that_is_whole_again_has_to_be_doubted_anew(clinic: Clinic) -> None:
    for events in (4, 0, 0, 4, 0, 0):
        clinic.has(*daily(events))
        await clinic.read()
        assert len(await clinic.sessions()) == 4
    assert len(clinic.alarms()) == 2


async def test_what_a_doubted_calendar_says_is_kept_all_the_same(clinic: Clinic) -> None:
    await clinic.read(*daily(4))
    new = event(TUESDAY + 9 * DAY, uid="new")
    await clinic.read(new, event(TUESDAY + HOUR, uid="day 0"))
    expected = ["AB 11-24 16:00", "AB 11-25 15:00", "AB 11-26 15:00", "AB 11-27 15:00", "AB 12-03 15:00"]
    assert await clinic.sessions() == expected


async def test_an_event_that_cannot_be_read_may_be_what_is_missing(clinic: Clinic) -> None:
    await clinic.read(*daily(2))
    await clinic.read(daily(2)[0], "UID:day 1 | SUMMARY:AB | DTSTART:20261125T990000Z | DURATION:PT50M")
    assert len(await clinic.sessions()) == 2
    await clinic.read(daily(2)[0])
    assert len(await clinic.sessions()) == 1


async def test_a_clock_set_back_does_not_stop_the_reading(clinic: Clinic) -> None:
    await clinic.read(event(TUESDAY))
    await clinic.read(event(TUESDAY + HOUR), after=-10 * DAY)
    assert await clinic.sessions() == ["AB 11-24 16:00"]


async def test_many_workers_read_it_once(clinic: Clinic) -> None:
    workers = [clinic.rounds, *(rounds_of(clinic.world, listed(url=clinic.server.url)) for _ in range(3))]
    clinic.has(*daily(3))
    await asyncio.gather(*(one.run() for one in workers))
    assert len(clinic.server.asked) == 1
    assert len(await clinic.sessions()) == 3
    assert [one.failures for one in workers] == [0, 0, 0, 0]
    for one in workers[1:]:
        await one.stop()


async def test_a_worker_whose_lease_is_over_changes_nothing(clinic: Clinic) -> None:
    clinic.has(*daily(3))
    world, found = clinic.world, []
    for _ in range(2):
        world.clock.now += LEASE
        async with world.service.desk() as desk:
            found.append(
                await calendar_turns.begin(desk, module.listed(listed(url=clinic.server.url)), anyway=True)
            )
    late, present = found
    assert late is not None
    assert present is not None
    await clinic.read(after=LEASE)
    before = await clinic.sessions()
    for turn in found:
        async with world.service.desk() as desk:
            assert turn is not None
            assert await calendar_turns.keep(desk, turn, Reading(()), Seen("late")) is None
            await calendar_turns.fail(desk, turn, "late")
            await calendar_turns.same(desk, turn)
    assert await clinic.sessions() == before
    assert (await clinic.state()).failures == 0


async def test_keeping_the_same_twice_at_once_is_harmless_too(clinic: Clinic) -> None:
    """What a lease prevents all the same: each event is one session, whoever keeps it."""
    data, (start, end) = calendar(*daily(3)).encode(), (TUESDAY - DAY, TUESDAY + 9 * DAY)
    found = read(data, ["AB"], start=start, end=end, zone="UTC")

    async def keep() -> int:
        async with clinic.world.service.desk() as desk:
            of = Of("calendar:kt", await desk.tx.people.clients())
            return (await take_in(desk, of, found, believed=False)).added

    assert sorted(await asyncio.gather(keep(), keep(), keep())) == [0, 0, 3]
    assert len(await clinic.sessions()) == 3


async def test_a_file_rewritten_every_minute_confirms_nothing(staffed_url: str, tmp_path: Path) -> None:
    file = tmp_path / "kt.ics"
    async with clinic_with(staffed_url, lambda _: listed(file=str(file))) as clinic:
        file.write_bytes(calendar(*daily(4)).encode())
        await clinic.read()
        for minute in range(10):
            file.write_bytes(calendar(f"UID:{'x' * minute} | SUMMARY:none").encode())
            await clinic.read(after=timedelta(minutes=1))
        assert len(await clinic.sessions()) == 4
        assert len(clinic.alarms()) == 1


@pytest.mark.parametrize("of", ["reading", "keeping"])
async def test_a_fault_of_ours_is_told_like_any_other(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    await clinic.read(event(TUESDAY))
    clinic.has(event(TUESDAY + HOUR))
    where, name = {"reading": (module, "read"), "keeping": (calendar_turns, "take_in")}[of]
    with monkeypatch.context() as patch:
        patch.setattr(where, name, lambda *_, **__: 1 / 0)
        for _ in range(3):
            await clinic.read()
    assert await clinic.sessions() == ["AB 11-24 15:00"]
    assert len(clinic.alarms()) == 1
    await clinic.read()
    assert await clinic.sessions() == ["AB 11-24 16:00"]
    assert len(clinic.alarms()) == 2


async def test_a_lost_turn_is_counted_and_the_rounds_go_on(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(calendar_turns, "begin", lambda *_, **__: 1 / 0)
        for lost in (1, 2):
            await clinic.read(event(TUESDAY))
            assert clinic.rounds.failures == lost
    assert (await clinic.rounds.readiness())[1] is False
    await clinic.read()
    assert clinic.rounds.failures == 0
    assert await clinic.sessions() == ["AB 11-24 15:00"]


async def test_rounds_never_overlap_and_end(clinic: Clinic) -> None:
    world, server = clinic.world, clinic.server
    server.pause = 0.3
    rounds = CalendarRounds(world.service, lambda: [listed(url=server.url)], lambda: None, seconds=0.02)
    rounds.start()
    while not server.asked:  # noqa: ASYNC110 (it is the clock that is waited for)
        await asyncio.sleep(0.01)
    for _ in range(10):
        world.clock.now += 10 * LEASE  # it is due again, and its lease over
        await asyncio.sleep(0.02)
    assert len(server.asked) == 1
    await rounds.stop()
