"""Statements about answers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import Answer
from storage.statements import Insert, insert_into, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


class Answers:
    """What each question of a check-in was answered with."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def keep(self, answers: Sequence[Answer]) -> None:
        """Keep answers; a changed one takes the place of the earlier."""
        if not answers:
            return
        await self._connection.execute(
            _answer(self._connection.dialect.name), [values(one) for one in answers]
        )

    async def sources(self, check_in_id: int) -> Mapping[int, int]:
        """Map the positions of a check-in's answers to the inbound messages that they were read from."""
        rows = await self._connection.execute(
            sa.select(t.answers.c.position, t.answers.c.inbound_id)
            .where(t.answers.c.check_in_id == check_in_id, t.answers.c.inbound_id.is_not(None))
            .order_by(t.answers.c.position)
        )
        return {row.position: row.inbound_id for row in rows}

    async def take_back(self, positions: Mapping[int, int]) -> None:
        """Drop answers of check-ins, by their ids, each from a position on."""
        if positions:
            await self._connection.execute(
                sa.delete(t.answers).where(
                    t.answers.c.check_in_id == sa.bindparam("of"),
                    t.answers.c.position >= sa.bindparam("from_here"),
                ),
                [{"of": one, "from_here": position} for one, position in positions.items()],
            )


@cache
def _answer(database: str) -> Insert:
    statement = insert_into(database, t.answers)
    changed = {name: statement.excluded[name] for name in ("tenths", "inbound_id", "at")}
    return statement.on_conflict_do_update(index_elements=["check_in_id", "position"], set_=changed)
