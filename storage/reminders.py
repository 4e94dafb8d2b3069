"""Statements about check-ins that are put again by themselves: reminded of, or put off until now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.check_ins import check_in_of
from storage.records import CheckInState
from storage.statements import claimed, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.check_ins import CheckIns
    from storage.records import CheckIn


class Reminders:
    """What asks again where no answer came."""

    def __init__(self, connection: AsyncConnection, check_ins: CheckIns) -> None:
        """Bind to a transaction's connection; `check_ins` loads their answers."""
        self._connection = connection
        self._check_ins = check_ins

    async def due(self, now: datetime, limit: int, skip: int = 0) -> tuple[CheckIn, ...]:
        """Claim the open check-ins whose reminder is due, with their answers and their clients.

        One that the client put off waits, until it is put again. One that an answer to it, or another
        worker, has locked is passed over.
        """
        rows = await self._connection.execute(_DUE, {"now": now, "most": limit, "skip": skip})
        return await self._check_ins.with_marks([check_in_of(row) for row in named(rows)])

    async def put(self, upcoming: Mapping[int, datetime | None]) -> None:
        """Write when check-ins are reminded of next, by id; None for never."""
        if upcoming:
            await self._connection.execute(
                _PUT,
                [{"which": one, "next": moment} for one, moment in upcoming.items()],
            )

    async def sent(self, ids: Iterable[int], now: datetime) -> None:
        """Count a reminder that was queued; what had been suggested is no longer before the client."""
        await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id.in_(list(ids)))
            .values(reminded=t.check_ins.c.reminded + 1, reminded_at=now, suggested=None)
        )

    async def answered_at(self, ids: Iterable[int]) -> Mapping[int, datetime]:
        """Map check-ins to when their latest answer came; those without one are left out."""
        rows = await self._connection.execute(
            sa.select(t.answers.c.check_in_id, sa.func.max(t.answers.c.at, type_=t.Utc).label("latest"))
            .where(t.answers.c.check_in_id.in_(list(ids)))
            .group_by(t.answers.c.check_in_id)
        )
        return {row.check_in_id: row.latest for row in rows}

    async def put_off_until(self, now: datetime, limit: int, skip: int = 0) -> tuple[CheckIn, ...]:
        """Take the open check-ins that were put off until now; each is given once."""
        rows = await self._connection.execute(_RESUMED, {"now": now, "most": limit, "skip": skip})
        taken = sorted((check_in_of(row) for row in named(rows)), key=lambda one: one.id)
        return await self._check_ins.with_marks(taken)


_NOW = sa.bindparam("now", type_=t.Utc)

_DUE = claimed(
    sa.select(t.check_ins)
    .join(t.clients)
    .where(
        t.check_ins.c.state == CheckInState.OPEN,
        t.check_ins.c.remind_at <= _NOW,
        t.check_ins.c.resume_at.is_(None),
    )
    .order_by(t.check_ins.c.remind_at, t.check_ins.c.id),
    t.check_ins,
    t.clients,
)
"""Built once, as what follows: it is asked at each tick."""

_PUT = (
    sa.update(t.check_ins)
    .where(t.check_ins.c.id == sa.bindparam("which"))
    .values(remind_at=sa.bindparam("next", type_=t.Utc))
)

_RESUMED = (
    sa.update(t.check_ins)
    .where(
        t.check_ins.c.id.in_(
            claimed(
                sa.select(t.check_ins.c.id)
                .join(t.clients)
                .where(
                    t.check_ins.c.state == CheckInState.OPEN,
                    ~t.check_ins.c.held,
                    t.check_ins.c.resume_at <= _NOW,
                    t.check_ins.c.expires_at > _NOW,
                )
                .order_by(t.check_ins.c.resume_at, t.check_ins.c.id),
                t.check_ins,
                t.clients,
            ).scalar_subquery()
        )
    )
    .values(resume_at=None, suggested=None)
    .returning(*t.check_ins.c)
)
