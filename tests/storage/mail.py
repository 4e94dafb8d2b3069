"""Messages on their way out, for tests of the outbox."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from storage import tables as t
from storage.ready import Wanted
from storage.records import Arrived, Draft, Note, OutboxState, Outgoing, Priority
from storage.store import Store, Transaction
from tests.storage.caseload import HOUR, NOW, Case

UNTIL = NOW + HOUR


def draft(
    case: Case,
    body: str,
    *,
    priority: Priority = Priority.REPLY,
    kind: str = "reply",
    not_before: datetime = NOW,
    valid_until: datetime | None = None,
    check_in_id: int | None = None,
    position: int | None = None,
) -> Draft:
    """Make a message to the client, to be queued."""
    return Draft(
        case.address,
        kind,
        priority,
        body,
        not_before,
        valid_until,
        check_in_id=check_in_id,
        position=position,
    )


async def queue(store: Store, *drafts: Draft) -> None:
    """Queue messages in this order."""
    async with store.transaction() as tx:
        await tx.outbox.queue(drafts, NOW)


async def lease(store: Store, now: datetime = NOW, limit: int = 10) -> tuple[Outgoing, ...]:
    """Lease what may go out by SMS."""
    async with store.transaction() as tx:
        return await leased(tx, now, limit)


async def leased(
    tx: Transaction, now: datetime = NOW, limit: int = 10, channel: str = "sms"
) -> tuple[Outgoing, ...]:
    """Lease what may go out on a channel, within a transaction."""
    ready = await tx.leases.ready(Wanted(channel, now, most=limit, crises=limit))
    return await tx.leases.take(ready[:limit], now, now + HOUR)


async def bodies(store: Store, now: datetime = NOW, limit: int = 10) -> list[str]:
    """Lease what may go out by SMS, and say which messages those are."""
    return [one.body for one in await lease(store, now, limit)]


async def note(store: Store, *notes: Note) -> tuple[Outgoing, ...]:
    """Write how attempts ended."""
    async with store.transaction() as tx:
        return await tx.outcomes.note(notes)


def sent(outgoing: Outgoing, external_id: str = "SM1") -> Note:
    """Say that a message was taken by the network."""
    return Note(outgoing.id, OutboxState.SENT, NOW, "AC1", external_id)


async def arrive(
    store: Store, outcome: str, external_id: str = "SM1", code: str | None = None
) -> tuple[Outgoing, ...]:
    """Bring the network's later word on a message."""
    async with store.transaction() as tx:
        return await tx.outcomes.arrived([Arrived("sms", "AC1", external_id, outcome, code, NOW)])


async def states(store: Store) -> list[tuple[str, str | None]]:
    """List the state of every message, and the reason for it, in the order they were queued."""
    async with store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.outbox.c.state, t.outbox.c.reason).order_by(t.outbox.c.id)
        )
        return [(row.state, row.reason) for row in rows]
