"""Statements about what therapists decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import Decision
from storage.seals import opened
from storage.statements import Row, among

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

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

    async def expecting_dips(self, client_ids: Iterable[int], day: date) -> tuple[Decision, ...]:
        """List the decisions by which lower scores are expected on a day or after it, oldest first."""
        rows = await self._connection.execute(_DIPS, {"ids": client_ids, "day": day})
        return tuple(self._decision(row) for row in rows)

    async def of(self, client_id: int) -> tuple[Decision, ...]:
        """List what was decided about a client, oldest first."""
        rows = await self._connection.execute(
            sa.select(t.decisions).where(t.decisions.c.client_id == client_id).order_by(t.decisions.c.id)
        )
        return tuple(self._decision(row) for row in rows)

    def _decision(self, row: Row) -> Decision:
        """Make the record; words that do not open are left out: what was decided holds."""
        words = opened(self._cipher, "decisions.words", row.id, row.words) or ""
        return Decision(row.client_id, row.therapist_id, words, row.at, row.dip_until)


_DIPS = (
    sa.select(t.decisions)
    .where(
        among(t.decisions.c.client_id, "ids"), t.decisions.c.dip_until >= sa.bindparam("day", type_=sa.Date)
    )
    .order_by(t.decisions.c.id)
)
