"""Which of a client's times in care is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from storage.records import CareEpisode, Client
    from storage.store import Transaction


async def latest(tx: Transaction, client: Client) -> CareEpisode | None:
    """Give a client's open episode, or the latest where none is open; None before the first."""
    known = await tx.imports.episodes([client.id])
    return max(known, key=_how_late, default=None)


async def began(tx: Transaction, client_ids: Collection[int]) -> Mapping[int, datetime]:
    """Map clients to when their open episode began, or the latest; one before the first is left out."""
    known = sorted(await tx.imports.episodes(client_ids), key=_how_late)
    return {one.client_id: one.opened_at for one in known}


def _how_late(episode: CareEpisode) -> tuple[bool, datetime, int]:
    return episode.closed_at is None, episode.opened_at, episode.id
