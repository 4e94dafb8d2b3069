"""Statements about what therapists decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import Decision

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


class Decisions:
    """What therapists decided about therapies."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def add(self, decision: Decision) -> None:
        """Keep a decision; its words are sealed."""
        await self._connection.execute(
            sa.insert(t.decisions).values(
                client_id=decision.client_id,
                therapist_id=decision.therapist_id,
                words=self._cipher.seal("decisions.words", decision.words),
                at=decision.at,
                dip_until=decision.dip_until,
            )
        )

    async def of(self, client_id: int) -> tuple[Decision, ...]:
        """List what was decided about a client, oldest first."""
        rows = await self._connection.execute(
            sa.select(t.decisions).where(t.decisions.c.client_id == client_id).order_by(t.decisions.c.id)
        )
        return tuple(
            Decision(
                row.client_id,
                row.therapist_id,
                self._cipher.open("decisions.words", row.words),
                row.at,
                row.dip_until,
            )
            for row in rows
        )
