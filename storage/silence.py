"""Statements about check-ins that were missed, or asked and not answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import CheckInState
from storage.statements import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class Silence:
    """What came to nothing."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def take_untold(self) -> tuple[datetime, ...]:
        """Take the missed check-ins of which nobody was told: when they were due. Each is given once."""
        found = await self._connection.execute(_TAKE)
        return tuple(found.scalars())

    async def unanswered(self, episode_ids: Iterable[int]) -> tuple[datetime, ...]:
        """List when the check-ins of episodes were due that were asked and not answered, oldest first."""
        rows = await self._connection.execute(
            sa.select(t.check_ins.c.due_at)
            .where(t.check_ins.c.episode_id.in_(list(episode_ids)), _UNANSWERED)
            .order_by(t.check_ins.c.due_at)
        )
        return tuple(rows.scalars())

    async def unanswered_in_a_row(self, episode_ids: Iterable[int]) -> Mapping[int, int]:
        """Count, by episode, the latest check-ins in a row that were asked and not answered; at most 20.

        A late answer ends the row as any other does.

        Those that were never asked, taken back, or paused for danger neither count nor end the row.
        """
        ids = list(episode_ids)
        rows = await self._connection.execute(_LATEST, {"ids": ids})
        found = dict.fromkeys(ids, 0)
        over: set[int] = set()
        for row in rows:
            if row.state != CheckInState.EXPIRED:
                over.add(row.episode_id)
            elif row.episode_id not in over:
                found[row.episode_id] += 1
        return found


_TAKE = (
    sa.update(t.check_ins)
    .where(
        t.check_ins.c.id.in_(
            sa.select(t.check_ins.c.id)
            .where(t.check_ins.c.untold)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
    )
    .values(untold=False)
    .returning(t.check_ins.c.due_at)
)
"""Built once: it is asked at each tick."""

_UNANSWERED = (t.check_ins.c.state == CheckInState.EXPIRED) & t.check_ins.c.held.is_(False)
"""Asked, and over without an answer; a check-in that danger paused was not left unanswered."""

_IN_A_ROW = 20
"""How many check-ins without an answer are counted: more are no more news."""


def _latest() -> sa.Select[tuple[int, str, int]]:
    order = (t.check_ins.c.due_at.desc(), t.check_ins.c.id.desc())
    place = sa.func.row_number().over(partition_by=t.check_ins.c.episode_id, order_by=order)
    answered = t.check_ins.c.state.in_([CheckInState.COMPLETE, CheckInState.PARTIAL])
    whose = sa.select(t.episodes.c.client_id).where(among(t.episodes.c.id, "ids"))
    numbered = (
        sa.select(t.check_ins.c.episode_id, t.check_ins.c.state, place.label("place"))
        .where(
            t.check_ins.c.client_id.in_(whose),  # by whom there is an index
            among(t.check_ins.c.episode_id, "ids"),
            answered | _UNANSWERED,
        )
        .subquery()
    )
    return sa.select(numbered).where(numbered.c.place <= _IN_A_ROW).order_by(numbered.c.place)


_LATEST = _latest()
