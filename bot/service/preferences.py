"""How a client is asked: in which language, question by question or together, on a phone of their own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.service.people import known
from bot.service.schedules import sync
from storage.records import Client

if TYPE_CHECKING:
    from bot.service.desk import Desk

AS_THE_SCHEDULE_SAYS = "schedule"
"""What to write for `ask` where a client is to have no way of their own."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to change about a client; None leaves it as it is.

    Attributes:
        ask: "one", "together", or "schedule" to forget a way of their own.
    """

    language: str | None = None
    zone: str | None = None
    country: str | None = None
    ask: str | None = None
    discreet: bool | None = None


async def change(desk: Desk, code: str, wanted: Change) -> Client:
    """Change how a client is asked; questions that wait to go out stay as they were written.

    Raises:
        PeopleError: no such client.
    """
    client = await known(desk, code)
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
    if changed.zone != client.zone:
        await sync(desk)
    return changed
