"""Statements about check-ins, their answers and their scores."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.score import Score
from storage import tables as t
from storage.goals import MEASURE, Goals
from storage.records import Answer, CheckIn, CheckInState, KeptScore, NewCheckIn, Priority
from storage.statements import Insert, Row, among, insert, insert_into, values

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
        ids = {(row.client_id, row.origin, row.local_date, row.slot): row.id for row in found}
        added = []
        for one in new:
            # the first of two with one key is the one that was kept
            number = ids.pop((one.client_id, one.origin, one.local_date, one.slot), None)
            if number is not None:
                added.append(_added(number, one))
        return await self._with_texts(sorted(added, key=lambda one: one.id))

    async def open_of(self, client_ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Lock and load the open check-ins of clients in id order, with their answers."""
        rows = await self._connection.execute(_OPEN, {"ids": client_ids})
        found = rows.all()
        marks = await self._marks([row.id for row in found])
        return await self._with_texts([check_in_of(row, marks.get(row.id, ())) for row in found])

    async def by_id(self, ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Load check-ins in id order, with their answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins).where(t.check_ins.c.id.in_(list(ids))).order_by(t.check_ins.c.id)
        )
        return await self.with_marks([check_in_of(row) for row in rows])

    async def of_sessions(self, session_ids: Iterable[int]) -> tuple[CheckIn, ...]:
        """Lock and load the check-ins of sessions in id order, also those that are over, with answers."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .where(t.check_ins.c.session_id.in_(list(session_ids)))
            .order_by(t.check_ins.c.id)
            .with_for_update()
        )
        return await self.with_marks([check_in_of(row) for row in rows])

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
        rows = await self._connection.execute(
            _WANTED if wanted else _WAITING, {"ids": client_ids, "now": now}
        )
        first: dict[int, CheckIn] = {}
        for row in rows:
            first.setdefault(row.client_id, check_in_of(row))
        return await self._with_texts(list(first.values()))

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

    async def put_off_until(self, now: datetime, limit: int) -> tuple[int, ...]:
        """Let what was put off until now wait no more; returns whose it is. Each is given once."""
        chosen = (
            sa.select(t.check_ins.c.id)
            .join(t.clients)
            .where(t.check_ins.c.state == CheckInState.WAITING, t.check_ins.c.resume_at <= now)
            .order_by(t.check_ins.c.resume_at, t.check_ins.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True, of=[t.check_ins, t.clients])
        )
        found = await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id.in_(chosen.scalar_subquery()))
            .values(resume_at=None)
            .returning(t.check_ins.c.client_id)
        )
        return tuple(sorted(set(found.scalars())))

    async def take_untold(self) -> tuple[datetime, ...]:
        """Take the missed check-ins of which nobody was told: when they were due. Each is given once."""
        chosen = sa.select(t.check_ins.c.id).where(t.check_ins.c.untold).with_for_update(skip_locked=True)
        found = await self._connection.execute(
            sa.update(t.check_ins)
            .where(t.check_ins.c.id.in_(chosen.scalar_subquery()))
            .values(untold=False)
            .returning(t.check_ins.c.due_at)
        )
        return tuple(found.scalars())

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

    async def to_expire(self, now: datetime, limit: int) -> tuple[CheckIn, ...]:
        """Claim the open and waiting check-ins whose time is over, with their answers and their clients."""
        rows = await self._connection.execute(
            sa.select(t.check_ins)
            .join(t.clients)
            .where(
                t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]),
                t.check_ins.c.expires_at <= now,
            )
            .order_by(t.check_ins.c.expires_at, t.check_ins.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True, of=[t.check_ins, t.clients])
        )
        return await self.with_marks([check_in_of(row) for row in rows])

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
        await self._connection.execute(
            _answer(self._connection.dialect.name), [values(one) for one in answers]
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
        found = await self.with_marks([check_in_of(row) for row in rows])
        return found[0] if found else None

    async def take_back(self, positions: Mapping[int, int]) -> None:
        """Drop answers of check-ins, by their ids, each from a position on."""
        if positions:
            await self._connection.execute(
                sa.delete(t.answers).where(
                    t.answers.c.check_in_id == sa.bindparam("of"),
                    t.answers.c.position >= sa.bindparam("from_here"),
                ),
                [{"of": one, "from_here": position} for one, position in positions.items()],
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
        """Map (episode, measure) to its scores, oldest first; without that of the check-in `but`.

        What is loaded ends with the episode: a client's earlier ones, and what they were told and wrote, are
        left alone. Within it no score can be left out, as there are rules that look at the first, the best,
        the median and the number of them.
        """
        rows = await self._connection.execute(_HISTORY, {"ids": episode_ids})
        series: defaultdict[tuple[int, str], list[Score]] = defaultdict(list)
        for row in rows.all():
            if row.check_in_id != but:
                series[row.episode_id, row.measure].append(Score(row.measure, tuple(row.marks), row.at))
        return {key: tuple(scores) for key, scores in series.items()}

    async def unfinished(self, *, lock: bool = True) -> tuple[CheckIn, ...]:
        """Load every open or waiting check-in, with its answers; where `lock`, nobody else changes them."""
        statement = (
            sa.select(t.check_ins)
            .where(t.check_ins.c.state.in_([CheckInState.OPEN, CheckInState.WAITING]))
            .order_by(t.check_ins.c.id)
        )
        rows = await self._connection.execute(statement.with_for_update() if lock else statement)
        return await self.with_marks([check_in_of(row) for row in rows])

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

        A late answer ends the row as any other does.

        Those that were never asked, taken back, or paused for danger neither count nor end the row.
        """
        ids = list(episode_ids)
        rows = await self._connection.execute(_LATEST, {"ids": ids})
        found = dict.fromkeys(ids, 0)
        over: set[int] = set()
        for row in rows:
            if row.state != CheckInState.EXPIRED:
                over.add(row.episode_id)
            elif row.episode_id not in over:
                found[row.episode_id] += 1
        return found

    async def with_marks(self, found: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Load the answers of check-ins, and the client's own words where these ask about them."""
        marks = await self._marks([one.id for one in found])
        return await self._with_texts(
            [dataclasses.replace(one, marks=marks[one.id]) if one.id in marks else one for one in found]
        )

    async def _marks(self, ids: Sequence[int]) -> Mapping[int, tuple[Mark, ...]]:
        """Map check-ins to their answers; one without any is left out."""
        if not ids:
            return {}
        marks: dict[int, tuple[Mark, ...]] = {}
        for row in (await self._connection.execute(_MARKS, {"ids": ids})).all():
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

_HISTORY = (
    sa.select(
        t.scores.c.check_in_id,
        t.scores.c.episode_id,
        t.scores.c.measure,
        t.scores.c["items"].label("marks"),
        t.scores.c.at,
    )
    .where(among(t.scores.c.episode_id, "ids"))
    .order_by(t.scores.c.at, t.scores.c.check_in_id)
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


@cache
def _answer(database: str) -> Insert:
    statement = insert_into(database, t.answers)
    changed = {name: statement.excluded[name] for name in ("tenths", "inbound_id", "at")}
    return statement.on_conflict_do_update(index_elements=["check_in_id", "position"], set_=changed)


_UNANSWERED = (t.check_ins.c.state == CheckInState.EXPIRED) & t.check_ins.c.held.is_(False)
"""Asked, and over without an answer; a check-in that danger paused was not left unanswered."""

_IN_A_ROW = 20
"""How many check-ins without an answer are counted: more are no more news."""


def _latest() -> sa.Select[tuple[int, str, int]]:
    order = (t.check_ins.c.due_at.desc(), t.check_ins.c.id.desc())
    place = sa.func.row_number().over(partition_by=t.check_ins.c.episode_id, order_by=order)
    answered = t.check_ins.c.state.in_([CheckInState.COMPLETE, CheckInState.PARTIAL])
    whose = sa.select(t.episodes.c.client_id).where(among(t.episodes.c.id, "ids"))
    numbered = (
        sa.select(t.check_ins.c.episode_id, t.check_ins.c.state, place.label("place"))
        .where(
            t.check_ins.c.client_id.in_(whose),  # by whom there is an index
            among(t.check_ins.c.episode_id, "ids"),
            answered | _UNANSWERED,
        )
        .subquery()
    )
    return sa.select(numbered).where(numbered.c.place <= _IN_A_ROW).order_by(numbered.c.place)


_LATEST = _latest()

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
