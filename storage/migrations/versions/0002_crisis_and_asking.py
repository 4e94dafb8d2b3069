"""What a crisis needs until it is closed, and how a client would like to be asked.

Every column is added by itself and never by making a table anew, as Alembic's batches do on SQLite: with
foreign keys on, a table that others refer to can't be dropped while it holds rows.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INDEXES = {
    "ix_check_ins_resume": ("check_ins", "resume_at", sa.text("resume_at IS NOT NULL")),
    "ix_alerts_climb": ("alerts", "climb_at", sa.text("climb_at IS NOT NULL AND closed_at IS NULL")),
    "ix_alerts_silence": ("alerts", "silence_at", sa.text("silence_at IS NOT NULL")),
    "ix_outbox_alert": ("outbox", "alert_id", sa.text("alert_id IS NOT NULL")),
}


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "clients": (
            sa.Column("ask", sa.String(length=16), nullable=True),
            sa.Column("discreet", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("safety_plan", sa.LargeBinary(), nullable=True),
            sa.Column("emergency_contact", sa.LargeBinary(), nullable=True),
            sa.Column("whereabouts", sa.LargeBinary(), nullable=True),
        ),
        "check_ins": (
            sa.Column("together", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("resume_at", sa.DateTime(timezone=True), nullable=True),
        ),
        "alerts": (
            sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("closed_by", sa.String(length=32), nullable=True),
            sa.Column("closing", sa.LargeBinary(), nullable=True),
            sa.Column("rung", sa.Integer(), server_default=sa.text("0"), nullable=False),
            sa.Column("climb_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("words", sa.LargeBinary(), nullable=True),
            sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("silence_at", sa.DateTime(timezone=True), nullable=True),
        ),
    }


def upgrade() -> None:
    """Go forward."""
    number = _ID.compile(op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE therapists ADD COLUMN backup_id {number}"
        " CONSTRAINT fk_therapists_backup_id REFERENCES therapists (id)"
    )
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    for name, (table, indexed, where) in _INDEXES.items():
        op.create_index(name, table, [indexed], sqlite_where=where, postgresql_where=where)
    _carry_over()


def _carry_over() -> None:
    """Let urgent alerts that nobody has acknowledged climb from now on; what was acknowledged is closed."""
    times = ("raised_at", "climb_at", "heard_at", "closed_at", "acknowledged_at")
    alerts = sa.table("alerts", *map(sa.column, (*times, "severity", "closed_by", "acknowledged_by")))
    urgent, seen = alerts.c.severity == "urgent", alerts.c.acknowledged_at
    op.execute(
        sa.update(alerts)
        .where(urgent, seen.is_(None))
        .values(climb_at=alerts.c.raised_at, heard_at=alerts.c.raised_at)
    )
    op.execute(
        sa.update(alerts)
        .where(urgent, seen.is_not(None))
        .values(closed_at=seen, closed_by=alerts.c.acknowledged_by)
    )


def downgrade() -> None:
    """Go back."""
    for name, (table, _, where) in _INDEXES.items():
        op.drop_index(name, table, sqlite_where=where, postgresql_where=where)
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
    op.drop_column("therapists", "backup_id")
