"""Check-ins around sessions, opened when they are due."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.service import asking, planning
from bot.service.opening import open_new
from bot.service.schedules import Making
from bot.service.shares import ALL, Share, whose
from bot.timetable import Occurrence
from storage.records import CheckInState, ClientState, Importance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.service.desk import Desk
    from bot.service.planning import Plan
    from bot.timetable import Routine
    from storage.records import NewCheckIn
    from storage.sessions import Session, SessionAsk


async def start_session_asks(desk: Desk, share: Share = ALL) -> int:
    """Open the check-ins around sessions that are due; returns how many schedules were.

    What is later than its schedule allows is kept as missed. A session's measure is asked once, however
    often the session is moved, unless nobody answered.
    """
    due = await desk.tx.sessions.due(desk.now, *share)
    if not due:
        return 0
    clients = await whose(desk, {session.client_id for _, session in due})
    plans = await planning.plans(desk.tx, list(clients.values()))
    making = await Making.of(desk, clients)
    taken = await _taken(desk, {session.id for _, session in due})
    new: list[NewCheckIn] = []
    for ask, session in due:
        plan = plans[session.client_id]
        asked = plan.client.state is ClientState.ACTIVE and plan.client.id in making.episodes
        if session.planned and asked:
            made = [one for one in _made(making, plan, ask, session) if one.measure not in taken[session.id]]
            taken[session.id] |= {one.measure for one in made}
            new += made
    await open_new(desk, new, clients)
    return len(due)


async def _taken(desk: Desk, session_ids: set[int]) -> Mapping[int, set[str]]:
    """Map sessions to the measures that are being asked around them, or have been answered."""
    taken: defaultdict[int, set[str]] = defaultdict(set)
    for one in await desk.tx.check_ins.of_sessions(session_ids):
        if one.marks or one.state in {CheckInState.OPEN, CheckInState.WAITING, CheckInState.COMPLETE}:
            taken[one.session_id or 0].add(one.measure)
    return taken


def _made(making: Making, plan: Plan, ask: SessionAsk, session: Session) -> Iterator[NewCheckIn]:
    """Make the check-ins of one schedule around a session; none where it is the client's no longer."""
    desk, client = making.desk, plan.client
    own = making.goals.get(client.id, ())
    for routine in plan.around_sessions(desk.policy):
        for measure in routine.measures if routine.name == ask.name else ():
            if asking.askable(desk.policy, client, measure, own):
                yield _check_in(making, plan, ask, session=session, routine=routine, measure=measure)


def _check_in(
    making: Making, plan: Plan, ask: SessionAsk, *, session: Session, routine: Routine, measure: str
) -> NewCheckIn:
    """Make one check-in; what is asked before a session is over when the session starts."""
    desk = making.desk
    in_time = desk.now - ask.due_at <= routine.late_by
    occurrence = Occurrence(ask.local_date, ask.due_at)
    made = making.check_in(
        routine,
        plan.client,
        occurrence,
        measure=measure,
        in_time=in_time,
        session_starts=session.starts_at,
    )
    revision = f"/{session.revision}" if session.revision else ""
    return dataclasses.replace(
        made,
        origin=f"session:{session.id}{revision}",
        local_date=session.keyed_on,
        slot=measure,
        session_id=session.id,
        importance=Importance.SESSION,
    )
