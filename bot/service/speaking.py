"""In which language a client is written to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.service.desk import Desk
    from storage.records import Client


async def speak(desk: Desk, client: Client, code: str, *, by: str = "client") -> Client:
    """Write to a client in another language from now on; returns the client as of then."""
    if client.language != code:
        await desk.tx.people.set_language(client.id, code)
        desk.audit(by, "changed", client=client, detail=f"language {code}")
    return dataclasses.replace(client, language=code)
