"""Messages on their way out, as whoever sends them needs them, and what all statements about them share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.crypto import SealError
from storage.records import OutboxState, Outgoing, Priority
from storage.statements import Row, among, named

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

SEALED = "does not open"
"""Why a message failed whose key is gone."""


_OUTGOING = (
    sa.select(
        t.outbox,
        t.addresses.c.channel,
        t.addresses.c.address.label("sealed_address"),
        t.addresses.c.client_id,
        t.addresses.c.free_at.label("chat_free_at"),
        sa.func.coalesce(t.clients.c.zone, t.therapists.c.zone).label("zone"),
    )
    .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
    .outerjoin(t.clients, t.clients.c.id == t.addresses.c.client_id)
    .outerjoin(t.therapists, t.therapists.c.id == t.addresses.c.therapist_id)
    .where(among(t.outbox.c.id, "ids"))
    .order_by(t.outbox.c.priority, t.outbox.c.id)
)


async def outgoing(connection: AsyncConnection, cipher: Cipher, ids: Collection[int]) -> tuple[Outgoing, ...]:
    """Load messages, most urgent first; one whose key is gone is given up: it must not keep others back."""
    if not ids:
        return ()
    rows = await connection.execute(_OUTGOING, {"ids": ids})
    found: list[Outgoing] = []
    sealed: list[int] = []
    for row in named(rows):
        try:
            found.append(_one(row, cipher))
        except SealError:
            sealed.append(row.id)
    if sealed:
        await connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(sealed))
            .values(state=OutboxState.FAILED, reason=SEALED)
        )
    return tuple(found)


def free(*which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Select messages that no other transaction is at work on: for those there is a next time."""
    return sa.select(t.outbox.c.id).where(*which).with_for_update(skip_locked=True).scalar_subquery()


def _one(row: Row, cipher: Cipher) -> Outgoing:
    return Outgoing(
        id=row.id,
        address_id=row.address_id,
        channel=row.channel,
        address=cipher.open("addresses.address", row.sealed_address),
        kind=row.kind,
        body=cipher.open("outbox.body", row.body),
        attempts=row.attempts,
        created_at=row.created_at,
        leased_at=row.leased_at or row.created_at,
        valid_until=row.valid_until,
        check_in_id=row.check_in_id,
        position=row.position,
        alert_id=row.alert_id,
        client_id=row.client_id,
        external_id=row.external_id,
        priority=Priority(row.priority),
        zone=row.zone,
        chat_free_at=row.chat_free_at,
        no_answer=row.no_answer_at is not None,
        unsure=row.unsure or 0,
        reason=row.reason,
    )
