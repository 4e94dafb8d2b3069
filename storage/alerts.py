"""Statements about alerts and the audit trail."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.rules import Finding, Severity
from storage import tables as t
from storage.records import Alert, AuditEntry
from storage.statements import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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
        found = await self._connection.execute(
            sa.insert(t.alerts)
            .values(
                client_id=alert.client_id,
                therapist_id=alert.therapist_id,
                check_in_id=alert.check_in_id,
                severity=alert.severity,
                findings=[dataclasses.asdict(one) for one in alert.findings],
                raised_at=alert.raised_at,
            )
            .returning(t.alerts.c.id)
        )
        return dataclasses.replace(alert, id=found.scalar_one())

    async def acknowledge(self, alert_id: int, therapist_id: int | None, by: str, now: datetime) -> bool:
        """Acknowledge an open alert, once; only its therapist's, unless `therapist_id` is None.

        Returns:
            False where it is not there, another therapist's, or acknowledged before.
        """
        statement = sa.update(t.alerts).where(t.alerts.c.id == alert_id, t.alerts.c.acknowledged_at.is_(None))
        if therapist_id is not None:
            statement = statement.where(t.alerts.c.therapist_id == therapist_id)
        found = await self._connection.execute(
            statement.values(acknowledged_at=now, acknowledged_by=by).returning(t.alerts.c.id)
        )
        return found.scalar_one_or_none() is not None

    async def find(self, alert_id: int) -> Alert | None:
        """Load one alert."""
        rows = await self._connection.execute(_ALERTS.where(t.alerts.c.id == alert_id))
        row = rows.one_or_none()
        return _alert(row) if row else None

    async def unacknowledged(self, therapist_id: int | None = None) -> tuple[Alert, ...]:
        """List alerts that nobody has acknowledged, oldest first: a therapist's, or everyone's."""
        statement = _ALERTS.where(t.alerts.c.acknowledged_at.is_(None)).order_by(t.alerts.c.id)
        if therapist_id is not None:
            statement = statement.where(t.alerts.c.therapist_id == therapist_id)
        return tuple(_alert(row) for row in await self._connection.execute(statement))

    async def recent(self, limit: int) -> tuple[Alert, ...]:
        """List the latest alerts, newest first."""
        rows = await self._connection.execute(_ALERTS.order_by(t.alerts.c.id.desc()).limit(limit))
        return tuple(_alert(row) for row in rows)

    async def of_clients(self, client_ids: Iterable[int]) -> tuple[Alert, ...]:
        """List the alerts about clients, oldest first."""
        rows = await self._connection.execute(
            _ALERTS.where(t.alerts.c.client_id.in_(list(client_ids))).order_by(t.alerts.c.id)
        )
        return tuple(_alert(row) for row in rows)

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


def _alert(row: Row) -> Alert:
    return Alert(
        id=row.id,
        client_id=row.client_id,
        client_code=row.client_code,
        therapist_id=row.therapist_id,
        check_in_id=row.check_in_id,
        severity=Severity(row.severity),
        findings=tuple(
            Finding(one["rule"], Severity(one["severity"]), one["item"], one["was"], one["now"])
            for one in row.findings
        ),
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
    )
