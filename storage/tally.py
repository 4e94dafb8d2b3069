"""What happened, in numbers: of which kind messages were, and how many there are of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.statements import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Went:
    """What a message was that went out.

    Attributes:
        kind: the outbox's word for it ("question", "reminder", "reply", "alert" …).
        alert_id: the alert that it tells of, if any.
        check_in_id: the check-in that it belongs to, if any.
        measure: what that check-in asks.
        position: from which item on it asks, counted from 0; None where it asks nothing.
    """

    kind: str
    alert_id: int | None = None
    check_in_id: int | None = None
    measure: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What a message that came in was read as, or the kind of error that kept it from being read."""

    reading: str | None
    fault: str | None


class Tally:
    """Counts, and what stands beside a network's ids. Holds no person's words."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def went(self, external_ids: Iterable[str]) -> Mapping[str, Went]:
        """Map the network's ids of messages that went out to what they were."""
        rows = await self._connection.execute(_WENT, {"ids": external_ids})
        return {
            row.external_id: Went(row.kind, row.alert_id, row.check_in_id, row.measure, row.position)
            for row in rows
        }

    async def came(self, channel: str, account: str, external_ids: Iterable[str]) -> Mapping[str, Came]:
        """Map the network's ids of messages that came in to what they were read as."""
        rows = await self._connection.execute(
            _CAME, {"by_channel": channel, "by_account": account, "ids": external_ids}
        )
        return {row.external_id: Came(row.reading, row.fault) for row in rows}

    async def check_ins(self) -> Mapping[str, int]:
        """Count check-ins by state."""
        return await self._count(t.check_ins.c.state)

    async def scores(self) -> Mapping[str, int]:
        """Count scores by measure."""
        return await self._count(t.scores.c.measure)

    async def alerts(self) -> Mapping[str, int]:
        """Count alerts by severity."""
        return await self._count(t.alerts.c.severity)

    async def acknowledged(self) -> int:
        """Count the alerts that somebody has seen or closed."""
        seen = t.alerts.c.acknowledged_at.is_not(None) | t.alerts.c.closed_at.is_not(None)
        return await self._connection.scalar(sa.select(sa.func.count()).where(seen)) or 0

    async def _count(self, column: sa.Column[str]) -> Mapping[str, int]:
        """Count rows by what stands in a column, in the order of the words there."""
        rows = await self._connection.execute(sa.select(column, sa.func.count()).group_by(column))
        return {row[0]: row[1] for row in sorted(rows, key=lambda row: str(row[0]))}


_WENT = (
    sa.select(
        t.outbox.c.external_id,
        t.outbox.c.kind,
        t.outbox.c.alert_id,
        t.outbox.c.check_in_id,
        t.check_ins.c.measure,
        t.outbox.c.position,
    )
    .outerjoin(t.check_ins, t.check_ins.c.id == t.outbox.c.check_in_id)
    .where(among(t.outbox.c.external_id, "ids"))
)

_CAME = sa.select(t.inbound.c.external_id, t.inbound.c.reading, t.inbound.c.fault).where(
    t.inbound.c.channel == sa.bindparam("by_channel"),
    t.inbound.c.account == sa.bindparam("by_account"),
    among(t.inbound.c.external_id, "ids"),
)
