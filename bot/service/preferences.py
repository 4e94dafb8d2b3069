"""How a client is asked: in which language, question by question or together, on a phone of their own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.service.people import PeopleError, known
from bot.service.planning import plan
from bot.service.session_sync import sync
from storage.records import Client, ClientState

if TYPE_CHECKING:
    from bot.service.desk import Desk

AS_THE_SCHEDULE_SAYS = "schedule"
"""What to write for `ask` where a client is to have no way of their own."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to change about a client; None leaves it as it is.

    Attributes:
        ask: "one", "together", or "schedule" to forget a way of their own.
        programme: the programme whose schedules are theirs; "" for the schedules that everybody gets.
    """

    language: str | None = None
    zone: str | None = None
    country: str | None = None
    ask: str | None = None
    discreet: bool | None = None
    programme: str | None = None


async def change(desk: Desk, code: str, wanted: Change) -> Client:
    """Change how a client is asked; questions that wait to go out stay as they were written.

    Raises:
        PeopleError: no such client, or no such programme.
    """
    client = await known(desk, code)
    _check_programme(desk, wanted)
    given = {
        field.name: value
        for field in dataclasses.fields(wanted)
        if (value := getattr(wanted, field.name)) is not None
    }
    detail = ", ".join(f"{name} {value}" for name, value in given.items())
    if given.get("ask") == AS_THE_SCHEDULE_SAYS:
        given["ask"] = None
    changed = dataclasses.replace(client, **given)
    if changed != client:
        await desk.tx.people.set_client(changed)
        desk.audit("administrator", "changed", client=client, detail=detail)
    if (changed.zone, changed.programme) != (client.zone, client.programme):
        if changed.state in {ClientState.ACTIVE, ClientState.PAUSED}:
            await plan(desk, [changed])
        await sync(desk, [changed])
    return changed


def _check_programme(desk: Desk, wanted: Change) -> None:
    if wanted.programme and wanted.programme not in desk.policy.programmes:
        named = ", ".join(sorted(desk.policy.programmes)) or "none"
        msg = f"there is no programme {wanted.programme}; known are {named}"
        raise PeopleError(msg)
