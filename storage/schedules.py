"""Statements about what falls due when. The truth is an indexed column, not a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import ClientState, Schedule
from storage.statements import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class Schedules:
    """Each client's next occurrence of each schedule."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def due(self, now: datetime, limit: int) -> tuple[Schedule, ...]:
        """Claim schedules that are due, the longest due first; another worker's claims are passed over."""
        found = await self._connection.execute(
            sa.select(t.schedules)
            .join(t.clients)
            .where(
                t.schedules.c.active,
                t.schedules.c.next_due_at <= now,
                t.clients.c.state == ClientState.ACTIVE,
            )
            .order_by(t.schedules.c.next_due_at, t.schedules.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=[t.schedules, t.clients])
        )
        return tuple(_schedule(row) for row in found)

    async def plan(self, rows: Sequence[tuple[int, date, datetime]]) -> None:
        """Set the next occurrence of schedules: (id, local date, moment due)."""
        if rows:
            await self._connection.execute(
                sa.update(t.schedules)
                .where(t.schedules.c.id == sa.bindparam("which"))
                .values(local_date=sa.bindparam("day"), next_due_at=sa.bindparam("due")),
                [{"which": which, "day": day, "due": due} for which, day, due in rows],
            )

    async def of(self, client_ids: Iterable[int]) -> tuple[Schedule, ...]:
        """List the active schedules of clients."""
        found = await self._connection.execute(
            sa.select(t.schedules)
            .where(t.schedules.c.client_id.in_(list(client_ids)), t.schedules.c.active)
            .order_by(t.schedules.c.id)
        )
        return tuple(_schedule(row) for row in found)

    async def replace(self, wanted: Sequence[Schedule], client_ids: Iterable[int]) -> None:
        """Give clients exactly these active schedules; the records' ids are not used.

        One that is active already with the same rule keeps its next occurrence; the others stop.
        """
        ids = list(client_ids)
        going = {(one.client_id, one.name, one.rule) for one in await self.of(ids)}
        await self._connection.execute(
            sa.update(t.schedules).where(t.schedules.c.client_id.in_(ids)).values(active=False)
        )
        for one in wanted:
            await self._replace_one(one, going=(one.client_id, one.name, one.rule) in going)

    async def forget(self, client_id: int) -> None:
        """Drop a client's schedules, so that they are planned anew."""
        await self._connection.execute(sa.delete(t.schedules).where(t.schedules.c.client_id == client_id))

    async def _replace_one(self, one: Schedule, *, going: bool) -> None:
        same = sa.and_(t.schedules.c.client_id == one.client_id, t.schedules.c.name == one.name)
        if going:
            await self._connection.execute(sa.update(t.schedules).where(same).values(active=True))
            return
        values = {
            "rule": one.rule,
            "local_date": one.local_date,
            "next_due_at": one.next_due_at,
            "active": True,
        }
        changed = await self._connection.execute(sa.update(t.schedules).where(same).values(**values))
        if not changed.rowcount:
            await self._connection.execute(
                sa.insert(t.schedules).values(client_id=one.client_id, name=one.name, **values)
            )


def _schedule(row: Row) -> Schedule:
    return Schedule(row.id, row.client_id, row.name, row.rule, row.local_date, row.next_due_at)
