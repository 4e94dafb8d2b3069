"""Statements about when clients and therapists are away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.statements import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class Absences:
    """The days on which somebody is away."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def add(
        self,
        days: tuple[date, date],
        now: datetime,
        *,
        client_id: int | None = None,
        therapist_id: int | None = None,
        resting: bool = False,
    ) -> None:
        """Keep that a client or a therapist is away from a day to another, both included.

        `resting`: a client only takes a break from being asked; their sessions go on.
        """
        await self._connection.execute(
            sa.insert(t.absences).values(
                client_id=client_id,
                therapist_id=therapist_id,
                first_day=days[0],
                last_day=days[1],
                created_at=now,
                resting=resting,
            )
        )

    async def end(
        self, today: date, *, client_id: int | None = None, therapist_id: int | None = None
    ) -> tuple[tuple[date, date], ...]:
        """End what holds on a day, or else drop the next time away to come; a break goes on.

        Returns:
            What was ended, in order, as it was: first and last day. Empty where there is none.
        """
        theirs = (
            t.absences.c.client_id == client_id
            if client_id is not None
            else t.absences.c.therapist_id == therapist_id
        )
        rows = await self._connection.execute(
            sa.select(t.absences.c.id, t.absences.c.first_day, t.absences.c.last_day)
            .where(theirs, ~t.absences.c.resting, t.absences.c.last_day >= today)
            .order_by(t.absences.c.first_day, t.absences.c.last_day, t.absences.c.id)
            .with_for_update()
        )
        times = [(row.id, (row.first_day, row.last_day)) for row in rows]
        ended = [one for one in times if one[1][0] <= today]
        ended = ended or [one for one in times if one[1] == times[0][1]]  # told twice, it is one
        begun = [one for one, days in ended if days[0] < today]
        await self._connection.execute(
            sa.update(t.absences).where(t.absences.c.id.in_(begun)).values(last_day=today - timedelta(days=1))
        )
        dropped = [one for one, days in ended if days[0] >= today]
        await self._connection.execute(sa.delete(t.absences).where(t.absences.c.id.in_(dropped)))
        return tuple(dict.fromkeys(days for _, days in ended))

    async def wake(self, client_id: int, today: date) -> bool:
        """End the break that a client takes from being asked; False where they take none."""
        current = (
            t.absences.c.client_id == client_id,
            t.absences.c.resting,
            t.absences.c.first_day <= today,
            t.absences.c.last_day >= today,
        )
        gone = await self._connection.execute(
            sa.delete(t.absences).where(*current, t.absences.c.first_day == today)
        )
        cut = await self._connection.execute(
            sa.update(t.absences).where(*current).values(last_day=today - timedelta(days=1))
        )
        return gone.rowcount + cut.rowcount > 0

    async def of(
        self, client_ids: Iterable[int], *, resting: bool = True
    ) -> Mapping[int, tuple[tuple[date, date], ...]]:
        """Map clients to the times when they or their therapists are away: first and last day.

        `resting`: also when they only take a break from being asked, while their sessions go on.
        """
        statement = _AWAY if resting else _AWAY.where(~t.absences.c.resting)
        found = await self._connection.execute(statement, {"ids": client_ids})
        away: dict[int, tuple[tuple[date, date], ...]] = {}
        for row in found:
            away[row.id] = (*away.get(row.id, ()), (row.first_day, row.last_day))
        return away

    async def resting(self, today: Mapping[int, date]) -> frozenset[int]:
        """Tell which clients take a break from being asked: `today` maps each to the date on their clock."""
        found = await self._connection.execute(
            sa.select(t.absences.c.client_id, t.absences.c.first_day, t.absences.c.last_day).where(
                t.absences.c.client_id.in_(list(today)), t.absences.c.resting
            )
        )
        return frozenset(
            row.client_id for row in found if row.first_day <= today[row.client_id] <= row.last_day
        )

    async def of_therapist(self, therapist_id: int) -> tuple[tuple[date, date], ...]:
        """List when a therapist is away: first and last day, in order."""
        found = await self._connection.execute(
            sa.select(t.absences.c.first_day, t.absences.c.last_day)
            .where(t.absences.c.therapist_id == therapist_id)
            .order_by(t.absences.c.first_day, t.absences.c.id)
        )
        return tuple((row.first_day, row.last_day) for row in found)


_AWAY = (
    sa.select(t.clients.c.id, t.absences.c.first_day, t.absences.c.last_day)
    .join(
        t.absences,
        sa.or_(
            t.absences.c.client_id == t.clients.c.id,
            t.absences.c.therapist_id == t.clients.c.therapist_id,
        ),
    )
    .where(among(t.clients.c.id, "ids"))
    .order_by(t.absences.c.first_day, t.absences.c.id)
)
"""Built once: it is asked with each batch of what falls due."""
