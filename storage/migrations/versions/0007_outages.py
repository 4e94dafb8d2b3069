"""How often a message may have gone unknown to us, and when operators were told last of what is refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; nothing that an earlier version reads or writes is changed."""
    op.add_column("outbox", sa.Column("unsure", sa.Integer(), nullable=True))
    op.create_table(
        "refusals",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "reason", name=op.f("pk_refusals")),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("refusals")
    op.drop_column("outbox", "unsure")
