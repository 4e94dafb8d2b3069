"""Sessions brought in line with what holds now: times away, zones, and the schedules of the config."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.service.desk import LIMIT
from bot.service.session_asks import Changed, confirm_at, go_on, settle
from bot.timetable import DaysOff, day_of
from storage.sessions import Session, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.service.desk import Desk
    from storage.records import Client

LOOKS_BACK = timedelta(days=14)
"""How old a session may be that a change of schedules still concerns, or a no-show."""


async def sync(desk: Desk, clients: Iterable[Client]) -> tuple[int, int]:
    """Bring sessions and what is asked around them in line with the schedules, zones and times away of now.

    Returns:
        How many sessions were cancelled because somebody is away, and how many are planned again.
    """
    off = again = 0
    everybody = list(clients)
    for begin in range(0, len(everybody), LIMIT):
        by_id = {one.id: one for one in everybody[begin : begin + LIMIT]}
        away = await desk.tx.absences.of(by_id, resting=False)
        changed = [
            Changed(one, _as_of_now(desk, by_id[one.client_id], one, DaysOff(away.get(one.client_id, ()))))
            for one in await desk.tx.sessions.of(by_id, since=desk.now - LOOKS_BACK)
            if one.planned or one.away
        ]
        await settle(desk, changed, by_id)
        await go_on(desk, {one.after.client_id: by_id[one.after.client_id] for one in changed if one.off})
        off += sum(one.off for one in changed)
        again += sum(one.anew for one in changed)
    return off, again


async def sync_all(desk: Desk) -> None:
    """Bring the sessions of everybody in line: the config may have changed."""
    await sync(desk, await desk.tx.people.clients(await desk.tx.sessions.clients_with()))


def _as_of_now(desk: Desk, client: Client, session: Session, away: DaysOff) -> Session:
    """Give a session as times away leave it; one that has begun stays as it is."""
    if session.starts_at > desk.now:
        absent = away.holds(day_of(session.starts_at, client.zone))
        if session.planned and absent:
            session = dataclasses.replace(session, state=SessionState.CANCELLED, away=True)
        elif session.away and not absent:
            session = dataclasses.replace(session, state=SessionState.PLANNED, away=False)
    return dataclasses.replace(session, confirm_at=confirm_at(desk.policy, session, client, desk.now))
