"""The sessions of a therapist's clients, brought in line with what was read in a calendar."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.service import session_sync
from bot.service.session_calendar import Kept, coming, keep, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.calendars import Meeting, Reading
    from bot.policy import SessionRules
    from bot.service.desk import Desk
    from storage.records import Client

BEFORE, BEYOND = timedelta(days=2), timedelta(days=60)
"""How much more is read than is brought in line, so that what was moved out of it is seen to be moved."""

MANY = 3
"""From how many sessions on that are gone at once a calendar is doubted, if they are more than half."""


@dataclass(frozen=True, slots=True)
class Of:
    """Which calendar it is, as its sessions know it, and whose sessions are brought in line."""

    source: str
    clients: Sequence[Client]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of a reading.

    Attributes:
        by_client: how many sessions it added, changed and called off, by their client's code.
        missing: how many coming sessions of this calendar it lacks.
        doubted: whether these are so many that it is not believed.
        held_back: whether they stay planned, for this or another reason.
    """

    by_client: Mapping[str, Kept] = field(default_factory=dict)
    missing: int = 0
    doubted: bool = False
    held_back: bool = False

    @property
    def added(self) -> int:
        """How many sessions are new."""
        return sum(one.added for one in self.by_client.values())

    @property
    def changed(self) -> int:
        """How many were moved, or are planned again."""
        return sum(one.changed for one in self.by_client.values())

    @property
    def cancelled(self) -> int:
        """How many were called off."""
        return sum(one.cancelled for one in self.by_client.values())


def span(rules: SessionRules, now: datetime) -> tuple[datetime, datetime]:
    """Give from when to when a calendar is read."""
    return now - BEFORE, now + rules.ahead + BEYOND


def is_doubtful(missing: int, planned: int) -> bool:
    """Tell whether a calendar lacks so many of the sessions planned from it that it may be broken."""
    return missing >= MANY and 2 * missing > planned


async def take_in(
    desk: Desk, of: Of, reading: Reading, *, believed: bool, calling_off: bool = True
) -> TakenIn:
    """Bring the sessions of clients in line with a reading.

    Args:
        desk: the transaction's desk.
        of: which calendar, and whose sessions.
        reading: what stands in it, in all of `span`.
        believed: whether sessions that are gone are called off however many they are.
        calling_off: whether any are called off for being gone.
    """
    meetings: defaultdict[str, list[Meeting]] = defaultdict(list)
    for one in reading.meetings:
        meetings[one.code].append(one)
    window = (desk.now, desk.now + desk.policy.sessions.ahead)
    planned = await _planned(desk, of, window)
    missing = sum(
        len(planned[client.id] - {key_of(one) for one in meetings[client.code]}) for client in of.clients
    )
    doubted = not believed and is_doubtful(missing, sum(map(len, planned.values())))
    held_back = missing > 0 and (doubted or reading.unreadable > 0 or not calling_off)
    kept = {
        client.code: await keep(
            desk,
            client,
            meetings[client.code],
            source=of.source,
            window=window,
            calling_off=not held_back,
        )
        for client in sorted(of.clients, key=lambda one: one.id)
        if meetings[client.code] or planned[client.id]
    }
    moved = [one for one in of.clients if kept.get(one.code, Kept()) != Kept()]
    await session_sync.sync(desk, moved)  # nobody who is away is met
    return TakenIn(kept, missing, doubted, held_back)


async def _planned(desk: Desk, of: Of, window: tuple[datetime, datetime]) -> Mapping[int, set[str]]:
    """Give the keys of the coming sessions that came from a calendar, by client."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    sessions = await desk.tx.sessions.of([one.id for one in of.clients], since=window[0], source=of.source)
    for one in coming(sessions, of.source, window):
        found[one.client_id].add(one.key)
    return found
