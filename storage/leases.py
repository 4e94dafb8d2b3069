"""Statements by which a process takes messages, gives them back, or loses them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.outgoing import free, outgoing
from storage.ready import READY, Wanted
from storage.records import QUESTIONS, AddressState, CheckInState, OutboxState, Outgoing, Priority
from storage.statements import among

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

_STARTED_BY_US = (*QUESTIONS, "confirm", "consent", "note", "remark")
"""What never goes to an address that asked for silence, whenever it was queued."""


class Leases:
    """What may go out now, taken by one process at a time."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def ready(self, wanted: Wanted) -> tuple[Outgoing, ...]:
        """Find what may go out now: per address only the head of its line, most urgent first.

        A message waits behind everything of its address that is more urgent, or as urgent and older, and
        behind whatever is under way to the same address. One that is tried again keeps its place in the
        line, but a cry for help waits for none. A question that was answered meanwhile is withdrawn here,
        however it came to be waiting. What is found is kept from other processes until the transaction ends.
        """
        statement = READY[self._connection.dialect.name]
        while True:
            ids = [row.id for row in await self._connection.execute(statement, wanted.parameters)]
            if not ids or not await self._withdraw_overtaken(ids, wanted.now):
                break
        found = await outgoing(self._connection, self._cipher, ids)
        place = {one: number for number, one in enumerate(ids)}
        found = tuple(sorted(found, key=lambda one: place[one.id]))
        crises = tuple(one for one in found if one.priority is Priority.CRISIS)
        return crises + found[len(crises) :][: wanted.most]

    async def take(self, ready: Sequence[Outgoing], now: datetime, until: datetime) -> tuple[Outgoing, ...]:
        """Lease what `ready` found, or some of it, until a moment."""
        if not ready:
            return ()
        await self._connection.execute(_TAKE, {"ids": [one.id for one in ready], "now": now, "until": until})
        return tuple(dataclasses.replace(one, leased_at=now, attempts=one.attempts + 1) for one in ready)

    async def _withdraw_overtaken(self, ids: Sequence[int], now: datetime) -> int:
        """Stop what must not go out any more: it was under way while an answer or a STOP came in.

        The same holds for what was put off, or paused for danger, meanwhile: whoever is in danger is not
        asked whether a session suits them.
        """
        found = await self._connection.execute(_OVERTAKEN, {"ids": ids, "now": now})
        return found.rowcount

    async def postpone(self, until: Mapping[int, datetime]) -> None:
        """Let waiting messages wait until a moment: by id."""
        at: defaultdict[datetime, list[int]] = defaultdict(list)
        for one, moment in until.items():
            at[moment].append(one)
        for moment, ids in at.items():
            await self._connection.execute(
                sa.update(t.outbox)
                .where(t.outbox.c.id.in_(ids), t.outbox.c.state == OutboxState.WAITING)
                .values(not_before=moment)
            )

    async def give_back(self, untried: Sequence[tuple[Outgoing, datetime]]) -> None:
        """Give leased messages back, each not to go before a moment; what was taken again since stays."""
        if not untried:
            return
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id == sa.bindparam("which"),
                t.outbox.c.state == OutboxState.LEASED,
                t.outbox.c.leased_at == sa.bindparam("lease", type_=t.Utc),
            )
            .values(
                state=OutboxState.WAITING,
                lease_until=None,
                attempts=t.outbox.c.attempts - 1,
                not_before=sa.bindparam("until", type_=t.Utc),
            ),
            [{"which": one.id, "lease": one.leased_at, "until": until} for one, until in untried],
        )

    async def lost_leases(self, now: datetime) -> int:
        """Move messages whose lease ran out to the unknown state: they may have been sent."""
        found = await self._connection.execute(_LOST, {"now": now})
        return found.rowcount

    async def reclaim(self, now: datetime) -> int:
        """Take all messages that are leased or unknown, to be asked about at once: their process is gone."""
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.state.in_([OutboxState.LEASED, OutboxState.UNKNOWN]))
            .values(state=OutboxState.UNKNOWN, not_before=now)
        )
        return found.rowcount

    async def lease_unknown(
        self, channels: Iterable[str], now: datetime, until: datetime, limit: int
    ) -> tuple[Outgoing, ...]:
        """Take messages of unknown outcome, to be asked about; each is passed over until `until`."""
        chosen = await self._connection.execute(_IN_DOUBT, {"channels": channels, "now": now, "most": limit})
        ids = list(chosen.scalars())
        if not ids:
            return ()
        await self._connection.execute(_NOT_BEFORE, {"ids": ids, "until": until})
        return await outgoing(self._connection, self._cipher, ids)


_NOW, _UNTIL = (sa.bindparam(name, type_=t.Utc) for name in ("now", "until"))

_TAKE = (
    sa.update(t.outbox)
    .where(among(t.outbox.c.id, "ids"))
    .values(state=OutboxState.LEASED, leased_at=_NOW, lease_until=_UNTIL, attempts=t.outbox.c.attempts + 1)
)
"""Built once, as what follows: it is asked with each round of messages."""

_ANSWERED = (
    sa.select(sa.func.count())
    .select_from(t.answers)
    .where(t.answers.c.check_in_id == t.outbox.c.check_in_id)
    .correlate(t.outbox)
    .scalar_subquery()
)

_AWAITED = sa.exists().where(
    t.check_ins.c.id == t.outbox.c.check_in_id,
    t.check_ins.c.state == CheckInState.OPEN,
    ~t.check_ins.c.held,
    t.check_ins.c.resume_at.is_(None),
)

_IN_DANGER = sa.exists().where(
    t.addresses.c.id == t.outbox.c.address_id,
    t.alerts.c.client_id == t.addresses.c.client_id,
    t.alerts.c.climb_at.is_not(None),
    t.alerts.c.closed_at.is_(None),
)

_SILENT = sa.exists().where(
    t.addresses.c.id == t.outbox.c.address_id, t.addresses.c.state != AddressState.ACTIVE
)

_OVERTAKEN = (
    sa.update(t.outbox)
    .where(
        among(t.outbox.c.id, "ids"),
        sa.or_(
            t.outbox.c.kind.in_(QUESTIONS) & (~_AWAITED | (t.outbox.c.position != _ANSWERED)),
            t.outbox.c.kind.in_(_STARTED_BY_US) & _SILENT,
            (t.outbox.c.kind == "confirm") & _IN_DANGER,
        ),
    )
    .values(state=OutboxState.WITHDRAWN, reason="overtaken", sent_at=_NOW)
)

_LOST = (
    sa.update(t.outbox)
    .where(t.outbox.c.id.in_(free(t.outbox.c.state == OutboxState.LEASED, t.outbox.c.lease_until <= _NOW)))
    .values(state=OutboxState.UNKNOWN, not_before=_NOW)
)

_IN_DOUBT = (
    sa.select(t.outbox.c.id)
    .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
    .where(
        t.outbox.c.state == OutboxState.UNKNOWN,
        t.outbox.c.not_before <= _NOW,
        among(t.addresses.c.channel, "channels"),
    )
    .order_by(t.outbox.c.priority, t.outbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True, of=t.outbox)
)

_NOT_BEFORE = sa.update(t.outbox).where(among(t.outbox.c.id, "ids")).values(not_before=_UNTIL)
