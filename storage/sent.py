"""Statements about what somebody was sent, which says what an answer of theirs belongs to."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.crypto import SealError
from storage.records import QUESTIONS, TOGETHER, Asked, OutboxState
from storage.statements import Row, among, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


GONE = (OutboxState.SENT, OutboxState.DELIVERED, OutboxState.LEASED, OutboxState.UNKNOWN)
"""The states of what went out, or may have."""

PUT = (*QUESTIONS, "confirm", "consent", "crisis", "break")
"""What ends the matter before it: a number that comes after it answers nothing older."""


class Sent:
    """What went out, or may have."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def asked(self, check_in_ids: Iterable[int]) -> Mapping[int, Asked]:
        """Map check-ins to what went out of their questions, or may have; where nothing did, there is none.

        A reply that belongs to a check-in is one that put it off: those are counted.
        """
        found = await self._connection.execute(_ASKED, {"ids": check_in_ids})
        messages: defaultdict[int, list[Row]] = defaultdict(list)
        for row in named(found):
            messages[row.check_in_id].append(row)
        return {number: _asked(some) for number, some in messages.items()}

    async def last_put(self, client_id: int) -> int | None:
        """Give the check-in of what was put to a client last, at any address; None where that has none.

        The question whether a session suits them, a crisis text, or that they take a break belongs to none.
        """
        row = await self._newest(client_id, t.outbox.c.kind.in_(PUT))
        return None if row is None else row.check_in_id

    async def last_confirm(self, client_id: int) -> str | None:
        """Give the body of the question whether a session suits a client, if they were sent nothing since.

        None too where it can't have reached them, or its key is gone. Whatever was queued after it to any
        of their addresses counts as sent.
        """
        row = await self._newest(client_id)
        if row is None or row.kind != "confirm" or row.state not in GONE:
            return None
        try:
            return self._cipher.open("outbox.body", row.body)
        except SealError:
            return None

    async def consent_shown(self, address_id: int) -> bool:
        """Tell whether the consent question went out to an address, or may have."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.id)
            .where(
                t.outbox.c.address_id == address_id,
                t.outbox.c.kind == "consent",
                t.outbox.c.state.in_(GONE),
            )
            .limit(1)
        )
        return found.first() is not None

    async def told_with(self, alert_id: int) -> str:
        """Give the body of the first message about an alert; "" where there is none, or its key is gone."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.body).where(t.outbox.c.alert_id == alert_id).order_by(t.outbox.c.id).limit(1)
        )
        body = found.scalar_one_or_none()
        with suppress(SealError):
            return self._cipher.open("outbox.body", body) if body else ""
        return ""

    async def _newest(self, client_id: int, *which: sa.ColumnElement[bool]) -> Row | None:
        """Find the message queued last for a client, at any of their addresses."""
        theirs = sa.select(t.addresses.c.id).where(t.addresses.c.client_id == client_id)
        found = await self._connection.execute(
            sa.select(t.outbox.c.kind, t.outbox.c.state, t.outbox.c.check_in_id, t.outbox.c.body)
            .where(t.outbox.c.address_id.in_(theirs), *which)
            .order_by(t.outbox.c.id.desc())
            .limit(1)
        )
        return found.one_or_none()


_ASKED = (
    sa.select(t.outbox.c.check_in_id, t.outbox.c.position, t.outbox.c.external_id, t.outbox.c.kind)
    .where(
        among(t.outbox.c.check_in_id, "ids"),
        sa.or_(
            t.outbox.c.kind.in_(QUESTIONS) & t.outbox.c.state.in_(GONE),
            (t.outbox.c.kind == "reply") & t.outbox.c.position.is_(None),
        ),
    )
    .order_by(t.outbox.c.id)
)


def _asked(messages: Sequence[Row]) -> Asked:
    """Make of the messages of one check-in, oldest first, what went out of it."""
    put = [one for one in messages if one.position is not None]
    together = [one.position for one in put if one.kind == TOGETHER]
    return Asked(
        {one.position: one.external_id for one in put if one.kind != TOGETHER},
        together[-1] if together else None,
        len(messages) - len(put),
    )
