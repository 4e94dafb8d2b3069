"""Statements about check-ins, their answers and their scores."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.goals import MEASURE, Goals
from storage.records import CheckIn, CheckInState, NewCheckIn
from storage.statements import Row, among, claimed, insert, named, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from scoring.instrument import Mark


class CheckIns:
    """What was asked of whom, and what came back."""

    def __init__(self, connection: AsyncConnection, goals: Goals) -> None:
        """Bind to a transaction's connection; `goals` are what some check-ins ask about."""
        self._connection = connection
        self._goals = goals

    async def add(self, new: Sequence[NewCheckIn]) -> tuple[CheckIn, ...]:
        """Keep occurrences; one that is there already is left as it is and not returned."""
        if not new:
            return ()
        rows = [{**values(one), "held": False, "refusals": 0} for one in new]
        keys = [t.check_ins.c.client_id, t.check_ins.c.origin, t.check_ins.c.local_date, t.check_ins.c.slot]
        found = await self._connection.execute(
            insert(self._connection, t.check_ins)
            .on_conflict_do_nothing(index_elements=keys)
            .returning(t.check_ins.c.id, *keys),
            rows,
        )
        ids = {(row.client_id, row.origin, row.local_date, row.slot): row.id for row in named(found)}
        added = []
        for one in new:
            # the first of two with one key is the one that was kept
            number = ids.pop((one.client_id, one.origin, one.local_date, one.slot), None)
            if number is not None:
                added.append(_added(number, one))
        return await self.with_texts(sorted(added, key=lambda one: one.id))

    async def open_of(self, client_ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Lock and load the open check-ins of clients in id order, with their answers."""
        rows = await self._connection.execute(_OPEN, {"ids": client_ids})
        found = named(rows)
        marks = await self._marks([row.id for row in found])
        return await self.with_texts([check_in_of(row, marks.get(row.id, ())) for row in found])

    async def by_id(self, ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Load check-ins in id order, with their answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins).where(t.check_ins.c.id.in_(list(ids))).order_by(t.check_ins.c.id)
        )
        return await self.with_marks([check_in_of(row) for row in named(rows)])

    async def of_sessions(self, session_ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Lock and load the check-ins of sessions in id order, also those that are over, with answers."""
        rows = await self._connection.execute(_OF_SESSIONS, {"ids": session_ids})
        return await self.with_marks([check_in_of(row) for row in named(rows)])

    async def hold(self, client_id: int) -> bool:
        """Pause a client's open check-in, until they ask for it; False where none is open."""
        found = await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.client_id == client_id, t.check_ins.c.state == CheckInState.OPEN)
            .values(held=True, refusals=0, suggested=None)
        )
        return found.rowcount > 0

    async def update(self, changed: Sequence[CheckIn], now: datetime) -> None:
        """Write how check-ins stand: state, held, refusals, suggestion, how put, until when, their end."""
        if not changed:
            return
        going = {CheckInState.OPEN, CheckInState.WAITING}
        await self._connection.execute(
            _STANDING,
            [
                {
                    "which": one.id,
                    "new_state": one.state,
                    "new_held": one.held,
                    "new_refusals": one.refusals,
                    "new_suggested": one.suggested,
                    "new_together": one.together,
                    "new_resume_at": one.resume_at,
                    "new_closed_at": None if one.state in going else now,
                }
                for one in changed
            ],
        )

    async def to_expire(self, now: datetime, limit: int, skip: int = 0) -> tuple[CheckIn, ...]:
        """Claim the open and waiting check-ins whose time is over, with their answers and their clients."""
        rows = await self._connection.execute(_OVER, {"now": now, "most": limit, "skip": skip})
        return await self.with_marks([check_in_of(row) for row in named(rows)])

    async def withdraw(self, client_id: int, now: datetime, *, measure: str | None = None) -> tuple[int, ...]:
        """Close what is open or waiting for a client who is not asked (that) any more; returns the ids."""
        found = await self._connection.execute(
            sa.update(t.check_ins)
            .where(
                t.check_ins.c.client_id == client_id,
                t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]),
                sa.true() if measure is None else t.check_ins.c.measure == measure,
            )
            .values(state=CheckInState.WITHDRAWN, closed_at=now)
            .returning(t.check_ins.c.id)
        )
        return tuple(found.scalars())

    async def last_closed(self, client_id: int, since: datetime) -> CheckIn | None:
        """Lock and load the check-in that a client answered last, if it closed at `since` or later."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(
                t.check_ins.c.client_id == client_id,
                t.check_ins.c.state.in_([CheckInState.COMPLETE, CheckInState.PARTIAL]),
                t.check_ins.c.closed_at >= since,
            )
            .order_by(t.check_ins.c.closed_at.desc(), t.check_ins.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        found = await self.with_marks([check_in_of(row) for row in named(rows)])
        return found[0] if found else None

    async def unfinished(self, *, lock: bool = True) -> tuple[CheckIn, ...]:
        """Load every open or waiting check-in, with its answers; where `lock`, nobody else changes them."""
        statement = (
            sa.select(t.check_ins)
            .where(t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]))
            .order_by(t.check_ins.c.id)
        )
        rows = await self._connection.execute(statement.with_for_update() if lock else statement)
        return await self.with_marks([check_in_of(row) for row in named(rows)])

    async def with_texts(self, found: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Give the check-ins that ask about a client's own goals what these are."""
        asked = {one.client_id for one in found if one.measure == MEASURE}
        goals = await self._goals.of(asked) if asked else {}
        return tuple(
            dataclasses.replace(one, texts=goals.get(one.client_id, ())) if one.measure == MEASURE else one
            for one in found
        )

    async def with_marks(self, found: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Load the answers of check-ins, and the client's own words where these ask about them."""
        marks = await self._marks([one.id for one in found])
        return await self.with_texts(
            [dataclasses.replace(one, marks=marks[one.id]) if one.id in marks else one for one in found]
        )

    async def _marks(self, ids: Sequence[int]) -> Mapping[int, tuple[Mark, ...]]:
        """Map check-ins to their answers; one without any is left out."""
        if not ids:
            return {}
        marks: dict[int, tuple[Mark, ...]] = {}
        for row in named(await self._connection.execute(_MARKS, {"ids": ids})):
            marks[row.check_in_id] = (*marks.get(row.check_in_id, ()), row.tenths)
        return marks


_OPEN = (
    sa.select(t.check_ins)
    .where(among(t.check_ins.c.client_id, "ids"), t.check_ins.c.state == CheckInState.OPEN)
    .order_by(t.check_ins.c.id)
    .with_for_update()
)
"""Built once, as what follows: it is asked with each batch of messages."""

_MARKS = (
    sa.select(t.answers.c.check_in_id, t.answers.c.tenths)
    .where(among(t.answers.c.check_in_id, "ids"))
    .order_by(t.answers.c.check_in_id, t.answers.c.position)
)

_OF_SESSIONS = (
    sa.select(t.check_ins)
    .where(among(t.check_ins.c.session_id, "ids"))
    .order_by(t.check_ins.c.id)
    .with_for_update()
)

_OVER = claimed(
    sa.select(t.check_ins)
    .join(t.clients)
    .where(
        t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]),
        t.check_ins.c.expires_at <= sa.bindparam("now", type_=t.Utc),
    )
    .order_by(t.check_ins.c.expires_at, t.check_ins.c.id),
    t.check_ins,
    t.clients,
)

