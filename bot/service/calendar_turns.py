"""Calendars read by turns: one worker at a time; what a reading finds is kept as a whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot import wording
from bot.service.calendar_sessions import Of, take_in
from storage.calendars import Lease
from storage.records import ClientState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.calendars import Reading
    from bot.service.calendar_sessions import TakenIn
    from bot.service.desk import Desk
    from storage.calendars import CalendarState, Seen

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
"""How long a worker has a calendar for itself: longer than fetching and reading may take."""

RETRY = timedelta(minutes=15)
"""How soon at the latest a calendar is tried again that could not be read."""

ALARMING = 3
"""After how many readings in a row that failed operators are told."""

BELIEVED = 3
"""How many readings in a row have to lack so much before it is believed: the first, and two confirming it."""


_NOBODYS = "its therapist isn't here: add them, or give another code in [[calendars]]"


@dataclass(frozen=True, slots=True)
class Listed:
    """A calendar as the config lists it: its name, its therapist's code, where it is, how often it's read."""

    name: str
    therapist: str
    place: str
    every: timedelta

    @property
    def source(self) -> str:
        """Where its sessions say that they come from."""
        return f"calendar:{self.name}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's turn to read a calendar.

    Attributes:
        listed: the calendar.
        state: how its reading stood when the turn began.
        therapist_id: whose clients it is read for.
        codes: the clients'.
        zone: the therapist's.
        basis: names all but the content that a reading depends on now.
        fault: why it can't be read for anybody, if so.
    """

    listed: Listed
    state: CalendarState
    therapist_id: int = 0
    codes: Collection[str] = ()
    zone: str = "UTC"
    basis: str = ""
    fault: str | None = None

    @property
    def seen(self) -> Seen | None:
        """What the calendar was last, if a reading of the same would find the same now."""
        return self.state.seen if self.state.basis == self.basis else None


async def begin(desk: Desk, listed: Listed, *, anyway: bool = False) -> Turn | None:
    """Take a calendar for this worker alone, if it is due (or `anyway`) and nobody else has it."""
    lease = Lease(LEASE, listed.every)
    state = await desk.tx.calendars.claim(listed.name, desk.now, lease, anyway=anyway)
    if state is None:
        return None
    therapist = await desk.tx.people.therapist(listed.therapist)
    if therapist is None:
        return Turn(listed, state, fault=_NOBODYS)
    codes = [one.code for one in await desk.tx.people.clients(therapist_id=therapist.id)]
    # Each day anew: what is far ahead comes into sight, though the calendar stays as it is.
    day, ahead = f"{desk.now:%Y-%m-%d}", desk.policy.sessions.ahead.days
    depends = (listed.place, listed.therapist, therapist.zone, sorted(codes), day, ahead)
    basis = hashlib.sha256(json.dumps(depends).encode()).hexdigest()
    return Turn(listed, state, therapist.id, codes, therapist.zone, basis=basis)


async def same(desk: Desk, turn: Turn) -> None:
    """Note that a calendar is as it was: nothing changes."""
    if await desk.tx.calendars.held(turn.state):
        await desk.tx.calendars.put(_readable(desk, turn))


async def keep(desk: Desk, turn: Turn, reading: Reading, seen: Seen) -> TakenIn | None:
    """Keep what a reading found; None where the turn was over and another worker's has begun.

    A reading that lacks much of what is planned is not believed at once: what it has is kept, and nothing is
    called off, until two more readings in a row have said so too. One with an event that can't be read calls
    nothing off for being gone, which may be that event.
    """
    await desk.tx.holds.clients_of(turn.therapist_id)
    if not await desk.tx.calendars.held(turn.state):
        return None
    listed, state = turn.listed, _doubting(desk.now, turn.state, turn.listed.every)
    clients = await desk.tx.people.clients(therapist_id=turn.therapist_id)
    of = Of(listed.source, [one for one in clients if one.state is not ClientState.CLOSED])
    taken = await take_in(desk, of, reading, believed=state.doubts >= BELIEVED)
    after = dataclasses.replace(_readable(desk, turn), basis=turn.basis, seen=seen, doubts=0, doubted_at=None)
    if taken.doubted:
        # Not `seen`: a calendar that stays so is to be read again, which confirms it.
        after = dataclasses.replace(after, seen=None, doubts=state.doubts, doubted_at=state.doubted_at)
        if turn.state.doubts == 0:
            desk.alarm(partial(wording.calendar_emptied, name=listed.name, count=taken.missing))
    await desk.tx.calendars.put(after)
    _tell(listed, reading, taken)
    return taken


async def fail(desk: Desk, turn: Turn, why: str) -> None:
    """Note that a calendar could not be read, which changes no session; at the third time tell operators."""
    state, listed = turn.state, turn.listed
    if not await desk.tx.calendars.held(state):
        return
    failures = state.failures + 1
    due_at = desk.now + min(listed.every, RETRY)
    failed = dataclasses.replace(state, due_at=due_at, leased_until=None, failures=failures)
    await desk.tx.calendars.put(failed)
    log.warning(
        "A calendar can't be read.",
        action="calendar_failed",
        calendar=listed.name,
        failures=failures,
        why=why,
    )
    if failures == ALARMING:
        desk.alarm(partial(wording.calendar_unreadable, name=listed.name))


def _readable(desk: Desk, turn: Turn) -> CalendarState:
    """Give how the reading of a calendar stands after one without a fault; tell operators if that is news."""
    if turn.state.failures >= ALARMING:
        desk.alarm(partial(wording.calendar_readable, name=turn.listed.name))
    due_at = desk.now + turn.listed.every
    return dataclasses.replace(turn.state, due_at=due_at, leased_until=None, read_at=desk.now, failures=0)


def _doubting(now: datetime, state: CalendarState, every: timedelta) -> CalendarState:
    """Count one doubt more; a file that is written twice a minute confirms nothing so soon."""
    before = state.doubted_at
    if before is not None and before <= now < before + every:
        return state
    return dataclasses.replace(state, doubts=state.doubts + 1, doubted_at=now)


def _tell(listed: Listed, reading: Reading, taken: TakenIn) -> None:
    """Log what came of a reading: counts only."""
    left = reading.ambiguous or reading.unreadable
    (log.warning if left or taken.doubted else log.info)(
        "A calendar was read.",
        action="calendar_read",
        calendar=listed.name,
        added=taken.added,
        changed=taken.changed,
        cancelled=taken.cancelled,
        ambiguous=reading.ambiguous,
        unreadable=reading.unreadable,
        not_called_off=taken.missing if taken.held_back else 0,
    )
