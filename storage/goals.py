"""Statements about clients' goals, which are items in their own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.seals import opened
from storage.statements import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

MEASURE = "goals"
"""The measure whose items these are."""


class Goals:
    """What clients want from their therapy."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def add(self, client_id: int, text: str, now: datetime) -> None:
        """Keep a goal; its words are sealed."""
        await self._connection.execute(
            sa.insert(t.goals).values(
                client_id=client_id, text=self._cipher.seal("goals.text", text), set_at=now
            )
        )

    async def of(self, client_ids: Iterable[int]) -> Mapping[int, tuple[str, ...]]:
        """Map clients to their goals, oldest first ("": it does not open); who has none is left out."""
        rows = await self._connection.execute(_OF, {"ids": client_ids})
        found: dict[int, tuple[str, ...]] = {}
        for row in rows:
            text = opened(self._cipher, "goals.text", row.id, row.text) or ""
            found[row.client_id] = (*found.get(row.client_id, ()), text)
        return found

    async def end(self, client_id: int, place: int, now: datetime) -> bool:
        """End the goal at a place of the client's list, counted from 0; False where there is none."""
        which = (
            sa.select(t.goals.c.id)
            .where(t.goals.c.client_id == client_id, t.goals.c.ended_at.is_(None))
            .order_by(t.goals.c.id)
            .offset(place)
            .limit(1)
        )
        found = await self._connection.execute(
            sa.update(t.goals).where(t.goals.c.id == which.scalar_subquery()).values(ended_at=now)
        )
        return found.rowcount == 1


_OF = (
    sa.select(t.goals.c.id, t.goals.c.client_id, t.goals.c.text)
    .where(among(t.goals.c.client_id, "ids"), t.goals.c.ended_at.is_(None))
    .order_by(t.goals.c.id)
)
"""Built once: it is asked with each batch of what falls due."""
