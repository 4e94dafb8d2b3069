"""Statements about what falls due when. The truth is an indexed column, not a job."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import ClientState, Schedule
from storage.statements import among, claimed, insert, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class Schedules:
    """Each client's next occurrence of each schedule."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def due(self, now: datetime, limit: int, skip: int = 0) -> tuple[Schedule, ...]:
        """Claim schedules that are due, the longest due first; another worker's claims are passed over.

        Rows that refer to the clients may be written meanwhile: an answer that comes in need not wait.
        """
        found = await self._connection.execute(_DUE, {"now": now, "most": limit, "skip": skip})
        return tuple(Schedule(*row) for row in found)

    async def plan(self, planned: Sequence[Schedule]) -> None:
        """Write when schedules fall due next, and whether they do, by their ids."""
        if planned:
            await self._connection.execute(
                _PLAN,
                [
                    {
                        "which": one.id,
                        "day": one.local_date,
                        "at": one.wall,
                        "due": one.next_due_at,
                        "going": one.active,
                        "last": one.last_date,
                    }
                    for one in planned
                ],
            )

    async def of(self, client_ids: Iterable[int], *, stopped: bool = False) -> tuple[Schedule, ...]:
        """List the active schedules of clients, those that do not fall due any more where `stopped`."""
        found = await self._connection.execute(_ALL_OF if stopped else _ACTIVE_OF, {"ids": client_ids})
        return tuple(Schedule(*row) for row in found)

    async def put(self, wanted: Sequence[Schedule]) -> None:
        """Keep schedules as they are given, by client and name; the records' ids are not used."""
        if not wanted:
            return
        statement = insert(self._connection, t.schedules)
        rows = [{name: value for name, value in values(one).items() if name != "id"} for one in wanted]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in {"client_id", "name"}}
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["client_id", "name"], set_=changed), rows
        )


_COLUMNS = tuple(t.schedules.c[field.name] for field in dataclasses.fields(Schedule))
"""A schedule's columns in the order of the record's fields."""

_ALL_OF = sa.select(*_COLUMNS).where(among(t.schedules.c.client_id, "ids")).order_by(t.schedules.c.id)
_ACTIVE_OF = _ALL_OF.where(t.schedules.c.active)

_DUE = claimed(
    sa.select(*_COLUMNS)
    .join(t.clients)
    .where(
        t.schedules.c.active,
        t.schedules.c.next_due_at <= sa.bindparam("now", type_=t.Utc),
        t.clients.c.state == ClientState.ACTIVE,
    )
    .order_by(t.schedules.c.next_due_at, t.schedules.c.id),
    t.schedules,
    t.clients,
)

_PLAN = (
    sa.update(t.schedules)
    .where(t.schedules.c.id == sa.bindparam("which"))
    .values(
        local_date=sa.bindparam("day"),
        wall=sa.bindparam("at", type_=sa.Time),
        next_due_at=sa.bindparam("due", type_=t.Utc),
        active=sa.bindparam("going"),
        last_date=sa.bindparam("last"),
    )
)
