"""Which of a client's times in care is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.records import CareEpisode, Client
    from storage.store import Transaction


async def latest(tx: Transaction, client: Client) -> CareEpisode | None:
    """Give a client's open episode, or the latest where none is open; None before the first."""
    known = await tx.imports.episodes([client.id])
    return max(known, key=lambda one: (one.closed_at is None, one.opened_at, one.id), default=None)
