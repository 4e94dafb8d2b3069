"""The one order in which rows are locked, so that no two transactions wait for one another.

Whoever opens, moves or closes check-ins, sessions or schedules holds the rows of the clients whose they are
first, in the order of their ids, and only then takes what is theirs. What the clock brings claims a client
together with what is due, and passes over whoever is held, so that it never waits at all. SQLite has one
writer at a time, and nothing to hold.

A hold keeps nobody from writing what refers to a client: an alert, a remark, a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.addresses import Addresses


class Holds:
    """Clients kept for one transaction until its end."""

    def __init__(self, connection: AsyncConnection, addresses: Addresses) -> None:
        """Bind to a transaction's connection; `addresses` hashes them as they are looked up."""
        self._connection = connection
        self._addresses = addresses

    async def clients(self, ids: Iterable[int]) -> None:
        """Hold clients by their ids."""
        if held := list(ids):
            await self._hold(t.clients.c.id.in_(held))

    async def every_client(self) -> None:
        """Hold all clients, for what concerns everybody."""
        await self._hold(sa.true())

    async def clients_of(self, therapist_id: int) -> None:
        """Hold a therapist's clients."""
        await self._hold(t.clients.c.therapist_id == therapist_id)

    async def writers(self, addresses: Iterable[tuple[str, str]]) -> None:
        """Hold the clients behind (channel, address) pairs, and those of the therapists behind them.

        A therapist's words may move the sessions and check-ins of any client of theirs.
        """
        if self._connection.dialect.name != "postgresql":
            return
        prints = [self._addresses.fingerprint(*pair) for pair in addresses]
        behind = t.addresses.c.fingerprint.in_(prints)
        themselves = sa.select(t.addresses.c.client_id).where(behind, t.addresses.c.client_id.is_not(None))
        treated = t.clients.alias("treated")
        theirs = (
            sa.select(treated.c.id)
            .join(t.addresses, t.addresses.c.therapist_id == treated.c.therapist_id)
            .where(behind)
        )
        await self._hold(t.clients.c.id.in_(themselves.union(theirs)))

    async def written_to(self, external_ids: Collection[str]) -> None:
        """Hold the clients to whom messages went, by the networks' ids of these."""
        if external_ids:
            theirs = (
                sa.select(t.addresses.c.client_id)
                .join(t.outbox, t.outbox.c.address_id == t.addresses.c.id)
                .where(t.outbox.c.external_id.in_(external_ids), t.addresses.c.client_id.is_not(None))
            )
            await self._hold(t.clients.c.id.in_(theirs))

    async def _hold(self, which: sa.ColumnElement[bool]) -> None:
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(
                sa.select(t.clients.c.id)
                .where(which)
                .order_by(t.clients.c.id)
                .with_for_update(key_share=True)
            )
