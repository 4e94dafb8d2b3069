"""What clients will be asked, and when, if nothing changes until then."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot import timetable
from bot.service import asking, planning
from bot.service.session_asks import around
from bot.timetable import Occurrence
from storage.records import ClientState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.policy import Policy
    from bot.service.planning import Plan
    from bot.timetable import Routine
    from storage.records import Client
    from storage.sessions import Session, SessionAsk
    from storage.store import Transaction

_LONG_AGO = timedelta(days=400)
"""Nothing is asked any more around a session that ended so long ago: rules reach a year."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Something that falls due.

    Attributes:
        client: whose it is, by their code; None where there are no clients yet.
        schedule: the schedule's name.
        measures: what is asked, in this order.
        zone: whose clock it goes by.
        local_date: the date that names it, on that clock.
        due_at: the moment (aware UTC).
        asked_at: when it is asked: not in quiet hours. None where it is missed: by then it is over, or it is
            later already than its schedule allows.
    """

    client: str | None
    schedule: str
    measures: tuple[str, ...]
    zone: str
    local_date: date
    due_at: datetime
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is known of a client: their plan, their goals, and their sessions with what is planned around."""

    plan: Plan
    goals: tuple[str, ...]
    sessions: tuple[tuple[Session, Mapping[str, SessionAsk]], ...] = ()


@dataclass(frozen=True, slots=True)
class _Due:
    """An occurrence of a schedule, when it is over, and whether it is not too late for it yet."""

    occurrence: Occurrence
    expires_at: datetime
    in_time: bool = True


async def prospects(tx: Transaction, now: datetime, clients: Iterable[Client]) -> Sequence[Prospect]:
    """Load what is known of those clients who are being asked; the others are left out."""
    active = {one.id: one for one in clients if one.state is ClientState.ACTIVE}
    asked = [active[one] for one in await tx.people.episodes(active)]
    ids = [one.id for one in asked]
    plans, goals = await planning.plans(tx, asked), await tx.goals.of(ids)
    sessions = [one for one in await tx.sessions.of(ids, since=now - _LONG_AGO) if one.planned]
    asks = await tx.sessions.asks([one.id for one in sessions])
    with_asks: dict[int, list[tuple[Session, Mapping[str, SessionAsk]]]] = {one: [] for one in ids}
    for session in sessions:
        by_name = {one.name: one for one in asks.get(session.id, ())}
        with_asks[session.client_id].append((session, by_name))
    return [Prospect(plans[one], goals.get(one, ()), tuple(with_asks[one])) for one in ids]


def foreseen(
    policy: Policy, known: Iterable[Prospect], now: datetime, days: tuple[date, date]
) -> Sequence[Foreseen]:
    """Give what clients will be asked from a local date to another, both included, in order of time.

    Each falls due then. It may be asked later than is said here, behind another check-in, or the next day
    where there were many.
    """
    found = [
        _foreseen(policy, prospect, routine, due, now=now)
        for prospect in known
        for routine, due in (
            *_by_calendar(policy, prospect.plan, now, days[1]),
            *_around_sessions(policy, prospect, now),
        )
        if days[0] <= due.occurrence.local_date <= days[1]
    ]
    return _in_order(one for one in found if one.measures)


def foreseen_without_clients(policy: Policy, days: tuple[date, date]) -> Sequence[Foreseen]:
    """Give what the config leads to on the clinic's clock, for somebody who began on the first date."""
    return _in_order(
        Foreseen(
            client=None,
            schedule=routine.name,
            measures=routine.measures,
            zone=policy.zone,
            local_date=one.local_date,
            due_at=one.due_at,
            asked_at=_asked_at(policy, policy.zone, _Due(one, routine.over_at(one.due_at)), one.due_at),
        )
        for routine in policy.routines.values()
        for one in timetable.between(routine, days, policy.zone)
    )


def _in_order(found: Iterable[Foreseen]) -> Sequence[Foreseen]:
    return sorted(found, key=lambda one: (one.due_at, one.client or "", one.schedule))


def _foreseen(policy: Policy, prospect: Prospect, routine: Routine, due: _Due, *, now: datetime) -> Foreseen:
    client = prospect.plan.client
    measures = (one for one in routine.measures if asking.askable(policy, client, one, prospect.goals))
    return Foreseen(
        client=client.code,
        schedule=routine.name,
        measures=tuple(measures),
        zone=client.zone,
        local_date=due.occurrence.local_date,
        due_at=due.occurrence.due_at,
        asked_at=_asked_at(policy, client.zone, due, now),
    )


def _asked_at(policy: Policy, zone: str, due: _Due, now: datetime) -> datetime | None:
    when = timetable.waking(max(due.occurrence.due_at, now), zone, policy.quiet)
    return when if due.in_time and when < due.expires_at else None


def _by_calendar(policy: Policy, plan: Plan, now: datetime, last: date) -> Iterator[tuple[Routine, _Due]]:
    """Give what falls due by the calendar, from what is kept on, as `start_due` goes on from there."""
    for routine in plan.routines(policy):
        kept = plan.next_of(routine, now)
        if kept is not None and kept.active:
            then = dataclasses.replace(plan, kept={**plan.kept, routine.name: kept})
            for one, in_time in _coming(then, routine, now, last):
                yield routine, _Due(one, routine.over_at(one.due_at), in_time)


def _coming(plan: Plan, routine: Routine, now: datetime, last: date) -> Iterator[tuple[Occurrence, bool]]:
    """Give a schedule's occurrences up to a date, and whether each is not too late already."""
    zone, anchor = plan.client.zone, plan.anchor(routine)
    pending = planning.pending_of(plan.kept[routine.name])
    found = timetable.passed(routine, pending, now, zone, anchor=anchor)
    yield from ((one, False) for one in found.missed)
    coming = found.asked or found.upcoming
    while coming is not None and coming.local_date <= last:
        yield coming, True
        coming = timetable.following(routine, coming, zone, anchor=anchor)


def _around_sessions(policy: Policy, prospect: Prospect, now: datetime) -> Iterator[tuple[Routine, _Due]]:
    """Give what falls due around the sessions that are planned; a measure is asked once around each."""
    for session, asks in prospect.sessions:
        seen: set[str] = set()
        found = list(around(policy, prospect.plan, session))
        for routine, _ in found:
            if (kept := asks.get(routine.name)) is not None and kept.done:
                seen.update(routine.measures)
        for routine, occurrence in sorted(found, key=lambda one: one[1].due_at):
            due = _around(session, routine, occurrence, asks.get(routine.name), now=now)
            if due is not None:
                measures = tuple(one for one in routine.measures if one not in seen)
                seen.update(measures)
                yield dataclasses.replace(routine, measures=measures), due


def _around(
    session: Session, routine: Routine, occurrence: Occurrence, kept: SessionAsk | None, *, now: datetime
) -> _Due | None:
    """Give what falls due around a session; None where it was asked. Before a session it is over with it."""
    if kept is not None and kept.due_at <= now:
        occurrence = Occurrence(kept.local_date, kept.due_at)
    if kept.done if kept is not None else occurrence.due_at < now:
        return None
    expires_at = routine.over_at(occurrence.due_at, session.starts_at)
    return _Due(occurrence, expires_at, now - occurrence.due_at <= routine.late_by)
