"""Statements about check-ins that wait to be asked: which is next, and who was asked enough today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.check_ins import check_in_of
from storage.records import CheckIn, CheckInState, Priority
from storage.statements import among, claimed, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.check_ins import CheckIns


class Openings:
    """What a client should be asked next."""

    def __init__(self, connection: AsyncConnection, check_ins: CheckIns) -> None:
        """Bind to a transaction's connection; `check_ins` gives those that ask about goals their words."""
        self._connection = connection
        self._check_ins = check_ins

    async def next_waiting(
        self, client_ids: Iterable[int], now: datetime, *, wanted: bool = False
    ) -> tuple[CheckIn, ...]:
        """Lock and load the check-in that each client should have next, of those that still make sense.

        While a client's crisis is open there is none, unless it is `wanted`: they asked for it.
        """
        rows = await self._connection.execute(
            _WANTED if wanted else _WAITING, {"ids": client_ids, "now": now}
        )
        first: dict[int, CheckIn] = {}
        for row in named(rows):
            first.setdefault(row.client_id, check_in_of(row))
        return await self._check_ins.with_texts(list(first.values()))

    async def set_open(
        self, ids: Iterable[int], asked_at: datetime, *, remind_at: datetime | None = None
    ) -> None:
        """Open waiting check-ins whose first question may go out at a moment.

        `remind_at`: when they are reminded of first; None leaves it as it is.
        """
        reminding = {} if remind_at is None else {"remind_at": remind_at}
        await self._connection.execute(
            sa.update(t.check_ins)
            .where(among(t.check_ins.c.id, "ids"))
            .values(state=CheckInState.OPEN, opened_at=asked_at, **reminding),
            {"ids": ids},
        )

    async def begun(self, client_ids: Iterable[int], since: datetime) -> Mapping[int, tuple[datetime, ...]]:
        """Map clients to when they were asked first questions and reminded, since a moment."""
        asked = {"ids": client_ids, "since": since}
        rows = await self._connection.execute(_BEGUN, asked)
        found: dict[int, tuple[datetime, ...]] = {}
        for row in rows:
            times = [one for one in (row.opened_at, row.reminded_at) if one is not None and one >= since]
            found[row.client_id] = (*found.get(row.client_id, ()), *times)
        for reminder in await self._connection.execute(_REMINDED_BEFORE, asked):
            found[reminder.client_id] = (*found.get(reminder.client_id, ()), reminder.created_at)
        return found

    async def put_off(self, until: Mapping[int, datetime]) -> None:
        """Let what waits for clients wait until a moment, by the clients' ids."""
        if until:
            await self._connection.execute(
                sa.update(t.check_ins)
                .where(
                    t.check_ins.c.client_id == sa.bindparam("whose"),
                    t.check_ins.c.state == CheckInState.WAITING,
                )
                .values(resume_at=sa.bindparam("until", type_=t.Utc)),
                [{"whose": one, "until": moment} for one, moment in until.items()],
            )

    async def put_off_until(self, now: datetime, limit: int, skip: int = 0) -> tuple[int, ...]:
        """Let what was put off until now wait no more; returns whose it is. Each is given once."""
        found = await self._connection.execute(_RESUMED, {"now": now, "most": limit, "skip": skip})
        return tuple(sorted(set(found.scalars())))


_NOW, _SINCE = (sa.bindparam(name, type_=t.Utc) for name in ("now", "since"))

_WANTED = (
    sa.select(t.check_ins)
    .where(
        among(t.check_ins.c.client_id, "ids"),
        t.check_ins.c.state == CheckInState.WAITING,
        t.check_ins.c.expires_at > _NOW,
    )
    .order_by(t.check_ins.c.importance, t.check_ins.c.due_at, t.check_ins.c.id)
    .with_for_update()
)

_WAITING = _WANTED.where(
    ~sa.exists().where(
        t.alerts.c.client_id == t.check_ins.c.client_id,
        t.alerts.c.climb_at.is_not(None),
        t.alerts.c.closed_at.is_(None),
    ),
    t.check_ins.c.resume_at.is_(None) | (t.check_ins.c.resume_at <= _NOW),
)

_BEGUN = sa.select(t.check_ins.c.client_id, t.check_ins.c.opened_at, t.check_ins.c.reminded_at).where(
    among(t.check_ins.c.client_id, "ids"),
    sa.or_(t.check_ins.c.opened_at >= _SINCE, t.check_ins.c.reminded_at >= _SINCE),
)

_REMINDED_BEFORE = (
    sa.select(t.check_ins.c.client_id, t.outbox.c.created_at)
    .join(t.outbox, t.outbox.c.check_in_id == t.check_ins.c.id)
    .where(
        among(t.check_ins.c.client_id, "ids"),
        t.check_ins.c.reminded > 1,
        t.check_ins.c.reminded_at >= _SINCE,
        t.outbox.c.priority == Priority.REMINDER,
        t.outbox.c.created_at >= _SINCE,
        t.outbox.c.created_at != t.check_ins.c.reminded_at,
    )
)
"""The reminders before the latest, which is all that the check-in itself knows."""

_RESUMED = (
    sa.update(t.check_ins)
    .where(
        t.check_ins.c.id.in_(
            claimed(
                sa.select(t.check_ins.c.id)
                .join(t.clients)
                .where(t.check_ins.c.state == CheckInState.WAITING, t.check_ins.c.resume_at <= _NOW)
                .order_by(t.check_ins.c.resume_at, t.check_ins.c.id),
                t.check_ins,
                t.clients,
            ).scalar_subquery()
        )
    )
    .values(resume_at=None)
    .returning(t.check_ins.c.client_id)
)
