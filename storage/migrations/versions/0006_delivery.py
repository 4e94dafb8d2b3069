"""Delivery that many workers share: what a sender may send, and what it has sent."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; nothing that an earlier version reads or writes is changed."""
    op.create_index(op.f("ix_outbox_address_id_id"), "outbox", ["address_id", "id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index(op.f("ix_outbox_address_id_id"), table_name="outbox")
