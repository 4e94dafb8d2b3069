"""What the clock brings: check-ins that fall due, those that were put off for a day, and what was missed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot import timetable, wording
from bot.service import asking, planning
from bot.service.opening import open_new, open_waiting
from bot.service.shares import ALL, Share, whose
from storage.records import CheckInState, Client, ClientState, NewCheckIn, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.service.desk import Desk
    from bot.timetable import Occurrence, Passed, Routine


async def start_due(desk: Desk, share: Share = ALL) -> int:
    """Open the check-ins that are due; returns how many schedules were due.

    After a time in which nothing was sent only the latest is asked, and only if it isn't too late for it; the
    others are kept as missed, of which `report_missed` tells.
    """
    due = await desk.tx.schedules.due(desk.now, *share)
    if not due:
        return 0
    clients = await whose(desk, {one.client_id for one in due})
    plans = await planning.plans(desk.tx, list(clients.values()))
    making = await Making.of(desk, clients)
    new: list[NewCheckIn] = []
    upcoming: list[Schedule] = []
    for schedule in due:
        plan = plans[schedule.client_id]
        routine = plan.routine(schedule.name, desk.policy)
        if routine is None or plan.client.id not in making.episodes:
            upcoming.append(dataclasses.replace(schedule, active=False))
            continue
        pending = planning.pending_of(schedule)
        found = timetable.passed(routine, pending, desk.now, plan.client.zone, anchor=plan.anchor(routine))
        new += making.check_ins(routine, plan.client, found)
        upcoming.append(_after(schedule, found))
    await desk.tx.schedules.plan(upcoming)
    await open_new(desk, new, clients)
    return len(due)


def _after(schedule: Schedule, found: Passed) -> Schedule:
    """Let a schedule wait for what comes next, if anything does."""
    latest = found.asked or next(reversed(found.missed), None)
    last_date = schedule.local_date if latest is None else latest.local_date
    if found.upcoming is None:
        return dataclasses.replace(schedule, last_date=last_date, active=False)
    return planning.planned(schedule, found.upcoming, after=last_date)


@dataclass(frozen=True, slots=True)
class Making:
    """What is needed to make check-ins of occurrences: open episodes, and goals, by the client's id."""

    desk: Desk
    episodes: Mapping[int, int]
    goals: Mapping[int, tuple[str, ...]]

    @classmethod
    async def of(cls, desk: Desk, clients: Mapping[int, Client]) -> Making:
        """Load it for some clients."""
        return cls(desk, await desk.tx.people.episodes(clients), await desk.tx.goals.of(clients))

    def check_ins(self, routine: Routine, client: Client, found: Passed) -> list[NewCheckIn]:
        """Make a check-in of each occurrence and of each measure that the client can be asked."""
        own = self.goals.get(client.id, ())
        asked = [one for one in routine.measures if asking.askable(self.desk.policy, client, one, own)]
        late = [(one, False) for one in found.missed]
        latest = [] if found.asked is None else [(found.asked, True)]
        return [
            self.check_in(routine, client, occurrence, measure=measure, in_time=in_time)
            for occurrence, in_time in (*late, *latest)
            for measure in asked
        ]

    def check_in(
        self,
        routine: Routine,
        client: Client,
        occurrence: Occurrence,
        *,
        measure: str,
        in_time: bool,
        session_starts: datetime | None = None,
    ) -> NewCheckIn:
        """Make a check-in; one that can't be asked any more is kept as missed.

        Of that operators are told, unless quiet hours alone forbade it.
        """
        desk, zone, quiet = self.desk, client.zone, self.desk.policy.quiet
        expires_at = routine.over_at(occurrence.due_at, session_starts)
        going = in_time and timetable.waking(max(occurrence.due_at, desk.now), zone, quiet) < expires_at
        possible = timetable.waking(occurrence.due_at, zone, quiet) < expires_at
        return NewCheckIn(
            client_id=client.id,
            episode_id=self.episodes[client.id],
            measure=measure,
            origin=f"schedule:{routine.name}",
            local_date=occurrence.local_date,
            slot=f"{measure}@{occurrence.wall:%H:%M}",
            state=CheckInState.WAITING if going else CheckInState.MISSED,
            due_at=occurrence.due_at,
            remind_at=None,
            reminders=tuple(step // timedelta(minutes=1) for step in routine.reminders),
            expires_at=expires_at,
            together=routine.together if client.ask is None else client.ask == "together",
            late_until=expires_at + routine.answers_late,
            untold=possible and not going,
        )


async def open_put_off(desk: Desk, share: Share = ALL) -> int:
    """Ask what was put off because its client had been written to often enough that day; returns how many."""
    found = await desk.tx.openings.put_off_until(desk.now, *share)
    clients = await whose(desk, found) if found else {}
    await open_waiting(desk, {one.id: one for one in clients.values() if one.state is ClientState.ACTIVE})
    return len(found)


async def report_missed(desk: Desk) -> int:
    """Tell operators how many check-ins were missed while nothing was sent; returns how many."""
    missed = await desk.tx.silence.take_untold()
    if missed:
        first, last = min(missed), max(missed)
        desk.alarm(partial(wording.missed_while_away, count=len(missed), first=first, last=last))
    return len(missed)


async def let_go(desk: Desk) -> None:
    """Withdraw the check-ins whose measure the site no longer has, or no longer has in that form."""
    unfinished = await desk.tx.check_ins.unfinished()
    gone = [
        dataclasses.replace(one, state=CheckInState.WITHDRAWN)
        for one in unfinished
        if not asking.still_asked(desk.policy, one)
    ]
    await desk.tx.check_ins.update(gone, desk.now)
    await desk.tx.outbox.withdraw_questions([one.id for one in gone], desk.now)
    clients = await desk.tx.people.clients({one.client_id for one in gone}) if gone else ()
    await open_waiting(desk, {one.id: one for one in clients if one.state is ClientState.ACTIVE})
