"""Statements about episodes of care as a whole: what a site's own past is learned from."""

from __future__ import annotations

from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.histories import Ended, Episode
from scoring.instrument import AgeGroup
from scoring.score import Score
from storage import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

_ENDED: Mapping[str, Ended] = MappingProxyType({"planned": Ended.PLANNED, "unplanned": Ended.DROPPED})
"""How an episode ended, by the word it was closed with; another word (transferred) says neither."""


class Episodes:
    """The episodes of all clients."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def closed(self, measure: str) -> tuple[Episode, ...]:
        """Give the closed episodes that have scores of a measure, with those, in the order they began."""
        rows = await self._connection.execute(
            sa.select(
                t.clients.c.code,
                t.clients.c.age_group,
                t.episodes.c.ending,
                t.scores.c.episode_id,
                t.scores.c["items"],
                t.scores.c.at,
            )
            .join_from(t.scores, t.episodes, t.scores.c.episode_id == t.episodes.c.id)
            .join(t.clients, t.episodes.c.client_id == t.clients.c.id)
            .where(t.episodes.c.closed_at.is_not(None), t.scores.c.measure == measure)
            .order_by(t.episodes.c.id, t.scores.c.at, t.scores.c.check_in_id)
        )
        found = []
        for number, of_one in groupby(rows, key=lambda row: int(row.episode_id)):
            kept = list(of_one)
            scores = tuple(Score(measure, tuple(row[4]), row.at) for row in kept)
            age_group, ended = AgeGroup(kept[0].age_group), _ENDED.get(kept[0].ending)
            found.append(Episode(kept[0].code, str(number), scores, age_group, ended))
        return tuple(found)