_STANDING = (
    sa.update(t.check_ins)
    .where(t.check_ins.c.id == sa.bindparam("which"))
    .values(
        state=sa.bindparam("new_state"),
        held=sa.bindparam("new_held"),
        refusals=sa.bindparam("new_refusals"),
        suggested=sa.bindparam("new_suggested"),
        together=sa.bindparam("new_together"),
        resume_at=sa.bindparam("new_resume_at", type_=t.Utc),
        closed_at=sa.bindparam("new_closed_at", type_=t.Utc),
    )
)


def _added(number: int, new: NewCheckIn) -> CheckIn:
    """Make the check-in that a new occurrence has become."""
    return CheckIn(
        number,
        new.client_id,
        new.episode_id,
        new.measure,
        new.state,
        held=False,
        refusals=0,
        suggested=None,
        due_at=new.due_at,
        expires_at=new.expires_at,
        together=new.together,
        resume_at=new.resume_at,
        origin=new.origin,
        session_id=new.session_id,
        late_until=new.late_until,
        remind_at=new.remind_at,
        reminders=new.reminders,
    )


def check_in_of(row: Row, marks: tuple[Mark, ...] = ()) -> CheckIn:
    """Make a check-in of its row and its answers, which stand elsewhere."""
    return CheckIn(
        row.id,
        row.client_id,
        row.episode_id,
        row.measure,
        CheckInState(row.state),
        row.held,
        row.refusals,
        row.suggested,
        row.due_at,
        row.expires_at,
        marks,
        together=row.together,
        resume_at=row.resume_at,
        origin=row.origin,
        session_id=row.session_id,
        reminded=row.reminded,
        late_until=row.late_until,
        late=row.late,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        remind_at=row.remind_at,
        reminders=tuple(row.reminders or ()),
        told_partly=row.told_partly,
    )
