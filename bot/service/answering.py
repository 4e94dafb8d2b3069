"""How an alert is seen and ended, by a therapist's message or at the command line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot import wording
from bot.plain import storable
from bot.service.desk import ToTherapist
from bot.service.opening import open_waiting
from storage.records import Alert, ClientState, Priority, Therapist

if TYPE_CHECKING:
    from bot.service.desk import Desk, Say

BY_AT_MOST = 32
"""How many characters of who did it are kept."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who answers an alert: a therapist, or where it is None somebody at the command line, by `name`."""

    therapist: Therapist | None
    name: str

    @property
    def kept(self) -> str:
        """How it is kept with the alert."""
        return f"therapist {self.therapist.code}" if self.therapist else self.name[:BY_AT_MOST]

    @property
    def id(self) -> int | None:
        """The therapist's id."""
        return self.therapist.id if self.therapist else None


def therapist(one: Therapist) -> Who:
    """Make a therapist who answers."""
    return Who(one, one.code)


async def acknowledge(desk: Desk, number: int, who: Who) -> bool:
    """Note that an alert was seen; others who were told of a crisis hear of it."""
    if not await desk.tx.alerts.acknowledge(number, who.id, who.kept, desk.now):
        return False
    alert = await _found(desk, number)
    _audit(desk, "acknowledged", who, f"alert {number} by {who.name}")
    if alert.crisis_open:
        say = partial(wording.seen_by, number=number, code=alert.client_code, who=who.name)
        await _tell_others(desk, alert, who, say)
    return True


async def close(desk: Desk, number: int, who: Who, what: str) -> bool:
    """End an alert, once, with what was done; the check-ins that waited for it go on.

    Others who were told of it read what was done, and nothing more goes out about it.
    """
    done = storable(what.strip())
    if not await desk.tx.alerts.close(number, who.id, by=who.kept, closing=done, now=desk.now):
        return False
    alert = await _found(desk, number)
    _audit(desk, "closed", who, f"alert {number} by {who.name}: {done}")
    await desk.tx.outbox.withdraw_alert(number, desk.now)
    if alert.climb_at is not None:
        say = partial(wording.closed_by, number=number, code=alert.client_code, who=who.name, what=done)
        await _tell_others(desk, alert, who, say)
        await _go_on(desk, alert)
    return True


def _audit(desk: Desk, action: str, who: Who, detail: str) -> None:
    actor = "therapist" if who.therapist else "administrator"
    desk.audit(actor, action, therapist=who.therapist, detail=detail)


async def _found(desk: Desk, number: int) -> Alert:
    alert = await desk.tx.alerts.find(number)
    if alert is None:
        msg = "an alert that was just written is gone"
        raise LookupError(msg)
    return alert


async def _tell_others(desk: Desk, alert: Alert, who: Who, say: Say) -> None:
    """Tell whoever else was told of a crisis, at any hour: they may be about to act."""
    for one in await desk.tx.alerts.told(alert.id):
        if one != who.id:
            desk.tell(ToTherapist(one, "note", say, Priority.CRISIS))


async def _go_on(desk: Desk, alert: Alert) -> None:
    """Open the check-in that waited for the end of a crisis; a paused one waits for the client's word."""
    (client,) = await desk.tx.people.clients([alert.client_id])
    if client.state is ClientState.ACTIVE:
        await open_waiting(desk, {client.id: client})
