"""Statements about what arrived: messages, the words to pass on, and delivery reports."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import Received, Remark
from storage.seals import opened
from storage.statements import among, insert_into, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

Key = tuple[str, str, str]
"""(channel, account, external id)"""


class InboxRows:
    """What arrived, each kept once."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def keep(
        self, batch: Sequence[Received], now: datetime, fault: str | None = None
    ) -> Mapping[Key, int]:
        """Keep what arrived and return the ids of what is new; what was seen before is left out.

        Args:
            batch: what arrived.
            now: when it reached us.
            fault: why it could not be worked on, where it is kept for a person to look at.
        """
        if not batch:
            return {}
        rows = [
            {
                "channel": one.channel,
                "account": one.account,
                "external_id": one.external_id,
                "address_id": one.address_id,
                "kind": one.kind,
                "text": self._cipher.seal("inbound.text", one.said),
                "at": one.at,
                "received_at": now,
                "fault": fault,
            }
            for one in batch
        ]
        found = await self._connection.execute(_keep(self._connection.dialect.name), rows)
        return {(row.channel, row.account, row.external_id): row.id for row in named(found)}

    async def note_readings(self, readings: Sequence[tuple[int, str]]) -> None:
        """Write beside each message what it was read as: (inbound id, reading)."""
        alike: defaultdict[str, list[int]] = defaultdict(list)
        for which, read_as in readings:
            alike[read_as].append(which)
        for read_as, ids in alike.items():
            await self._connection.execute(_READ, {"ids": ids, "read_as": read_as})

    async def written(self, address_id: int, at: datetime) -> tuple[int, ...]:
        """Find the texts that came from an address and were sent at one moment, by their ids."""
        found = await self._connection.execute(
            sa.select(t.inbound.c.id)
            .where(t.inbound.c.address_id == address_id, t.inbound.c.at == at, t.inbound.c.kind == "text")
            .order_by(t.inbound.c.id)
        )
        return tuple(found.scalars())

    async def remark(self, remarks: Sequence[Remark], told_at: datetime | None = None) -> None:
        """Keep a client's own words (the records' ids are not used); `told_at` where they go on at once."""
        if remarks:
            await self._connection.execute(
                sa.insert(t.remarks),
                [
                    {
                        "client_id": one.client_id,
                        "check_in_id": one.check_in_id,
                        "text": self._cipher.seal("remarks.text", one.text),
                        "at": one.at,
                        "told_at": told_at,
                    }
                    for one in remarks
                ],
            )

    async def untold(self, check_in_ids: Sequence[int], now: datetime) -> tuple[Remark, ...]:
        """Take the remarks of check-ins that are still to be passed on, oldest first; each is given once.

        One that does not open is left out, and is not looked for again: the log has its id.
        """
        rows = await self._connection.execute(_UNTOLD, {"ids": check_in_ids, "now": now})
        found = [
            Remark(row.id, row.client_id, row.check_in_id, text, row.at)
            for row in rows
            if (text := opened(self._cipher, "remarks.text", row.id, row.text)) is not None
        ]
        return tuple(sorted(found, key=lambda one: one.id))


@cache
def _keep(database: str) -> sa.Executable:
    """Insert what arrived where it is new; built once, as the statements below."""
    columns = t.inbound.c
    return (
        insert_into(database, t.inbound)
        .on_conflict_do_nothing(index_elements=["channel", "account", "external_id"])
        .returning(columns.id, columns.channel, columns.account, columns.external_id)
    )


_READ = sa.update(t.inbound).where(among(t.inbound.c.id, "ids")).values(reading=sa.bindparam("read_as"))

_UNTOLD = (
    sa.update(t.remarks)
    .where(among(t.remarks.c.check_in_id, "ids"), t.remarks.c.told_at.is_(None))
    .values(told_at=sa.bindparam("now", type_=t.Utc))
    .returning(*t.remarks.c)
)
