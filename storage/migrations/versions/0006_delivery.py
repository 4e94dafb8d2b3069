"""Delivery that many workers share: what a sender may send, and what it has sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what is new; nothing that an earlier version reads or writes is changed."""
    op.create_index(op.f("ix_outbox_address_id_id"), "outbox", ["address_id", "id"])
    op.add_column("applied", sa.Column("tried_at", _WHEN, nullable=True))
    op.create_table(
        "compatibility",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("oldest", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compatibility")),
    )
    _costs_and_reconciliations()
    _senders()
    _reach()


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_outbox_alerts", table_name="outbox")
    for table, column in reversed(_REACH):
        op.drop_column(table, column)
    op.drop_column("delivery_reports", "cause")
    for name in ("valid", "no_channel", "ready"):
        op.drop_index(f"ix_outbox_{name}", table_name="outbox")
    op.drop_column("outbox", "channel")
    op.drop_column("addresses", "free_at")
    op.drop_table("senders")
    for table in ("reconciliations", "cap_alarms", "spending", "costs"):
        op.drop_table(table)
    op.drop_table("compatibility")
    op.drop_column("applied", "tried_at")
    op.drop_index(op.f("ix_outbox_address_id_id"), table_name="outbox")


def _costs_and_reconciliations() -> None:
    op.create_table(
        "costs",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("address_id", _ID, autoincrement=False, nullable=False),
        sa.Column("incoming", sa.Boolean(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_costs_address_id")),
        sa.PrimaryKeyConstraint("day", "address_id", "incoming", name=op.f("pk_costs")),
    )
    op.create_table(
        "spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "slot", name=op.f("pk_spending")),
    )
    op.create_table(
        "cap_alarms",
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("percent", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cap", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.PrimaryKeyConstraint("period", "percent", "cap", name=op.f("pk_cap_alarms")),
    )
    op.create_table(
        "reconciliations",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("leased_until", _WHEN, nullable=True),
        sa.Column("through", _WHEN, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", name=op.f("pk_reconciliations")),
    )


def _senders() -> None:
    """Make room for what senders and chats may send, and for finding what may go by its channel.

    What an earlier version queues names no channel: that is seen to where messages are leased.
    """
    op.create_table(
        "senders",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("free_at", _WHEN, nullable=True),
        sa.Column("halted_until", _WHEN, nullable=True),
        sa.Column("halt_reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("channel", "account", name=op.f("pk_senders")),
    )
    op.add_column("addresses", sa.Column("free_at", _WHEN, nullable=True))
    op.add_column("outbox", sa.Column("channel", sa.String(length=16), nullable=True))
    indexes = {
        "ready": (["channel", "priority", "not_before", "id"], "state = 'waiting'"),
        "no_channel": (["id"], "state = 'waiting' AND channel IS NULL"),
        "valid": (["valid_until"], "state = 'waiting'"),
    }
    for name, (columns, which) in indexes.items():
        where = sa.text(which)
        op.create_index(f"ix_outbox_{name}", "outbox", columns, sqlite_where=where, postgresql_where=where)


_REACH = (("addresses", "agreed_at"), ("outbox", "no_answer_at"), ("outbox", "overdue_at"))


def _reach() -> None:
    for table, column in _REACH:
        op.add_column(table, sa.Column(column, _WHEN, nullable=True))
    op.add_column("delivery_reports", sa.Column("cause", sa.String(16), nullable=True))
    unsent = sa.text(
        "kind = 'alert' AND overdue_at IS NULL"
        " AND (state IN ('waiting', 'leased', 'unknown') OR reason = 'does not open')"
    )
    op.create_index(
        "ix_outbox_alerts", "outbox", ["not_before"], sqlite_where=unsent, postgresql_where=unsent
    )
