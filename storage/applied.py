"""Statements about the settings that were put in force last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.statements import insert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_THE_ONE = 1
"""There is one row: what is in force, not what was."""


class Applied:
    """What is in force of the config, without any secret."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def latest(self) -> tuple[Mapping[str, Mapping[str, object]], datetime] | None:
        """Give the settings in force and since when; None where no config was applied yet."""
        found = await self._connection.execute(sa.select(t.applied.c.settings, t.applied.c.at))
        row = found.one_or_none()
        return None if row is None else (row.settings, row.at)

    async def put(self, settings: Mapping[str, Mapping[str, object]], now: datetime) -> None:
        """Keep these settings, by section and key, as those in force."""
        values = {"settings": {name: dict(keys) for name, keys in settings.items()}, "at": now}
        statement = insert(self._connection, t.applied).values(id=_THE_ONE, **values)
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    async def try_writing(self, now: datetime) -> None:
        """Write a moment that nobody reads: whether the database takes writes shows."""
        await self._connection.execute(sa.update(t.applied).values(tried_at=now))
