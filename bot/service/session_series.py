"""Series of sessions: begun, planned ahead, and ended."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot import bookings
from bot.service.session_asks import Changed, confirm_at, go_on, settle
from bot.service.shares import ALL, Share, whose
from bot.timetable import DaysOff, day_of
from storage.records import ClientState
from storage.series import Series
from storage.sessions import Session, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.bookings import Start
    from bot.service.desk import Desk
    from bot.service.sessions import By
    from storage.records import Client

_DAY = timedelta(days=1)


async def repeat(desk: Desk, client: Client, series: Series, *, by: By) -> Series:
    """Plan a session every so many weeks; the same series twice is one."""
    for known in await desk.tx.series.of([client.id]):
        if _same(known, series):
            return known
    kept = await desk.tx.series.add(series)
    await _make(desk, [kept], {client.id: client})
    desk.audit(
        by.actor, "series_begun", client=client, therapist=by.therapist, detail=f"{kept.id} {kept.at:%H:%M}"
    )
    return kept


def _same(one: Series, other: Series) -> bool:
    """Tell whether two series fall on the same days at the same time."""
    apart = (one.starts_on - other.starts_on).days % (7 * one.weeks)
    slots = ((each.weekday, each.weeks, each.at, each.zone, each.minutes) for each in (one, other))
    return apart == 0 and len(set(slots)) == 1


async def end(desk: Desk, client: Client, *, by: By) -> int | None:
    """End a client's series and cancel what is still to come of it; returns how many, None without any."""
    going = await desk.tx.series.of([client.id])
    if not going:
        return None
    await desk.tx.series.put([dataclasses.replace(one, active=False) for one in going])
    theirs = {one.id for one in going}
    changed = [
        Changed(one, dataclasses.replace(one, state=SessionState.CANCELLED, away=False, confirm_at=None))
        for one in await desk.tx.sessions.of([client.id], since=desk.now)
        if one.series_id in theirs and (one.planned or one.away) and one.starts_at > desk.now
    ]
    await settle(desk, changed, {client.id: client})
    await go_on(desk, {client.id: client})
    desk.audit(by.actor, "series_ended", client=client, therapist=by.therapist, detail=f"{sorted(theirs)}")
    return sum(one.off for one in changed)


async def plan_sessions(desk: Desk, share: Share = ALL) -> int:
    """Make the sessions of series that are to be planned by now; returns how many series were due."""
    due = await desk.tx.series.due(desk.now, *share)
    if due:
        await _make(desk, due, await whose(desk, {one.client_id for one in due}))
    return len(due)


async def take_up(desk: Desk, client: Client) -> None:
    """Make the sessions of a client's series at once: none were made while their episode was over."""
    await _make(desk, await desk.tx.series.of([client.id]), {client.id: client})


async def _make(desk: Desk, series: Sequence[Series], clients: Mapping[int, Client]) -> None:
    """Make the sessions of series up to as far ahead as the site plans.

    None for who has ended: theirs are made from then on, should they come back.
    """
    away = await desk.tx.absences.of(clients, resting=False)
    booked = {
        (one.client_id, one.starts_at)
        for one in await desk.tx.sessions.of(clients, since=desk.now)
        if one.planned
    }
    new: list[Session] = []
    planned: list[Series] = []
    for one in series:
        through, client = one.planned_through, clients[one.client_id]
        if client.state is not ClientState.CLOSED:
            through = max(through, day_of(desk.now, one.zone) + desk.policy.sessions.ahead)
            off = DaysOff(away.get(client.id, ()))
            made = _sessions_of(desk, one, client, through=through, off=off)
            new += [each for each in made if (client.id, each.starts_at) not in booked]
        planned.append(dataclasses.replace(one, planned_through=through, plan_at=desk.now + _DAY))
    await desk.tx.series.put(planned)
    added = await desk.tx.sessions.add(new, desk.now)
    await settle(desk, [Changed(None, one) for one in added], clients)


def _sessions_of(
    desk: Desk, series: Series, client: Client, *, through: date, off: DaysOff
) -> Iterator[Session]:
    """Give the sessions of a series that are still to come; one in a time away waits for its end."""
    for day in series.dates(through):
        start = bookings.start_on(day, series.at, series.zone)
        if start is None or start.when <= desk.now:
            continue
        local = day_of(start.when, client.zone)
        away = off.holds(local)
        session = Session(
            id=0,
            client_id=client.id,
            key=f"series:{series.id}:{day}",
            source="series",
            keyed_on=local,
            starts_at=start.when,
            ends_at=start.when + timedelta(minutes=series.minutes),
            state=SessionState.CANCELLED if away else SessionState.PLANNED,
            series_id=series.id,
            away=away,
        )
        yield dataclasses.replace(session, confirm_at=confirm_at(desk.policy, session, client, desk.now))


def series_of(client: Client, start: Start, *, zone: str, weeks: int, minutes: int) -> Series:
    """Make a series that begins with a session and is not kept yet."""
    return Series(
        id=0,
        client_id=client.id,
        weekday=start.day.weekday(),
        weeks=weeks,
        at=start.at,
        zone=zone,
        minutes=minutes,
        starts_on=start.day,
        planned_through=start.day - _DAY,
        plan_at=start.when,
    )


async def next_of(desk: Desk, series: Series) -> Session | None:
    """Find the next session of a series; None where none is planned yet."""
    for one in await desk.tx.sessions.of([series.client_id], since=desk.now):
        if one.series_id == series.id and one.planned and one.starts_at > desk.now:
            return one
    return None
