"""Statements about check-ins, their answers and their scores."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.score import Score
from storage import tables as t
from storage.goals import MEASURE, Goals
from storage.records import Answer, CheckIn, CheckInState, KeptScore, NewCheckIn
from storage.statements import Row, insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

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
        rows = [{**dataclasses.asdict(one), "held": False, "refusals": 0} for one in new]
        keys = [t.check_ins.c.client_id, t.check_ins.c.origin, t.check_ins.c.local_date, t.check_ins.c.slot]
        found = await self._connection.execute(
            insert(self._connection, t.check_ins)
            .on_conflict_do_nothing(index_elements=keys)
            .returning(*t.check_ins.c),
            rows,
        )
        return await self._with_texts([_check_in(row) for row in sorted(found, key=lambda row: int(row.id))])

    async def open_of(self, client_ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Lock and load the open check-ins of clients in id order, with their answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(t.check_ins.c.client_id.in_(list(client_ids)), t.check_ins.c.state == CheckInState.OPEN)
            .order_by(t.check_ins.c.id)
            .with_for_update()
        )
        return await self._with_marks([_check_in(row) for row in rows])

    async def by_id(self, ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Load check-ins in id order, with their answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins).where(t.check_ins.c.id.in_(list(ids))).order_by(t.check_ins.c.id)
        )
        return await self._with_marks([_check_in(row) for row in rows])

    async def hold(self, client_id: int) -> bool:
        """Pause a client's open check-in, until they ask for it; False where none is open."""
        found = await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.client_id == client_id, t.check_ins.c.state == CheckInState.OPEN)
            .values(held=True, refusals=0, suggested=None)
        )
        return found.rowcount > 0

    async def next_waiting(
        self, client_ids: Iterable[int], now: datetime, *, wanted: bool = False
    ) -> tuple[CheckIn, ...]:
        """Lock and load the check-in that each client should have next, of those that still make sense.

        While a client's crisis is open there is none, unless it is `wanted`: they asked for it.
        """
        in_crisis = sa.exists().where(
            t.alerts.c.client_id == t.check_ins.c.client_id,
            t.alerts.c.climb_at.is_not(None),
            t.alerts.c.closed_at.is_(None),
        )
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(
                t.check_ins.c.client_id.in_(list(client_ids)),
                t.check_ins.c.state == CheckInState.WAITING,
                t.check_ins.c.expires_at > now,
                sa.literal(wanted) | ~in_crisis,
            )
            .order_by(t.check_ins.c.due_at, t.check_ins.c.id)
            .with_for_update()
        )
        first: dict[int, CheckIn] = {}
        for row in rows:
            first.setdefault(row.client_id, _check_in(row))
        return await self._with_texts(list(first.values()))

    async def set_open(self, ids: Iterable[int], now: datetime) -> None:
        """Open waiting check-ins."""
        await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id.in_(list(ids)))
            .values(state=CheckInState.OPEN, opened_at=now)
        )

    async def update(self, changed: Sequence[CheckIn], now: datetime) -> None:
        """Write how check-ins stand: state, held, refusals, suggestion, how put, until when, their end."""
        if not changed:
            return
        going = {CheckInState.OPEN, CheckInState.WAITING}
        await self._connection.execute(
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
            ),
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

    async def to_remind(self, now: datetime, limit: int) -> tuple[CheckIn, ...]:
        """Take the open check-ins whose reminder is due; each is given once.

        One that the client put off waits, until it is put again.
        """
        chosen = (
            sa.select(t.check_ins.c.id)
            .where(
                t.check_ins.c.state == CheckInState.OPEN,
                t.check_ins.c.remind_at <= now,
                t.check_ins.c.resume_at.is_(None),
            )
            .order_by(t.check_ins.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id.in_(chosen.scalar_subquery()))
            .values(remind_at=None, suggested=None)
            .returning(*t.check_ins.c)
        )
        return await self._with_marks(sorted((_check_in(row) for row in rows), key=lambda one: one.id))

    async def to_resume(self, now: datetime, limit: int, spare: timedelta) -> tuple[CheckIn, ...]:
        """Take the open check-ins that were put off until now; each is given once.

        A reminder that would come within `spare` is dropped: the question itself reminds.
        """
        chosen = (
            sa.select(t.check_ins.c.id)
            .where(
                t.check_ins.c.state == CheckInState.OPEN,
                ~t.check_ins.c.held,
                t.check_ins.c.resume_at <= now,
                t.check_ins.c.expires_at > now,
            )
            .order_by(t.check_ins.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        later = sa.case((t.check_ins.c.remind_at > now + spare, t.check_ins.c.remind_at))
        rows = await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id.in_(chosen.scalar_subquery()))
            .values(resume_at=None, suggested=None, remind_at=later)
            .returning(*t.check_ins.c)
        )
        return await self._with_marks(sorted((_check_in(row) for row in rows), key=lambda one: one.id))

    async def to_expire(self, now: datetime, limit: int) -> tuple[CheckIn, ...]:
        """Lock and load the open and waiting check-ins whose time is over, with their answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(
                t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]),
                t.check_ins.c.expires_at <= now,
            )
            .order_by(t.check_ins.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return await self._with_marks([_check_in(row) for row in rows])

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

    async def answer(self, answers: Sequence[Answer]) -> None:
        """Keep answers; a changed one takes the place of the earlier."""
        if not answers:
            return
        statement = insert(self._connection, t.answers)
        changed = {
            "tenths": statement.excluded.tenths,
            "inbound_id": statement.excluded.inbound_id,
            "at": statement.excluded.at,
        }
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["check_in_id", "position"], set_=changed),
            [dataclasses.asdict(one) for one in answers],
        )

    async def sources(self, check_in_id: int) -> Mapping[int, int]:
        """Map the positions of a check-in's answers to the inbound messages that they were read from."""
        rows = await self._connection.execute(
            sa.select(t.answers.c.position, t.answers.c.inbound_id)
            .where(t.answers.c.check_in_id == check_in_id, t.answers.c.inbound_id.is_not(None))
            .order_by(t.answers.c.position)
        )
        return {row.position: row.inbound_id for row in rows}

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
        found = await self._with_marks([_check_in(row) for row in rows])
        return found[0] if found else None

    async def take_back(self, check_in_id: int, position: int) -> None:
        """Drop answers from `position` on."""
        await self._connection.execute(
            sa.delete(t.answers).where(
                t.answers.c.check_in_id == check_in_id, t.answers.c.position >= position
            )
        )

    async def keep_scores(self, scores: Sequence[KeptScore]) -> None:
        """Keep the scores of completed check-ins."""
        if scores:
            await self._connection.execute(
                sa.insert(t.scores),
                [
                    {
                        "check_in_id": one.check_in_id,
                        "episode_id": one.episode_id,
                        "measure": one.score.instrument,
                        "items": list(one.score.items),
                        "total": one.score.total,
                        "at": one.score.at,
                        "source": one.source,
                    }
                    for one in scores
                ],
            )

    async def change_score(self, changed: KeptScore) -> None:
        """Put a score in the place of the one that its check-in had, or keep it where there was none."""
        await self._connection.execute(
            sa.delete(t.scores).where(t.scores.c.check_in_id == changed.check_in_id)
        )
        await self.keep_scores([changed])

    async def score_of(self, check_in_id: int) -> Score | None:
        """Load the score of one check-in."""
        rows = await self._connection.execute(
            sa.select(t.scores).where(t.scores.c.check_in_id == check_in_id)
        )
        row = rows.one_or_none()
        return Score(row.measure, tuple(row.items), row.at) if row else None

    async def history(
        self, episode_ids: Iterable[int], *, but: int | None = None
    ) -> Mapping[tuple[int, str], tuple[Score, ...]]:
        """Map (episode, measure) to its scores, oldest first; without that of the check-in `but`."""
        rows = await self._connection.execute(
            sa.select(t.scores)
            .where(
                t.scores.c.episode_id.in_(list(episode_ids)),
                *([] if but is None else [t.scores.c.check_in_id != but]),
            )
            .order_by(t.scores.c.at, t.scores.c.check_in_id)
        )
        series: dict[tuple[int, str], tuple[Score, ...]] = {}
        for row in rows:
            key = (row.episode_id, row.measure)
            series[key] = (*series.get(key, ()), Score(row.measure, tuple(row.items), row.at))
        return series

    async def unfinished(self) -> tuple[CheckIn, ...]:
        """Lock and load every open or waiting check-in, with its answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]))
            .order_by(t.check_ins.c.id)
            .with_for_update()
        )
        return await self._with_marks([_check_in(row) for row in rows])

    async def _with_texts(self, found: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Give the check-ins that ask about a client's own goals what these are."""
        asked = {one.client_id for one in found if one.measure == MEASURE}
        goals = await self._goals.of(asked) if asked else {}
        return tuple(
            dataclasses.replace(one, texts=goals.get(one.client_id, ())) if one.measure == MEASURE else one
            for one in found
        )

    async def unanswered(self, episode_ids: Iterable[int]) -> tuple[datetime, ...]:
        """List when the check-ins of episodes were due that were asked and not answered, oldest first."""
        rows = await self._connection.execute(
            sa.select(t.check_ins.c.due_at)
            .where(t.check_ins.c.episode_id.in_(list(episode_ids)), _UNANSWERED)
            .order_by(t.check_ins.c.due_at)
        )
        return tuple(rows.scalars())

    async def unanswered_in_a_row(self, episode_ids: Iterable[int]) -> Mapping[int, int]:
        """Count, by episode, the latest check-ins in a row that were asked and not answered; at most 20.

        Those that were never asked, taken back, or paused for danger neither count nor end the row.
        """
        ids = list(episode_ids)
        order = (t.check_ins.c.due_at.desc(), t.check_ins.c.id.desc())
        latest = sa.func.row_number().over(partition_by=t.check_ins.c.episode_id, order_by=order)
        answered = t.check_ins.c.state.in_([CheckInState.COMPLETE, CheckInState.PARTIAL])
        numbered = (
            sa.select(t.check_ins.c.episode_id, t.check_ins.c.state, latest.label("place"))
            .where(t.check_ins.c.episode_id.in_(ids), answered | _UNANSWERED)
            .subquery()
        )
        rows = await self._connection.execute(
            sa.select(numbered).where(numbered.c.place <= _IN_A_ROW).order_by(numbered.c.place)
        )
        found = dict.fromkeys(ids, 0)
        over: set[int] = set()
        for row in rows:
            if row.state != CheckInState.EXPIRED:
                over.add(row.episode_id)
            elif row.episode_id not in over:
                found[row.episode_id] += 1
        return found

    async def _with_marks(self, found: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        if not found:
            return ()
        rows = await self._connection.execute(
            sa.select(t.answers.c.check_in_id, t.answers.c.tenths)
            .where(t.answers.c.check_in_id.in_([one.id for one in found]))
            .order_by(t.answers.c.check_in_id, t.answers.c.position)
        )
        marks: dict[int, tuple[Mark, ...]] = {}
        for row in rows:
            marks[row.check_in_id] = (*marks.get(row.check_in_id, ()), row.tenths)
        return await self._with_texts(
            [dataclasses.replace(one, marks=marks.get(one.id, ())) for one in found]
        )


_UNANSWERED = (t.check_ins.c.state == CheckInState.EXPIRED) & t.check_ins.c.held.is_(False)
"""Asked, and over without an answer; a check-in that danger paused was not left unanswered."""

_IN_A_ROW = 20
"""How many check-ins without an answer are counted: more are no more news."""


def _check_in(row: Row) -> CheckIn:
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
        together=row.together,
        resume_at=row.resume_at,
    )
