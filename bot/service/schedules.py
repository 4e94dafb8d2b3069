"""What the clock brings: check-ins that fall due, reminders, and what is over."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import TYPE_CHECKING

from bot import timetable
from bot.service import asking
from bot.service.closing import Ended, close, first_addresses, send_openings
from bot.service.judging import tell_of_silence
from storage.records import CheckInState, Client, ClientState, NewCheckIn, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.service.desk import Desk
    from bot.timetable import Occurrence, Routine

LIMIT = 500
"""How many check-ins one transaction opens, reminds of or closes."""


async def start_due(desk: Desk) -> int:
    """Open the check-ins that are due; returns how many schedules were due."""
    due = await desk.tx.schedules.due(desk.now, LIMIT)
    if not due:
        return 0
    clients = {one.id: one for one in await desk.tx.people.clients({one.client_id for one in due})}
    episodes = await desk.tx.people.episodes(clients)
    goals = await desk.tx.goals.of(clients)
    new: list[NewCheckIn] = []
    plans: list[tuple[int, date, datetime]] = []
    for schedule in due:
        client = clients[schedule.client_id]
        routine = desk.policy.routines.get(schedule.name)
        if routine is None or client.id not in episodes:
            plans.append((schedule.id, schedule.local_date, desk.now + timetable.A_YEAR))
            continue
        occurrences, upcoming = _passed(routine, schedule, client.zone, desk.now)
        own = goals.get(client.id, ())
        asked = [one for one in routine.measures if asking.askable(desk.policy, client, one, own)]
        routine = dataclasses.replace(routine, measures=tuple(asked))
        new += _check_ins(desk, routine, client, episode_id=episodes[client.id], occurrences=occurrences)
        plans.append((schedule.id, upcoming.local_date, upcoming.due_at))
    await desk.tx.schedules.plan(plans)
    await open_new(desk, new, clients)
    return len(due)


async def open_new(desk: Desk, new: Sequence[NewCheckIn], clients: Mapping[int, Client]) -> int:
    """Keep new check-ins and ask the first question where nothing else is open; returns how many are new."""
    added = await desk.tx.check_ins.add(new)
    wanting = [one.client_id for one in added if one.state is CheckInState.WAITING]
    await open_waiting(desk, {one: clients[one] for one in wanting})
    return len(added)


async def open_waiting(desk: Desk, clients: Mapping[int, Client]) -> None:
    """Ask these clients the first question of what waits for them, where nothing else is open."""
    busy = {one.client_id for one in await desk.tx.check_ins.open_of(clients)}
    free = [client_id for client_id in clients if client_id not in busy]
    opened = await desk.tx.check_ins.next_waiting(free, desk.now)
    await desk.tx.check_ins.set_open([one.id for one in opened], desk.now)
    await send_openings(desk, [(clients[one.client_id], None, one) for one in opened])


def _passed(
    routine: Routine, schedule: Schedule, zone: str, now: datetime
) -> tuple[Sequence[Occurrence], Occurrence]:
    """Give the occurrences up to now, and the next one."""
    current = timetable.Occurrence(schedule.local_date, schedule.next_due_at)
    passed: list[Occurrence] = []
    while current.due_at <= now:
        passed.append(current)
        current = timetable.following(routine, current.local_date, zone)
    return passed, current


def _check_ins(
    desk: Desk, routine: Routine, client: Client, *, episode_id: int, occurrences: Sequence[Occurrence]
) -> list[NewCheckIn]:
    """Make a check-in of each occurrence and measure; one whose time is over is kept as missed."""
    return [
        _check_in(desk, routine, client, episode_id=episode_id, occurrence=occurrence, measure=measure)
        for occurrence in occurrences
        for measure in routine.measures
    ]


def _check_in(
    desk: Desk, routine: Routine, client: Client, *, episode_id: int, occurrence: Occurrence, measure: str
) -> NewCheckIn:
    asked_at = timetable.waking(max(occurrence.due_at, desk.now), client.zone, desk.policy.quiet)
    expires_at = occurrence.due_at + routine.expires_after
    return NewCheckIn(
        client_id=client.id,
        episode_id=episode_id,
        measure=measure,
        origin=f"schedule:{routine.name}",
        local_date=occurrence.local_date,
        slot=measure,
        state=CheckInState.WAITING if asked_at < expires_at else CheckInState.MISSED,
        due_at=occurrence.due_at,
        remind_at=None if routine.remind_after is None else asked_at + routine.remind_after,
        expires_at=expires_at,
        together=routine.together if client.ask is None else client.ask == "together",
    )


async def remind_due(desk: Desk) -> int:
    """Remind of open check-ins whose answer is awaited; returns how many."""
    due = [one for one in await desk.tx.check_ins.to_remind(desk.now, LIMIT) if not one.held]
    clients = {one.id: one for one in await desk.tx.people.clients({one.client_id for one in due})}
    addresses = await first_addresses(desk, list(clients))
    for check_in in due:
        contact = addresses.get(check_in.client_id)
        when = timetable.waking(desk.now, clients[check_in.client_id].zone, desk.policy.quiet)
        if contact is not None and when < check_in.expires_at:
            language = desk.language_of(contact)
            desk.question(contact, asking.reminding(desk.policy, language, check_in, when))
    return len(due)


async def resume_due(desk: Desk) -> int:
    """Put the questions again that were put off until now; returns how many."""
    due = await desk.tx.check_ins.to_resume(desk.now, LIMIT, timetable.PUT_OFF)
    clients = {one.id: one for one in await desk.tx.people.clients({one.client_id for one in due})}
    addresses = await first_addresses(desk, list(clients))
    for check_in in due:
        contact = addresses.get(check_in.client_id)
        when = timetable.waking(desk.now, clients[check_in.client_id].zone, desk.policy.quiet)
        if contact is not None and when < check_in.expires_at:
            language = desk.language_of(contact)
            desk.question(contact, asking.resuming(desk.policy, language, check_in, when))
    return len(due)


async def expire_due(desk: Desk) -> int:
    """Close the check-ins whose time is over, keeping what was answered; returns how many."""
    due = await desk.tx.check_ins.to_expire(desk.now, LIMIT)
    if not due:
        return 0
    clients = {one.id: one for one in await desk.tx.people.clients({one.client_id for one in due})}
    closed = [dataclasses.replace(one, state=_ending(one.state, answered=bool(one.marks))) for one in due]
    await desk.tx.check_ins.update(closed, desk.now)
    await desk.tx.outbox.withdraw_questions([one.id for one in closed], desk.now)
    ended = [
        Ended(one, asking.response_of(desk.policy, one), clients[one.client_id], None, one.state)
        for one in closed
    ]
    await close(desk, ended)
    silent = [(one.client, one.check_in) for one in ended if one.state is CheckInState.EXPIRED]
    await tell_of_silence(desk, silent)
    return len(due)


def _ending(state: CheckInState, *, answered: bool) -> CheckInState:
    if state is CheckInState.WAITING:
        return CheckInState.MISSED
    return CheckInState.PARTIAL if answered else CheckInState.EXPIRED


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


async def sync(desk: Desk) -> None:
    """Give every client the schedules of the config; one that did not change keeps its next occurrence."""
    clients = [one for one in await desk.tx.people.clients() if one.consented_at is not None]
    kept = {(one.client_id, one.name) for one in await desk.tx.schedules.of([one.id for one in clients])}
    wanted = []
    for client in clients:
        for name, routine in desk.policy.routines.items():
            if routine.default or (client.id, name) in kept:
                upcoming = timetable.first(routine, desk.now, client.zone)
                rule = routine.rule(client.zone)
                wanted.append(Schedule(0, client.id, name, rule, upcoming.local_date, upcoming.due_at))
    await desk.tx.schedules.replace(wanted, [one.id for one in clients])
