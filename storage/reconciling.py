"""Statements about reconciliation with a network's list: whose turn it is, and what we lack."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import OutboxState
from storage.statements import insert

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.calendars import Lease


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How the reconciliation with one account's list stands.

    Attributes:
        channel: the channel.
        account: our side of it.
        due_at: when it is due next.
        through: up to when everything in the list is known to be here.
        leased_until: until when one worker alone is at it; None where nobody is.
        failures: how many in a row have failed.
    """

    channel: str
    account: str
    due_at: datetime
    through: datetime
    leased_until: datetime | None = None
    failures: int = 0


class Reconciling:
    """What is compared with a network's own list."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def claim(
        self, account: tuple[str, str], now: datetime, lease: Lease, *, anyway: bool = False
    ) -> Reconciliation | None:
        """Take an account's reconciliation for one worker alone, if it is due and nobody has it.

        One that was never reconciled is known from now on: what came before is not ours. What lies further
        ahead than it can was written by a clock that was ahead, and holds nobody up.

        Args:
            account: the channel, and our side of it.
            now: the present.
            lease: how long it is taken for, and how often it is due.
            anyway: whether it is taken though it is not due.
        """
        channel, name = account
        row = t.reconciliations.c
        new = insert(self._connection, t.reconciliations).values(
            channel=channel, account=name, due_at=now + lease.every, through=now, failures=0
        )
        await self._connection.execute(new.on_conflict_do_nothing(index_elements=["channel", "account"]))
        free = (
            row.leased_until.is_(None) | (row.leased_until <= now) | (row.leased_until > now + lease.length)
        )
        found = await self._connection.execute(
            sa.update(t.reconciliations)
            .where(
                row.channel == channel,
                row.account == name,
                free,
                sa.true() if anyway else (row.due_at <= now) | (row.due_at > now + lease.every),
            )
            .values(leased_until=now + lease.length)
            .returning(*(row[name] for name in _COLUMNS))
        )
        taken = found.one_or_none()
        return None if taken is None else Reconciliation(*taken)

    async def held(self, claimed: Reconciliation) -> bool:
        """Lock a reconciliation, and tell whether it is still the worker's who claimed it so."""
        row = t.reconciliations.c
        found = await self._connection.execute(
            sa.select(row.account)
            .where(*_same(claimed), row.leased_until == claimed.leased_until)
            .with_for_update()
        )
        return found.one_or_none() is not None

    async def put(self, state: Reconciliation) -> None:
        """Write how a reconciliation stands."""
        await self._connection.execute(
            sa.update(t.reconciliations).where(*_same(state)).values(dataclasses.asdict(state))
        )

    async def of(self, channel: str, account: str) -> Reconciliation | None:
        """Load how an account's reconciliation stands; None where there was none yet."""
        row = t.reconciliations.c
        found = await self._connection.execute(
            sa.select(*(row[name] for name in _COLUMNS)).where(row.channel == channel, row.account == account)
        )
        known = found.one_or_none()
        return None if known is None else Reconciliation(*known)

    async def unknown(self, channel: str, account: str, external_ids: Collection[str]) -> frozenset[str]:
        """Give the ids of messages of which we never heard that they came."""
        inbound = t.inbound.c
        found = await self._connection.execute(
            sa.select(inbound.external_id).where(
                inbound.channel == channel,
                inbound.account == account,
                inbound.external_id.in_(list(external_ids)),
            )
        )
        return frozenset(external_ids) - frozenset(found.scalars())

    async def unsettled(self, account: str, external_ids: Collection[str]) -> frozenset[str]:
        """Give the ids of messages of ours of which we never heard what became of them."""
        outbox = t.outbox.c
        found = await self._connection.execute(
            sa.select(outbox.external_id).where(
                outbox.external_id.in_(list(external_ids)),
                outbox.account == account,
                outbox.state == OutboxState.SENT,
            )
        )
        return frozenset(found.scalars())


_COLUMNS = tuple(field.name for field in dataclasses.fields(Reconciliation))


def _same(one: Reconciliation) -> tuple[sa.ColumnElement[bool], ...]:
    return t.reconciliations.c.channel == one.channel, t.reconciliations.c.account == one.account
