"""Statements about scores."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.score import Score
from storage import tables as t
from storage.records import KeptScore
from storage.statements import among, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


class Scores:
    """What each check-in came to."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def keep(self, scores: Sequence[KeptScore]) -> None:
        """Keep the scores of completed check-ins."""
        if scores:
            await self._connection.execute(
                sa.insert(t.scores),
                [
                    {
                        "check_in_id": one.check_in_id,
                        "episode_id": one.episode_id,
                        "measure": one.score.instrument,
                        "items": list(one.score.items),
                        "total": one.score.total,
                        "at": one.score.at,
                        "source": one.source,
                    }
                    for one in scores
                ],
            )

    async def change(self, changed: KeptScore) -> None:
        """Put a score in the place of the one that its check-in had, or keep it where there was none."""
        await self._connection.execute(
            sa.delete(t.scores).where(t.scores.c.check_in_id == changed.check_in_id)
        )
        await self.keep([changed])

    async def of(self, check_in_id: int) -> Score | None:
        """Load the score of one check-in."""
        rows = await self._connection.execute(
            sa.select(t.scores).where(t.scores.c.check_in_id == check_in_id)
        )
        row = rows.one_or_none()
        return Score(row.measure, tuple(row.items), row.at) if row else None

    async def history(
        self, episode_ids: Iterable[int], *, but: int | None = None
    ) -> Mapping[tuple[int, str], tuple[Score, ...]]:
        """Map (episode, measure) to its scores, oldest first; without that of the check-in `but`.

        What is loaded ends with the episode: a client's earlier ones, and what they were told and wrote, are
        left alone. Within it no score can be left out, as there are rules that look at the first, the best,
        the median and the number of them.
        """
        rows = await self._connection.execute(_HISTORY, {"ids": episode_ids})
        series: defaultdict[tuple[int, str], list[Score]] = defaultdict(list)
        for row in named(rows):
            if row.check_in_id != but:
                series[row.episode_id, row.measure].append(Score(row.measure, tuple(row.marks), row.at))
        return {key: tuple(scores) for key, scores in series.items()}


_HISTORY = (
    sa.select(
        t.scores.c.check_in_id,
        t.scores.c.episode_id,
        t.scores.c.measure,
        t.scores.c["items"].label("marks"),
        t.scores.c.at,
    )
    .where(among(t.scores.c.episode_id, "ids"))
    .order_by(t.scores.c.at, t.scores.c.check_in_id)
)
