"""Statements about check-ins that ended without an answer, and are answered all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.check_ins import check_in_of
from storage.records import CheckInState
from storage.statements import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.check_ins import CheckIns
    from storage.records import CheckIn


class Late:
    """What comes after the end."""

    def __init__(self, connection: AsyncConnection, check_ins: CheckIns) -> None:
        """Bind to a transaction's connection; `check_ins` loads their answers."""
        self._connection = connection
        self._check_ins = check_ins

    async def last_asked(self, client_id: int) -> CheckIn | None:
        """Lock and load the check-in that a client was asked last, however it stands, with its answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(t.check_ins.c.client_id == client_id, t.check_ins.c.opened_at.is_not(None))
            .order_by(t.check_ins.c.opened_at.desc(), t.check_ins.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        found = await self._check_ins.with_marks([check_in_of(row) for row in named(rows)])
        return found[0] if found else None

    async def followed(self, check_in: CheckIn) -> bool:
        """Tell whether the same measure fell due for the client again, or was filled in on paper since."""
        same = sa.exists().where(
            t.check_ins.c.client_id == check_in.client_id,
            t.check_ins.c.measure == check_in.measure,
            t.check_ins.c.due_at > check_in.due_at,
            t.check_ins.c.id != check_in.id,
            t.check_ins.c.state != CheckInState.WITHDRAWN,
        )
        return bool(await self._connection.scalar(sa.select(same)))

    async def last_busy(self, client_ids: Iterable[int], since: datetime) -> Mapping[int, datetime]:
        """Map clients to when something last ended with them after a moment.

        That is a check-in that closed, an answer, or the question whether a session suits them.
        """
        ids = list(client_ids)
        ended = sa.select(t.check_ins.c.client_id, t.check_ins.c.closed_at.label("at")).where(
            t.check_ins.c.client_id.in_(ids), t.check_ins.c.closed_at > since
        )
        answered = (
            sa.select(t.check_ins.c.client_id, t.answers.c.at)
            .join(t.answers, t.answers.c.check_in_id == t.check_ins.c.id)
            .where(t.check_ins.c.client_id.in_(ids), t.answers.c.at > since)
        )
        asked = sa.select(t.sessions.c.client_id, t.sessions.c.asked_at).where(
            t.sessions.c.client_id.in_(ids), t.sessions.c.asked_at > since
        )
        last: dict[int, datetime] = {}
        for row in await self._connection.execute(sa.union_all(ended, answered, asked)):
            last[row.client_id] = max(row.at, last.get(row.client_id, row.at))
        return last

    async def reopen(self, check_in: CheckIn) -> None:
        """Open a check-in again that is over, as its `reopened` gives it.

        Raises:
            ValueError: no answer counts after its end.
        """
        after = check_in.reopened()
        await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id == check_in.id)
            .values({name: getattr(after, name) for name in _CHANGES})
        )


_CHANGES = (
    "state",
    "refusals",
    "suggested",
    "expires_at",
    "resume_at",
    "closed_at",
    "remind_at",
    "late",
    "told_partly",
)
"""What of a check-in changes when it goes on after its end."""
