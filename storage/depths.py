"""How much waits to go out, and for how long: what somebody who watches wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import OutboxState, Priority

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Line:
    """Messages of one priority that may go out now: how many, and how long the first could have gone."""

    many: int
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class Depths:
    """What is on its way out; priorities of which nothing waits are left out.

    Attributes:
        waiting: by priority, on the channels that were asked about.
        stranded: how many wait for a channel that was not asked about, and may be nobody's.
        leased: how many are being sent.
        unknown: of how many nobody knows whether they went.
        clock: what time it is where the database is, if that may be another machine.
    """

    waiting: Mapping[Priority, Line]
    leased: int
    unknown: int
    stranded: int = 0
    clock: datetime | None = None


async def depths(connection: AsyncConnection, now: datetime, channels: Collection[str]) -> Depths:
    """Count what is on its way out; each count reads the index of its state, and no more.

    Args:
        connection: to the database.
        now: the present moment (aware UTC).
        channels: those that are served here.
    """
    rows = await connection.execute(
        sa.select(
            t.outbox.c.channel,
            t.outbox.c.priority,
            sa.func.count().label("many"),
            sa.func.min(t.outbox.c.not_before, type_=t.Utc).label("oldest"),
        )
        .where(t.outbox.c.state == OutboxState.WAITING, t.outbox.c.not_before <= now)
        .group_by(t.outbox.c.channel, t.outbox.c.priority)
    )
    waiting: dict[Priority, Line] = {}
    stranded = 0
    for row in rows:
        if row.channel is None or row.channel in channels:
            known = waiting.get(Priority(row.priority), Line(0, timedelta()))
            line = Line(known.many + row.many, max(known.oldest, now - row.oldest))
            waiting[Priority(row.priority)] = line
        else:
            stranded += row.many
    leased = await _count(connection, OutboxState.LEASED)
    unknown = await _count(connection, OutboxState.UNKNOWN)
    return Depths(waiting, leased, unknown, stranded, await _clock(connection))


async def _clock(connection: AsyncConnection) -> datetime | None:
    """Ask a server for its time, at the end of what is asked: SQLite's is our own."""
    if connection.dialect.name != "postgresql":
        return None
    told: datetime = (await connection.execute(sa.select(sa.func.clock_timestamp()))).scalar_one()
    return told


async def _count(connection: AsyncConnection, state: OutboxState) -> int:
    found = await connection.execute(
        sa.select(sa.func.count()).select_from(t.outbox).where(t.outbox.c.state == state)
    )
    return found.scalar_one()
