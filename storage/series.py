"""Statements about series of sessions: every so many weeks on a weekday, at a wall time."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.statements import claimed, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime, time

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.statements import Row


@dataclass(frozen=True, slots=True)
class Series:
    """Sessions that a client has every so many weeks.

    Attributes:
        weekday: Monday is 0.
        weeks: how many weeks lie between two.
        at: the wall time at which they start.
        zone: whose clock that is.
        minutes: how long each takes.
        starts_on: the date of the first; the others are counted from it.
        planned_through: up to which date its sessions have been made.
        plan_at: when the next are made.
        active: whether any more are.
    """

    id: int
    client_id: int
    weekday: int
    weeks: int
    at: time
    zone: str
    minutes: int
    starts_on: date
    planned_through: date
    plan_at: datetime
    active: bool = True

    def dates(self, through: date) -> Iterator[date]:
        """Give the dates for which no session has been made yet, up to one, in order."""
        step = timedelta(weeks=self.weeks)
        behind = (self.planned_through - self.starts_on) // step + 1
        day = self.starts_on + max(0, behind) * step
        while day <= through:
            yield day
            day += step


class SeriesRows:
    """The series of clients."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def add(self, series: Series) -> Series:
        """Keep a series; returns it with its id."""
        values = {name: value for name, value in dataclasses.asdict(series).items() if name != "id"}
        found = await self._connection.execute(
            sa.insert(t.session_series).values(values).returning(t.session_series.c.id)
        )
        return dataclasses.replace(series, id=found.scalar_one())

    async def of(self, client_ids: Iterable[int]) -> tuple[Series, ...]:
        """Lock and load the series of clients that go on, in id order."""
        rows = await self._connection.execute(
            sa.select(t.session_series)
            .where(t.session_series.c.client_id.in_(list(client_ids)), t.session_series.c.active)
            .order_by(t.session_series.c.id)
            .with_for_update()
        )
        return tuple(_series(row) for row in named(rows))

    async def due(self, now: datetime, limit: int, skip: int = 0) -> tuple[Series, ...]:
        """Claim the series of which more sessions are to be made, with their clients.

        Another worker's claims are passed over.
        """
        rows = await self._connection.execute(_DUE, {"now": now, "most": limit, "skip": skip})
        return tuple(_series(row) for row in named(rows))

    async def put(self, changed: Sequence[Series]) -> None:
        """Write up to when series are planned, when they are next, and whether they go on."""
        if changed:
            await self._connection.execute(
                _PUT,
                [
                    {
                        "which": one.id,
                        "through": one.planned_through,
                        "next": one.plan_at,
                        "going": one.active,
                    }
                    for one in changed
                ],
            )


def _series(row: Row) -> Series:
    return Series(**{field.name: getattr(row, field.name) for field in dataclasses.fields(Series)})


_DUE = claimed(
    sa.select(t.session_series)
    .join(t.clients)
    .where(t.session_series.c.active, t.session_series.c.plan_at <= sa.bindparam("now", type_=t.Utc))
    .order_by(t.session_series.c.plan_at, t.session_series.c.id),
    t.session_series,
    t.clients,
)
"""Built once: it is asked at each tick."""

_PUT = (
    sa.update(t.session_series)
    .where(t.session_series.c.id == sa.bindparam("which"))
    .values(
        planned_through=sa.bindparam("through"),
        plan_at=sa.bindparam("next", type_=t.Utc),
        active=sa.bindparam("going"),
    )
)
