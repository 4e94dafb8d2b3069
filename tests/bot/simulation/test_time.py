"""Time in a simulation: clock changes, quiet hours, and leaps that miss nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.cli.simulating import ROUTINES
from bot.simulation import habits
from bot.simulation.caseload import PLACES, caseload
from bot.simulation.clinic import Clinic
from bot.simulation.network import Taken
from bot.simulation.personas import CLIENTS
from bot.simulation.running import Course
from storage.tally import Went
from tests.bot.simulation.scenes import ASKED_AT, QUIET, kinds, people, played, policy, scenario

SPRING, AUTUMN = date(2026, 3, 2), date(2026, 9, 21)
WEEKS = 7
"""From either day on, the clocks change in America, in Europe and in Australia."""

CHANGING = [zone for zone, _ in PLACES if zone != "Asia/Kolkata"]


def local(at: datetime, zone: str) -> datetime:
    """Tell the time on a wall."""
    return at.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["spring", "autumn"])
async def test_over_a_clock_change_everybody_is_asked_once_a_week_at_the_same_wall_time(start: date) -> None:
    entries, _ = await played(scenario(WEEKS, len(PLACES), start=start), people(habits.silent))
    asked = kinds(entries, "question")
    offsets = {
        zone: {local(one.at, zone).utcoffset() for one in asked if one.zone == zone} for zone, _ in PLACES
    }
    assert [zone for zone in CHANGING if len(offsets[zone]) != 2] == []
    assert {local(one.at, one.zone).time() for one in asked} == {ASKED_AT}
    assert {local(one.at, one.zone).weekday() for one in asked} == {0}
    weeks = Counter((one.receiver, local(one.at, one.zone).date()) for one in asked)
    assert set(weeks.values()) == {1}
    assert {len([day for code, day in weeks if code == one.receiver]) for one in asked} <= {WEEKS - 1, WEEKS}
    started = [one for one in entries if one.kind in {"question", "reminder", "consent"}]
    assert [one for one in started if QUIET.holds(local(one.at, one.zone).time())] == []


async def test_sessions_keep_their_hour_on_the_wall_and_so_does_what_is_asked_around_them() -> None:
    berlin_changes = date(2026, 3, 29)
    of = scenario(3, 1, start=berlin_changes - timedelta(days=13))
    entries, _ = await played(of, people(habits.prompt), policy(*ROUTINES))
    first = [one for one in kinds(entries, "question", "C001") if "1/4" in one.text]
    walls = [(local(one.at, one.zone).weekday(), local(one.at, one.zone).time()) for one in first]
    assert walls == [(2, time(14)), (2, time(16))] * 3
    assert len({local(one.at, one.zone).utcoffset() for one in first}) == 2


async def test_the_months_of_somebody_silent_take_few_instants() -> None:
    weeks = 13
    entries, summary = await played(scenario(weeks, 1), people(habits.silent))
    assert len(kinds(entries, "question")) == weeks
    assert summary.check_ins == {"expired": weeks}
    assert summary.instants < weeks * 4  # a question, a reminder, its end, and what the therapist hears


@dataclass(slots=True)
class Watched(Clinic):
    """A clinic that looks, before each leap, whether there is anything to do on the way."""

    looked: int = 0

    async def sent(self) -> tuple[list[tuple[Taken, Went]], datetime | None]:
        """Tick and send at a moment of chance before the next due time, and just before it."""
        sent, due = await Clinic.sent(self)
        if due is not None:
            now, until = self.clock.now, due - self.clock.now
            chance = Random(self.looked)
            just_before = due - timedelta(microseconds=1)
            await self._look(chance.choice((now + until * chance.random(), just_before)))
            self.clock.now = now
        return list(sent), due

    async def _look(self, moment: datetime) -> None:
        before = await self._changes()
        self.clock.now = moment
        await self.tick()
        await self.deliver()
        assert await self._changes() == before, f"something was done at {moment}"
        assert self.channel.collect() == []
        self.looked += 1

    async def _changes(self) -> int:
        """Count the rows that were ever changed on the one connection there is."""
        async with self.service.store.engine.connect() as connection:
            return int(await connection.scalar(sa.text("SELECT total_changes()")) or 0)


async def test_a_tick_before_what_is_upcoming_does_nothing() -> None:
    of = scenario(1, 6, danger=True)
    everybody = caseload(of, [one for one in CLIENTS if one.name != "answering"])
    async with Watched.open(policy(*ROUTINES), of.begins) as clinic:
        await clinic.enrol(everybody)
        entries = [one async for one in Course(of, clinic, everybody).entries()]
    assert kinds(entries, "crisis")
    assert clinic.looked > 40
