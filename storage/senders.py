"""What each of our senders may send, and whether it rests: one row for all workers.

A sender is one side of ours on one channel: a bot, an account. How fast it may send is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.statements import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

SenderKey = tuple[str, str]
"""A channel's name, and our account on it."""


_TOLD_FOR = timedelta(days=1)
"""For how long operators know what they were told."""

_REASON = 64
"""How many characters of a reason are kept."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a sender stands.

    Attributes:
        free_at: when all that it was given to send will have taken its time; None where that is nothing.
        halted_until: nothing goes before, as its network asked.
        halt_reason: what is wrong with its account, as operators were told; None while it sends.
    """

    free_at: datetime | None = None
    halted_until: datetime | None = None
    halt_reason: str | None = None


class Senders:
    """Our senders, and the chats that they write to."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def hold(self, keys: Collection[SenderKey]) -> Mapping[SenderKey, Sender]:
        """Read senders, and keep every other worker from them until this transaction ends."""
        found = await self._held(keys)
        if missing := [key for key in keys if key not in found]:
            await self._connection.execute(
                insert(self._connection, t.senders).on_conflict_do_nothing(),
                [{"channel": channel, "account": account} for channel, account in missing],
            )
            found = await self._held(keys)
        return found

    async def _held(self, keys: Collection[SenderKey]) -> Mapping[SenderKey, Sender]:
        rows = await self._connection.execute(_HELD, {"keys": list(keys)})
        return {
            (row.channel, row.account): Sender(row.free_at, row.halted_until, row.halt_reason) for row in rows
        }

    async def book(self, key: SenderKey, free_at: datetime) -> None:
        """Write until when a sender has been given work."""
        await self._connection.execute(_BOOK, {"keys": [key], "until": free_at})

    async def book_chats(self, free_at: Mapping[int, datetime]) -> None:
        """Write the same of chats, by the ids of their addresses."""
        if free_at:
            await self._connection.execute(
                _BOOK_CHATS, [{"which": one, "until": moment} for one, moment in sorted(free_at.items())]
            )

    async def halt(self, key: SenderKey, until: datetime) -> None:
        """Let a sender rest until a moment, for all workers; a longer rest stays as it is."""
        shorter = t.senders.c.halted_until.is_(None) | (t.senders.c.halted_until < until)
        await self.hold([key])
        await self._connection.execute(
            sa.update(t.senders).where(_THESE, shorter).values(halted_until=until), {"keys": [key]}
        )

    async def blame(self, key: SenderKey, reason: str) -> bool:
        """Keep what is wrong with a sender's account; returns whether nobody knew of it yet."""
        await self.hold([key])
        unknown = t.senders.c.halt_reason.is_(None)
        found = await self._connection.execute(
            sa.update(t.senders).where(_THESE, unknown).values(halt_reason=reason), {"keys": [key]}
        )
        return found.rowcount > 0

    async def news(self, channel: str, reason: str, now: datetime) -> bool:
        """Note that operators are told what a network refuses; False where they were within the last day."""
        new = insert(self._connection, t.refusals).values(
            channel=channel, reason=reason[:_REASON], told_at=now
        )
        found = await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[t.refusals.c.channel, t.refusals.c.reason],
                set_={"told_at": now},
                where=t.refusals.c.told_at <= now - _TOLD_FOR,
            ).returning(t.refusals.c.channel)
        )
        return found.first() is not None

    async def absolve(self, keys: Collection[SenderKey]) -> None:
        """Note that nothing is wrong with these accounts: they send."""
        if keys:
            await self._connection.execute(_ABSOLVE, {"keys": list(keys)})


_UNTIL = sa.bindparam("until", type_=t.Utc)

_THESE = sa.tuple_(t.senders.c.channel, t.senders.c.account).in_(sa.bindparam("keys", expanding=True))

_HELD = (
    sa.select(t.senders)
    .where(_THESE)
    .order_by(t.senders.c.channel, t.senders.c.account)  # or two workers could wait for one another
    .with_for_update()
)
"""Built once, as what follows: it is asked with each round of messages."""

_BOOK = sa.update(t.senders).where(_THESE).values(free_at=_UNTIL)

_BOOK_CHATS = sa.update(t.addresses).where(t.addresses.c.id == sa.bindparam("which")).values(free_at=_UNTIL)

_ABSOLVE = sa.update(t.senders).where(_THESE, t.senders.c.halt_reason.is_not(None)).values(halt_reason=None)
