"""Statements about how attempts to send ended, and what the networks said of them later."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.outgoing import SEALED, outgoing
from storage.ready import UNSETTLED
from storage.records import Arrived, Note, OutboxState, Outgoing
from storage.statements import among, insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

_NOTES = 4_152_718
"""The advisory lock under which notes and reports are written (any number would do)."""


class Outcomes:
    """How each message ended."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def external_ids(self, ids: Sequence[int]) -> Mapping[int, str | None]:
        """Map messages to the ids that the network gave them; until the end nobody else notes any."""
        await self._one_at_a_time()
        found = await self._connection.execute(
            sa.select(t.outbox.c.id, t.outbox.c.external_id).where(t.outbox.c.id.in_(ids))
        )
        return {row.id: row.external_id for row in found}

    async def note(self, notes: Sequence[Note]) -> tuple[Outgoing, ...]:
        """Write how attempts ended, and apply what the network said of them meanwhile.

        What was withdrawn meanwhile is not queued again, nor what another attempt has under way by now.

        Returns:
            The messages that failed by a report that came before this note.
        """
        await self._one_at_a_time()
        alike: defaultdict[tuple[OutboxState, bool, bool], list[Note]] = defaultdict(list)
        for one in notes:
            own = one.leased_at is not None and one.state is not OutboxState.SENT
            alike[one.state, one.not_before is not None, own].append(one)
        for (state, later, own), some in alike.items():
            await self._note(some, state, later=later, own=own)
        ids = [one.external_id for one in notes if one.external_id is not None]
        failed = await self._apply_reports(ids) if ids else []
        return await outgoing(self._connection, self._cipher, failed)

    async def arrived(self, reports: Sequence[Arrived]) -> tuple[Outgoing, ...]:
        """Keep delivery reports and apply them; returns the messages that failed by them.

        A report may come before our own note of the id; it waits here, and `note` applies it.
        """
        if not reports:
            return ()
        await self._one_at_a_time()
        await self._connection.execute(
            insert(self._connection, t.delivery_reports).on_conflict_do_nothing(),
            [
                {
                    "channel": one.channel,
                    "account": one.account,
                    "external_id": one.external_id,
                    "outcome": one.outcome,
                    "code": one.code,
                    "cause": one.cause,
                    "at": one.at,
                }
                for one in reports
            ],
        )
        ids = [one.external_id for one in reports]
        failed = await self._apply_reports(ids)
        return await outgoing(self._connection, self._cipher, failed)

    async def causes(self, ids: Iterable[int]) -> Mapping[int, tuple[str, str | None, str | None]]:
        """Map messages that were reported as failed to our account, the network's code, and what it means."""
        reports = t.delivery_reports
        found = await self._connection.execute(
            sa.select(t.outbox.c.id, reports.c.account, reports.c.code, reports.c.cause)
            .join(
                t.delivery_reports,
                (t.delivery_reports.c.external_id == t.outbox.c.external_id)
                & (t.delivery_reports.c.account == t.outbox.c.account),
            )
            .where(t.outbox.c.id.in_(list(ids)), t.delivery_reports.c.outcome == "failed")
        )
        return {row.id: (row.account, row.code, row.cause) for row in found}

    async def revive(self, outbox_id: int, reason: str, not_before: datetime, *, called: bool) -> None:
        """Let a message that did not arrive go once more, not before a moment.

        Where it was `called`, because the phone did not answer, it begins anew, so that nothing waits behind
        it meanwhile; and its network is not believed a second time.
        """
        anew = {"attempts": 0, "no_answer_at": not_before} if called else {}
        await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id == outbox_id, t.outbox.c.state.in_([OutboxState.FAILED, OutboxState.WAITING])
            )
            .values(
                state=OutboxState.WAITING,
                reason=reason,
                not_before=not_before,
                external_id=None,
                account=None,
                sent_at=None,
                **anew,
            )
        )

    async def doubt(self, unsure: Iterable[Outgoing]) -> None:
        """Count once more, for each message, that nobody will ever know whether it went."""
        rows = [{"which": one.id, "many": one.unsure + 1} for one in unsure]
        if rows:
            await self._connection.execute(
                sa.update(t.outbox)
                .where(t.outbox.c.id == sa.bindparam("which"))
                .values(unsure=sa.bindparam("many")),
                rows,
            )

    async def stalled(self, ids: Sequence[int], now: datetime) -> frozenset[int]:
        """Take those of the messages that are tried on for long of which nobody was told so: each once."""
        if not ids:
            return frozenset()
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(
                t.outbox.c.id.in_(ids),
                t.outbox.c.state == OutboxState.WAITING,
                t.outbox.c.overdue_at.is_(None),
            )
            .values(overdue_at=now)
            .returning(t.outbox.c.id)
        )
        return frozenset(found.scalars())

    async def failed_at(self, outgoing: Outgoing, since: datetime) -> frozenset[int]:
        """List the addresses at which the same message has failed or stalled since a moment, by id."""
        found = await self._connection.execute(
            sa.select(t.outbox.c.address_id)
            .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
            .where(
                t.addresses.c.client_id == outgoing.client_id,
                t.outbox.c.kind == outgoing.kind,
                t.outbox.c.check_in_id.is_not_distinct_from(outgoing.check_in_id),
                t.outbox.c.position.is_not_distinct_from(outgoing.position),
                (t.outbox.c.state == OutboxState.FAILED) | t.outbox.c.overdue_at.is_not(None),
                t.outbox.c.created_at >= since,
            )
        )
        return frozenset(found.scalars())

    async def overdue(self, before: datetime, now: datetime, limit: int) -> frozenset[int]:
        """Take the alerts that may not have gone out though it was time before a moment: their numbers, once.

        An alert that went to another address at the same time or later is left out; so is a message that was
        taken once.
        """
        chosen = await self._connection.execute(_UNTOLD, {"before": before, "most": limit})
        ids = list(chosen.scalars())
        if not ids:
            return frozenset()
        found = await self._connection.execute(
            sa.update(t.outbox)
            .where(t.outbox.c.id.in_(ids))
            .values(overdue_at=now)
            .returning(t.outbox.c.alert_id)
        )
        return frozenset(number for number in found.scalars() if number is not None)

    async def _note(self, notes: Sequence[Note], state: OutboxState, *, later: bool, own: bool) -> None:
        """Write how attempts ended that ended in one state, at once or to be tried again later.

        `own`: only where nobody has taken the message again since.
        """
        noted = _noted_of(state, later=later)
        await self._connection.execute(
            _noting(state, later=later, own=own),
            [
                {
                    "which": one.outbox_id,
                    **({"lease": one.leased_at} if own else {}),
                    **{f"its_{name}": _noted(one, name) for name in noted},
                }
                for one in notes
            ],
        )

    async def _one_at_a_time(self) -> None:
        """Keep a note and a report from passing each other unseen; SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_NOTES)))

    async def _apply_reports(self, external_ids: Sequence[str]) -> list[int]:
        """Move sent messages on by their reports; a final state is never left. Returns the newly failed."""
        failed: list[int] = []
        for outcome, state in (("delivered", OutboxState.DELIVERED), ("failed", OutboxState.FAILED)):
            found = await self._connection.execute(_reported_as(outcome, state), {"ids": external_ids})
            ids = list(found.scalars())
            failed += ids if state is OutboxState.FAILED else []
        return failed


def _noted_of(state: OutboxState, *, later: bool) -> tuple[str, ...]:
    """List what is noted of an attempt that ended in a state, by the names of the columns."""
    taken = ("account", "external_id", "sent_at") if state in {OutboxState.SENT, OutboxState.FAILED} else ()
    return ("reason", *taken, *(["not_before"] if later else []))


@cache
def _noting(state: OutboxState, *, later: bool, own: bool) -> sa.Update:
    statement = sa.update(t.outbox).where(t.outbox.c.id == sa.bindparam("which"))
    if state in UNSETTLED:
        statement = statement.where(sa.or_(*(t.outbox.c.state == sa.literal(one) for one in UNSETTLED)))
    if own:
        statement = statement.where(t.outbox.c.leased_at == sa.bindparam("lease", type_=t.Utc))
    values = {
        name: sa.bindparam(f"its_{name}", type_=t.outbox.c[name].type)
        for name in _noted_of(state, later=later)
    }
    return statement.values(state=state, lease_until=None, **values)


@cache
def _reported_as(outcome: str, state: OutboxState) -> sa.UpdateBase:
    report = (
        sa.select(t.delivery_reports.c.code)
        .where(
            t.delivery_reports.c.external_id == t.outbox.c.external_id,
            t.delivery_reports.c.account == t.outbox.c.account,
            t.delivery_reports.c.outcome == outcome,
        )
        .correlate(t.outbox)
    )
    return (
        sa.update(t.outbox)
        .where(among(t.outbox.c.external_id, "ids"), t.outbox.c.state == OutboxState.SENT, report.exists())
        .values(state=state, reason=report.limit(1).scalar_subquery())
        .returning(t.outbox.c.id)
    )


_GONE = t.outbox.alias("gone")

_BEFORE = sa.bindparam("before", type_=t.Utc)

_UNTOLD = (
    sa.select(t.outbox.c.id)
    .where(
        sa.text(t.UNSENT_ALERTS),
        sa.or_(
            t.outbox.c.not_before <= _BEFORE,
            t.outbox.c.reason == SEALED,
            (t.outbox.c.attempts > 0) & (t.outbox.c.created_at <= _BEFORE),
        ),
        ~sa.exists().where(
            _GONE.c.alert_id == t.outbox.c.alert_id,
            _GONE.c.created_at >= t.outbox.c.created_at,
            _GONE.c.state.in_([OutboxState.SENT, OutboxState.DELIVERED]),
        ),
    )
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True, of=t.outbox)
)


def _noted(note: Note, column: str) -> object:
    return note.at if column == "sent_at" else getattr(note, column)
