"""What is kept for a crisis: a client's safety plan, contact and whereabouts, and who stands in for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.plain import storable
from bot.service.people import PeopleError, known
from storage.records import Client, Emergency

if TYPE_CHECKING:
    from bot.service.desk import Desk

PLAN_AT_MOST = 1000
"""Characters of a safety plan: it stands before the crisis text, which must not be pushed out of sight."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a client gives for a crisis; None leaves as it was what stands there, "" takes it away."""

    safety_plan: str | None = None
    contact: str | None = None
    whereabouts: str | None = None


async def give(desk: Desk, code: str, given: Given) -> None:
    """Keep what a client gives for a crisis.

    Raises:
        PeopleError: no such client, or a plan that is too long to be sent.
    """
    client = await known(desk, code)
    if given.safety_plan is not None and len(given.safety_plan) > PLAN_AT_MOST:
        msg = f"a safety plan is sent before the crisis text: write at most {PLAN_AT_MOST} characters"
        raise PeopleError(msg)
    before = await desk.tx.people.emergency(client.id)
    now = Emergency(
        _changed(before.safety_plan, given.safety_plan),
        _changed(before.contact, given.contact),
        _changed(before.whereabouts, given.whereabouts),
    )
    await desk.tx.people.set_emergency(client.id, now)
    desk.audit("administrator", "emergency_set", client=client)


def _changed(before: str | None, given: str | None) -> str | None:
    return before if given is None else storable(given.strip()) or None


async def show(desk: Desk, code: str, by: str) -> tuple[Client, Emergency]:
    """Give what a client gave for a crisis, while one is open; that it was looked at is audited.

    Raises:
        PeopleError: no such client, or no open crisis of theirs.
    """
    client = await known(desk, code)
    alert = await desk.tx.alerts.crisis_of(client.id)
    if alert is None:
        msg = (
            f"client {code} has no open alert of danger; emergency details are shown only while there is one"
        )
        raise PeopleError(msg)
    desk.audit("administrator", "emergency_shown", client=client, detail=f"alert {alert.id} to {by}")
    return client, await desk.tx.people.emergency(client.id)


async def set_backup(desk: Desk, code: str, backup: str | None) -> None:
    """Say who stands in for a therapist in a crisis; None: whoever the config names.

    Raises:
        PeopleError: no such therapist, or the same one twice.
    """
    found = {one: await desk.tx.people.therapist(one) for one in (code, backup) if one is not None}
    for one, therapist in found.items():
        if therapist is None:
            msg = f"there is no therapist {one}; see: attune therapist list"
            raise PeopleError(msg)
    if code == backup:
        msg = f"{code} can't stand in for {code}; name another therapist"
        raise PeopleError(msg)
    therapist, other = found[code], found.get(backup or "")
    if therapist is not None:
        await desk.tx.people.set_backup(therapist.id, other.id if other else None)
        detail = f"{code} has the backup {backup or 'of the config'}"
        desk.audit("administrator", "backup_set", therapist=therapist, detail=detail)
