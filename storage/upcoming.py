"""When something is next due: what a clock that can leap has to know, and nothing else asks.

A table whose rows fall due by themselves is one line in `_DUE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import CheckInState, ClientState, OutboxState
from storage.sessions import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_ACTIVE = sa.select(t.clients.c.id).where(t.clients.c.state == ClientState.ACTIVE)
_OPEN = t.check_ins.c.state == CheckInState.OPEN
_WAITS = t.outbox.c.state == OutboxState.WAITING

_DUE: tuple[tuple[sa.Column[datetime], sa.ColumnElement[bool]], ...] = (
    (t.schedules.c.next_due_at, t.schedules.c.active & t.schedules.c.client_id.in_(_ACTIVE)),
    (t.session_asks.c.due_at, ~t.session_asks.c.done),
    (t.sessions.c.confirm_at, t.sessions.c.state == SessionState.PLANNED),
    (t.session_series.c.plan_at, t.session_series.c.active),
    (t.check_ins.c.remind_at, _OPEN & t.check_ins.c.resume_at.is_(None)),
    (
        t.check_ins.c.resume_at,
        _OPEN & ~t.check_ins.c.held & (t.check_ins.c.expires_at > t.check_ins.c.resume_at),
    ),
    (t.check_ins.c.resume_at, t.check_ins.c.state == CheckInState.WAITING),
    (t.check_ins.c.expires_at, t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING])),
    (t.alerts.c.climb_at, t.alerts.c.closed_at.is_(None)),
    (t.alerts.c.silence_at, sa.true()),
)
"""Each column that says when a tick has something to do, and for which rows it has."""

_TO_SEND: tuple[tuple[sa.Column[datetime], sa.ColumnElement[bool]], ...] = (
    (t.outbox.c.not_before, _WAITS | (t.outbox.c.state == OutboxState.UNKNOWN)),
    (t.outbox.c.valid_until, _WAITS),
    (t.outbox.c.lease_until, t.outbox.c.state == OutboxState.LEASED),
)
"""The same for the outbox."""

_NOW = sa.bindparam("now", type_=t.Utc)


def _first(due: Iterable[tuple[sa.Column[datetime], sa.ColumnElement[bool]]]) -> sa.Select[datetime | None]:
    firsts = (
        sa.select(sa.func.min(column).label("first")).where(which, column > _NOW) for column, which in due
    )
    every = sa.union_all(*firsts).subquery()
    return sa.select(sa.func.min(every.c.first, type_=t.Utc))


_FIRST, _FIRST_TICK = _first((*_DUE, *_TO_SEND)), _first(_DUE)


async def upcoming(connection: AsyncConnection, now: datetime, *, sending: bool = True) -> datetime | None:
    """Give the first moment after `now` at which a tick finds something to do, or the outbox where `sending`.

    What is due at `now` or before is taken to be done. None: nothing falls due by itself any more.
    """
    found: datetime | None = await connection.scalar(_FIRST if sending else _FIRST_TICK, {"now": now})
    return found
