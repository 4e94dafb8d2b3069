"""Statements about scores and episodes that were somewhere else before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.score import Score
from storage import tables as t
from storage.records import CareEpisode, Filed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class Imports:
    """What is kept of clients so far, to lay their older scores beside."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def filed(self, client_ids: Iterable[int]) -> tuple[Filed, ...]:
        """Load every score of clients, of every episode, oldest first."""
        rows = await self._connection.execute(
            sa.select(t.scores, t.check_ins.c.client_id)
            .join(t.check_ins, t.check_ins.c.id == t.scores.c.check_in_id)
            .where(t.check_ins.c.client_id.in_(list(client_ids)))
            .order_by(t.scores.c.at, t.scores.c.check_in_id)
        )
        return tuple(
            Filed(row.client_id, row.episode_id, Score(row.measure, tuple(row.items), row.at), row.source)
            for row in rows
        )

    async def episodes(self, client_ids: Iterable[int]) -> tuple[CareEpisode, ...]:
        """Load every episode of clients, in the order in which they were kept."""
        rows = await self._connection.execute(
            sa.select(t.episodes)
            .where(t.episodes.c.client_id.in_(list(client_ids)))
            .order_by(t.episodes.c.id)
        )
        return tuple(
            CareEpisode(row.id, row.client_id, row.opened_at, row.closed_at, row.ending) for row in rows
        )

    async def add_past(self, client_id: int, opened_at: datetime, closed_at: datetime, ending: str) -> int:
        """Keep an episode that ended before Attune knew of it, and return its id."""
        found = await self._connection.execute(
            sa.insert(t.episodes)
            .values(client_id=client_id, opened_at=opened_at, closed_at=closed_at, ending=ending)
            .returning(t.episodes.c.id)
        )
        return int(found.scalar_one())

    async def stretch(self, episode: CareEpisode, first: datetime, last: datetime) -> None:
        """Let an episode reach from its first score, and where it is closed to its last, at least."""
        closed_at = None if episode.closed_at is None else max(episode.closed_at, last)
        await self._connection.execute(
            sa.update(t.episodes)
            .where(t.episodes.c.id == episode.id)
            .values(opened_at=min(episode.opened_at, first), closed_at=closed_at)
        )
