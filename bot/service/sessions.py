"""Sessions one by one: planned, moved, called off, confirmed, or missed by their client."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.service.session_asks import Changed, confirm_at, go_on, settle
from bot.service.session_sync import LOOKS_BACK
from bot.timetable import DaysOff, day_of
from storage.sessions import Session, SessionState

if TYPE_CHECKING:
    from datetime import date, datetime

    from bot.service.desk import Desk
    from storage.records import Client, Therapist


class SessionError(Exception):
    """A session can't be planned so; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes sessions: "therapist", "administrator", "client", "calendar:…" or "series"."""

    actor: str
    therapist: Therapist | None = None


async def is_away(desk: Desk, client: Client, when: datetime) -> bool:
    """Tell whether a client or their therapist is away on a day, on the client's calendar."""
    away = (await desk.tx.absences.of([client.id], resting=False)).get(client.id, ())
    return DaysOff(away).holds(day_of(when, client.zone))


async def book(desk: Desk, client: Client, times: tuple[datetime, datetime], *, by: By) -> Session:
    """Plan a session from a moment to another; the same one twice is one.

    Raises:
        SessionError: the client or the therapist is away on that day.
    """
    await _not_away(desk, client, times[0])
    for known in await desk.tx.sessions.of([client.id], since=times[0]):
        if known.starts_at == times[0] and known.state is not SessionState.NO_SHOW:
            after = moved(known, *times)
            if not known.planned:
                after = dataclasses.replace(after, asked_at=None, confirmed_at=None)
            return (
                known
                if after == known
                else await _change(desk, client, Changed(known, after), "planned", by=by)
            )
    new = Session(
        id=0,
        client_id=client.id,
        key="",
        source=by.actor,
        keyed_on=day_of(times[0], client.zone),
        starts_at=times[0],
        ends_at=times[1],
    )
    session = await _added(desk, client, new)
    desk.audit(by.actor, "session_planned", client=client, therapist=by.therapist, detail=detail_of(session))
    return session


async def _added(desk: Desk, client: Client, new: Session) -> Session:
    """Keep a single session under a key of its own: another may have been moved away from the same start."""
    new = dataclasses.replace(new, confirm_at=confirm_at(desk.policy, new, client, desk.now))
    number, key = 1, f"at:{new.starts_at:%Y-%m-%dT%H:%M}"
    while not (added := await desk.tx.sessions.add([dataclasses.replace(new, key=key)], desk.now)):
        number += 1
        key = f"at:{new.starts_at:%Y-%m-%dT%H:%M}/{number}"
    await settle(desk, [Changed(None, added[0])], {client.id: client})
    return added[0]


async def move(
    desk: Desk, client: Client, session: Session, *, times: tuple[datetime, datetime], by: By
) -> Session:
    """Move a session, and what is asked around it.

    Raises:
        SessionError: somebody is away on that day, or the client has another session then.
    """
    await _not_away(desk, client, times[0])
    for other in await desk.tx.sessions.of([client.id], since=times[0]):
        if other.id != session.id and other.planned and other.starts_at == times[0]:
            msg = f"{client.code} has another session then; choose another time"
            raise SessionError(msg)
    after = moved(session, *times)
    return (
        session if after == session else await _change(desk, client, Changed(session, after), "moved", by=by)
    )


def moved(session: Session, starts_at: datetime, ends_at: datetime) -> Session:
    """Give a session at another time: planned, and not confirmed yet unless it starts when it did."""
    after = dataclasses.replace(
        session, starts_at=starts_at, ends_at=ends_at, state=SessionState.PLANNED, away=False
    )
    if starts_at == session.starts_at:
        return after
    return dataclasses.replace(after, confirm_at=None, asked_at=None, confirmed_at=None)


async def call_off(desk: Desk, client: Client, session: Session, *, by: By) -> Session:
    """Cancel a session: nothing more is asked around it."""
    after = dataclasses.replace(session, state=SessionState.CANCELLED, away=False)
    return await _change(desk, client, Changed(session, after), "cancelled", by=by)


async def no_show(desk: Desk, client: Client, session: Session, *, by: By) -> Session:
    """Mark that a session did not take place because the client did not come."""
    after = dataclasses.replace(session, state=SessionState.NO_SHOW, away=False)
    return await _change(desk, client, Changed(session, after), "no_show", by=by)


async def confirm(desk: Desk, client: Client, session: Session) -> Session:
    """Note that a session suits its client."""
    after = dataclasses.replace(session, confirmed_at=desk.now)
    return await _change(desk, client, Changed(session, after), "confirmed", by=By("client"))


async def coming(desk: Desk, client: Client, day: date | None, *, zone: str) -> Session | None:
    """Find a client's next session that is still to begin, on a day where one is given; None without any."""
    for one in await desk.tx.sessions.of([client.id], since=desk.now):
        if one.planned and one.starts_at > desk.now and day in {None, day_of(one.starts_at, zone)}:
            return one
    return None


async def begun(desk: Desk, client: Client, day: date | None, *, zone: str) -> Session | None:
    """Find a client's last session that has begun, on a day where one is given; None without any."""
    for one in reversed(await desk.tx.sessions.of([client.id], since=desk.now - LOOKS_BACK)):
        if one.planned and one.starts_at <= desk.now and day in {None, day_of(one.starts_at, zone)}:
            return one
    return None


async def _change(desk: Desk, client: Client, changed: Changed, what: str, *, by: By) -> Session:
    planned_at = confirm_at(desk.policy, changed.after, client, desk.now)
    after = dataclasses.replace(changed.after, confirm_at=planned_at)
    await settle(desk, [Changed(changed.before, after)], {client.id: client})
    await go_on(desk, {client.id: client})
    desk.audit(by.actor, f"session_{what}", client=client, therapist=by.therapist, detail=detail_of(after))
    return after


def detail_of(session: Session) -> str:
    """Say in the audit trail which session, and when."""
    return f"{session.id} {session.starts_at:%Y-%m-%dT%H:%MZ}"


async def _not_away(desk: Desk, client: Client, when: datetime) -> None:
    if await is_away(desk, client, when):
        msg = (
            f"{client.code} or the therapist is away on {day_of(when, client.zone)}; end that first: attune"
            f" client away {client.code} --off, or attune therapist away … --off"
        )
        raise SessionError(msg)
