"""What `attune preview` says of a year is what the simulator then does, occurrence by occurrence."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from bot.policy import Policy
from bot.service.foreseeing import Foreseen, foreseen, prospects
from bot.simulation import habits
from bot.simulation.caseload import caseload
from bot.simulation.clinic import Clinic
from bot.simulation.entries import Entry
from bot.simulation.running import Course
from bot.timetable import (
    AfterEnrolment,
    AfterSession,
    Away,
    BeforeSession,
    Cron,
    DaysOff,
    Every,
    Routine,
    Weekly,
)
from storage import tables as t
from tests.bot.simulation.scenes import people, policy, scenario

OPEN_FOR = timedelta(hours=20)
JULY = DaysOff(((date(2026, 7, 1), date(2026, 7, 31)),))
TWICE = Weekly(((0, time(10)), (3, time(18))))
MILESTONES = AfterEnrolment(((3, time(8)), (90, time(12)), (180, time(23, 30))))

ROUTINES = (
    Routine("weekly", ("ors",), TWICE, (), OPEN_FOR, start=date(2026, 3, 9), end=date(2026, 4, 12)),
    Routine("rhythm", ("ors",), Every(21, time(9, 30)), (), OPEN_FOR, off=JULY),
    Routine(
        "every-fourth", ("ors",), Every(28, time(20, 59), 4), (), OPEN_FOR, off=DaysOff(holidays="DE-BY")
    ),
    Routine("cron", ("ors",), Cron("30 2 8,29 3,10,11 *"), (), OPEN_FOR),
    Routine("short", ("ors",), Cron("45 23 1 */2 *"), (), timedelta(hours=8)),
    Routine("milestones", ("ors",), MILESTONES, (), OPEN_FOR),
)
"""Every kind of rule by the calendar."""

AROUND = (
    Routine("before", ("ors",), BeforeSession(Away(90)), (), OPEN_FOR),
    Routine("after", ("srs",), AfterSession(Away(0, 1, time(9))), (), OPEN_FOR),
)

CLIENTS = 4
"""Each in a zone of their own."""

A_YEAR, SETTLED = 54, timedelta(days=8)
KNOWN_AHEAD = timedelta(days=20)
"""How far ahead the sessions of a series are planned at least."""


@dataclass(slots=True)
class Year:
    """What was foreseen at a moment, and what came of it."""

    looked_at: datetime
    ends: datetime
    ahead: Sequence[Foreseen]
    kept: Sequence[tuple[str, str, date, datetime, bool]]
    entries: Sequence[Entry]


async def lived(choices: Policy, weeks: int) -> Year:
    """Let a simulation settle, look ahead, and let it go on."""
    of = scenario(weeks, CLIENTS, start=date(2026, 2, 16))
    everybody = caseload(of, people(habits.silent))
    ahead: Sequence[Foreseen] | None = None
    looked_at, entries = of.ends, []
    async with Clinic.open(choices, of.begins) as clinic:
        await clinic.enrol(everybody)
        async for entry in Course(of, clinic, everybody).entries():
            entries.append(entry)
            if ahead is None and entry.at >= of.begins + SETTLED:
                looked_at, ahead = entry.at, await look(clinic, (of.start, of.ends.date()))
        kept = await check_ins(clinic)
    assert ahead is not None
    return Year(looked_at, of.ends, ahead, kept, entries)


async def look(clinic: Clinic, days: tuple[date, date]) -> Sequence[Foreseen]:
    """Look ahead, as the command does."""
    now = clinic.clock.now
    async with clinic.service.store.transaction() as tx:
        known = await prospects(tx, now, await tx.people.clients())
    return foreseen(clinic.service.policy, known, now, days)


async def check_ins(clinic: Clinic) -> Sequence[tuple[str, str, date, datetime, bool]]:
    """List all check-ins: whose, of what, their date and moment, and whether they were asked."""
    c = t.check_ins.c
    async with clinic.service.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.clients.c.code, c.origin, c.local_date, c.due_at, c.opened_at.is_not(None))
            .select_from(t.check_ins.join(t.clients))
            .order_by(c.due_at)
        )
        return [(code, origin, day, due, asked) for code, origin, day, due, asked in rows]


@pytest.fixture(scope="module")
def year() -> Year:
    """Live through it once."""
    return asyncio.run(lived(policy(*ROUTINES), A_YEAR))


def calendar(year: Year) -> list[Foreseen]:
    """Pick what was foreseen of the time up to the simulation's end."""
    return [one for one in year.ahead if year.looked_at < one.due_at < year.ends]


def test_every_occurrence_by_the_calendar_is_foreseen_and_no_other(year: Year) -> None:
    ahead = [(one.client, f"schedule:{one.schedule}", one.local_date, one.due_at) for one in calendar(year)]
    came = [(code, origin, day, due) for code, origin, day, due, _ in year.kept if due > year.looked_at]
    assert Counter(ahead) == Counter(came)
    assert {name for _, name, _, _ in ahead} == {f"schedule:{one.name}" for one in ROUTINES}
    assert len({one.zone for one in calendar(year)}) == CLIENTS
    assert min(Counter(code for code, *_ in ahead).values()) > 40


def test_what_is_foreseen_as_missed_is_missed(year: Year) -> None:
    missed = {(one.client, one.schedule, one.due_at) for one in calendar(year) if one.asked_at is None}
    never_asked = {
        (code, origin.removeprefix("schedule:"), due)
        for code, origin, _, due, asked in year.kept
        if origin == "schedule:short" and not asked and due > year.looked_at
    }
    assert missed == never_asked
    assert {name for _, name, _ in missed} == {"short"}


def test_what_stands_alone_is_asked_just_when_it_was_foreseen(year: Year) -> None:
    """Where two come close together the later one waits until the earlier is over."""
    questions: Counter[tuple[str | None, datetime | None]] = Counter(
        (one.receiver, one.at) for one in year.entries if one.kind == "question"
    )
    ahead = [one for one in calendar(year) if one.asked_at is not None]
    alone = [one for one in ahead if stands_alone(one, year)]
    assert len(alone) > 90
    assert [one for one in alone if questions[one.client, one.asked_at] != 1] == []
    waited = [one for one in alone if one.asked_at != one.due_at]
    assert {one.schedule for one in waited} >= {"cron", "milestones"}, "in quiet hours"


def stands_alone(one: Foreseen, year: Year) -> bool:
    """Tell whether a client has nothing else within two days."""
    return not any(
        code == one.client and due != one.due_at and abs(due - one.due_at) < timedelta(days=2)
        for code, _, _, due, _ in year.kept
    )


async def test_what_is_asked_around_the_sessions_that_are_known_is_foreseen() -> None:
    year = await lived(policy(*AROUND), 5)
    until = year.looked_at + KNOWN_AHEAD
    ahead = Counter((one.client, one.due_at) for one in year.ahead if year.looked_at < one.due_at < until)
    came = Counter(
        (code, due)
        for code, origin, _, due, _ in year.kept
        if origin.startswith("session:") and year.looked_at < due < until
    )
    assert ahead == came
    assert len(ahead) >= 4 * CLIENTS
