"""Statements about alerts and the audit trail."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scoring.rules import Finding, Severity
from storage import tables as t
from storage.ready import UNSETTLED
from storage.records import Alert, AuditEntry, OutboxState
from storage.seals import opened
from storage.statements import Row, among, named, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


class Alerts:
    """What therapists were told of, and what they did."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def add(self, alert: Alert) -> Alert:
        """Keep an alert and return it with its number."""
        return (await self.add_all([alert]))[0]

    async def add_all(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """Keep alerts, one about each client at most, and return them with their numbers, in this order.

        Raises:
            ValueError: two are about one client, so that nothing tells whose number is whose.
        """
        if not alerts:
            return ()
        if len({one.client_id for one in alerts}) < len(alerts):
            msg = "keep two alerts about one client one after the other"
            raise ValueError(msg)
        rows = [
            {
                "client_id": one.client_id,
                "therapist_id": one.therapist_id,
                "check_in_id": one.check_in_id,
                "severity": one.severity,
                "findings": [values(found) for found in one.findings],
                "raised_at": one.raised_at,
                **self._standing(one),
            }
            for one in alerts
        ]
        found = await self._connection.execute(_ADD, rows)
        numbers = {row.client_id: row.id for row in found}
        return tuple(dataclasses.replace(one, id=numbers[one.client_id]) for one in alerts)

    async def save(self, alert: Alert) -> None:
        """Write how a crisis stands: its rung, its times, what was written, and who has seen it.

        Without words, those that stand there stay: they may be some that do not open now.
        """
        standing = self._standing(alert)
        if not alert.words:
            del standing["words"]
        await self._connection.execute(
            sa.update(t.alerts).where(t.alerts.c.id == alert.id).values(**standing)
        )

    def _standing(self, alert: Alert) -> dict[str, object]:
        words = "\n".join(" ".join(one.split()) for one in alert.words)
        return {
            "rung": alert.rung,
            "climb_at": alert.climb_at,
            "words": self._cipher.seal("alerts.words", words) if words else None,
            "heard_at": alert.heard_at,
            "silence_at": alert.silence_at,
            "acknowledged_at": alert.acknowledged_at,
            "acknowledged_by": alert.acknowledged_by,
        }

    async def acknowledge(self, alert_id: int, therapist_id: int | None, by: str, now: datetime) -> bool:
        """Note that an alert was seen, by its therapist or one who was told of it (None: by anybody).

        An alert is acknowledged once; a crisis is seen anew each time until it is closed.

        Returns:
            False where it is not there, not theirs, closed, or acknowledged before.
        """
        statement = sa.update(t.alerts).where(
            t.alerts.c.id == alert_id,
            t.alerts.c.closed_at.is_(None),
            t.alerts.c.acknowledged_at.is_(None) | t.alerts.c.climb_at.is_not(None),
            _knows(therapist_id),
        )
        found = await self._connection.execute(
            statement.values(acknowledged_at=now, acknowledged_by=by).returning(t.alerts.c.id)
        )
        return found.scalar_one_or_none() is not None

    async def close(
        self, alert_id: int, therapist_id: int | None, *, by: str, closing: str, now: datetime
    ) -> bool:
        """End an alert, once, with what was done; by its therapist or one who was told of it (None: anybody).

        Returns:
            False where it is not there, not theirs, or closed before.
        """
        statement = sa.update(t.alerts).where(
            t.alerts.c.id == alert_id, t.alerts.c.closed_at.is_(None), _knows(therapist_id)
        )
        found = await self._connection.execute(
            statement.values(
                closed_at=now,
                closed_by=by,
                closing=self._cipher.seal("alerts.closing", closing),
                acknowledged_at=sa.func.coalesce(t.alerts.c.acknowledged_at, now),
                acknowledged_by=sa.func.coalesce(t.alerts.c.acknowledged_by, by),
            ).returning(t.alerts.c.id)
        )
        return found.scalar_one_or_none() is not None

    async def reopen(self, alert_id: int, therapist_id: int, now: datetime) -> bool:
        """Open an alert again, so that what lasts of it is told again; never one of danger to life.

        Returns:
            False where it is not there, not theirs, or of danger.
        """
        statement = sa.update(t.alerts).where(
            t.alerts.c.id == alert_id,
            t.alerts.c.therapist_id == therapist_id,
            t.alerts.c.climb_at.is_(None),
        )
        found = await self._connection.execute(
            statement.values(
                reopened_at=now, acknowledged_at=None, acknowledged_by=None, closed_at=None, closed_by=None
            ).returning(t.alerts.c.id)
        )
        return found.scalar_one_or_none() is not None

    async def find(self, alert_id: int, *, known_to: int | None = None, lock: bool = False) -> Alert | None:
        """Load one alert, keeping others from changing it where `lock`.

        None also where the therapist `known_to` was never told of it.
        """
        statement = _ALERTS.where(t.alerts.c.id == alert_id, _knows(known_to))
        return await self._one(statement.with_for_update(of=t.alerts) if lock else statement)

    async def crisis_of(self, client_id: int) -> Alert | None:
        """Lock and load the open crisis of a client."""
        where = (t.alerts.c.client_id == client_id, _OPEN_CRISIS)
        statement = _ALERTS.where(*where).order_by(t.alerts.c.id).limit(1)
        return await self._one(statement.with_for_update(of=t.alerts))

    async def in_crisis(self, client_ids: Iterable[int]) -> frozenset[int]:
        """Tell which of some clients have an open crisis."""
        found = await self._connection.execute(
            sa.select(t.alerts.c.client_id)
            .where(t.alerts.c.client_id.in_(list(client_ids)), _OPEN_CRISIS)
            .distinct()
        )
        return frozenset(found.scalars())

    async def hurry(self, alert_ids: Iterable[int], now: datetime) -> None:
        """Let open crises climb at the next tick."""
        await self._connection.execute(
            sa.update(t.alerts)
            .where(t.alerts.c.id.in_(list(alert_ids)), _OPEN_CRISIS, t.alerts.c.climb_at > now)
            .values(climb_at=now)
        )

    async def to_climb(self, now: datetime, limit: int) -> tuple[Alert, ...]:
        """Lock and load the open crises whose next step is due; another worker's are passed over."""
        return await self._many(_TO_CLIMB, {"now": now, "most": limit})

    async def fallen_silent(self, now: datetime, limit: int) -> tuple[Alert, ...]:
        """Take the crises after which it is time to ask whether the client wrote; each is given once."""
        found = await self._connection.execute(_FALLEN_SILENT, {"now": now, "most": limit})
        ids = list(found.scalars())
        return await self._many(_ALERTS.where(t.alerts.c.id.in_(ids)).order_by(t.alerts.c.id)) if ids else ()

    async def told(self, alert_id: int, *, lately: bool = False) -> tuple[int, ...]:
        """List the therapists to whom an alert went or is to go, by id, in the order of the telling.

        What failed, or was withdrawn, told nobody; nor did yet what operators know to have stalled. `lately`:
        when it was sent last, for new words go out under the number of an alert that nobody has seen.
        """
        lost = t.outbox.c.state.in_([OutboxState.FAILED, OutboxState.WITHDRAWN])
        stalled = t.outbox.c.state.in_(UNSETTLED) & t.outbox.c.overdue_at.is_not(None)
        return await self._to_whom(alert_id, ~(lost | stalled), lately=lately)

    async def tried(self, alert_id: int) -> tuple[int, ...]:
        """List the therapists to whom an alert was to go when it was sent last, whatever became of that."""
        return await self._to_whom(alert_id, sa.true(), lately=True)

    async def _to_whom(
        self, alert_id: int, which: sa.ColumnElement[bool], *, lately: bool
    ) -> tuple[int, ...]:
        if lately:
            last = sa.select(sa.func.max(t.outbox.c.created_at)).where(t.outbox.c.alert_id == alert_id)
            which &= t.outbox.c.created_at == last.scalar_subquery()
        rows = await self._connection.execute(
            sa.select(t.addresses.c.therapist_id)
            .select_from(t.outbox.join(t.addresses, t.addresses.c.id == t.outbox.c.address_id))
            .where(t.outbox.c.alert_id == alert_id, t.addresses.c.therapist_id.is_not(None), which)
            .group_by(t.addresses.c.therapist_id)
            .order_by(sa.func.min(t.outbox.c.id))
        )
        return tuple(rows.scalars())

    async def open_of(self, therapist_id: int | None = None) -> tuple[Alert, ...]:
        """List what nobody has seen yet, and crises that nobody has closed, oldest first.

        Those of a therapist, with the crises of others that they were told of; or everyone's.
        """
        is_open = t.alerts.c.closed_at.is_(None) & (
            t.alerts.c.acknowledged_at.is_(None) | t.alerts.c.climb_at.is_not(None)
        )
        return await self._many(_ALERTS.where(is_open, _knows(therapist_id)).order_by(t.alerts.c.id))

    async def recent(self, limit: int) -> tuple[Alert, ...]:
        """List the latest alerts, newest first."""
        return await self._many(_ALERTS.order_by(t.alerts.c.id.desc()).limit(limit))

    async def of_clients(self, client_ids: Iterable[int]) -> tuple[Alert, ...]:
        """List the alerts about clients, oldest first."""
        where = t.alerts.c.client_id.in_(list(client_ids))
        return await self._many(_ALERTS.where(where).order_by(t.alerts.c.id))

    async def by_measure(
        self, client_ids: Iterable[int], since: datetime
    ) -> tuple[tuple[Alert, str | None], ...]:
        """List the alerts about clients that were raised at `since` or later, oldest first.

        Each comes with the measure of the check-in that it is about; None where it is about none.
        """
        rows = await self._connection.execute(_BY_MEASURE, {"ids": client_ids, "since": since})
        return tuple((self._alert(row), row.measure) for row in named(rows))

    async def amend(self, alert_id: int, findings: Sequence[Finding]) -> None:
        """Put what was found by corrected answers in the place of what an alert told."""
        await self._connection.execute(
            sa.update(t.alerts)
            .where(t.alerts.c.id == alert_id)
            .values(findings=[dataclasses.asdict(one) for one in findings])
        )

    async def _one(self, statement: sa.Select[*tuple[Any, ...]]) -> Alert | None:
        found = await self._many(statement)
        return found[0] if found else None

    async def _many(
        self, statement: sa.Select[*tuple[Any, ...]], asked: Mapping[str, object] | None = None
    ) -> tuple[Alert, ...]:
        return tuple(self._alert(row) for row in named(await self._connection.execute(statement, asked)))

    def _alert(self, row: Row) -> Alert:
        """Make the record; it climbs without words, or what was done, where those do not open."""
        words = self._opened("words", row)
        return Alert(
            id=row.id,
            client_id=row.client_id,
            client_code=row.client_code,
            therapist_id=row.therapist_id,
            check_in_id=row.check_in_id,
            severity=Severity(row.severity),
            findings=tuple(_finding(one) for one in row.findings),
            raised_at=row.raised_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            closing=self._opened("closing", row),
            rung=row.rung,
            climb_at=row.climb_at,
            words=tuple(words.split("\n")) if words else (),
            heard_at=row.heard_at,
            silence_at=row.silence_at,
            reopened_at=row.reopened_at,
        )

    def _opened(self, column: str, row: Row) -> str | None:
        sealed = getattr(row, column)
        return opened(self._cipher, f"alerts.{column}", row.id, sealed) if sealed else None

    async def raised(self, client_id: int, rule: str, since: datetime) -> bool:
        """Tell whether an alert with this rule was raised about a client at or after `since`."""
        found = await self._connection.execute(
            sa.select(t.alerts.c.findings).where(
                t.alerts.c.client_id == client_id, t.alerts.c.raised_at >= since
            )
        )
        return any(one["rule"] == rule for findings in found.scalars() for one in findings)

    async def audit(self, entries: Sequence[AuditEntry]) -> None:
        """Write to the audit trail."""
        if entries:
            await self._connection.execute(
                sa.insert(t.audit),
                [
                    {
                        **dataclasses.asdict(one),
                        "detail": None
                        if one.detail is None
                        else self._cipher.seal("audit.detail", one.detail),
                    }
                    for one in entries
                ],
            )


_ALERTS = sa.select(t.alerts, t.clients.c.code.label("client_code")).join(
    t.clients, t.clients.c.id == t.alerts.c.client_id
)

_OPEN_CRISIS = t.alerts.c.climb_at.is_not(None) & t.alerts.c.closed_at.is_(None)

_NOW, _MOST = sa.bindparam("now", type_=t.Utc), sa.bindparam("most", type_=sa.Integer)

_TO_CLIMB = (
    _ALERTS.where(_OPEN_CRISIS, t.alerts.c.climb_at <= _NOW)
    .order_by(t.alerts.c.climb_at, t.alerts.c.id)
    .limit(_MOST)
    .with_for_update(of=t.alerts, skip_locked=True)
)
"""Built once, as what follows: it is asked at each tick."""

_FALLEN_SILENT = (
    sa.update(t.alerts)
    .where(
        t.alerts.c.id.in_(
            sa.select(t.alerts.c.id)
            .where(t.alerts.c.silence_at <= _NOW)
            .order_by(t.alerts.c.silence_at, t.alerts.c.id)
            .limit(_MOST)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
    )
    .values(silence_at=None)
    .returning(t.alerts.c.id)
)

_ADD = sa.insert(t.alerts).returning(t.alerts.c.id, t.alerts.c.client_id)

_BY_MEASURE = (
    _ALERTS.add_columns(t.check_ins.c.measure)
    .outerjoin(t.check_ins, t.check_ins.c.id == t.alerts.c.check_in_id)
    .where(among(t.alerts.c.client_id, "ids"), t.alerts.c.raised_at >= sa.bindparam("since", type_=t.Utc))
    .order_by(t.alerts.c.id)
)


def _knows(therapist_id: int | None) -> sa.ColumnElement[bool]:
    """Choose the alerts of a therapist, and others' that were sent to them; all where it is None."""
    if therapist_id is None:
        return sa.true()
    sent = sa.exists().where(
        t.outbox.c.alert_id == t.alerts.c.id,
        t.addresses.c.id == t.outbox.c.address_id,
        t.addresses.c.therapist_id == therapist_id,
    )
    theirs = t.alerts.c.therapist_id == therapist_id
    return theirs | sent


def _finding(kept: Mapping[str, Any]) -> Finding:
    return Finding(kept["rule"], Severity(kept["severity"]), kept["item"], kept["was"], kept["now"])
