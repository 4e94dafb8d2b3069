"""Statements about what waits to go out: queue it, find it, take it back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.costs import HELD
from storage.crypto import SealError
from storage.outgoing import free, outgoing
from storage.ready import UNSETTLED
from storage.records import QUESTIONS, Draft, OutboxState, Outgoing
from storage.sent import GONE
from storage.statements import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

_NOW = sa.bindparam("now", type_=t.Utc)


def _channel_of(address: sa.ColumnElement[int]) -> sa.ScalarSelect[str]:
    return sa.select(t.addresses.c.channel).where(t.addresses.c.id == address).scalar_subquery()


_QUEUE = sa.insert(t.outbox).values(channel=_channel_of(sa.bindparam("to", type_=t.Id)))


class OutboxRows:
    """Messages that wait to go out."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher
        self.queued = False
        """Whether this transaction queued anything that may go at once."""

    async def queue(self, drafts: Sequence[Draft], now: datetime) -> None:
        """Queue messages in this order."""
        self.queued |= any(one.not_before <= now for one in drafts)
        if drafts:
            await self._connection.execute(
                _QUEUE,
                [
                    {
                        "address_id": one.address_id,
                        "to": one.address_id,
                        "kind": one.kind,
                        "priority": int(one.priority),
                        "body": self._cipher.seal("outbox.body", one.body),
                        "state": OutboxState.WAITING,
                        "created_at": now,
                        "not_before": one.not_before,
                        "valid_until": one.valid_until,
                        "attempts": 0,
                        "check_in_id": one.check_in_id,
                        "position": one.position,
                        "alert_id": one.alert_id,
                    }
                    for one in drafts
                ],
            )

    async def lapse(self, now: datetime) -> None:
        """Give up what is no longer valid before it could be sent."""
        await self._connection.execute(_TOO_LATE, {"now": now})

    async def adopt(self) -> None:
        """Give what an earlier version queued the channel by which it is found."""
        await self._connection.execute(_ADOPT)

    async def withdraw_questions(self, check_in_ids: Iterable[int], now: datetime) -> None:
        """Stop questions and reminders that have not gone out and are no longer the open one's."""
        await self._connection.execute(_ANSWERED, {"ids": check_in_ids, "now": now})

    async def withdraw(self, ids: Iterable[int], now: datetime) -> None:
        """Stop messages whose subject is gone and that have not gone out."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id.in_(list(ids)),
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .values(state=OutboxState.WITHDRAWN, reason="changed", sent_at=now)
        )

    async def withdraw_all(
        self, address_ids: Iterable[int], keep: Iterable[str], now: datetime
    ) -> frozenset[int]:
        """Stop everything waiting for addresses that asked for silence, but for the kinds in `keep`.

        Returns:
            The numbers of the alerts among it.
        """
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.address_id.in_(list(address_ids)),
                t.outbox.c.kind.not_in(list(keep)),
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .values(state=OutboxState.WITHDRAWN, reason="stopped", sent_at=now)
            .returning(t.outbox.c.alert_id)
        )
        return frozenset(number for number in found.scalars() if number is not None)

    async def withdraw_alert(self, alert_id: int, now: datetime) -> None:
        """Stop what is still to go out about an alert."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.alert_id == alert_id,
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .values(state=OutboxState.WITHDRAWN, reason="closed", sent_at=now)
        )

    async def unsent(self, check_in_ids: Iterable[int]) -> frozenset[int]:
        """Tell of which check-ins a question or a reminder is still on its way out."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.check_in_id)
            .where(
                t.outbox.c.check_in_id.in_(list(check_in_ids)),
                t.outbox.c.kind.in_(QUESTIONS),
                t.outbox.c.state.in_(UNSETTLED),
            )
            .distinct()
        )
        return frozenset(found.scalars())

    async def never_asked(self, check_in_ids: Iterable[int]) -> frozenset[int]:
        """Tell of which check-ins no question or reminder went, as far as is known, though some were due."""
        went = sa.func.sum(sa.case((t.outbox.c.state.in_(GONE), 1), else_=0))
        found = await self._connection.execute(
            sa.select(t.outbox.c.check_in_id)
            .where(t.outbox.c.check_in_id.in_(list(check_in_ids)), t.outbox.c.kind.in_(QUESTIONS))
            .group_by(t.outbox.c.check_in_id)
            .having(went == 0)
        )
        return frozenset(found.scalars())

    async def confirming(self, client_ids: Iterable[int]) -> tuple[tuple[int, str], ...]:
        """List what is still to ask clients whether a session suits them: id and body.

        One that does not open is left out: it is given up when it is its turn to go.
        """
        rows = await self._connection.execute(
            sa.select(t.outbox.c.id, t.outbox.c.body)
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .where(
                t.addresses.c.client_id.in_(list(client_ids)),
                t.outbox.c.kind == "confirm",
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
            .order_by(t.outbox.c.id)
        )
        found: list[tuple[int, str]] = []
        for row in rows:
            with suppress(SealError):
                found.append((row.id, self._cipher.open("outbox.body", row.body)))
        return tuple(found)

    async def questions_to(self, address_id: int) -> tuple[Outgoing, ...]:
        """List the questions that wait to go to an address, or of which nobody knows whether they went."""
        rows = await self._connection.execute(
            sa.select(t.outbox.c.id).where(
                t.outbox.c.address_id == address_id,
                t.outbox.c.kind.in_(QUESTIONS),
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
            )
        )
        return await outgoing(self._connection, self._cipher, rows.scalars().all())


_ANSWERED = (
    sa.update(t.outbox)
    .where(
        among(t.outbox.c.check_in_id, "ids"),
        t.outbox.c.kind.in_(QUESTIONS),
        t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.UNKNOWN]),
    )
    .values(state=OutboxState.WITHDRAWN, reason="answered", sent_at=_NOW)
)
"""Built once: it is asked with each batch of messages."""

_WAITS = t.outbox.c.state == OutboxState.WAITING

_TOO_LATE = (
    sa.update(t.outbox)
    .where(t.outbox.c.id.in_(free(_WAITS, t.outbox.c.valid_until <= _NOW)))
    .values(
        state=OutboxState.WITHDRAWN,
        # a cap that kept a message from going stays the reason for it
        reason=sa.case((t.outbox.c.reason == HELD, HELD), else_="too late"),
        sent_at=_NOW,
    )
)

_ADOPT = (
    sa.update(t.outbox)
    .where(t.outbox.c.id.in_(free(_WAITS, t.outbox.c.channel.is_(None))))
    .values(channel=_channel_of(t.outbox.c.address_id))
)
