"""Sessions as a calendar has them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.service.session_asks import Changed, confirm_at, go_on, settle
from bot.service.sessions import detail_of, moved
from bot.timetable import day_of
from storage.sessions import Session, SessionState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.calendars.values import Meeting
    from bot.service.desk import Desk
    from storage.records import Client

GONE = "gone"
"""What is kept of a meeting that its calendar no longer has."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many sessions a calendar added, changed and called off."""

    added: int = 0
    changed: int = 0
    cancelled: int = 0


async def keep(
    desk: Desk,
    client: Client,
    meetings: Sequence[Meeting],
    *,
    source: str,
    window: tuple[datetime, datetime],
    calling_off: bool = True,
) -> Kept:
    """Bring a client's sessions in line with what a calendar has of them.

    What a person planned at the start of a meeting is that meeting: it stays as it is, and follows the
    meeting's later changes; only for being gone from the calendar it is not called off. What a person changed
    here stays so until the calendar changes the same meeting; what came from the calendar and is gone is
    called off. What has begun stays as it is, unless the calendar moves it to a time that is to come.

    Args:
        desk: the transaction's desk.
        client: whose meetings they are.
        meetings: all of the client's that the calendar has in the window, and those around it, so that what
            moved out of it is not taken for gone.
        source: "calendar:" and the calendar's name.
        window: from when to when sessions are brought in line: what starts later is not added, and what
            the calendar lacks is called off within it only.
        calling_off: whether what the calendar lacks is called off at all.
    """
    wanted = {key_of(one): one for one in meetings}
    found = {one.id: one for one in await desk.tx.sessions.of([client.id])}
    linked = list(_linked(wanted, found.values()))
    known = {one.key: one for one in (found | {one.after.id: one.after for one in linked}).values()}
    changed = [
        Changed(known[key], after)
        for key, meeting in wanted.items()
        if key in known and (after := _as_given(desk, client, known[key], meeting)) != known[key]
    ]
    changed += [
        Changed(one, dataclasses.replace(one, state=SessionState.CANCELLED, given=GONE, confirm_at=None))
        for one in coming(known.values(), source, (max(desk.now, window[0]), window[1]))
        if calling_off and one.key not in wanted
    ]
    stand = {**known, **{one.after.key: one.after for one in changed}}
    new = [
        _from_calendar(desk, client, meeting, key=key, source=source)
        for key, meeting in _new(desk, wanted, stand, until=window[1])
    ]
    added = await desk.tx.sessions.add(new, desk.now)
    everything = [*(Changed(None, one) for one in added), *linked, *changed]
    await settle(desk, everything, {client.id: client})
    await go_on(desk, {client.id: client})
    for one in linked:
        desk.audit(source[:32], "session_linked", client=client, detail=detail_of(one.after))
    for one in changed:
        desk.audit(source[:32], "session_changed", client=client, detail=detail_of(one.after))
    off = sum(one.off for one in changed)
    return Kept(len(added), len(changed) - off, off)


def _linked(wanted: Mapping[str, Meeting], found: Collection[Session]) -> Iterator[Changed]:
    """Link the sessions planned by hand to the meetings that a calendar has at the very same start."""
    by_hand = {one.starts_at: one for one in found if one.planned and not one.key.startswith("calendar:")}
    keys = {one.key for one in found}
    for key, meeting in wanted.items():
        if key not in keys and not meeting.cancelled and meeting.starts_at in by_hand:
            before = by_hand.pop(meeting.starts_at)
            after = dataclasses.replace(before, key=key, given=_said(meeting))
            yield Changed(before, after)


def _new(
    desk: Desk, wanted: Mapping[str, Meeting], known: Mapping[str, Session], *, until: datetime
) -> Iterator[tuple[str, Meeting]]:
    """Pick the meetings that are to be added: one at a time, and none where a session is planned then."""
    taken = {one.starts_at for one in known.values() if one.planned}
    for key, meeting in wanted.items():
        if (
            key not in known
            and not meeting.cancelled
            and meeting.starts_at not in taken
            and meeting.starts_at < until
            and meeting.ends_at > desk.now - _DAY
        ):
            taken.add(meeting.starts_at)
            yield key, meeting


def key_of(meeting: Meeting) -> str:
    """Give the key of the session that a meeting is."""
    return f"calendar:{meeting.key}"


def coming(
    sessions: Iterable[Session], source: str, window: tuple[datetime, datetime]
) -> tuple[Session, ...]:
    """Pick the sessions that came from a calendar, are to take place, and start within a window."""
    return tuple(
        one
        for one in sessions
        if one.source == source and one.planned and window[0] < one.starts_at < window[1]
    )


def _from_calendar(desk: Desk, client: Client, meeting: Meeting, *, key: str, source: str) -> Session:
    session = Session(
        id=0,
        client_id=client.id,
        key=key,
        source=source,
        keyed_on=day_of(meeting.starts_at, client.zone),
        starts_at=meeting.starts_at,
        ends_at=_ends_at(desk, meeting),
        given=_said(meeting),
    )
    return dataclasses.replace(session, confirm_at=confirm_at(desk.policy, session, client, desk.now))


def _as_given(desk: Desk, client: Client, known: Session, meeting: Meeting) -> Session:
    """Give a session as its calendar has it now.

    It stays as it is where the calendar says what it said before, and where it has begun and is not moved to
    a time that is to come.
    """
    if known.given == _said(meeting) or max(known.starts_at, meeting.starts_at) <= desk.now:
        return known
    after = moved(known, meeting.starts_at, _ends_at(desk, meeting))
    if meeting.cancelled:
        after = dataclasses.replace(after, state=SessionState.CANCELLED)
    after = dataclasses.replace(after, given=_said(meeting))
    return dataclasses.replace(after, confirm_at=confirm_at(desk.policy, after, client, desk.now))


def _ends_at(desk: Desk, meeting: Meeting) -> datetime:
    if meeting.ends_at > meeting.starts_at:
        return meeting.ends_at
    return meeting.starts_at + desk.policy.sessions.length


def _said(meeting: Meeting) -> str:
    state = "cancelled" if meeting.cancelled else "planned"
    return f"{meeting.starts_at:%Y%m%dT%H%M%SZ}/{meeting.ends_at:%Y%m%dT%H%M%SZ} {state}"
