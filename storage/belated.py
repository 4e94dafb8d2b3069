"""Statements about texts that are read long after they were written: what was put to their writer since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import TOGETHER
from storage.sent import GONE, PUT

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_LOOKED_BACK = timedelta(days=14)
"""How long before a text a question may have been put that it answers: no check-in is open for longer."""


@dataclass(frozen=True, slots=True)
class Put:
    """Something that was put to a client: a question of a check-in, or, without one, anything else."""

    check_in_id: int | None
    position: int | None
    together: bool = False

    def asks(self, check_in_id: int, position: int) -> bool:
        """Tell whether this puts the question of a check-in at a position."""
        if self.check_in_id != check_in_id or self.position is None:
            return False
        return self.position <= position if self.together else self.position == position


class Belated:
    """What a text can't have answered."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def put(self, client_id: int, at: datetime) -> tuple[frozenset[Put], frozenset[Put]]:
        """List what was put to a client, at any address, up to a moment and after it."""
        theirs = sa.select(t.addresses.c.id).where(t.addresses.c.client_id == client_id)
        moment = sa.func.coalesce(t.outbox.c.sent_at, t.outbox.c.leased_at)
        rows = await self._connection.execute(
            sa.select(
                t.outbox.c.check_in_id, t.outbox.c.position, t.outbox.c.kind, (moment > at).label("since")
            )
            .where(
                t.outbox.c.address_id.in_(theirs),
                t.outbox.c.created_at > at - _LOOKED_BACK,
                t.outbox.c.kind.in_(PUT),
                t.outbox.c.state.in_(GONE),
            )
            .distinct()
        )
        found = [(Put(row.check_in_id, row.position, row.kind == TOGETHER), row.since) for row in rows]
        return (
            frozenset(one for one, since in found if not since),
            frozenset(one for one, since in found if since),
        )

    async def wished_since(self, address_id: int, at: datetime, readings: Collection[str]) -> bool:
        """Tell whether a later text from an address was read as one of these."""
        found = await self._connection.execute(
            sa.select(t.inbound.c.id)
            .where(
                t.inbound.c.address_id == address_id,
                t.inbound.c.at > at,
                t.inbound.c.reading.in_(list(readings)),
            )
            .limit(1)
        )
        return found.first() is not None
