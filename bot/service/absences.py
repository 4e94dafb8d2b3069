"""When clients and therapists are away: nothing is asked then, and sessions on those days are cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.service import planning, session_sync
from bot.timetable import day_of
from storage.records import ClientState

if TYPE_CHECKING:
    from datetime import date

    from bot.service.desk import Desk
    from bot.service.sessions import By
    from storage.records import Client, Therapist


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose time away it is: the client's, or the therapist's where `client` is None."""

    therapist: Therapist
    client: Client | None = None

    @property
    def zone(self) -> str:
        """Whose calendar the days are on."""
        return self.therapist.zone if self.client is None else self.client.zone


async def begin(desk: Desk, whose: Whose, days: tuple[date, date], *, by: By) -> int:
    """Be away from a day to another, both included; returns how many sessions that cancels."""
    await _hold(desk, whose)
    if whose.client is None:
        await desk.tx.absences.add(days, desk.now, therapist_id=whose.therapist.id)
    else:
        await desk.tx.absences.add(days, desk.now, client_id=whose.client.id)
    _audit(desk, whose, "away", by, detail=f"{days[0]} to {days[1]}")
    cancelled, _ = await _follow(desk, whose)
    return cancelled


@dataclass(frozen=True, slots=True)
class Back:
    """Which times away were ended, first and last day of each, and how many sessions are planned again."""

    times: tuple[tuple[date, date], ...]
    sessions: int


async def end(desk: Desk, whose: Whose, *, by: By) -> Back | None:
    """End the time away that holds today, or else drop the next to come; None without any.

    A break that a client takes goes on: it is theirs to end.
    """
    await _hold(desk, whose)
    today = day_of(desk.now, whose.zone)
    if whose.client is None:
        ended = await desk.tx.absences.end(today, therapist_id=whose.therapist.id)
    else:
        ended = await desk.tx.absences.end(today, client_id=whose.client.id)
    if not ended:
        return None
    for first, last in ended:
        _audit(desk, whose, "back", by, detail=f"{first} to {last}, on {today}")
    _, again = await _follow(desk, whose)
    return Back(ended, again)


async def _hold(desk: Desk, whose: Whose) -> None:
    """Hold the clients whose schedules and sessions it concerns."""
    if whose.client is None:
        await desk.tx.holds.clients_of(whose.therapist.id)
    else:
        await desk.tx.holds.clients([whose.client.id])


async def _follow(desk: Desk, whose: Whose) -> tuple[int, int]:
    """Plan anew what it concerns: the client's schedules and sessions, or those of all the therapist's."""
    people = desk.tx.people
    clients = [whose.client] if whose.client else await people.clients(therapist_id=whose.therapist.id)
    asked = {ClientState.ACTIVE, ClientState.PAUSED}
    await planning.plan(desk, [one for one in clients if one.state in asked])
    return await session_sync.sync(desk, clients)


def _audit(desk: Desk, whose: Whose, action: str, by: By, *, detail: str) -> None:
    therapist = by.therapist or whose.therapist
    desk.audit(by.actor, action, client=whose.client, therapist=therapist, detail=detail)
