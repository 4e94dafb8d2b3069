"""Statements about what messages cost: a ledger by day and address, and what was spent a day in all.

A day is one of UTC, as on the network's bill.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import OutboxState, Priority
from storage.statements import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

HELD = "over the cap"
"""Why a message waits that a cap holds back, as it stands beside it in the outbox."""

_SLOTS = 32
"""Among how many rows the sum of a day is divided: each process adds to one, and waits for few others."""

_SENDING = (OutboxState.SENT, OutboxState.DELIVERED, OutboxState.FAILED, OutboxState.UNKNOWN)
"""The states of what was under way once."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One message that is billed.

    Attributes:
        day: when it went or came, in UTC.
        address_id: whose it is.
        segments: how many parts it has on the bill; 0 where the network doesn't bill by parts.
        incoming: whether it came from there.
    """

    day: date
    address_id: int
    segments: int
    incoming: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """What went out and came in over some time, for one client, one therapist, or all the others together.

    Attributes:
        therapist: the therapist's code; None for operators and strangers.
        client: the client's code; None for what the therapist wrote and was written.
    """

    therapist: str | None
    client: str | None
    messages_out: int
    segments_out: int
    messages_in: int
    segments_in: int


class Costs:
    """What messages cost."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def add(self, spent: Sequence[Spent]) -> None:
        """Add messages to the ledger and to the sums of their days."""
        messages: Counter[tuple[date, int, bool]] = Counter()
        segments: Counter[tuple[date, int, bool]] = Counter()
        for one in spent:
            key = (one.day, one.address_id, one.incoming)
            messages[key] += 1
            segments[key] += one.segments
        names = ("day", "address_id", "incoming")
        rows = [  # in one order everywhere, so that no two transactions wait for one another
            {**dict(zip(names, key, strict=True)), "messages": messages[key], "segments": segments[key]}
            for key in sorted(messages)
        ]
        if rows:
            await self._add(t.costs, rows, ("messages", "segments"))
            await self._add_to_days(spent)

    async def _add_to_days(self, spent: Sequence[Spent]) -> None:
        days: Counter[date] = Counter()
        for one in spent:
            days[one.day] += one.segments
        slot = os.getpid() % _SLOTS
        rows = [{"day": day, "slot": slot, "segments": days[day]} for day in sorted(days)]
        await self._add(t.spending, rows, ("segments",))

    async def _add(
        self, table: sa.Table, rows: Sequence[Mapping[str, object]], columns: Sequence[str]
    ) -> None:
        """Insert rows, or add them up with those that are there."""
        new = insert(self._connection, table)
        sums = {name: table.c[name] + new.excluded[name] for name in columns}
        key = [column.name for column in table.primary_key]
        await self._connection.execute(new.on_conflict_do_update(index_elements=key, set_=sums), rows)

    async def spent(self, first: date, last: date) -> int:
        """Sum the segments of some days, both ways; the last day is included."""
        found = await self._connection.scalar(
            sa.select(sa.func.sum(t.spending.c.segments)).where(t.spending.c.day.between(first, last))
        )
        return int(found or 0)

    async def tell_once(self, period: str, percent: int, cap: int, now: datetime) -> bool:
        """Note that so much of a cap is used in a period; False where that was noted before."""
        new = insert(self._connection, t.cap_alarms).values(period=period, percent=percent, cap=cap, at=now)
        key = [column.name for column in t.cap_alarms.primary_key]
        found = await self._connection.execute(
            new.on_conflict_do_nothing(index_elements=key).returning(t.cap_alarms.c.cap)
        )
        return found.first() is not None

    async def by_person(self, first: date, last: date) -> tuple[Sums, ...]:
        """Sum what went out and came in on some days, by therapist and client; the last day is included."""
        own = t.therapists.alias("own")
        therapist = sa.func.coalesce(own.c.code, t.therapists.c.code)
        rows = await self._connection.execute(
            sa.select(therapist.label("therapist"), t.clients.c.code.label("client"), *_both_ways())
            .select_from(t.costs)
            .join(t.addresses, t.addresses.c.id == t.costs.c.address_id)
            .outerjoin(t.clients, t.clients.c.id == t.addresses.c.client_id)
            .outerjoin(t.therapists, t.therapists.c.id == t.clients.c.therapist_id)
            .outerjoin(own, own.c.id == t.addresses.c.therapist_id)
            .where(t.costs.c.day.between(first, last))
            .group_by(therapist, t.clients.c.code)
        )
        found = [Sums(row.therapist, row.client, *map(int, row[2:])) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.therapist is None, one.therapist, one.client or "")))

    async def may_wait(self, check_in_ids: Iterable[int]) -> frozenset[int]:
        """Tell which check-ins a cap may hold back: routine ones of which no question has gone out yet.

        What somebody asked for by hand is not among them, nor what a client has begun or put off.
        """
        asked = sa.exists().where(
            t.outbox.c.check_in_id == t.check_ins.c.id,
            t.outbox.c.state.in_(_SENDING),
        )
        found = await self._connection.execute(
            sa.select(t.check_ins.c.id).where(
                t.check_ins.c.id.in_(list(check_in_ids)),
                ~t.check_ins.c.origin.startswith("request:", autoescape=True),
                ~asked,
            )
        )
        return frozenset(found.scalars())

    async def hold(self, outbox_ids: Iterable[int], until: datetime) -> None:
        """Let waiting messages wait until a cap lets them go."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(list(outbox_ids)), t.outbox.c.state == OutboxState.WAITING)
            .values(not_before=until, reason=HELD)
        )

    async def let_go(self, now: datetime) -> None:
        """Let what a cap held back be looked at again: the cap may have been raised."""
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.state == OutboxState.WAITING,
                t.outbox.c.reason == HELD,
                t.outbox.c.not_before > now,
            )
            .values(not_before=now)
        )

    async def kept_from(self, check_in_ids: Iterable[int]) -> frozenset[int]:
        """Tell of which check-ins a cap held the first question back to the end."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.check_in_id)
            .where(
                t.outbox.c.check_in_id.in_(list(check_in_ids)),
                t.outbox.c.reason == HELD,
                t.outbox.c.position == 0,
                t.outbox.c.priority == Priority.QUESTION,
                t.outbox.c.state.in_([OutboxState.WAITING, OutboxState.WITHDRAWN]),
            )
            .distinct()
        )
        return frozenset(found.scalars())


def _both_ways() -> tuple[sa.ColumnElement[int], ...]:
    """Sum messages and segments that went out, then those that came in."""
    costs = t.costs.c
    return tuple(
        sa.func.sum(sa.case((costs.incoming.is_(incoming), column), else_=0))
        for incoming in (False, True)
        for column in (costs.messages, costs.segments)
    )
