"""Sessions, series, calendars, and what is asked around sessions; absences; times of day; late answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHEN = sa.DateTime(timezone=True)


def _columns(table: str) -> tuple[sa.Column[object], ...]:
    """Give the columns that a table gains."""
    found: dict[str, tuple[sa.Column[object], ...]] = {
        "clients": (
            sa.Column("programme", sa.String(length=32), nullable=False, server_default=sa.text("''")),
        ),
        "schedules": (
            sa.Column("wall", sa.Time(), nullable=False, server_default=sa.text("'00:00:00'")),
            sa.Column("last_date", sa.Date(), nullable=True),
            sa.Column("given", sa.Boolean(), nullable=True),
            sa.Column("own_when", sa.JSON(), nullable=True),
            sa.Column("starts_on", sa.Date(), nullable=True),
            sa.Column("ends_on", sa.Date(), nullable=True),
        ),
        "check_ins": (
            sa.Column("importance", sa.Integer(), nullable=False, server_default=sa.text("2")),
            sa.Column("reminded", sa.Integer(), nullable=False, server_default=sa.text("0")),
            sa.Column("reminded_at", _WHEN, nullable=True),
            sa.Column("late_until", _WHEN, nullable=True),
            sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("reminders", sa.JSON(), nullable=True),
            sa.Column("told_partly", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
    }
    return found[table]


def upgrade() -> None:
    """Add the tables and columns."""
    _session_tables()
    for table in ("clients", "schedules"):
        for column in _columns(table):
            op.add_column(table, column)
    _absences_applied_and_calendars()
    op.drop_index("ix_schedules_due", table_name="schedules")
    _partial_index("ix_schedules_due", "schedules", ["next_due_at"], "active", sqlite="active = 1")
    with op.batch_alter_table("check_ins") as batch:
        batch.alter_column("slot", existing_type=sa.String(length=32), type_=sa.String(length=48))
        for column in _columns("check_ins"):
            batch.add_column(column)
        batch.add_column(sa.Column("session_id", _ID, nullable=True))
        batch.create_foreign_key(op.f("fk_check_ins_session_id"), "sessions", ["session_id"], ["id"])
    _partial_index("ix_check_ins_untold", "check_ins", ["due_at"], "untold", sqlite="untold = 1")
    _partial_index("ix_check_ins_session", "check_ins", ["session_id"], "session_id IS NOT NULL")
    _outbox_indexes()


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_delivery_reports_external_id"), table_name="delivery_reports")
    op.drop_index("ix_outbox_unknown", table_name="outbox")
    op.drop_index("ix_outbox_leased", table_name="outbox")
    op.drop_index("ix_check_ins_session", table_name="check_ins")
    op.drop_index("ix_check_ins_untold", table_name="check_ins")
    with op.batch_alter_table("check_ins") as batch:
        batch.drop_constraint(op.f("fk_check_ins_session_id"), type_="foreignkey")
        batch.drop_column("session_id")
        for column in _columns("check_ins"):
            batch.drop_column(column.name)
        batch.alter_column("slot", existing_type=sa.String(length=48), type_=sa.String(length=32))
    for table in ("calendars", "applied", "absences", "session_asks", "sessions", "session_series"):
        op.drop_table(table)
    op.drop_index("ix_schedules_due", table_name="schedules")
    _partial_index("ix_schedules_due", "schedules", ["next_due_at"], "active")
    for table in ("clients", "schedules"):
        for column in _columns(table):
            op.drop_column(table, column.name)


def _outbox_indexes() -> None:
    _partial_index("ix_outbox_leased", "outbox", ["lease_until"], "state = 'leased'")
    _partial_index("ix_outbox_unknown", "outbox", ["priority", "id"], "state = 'unknown'")
    op.create_index(op.f("ix_delivery_reports_external_id"), "delivery_reports", ["external_id"])


def _session_tables() -> None:
    op.create_table(
        "session_series",
        sa.Column("id", _ID, nullable=False),
        sa.Column("client_id", _ID, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("planned_through", sa.Date(), nullable=False),
        sa.Column("plan_at", _WHEN, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_session_series_weekday")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_session_series_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_series")),
    )
    op.create_index(op.f("ix_session_series_client_id"), "session_series", ["client_id"])
    _partial_index("ix_session_series_plan", "session_series", ["plan_at"], "active", sqlite="active = 1")
    op.create_table(
        "sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("client_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=48), nullable=False),
        sa.Column("keyed_on", sa.Date(), nullable=False),
        sa.Column("starts_at", _WHEN, nullable=False),
        sa.Column("ends_at", _WHEN, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("series_id", _ID, nullable=True),
        sa.Column("confirm_at", _WHEN, nullable=True),
        sa.Column("asked_at", _WHEN, nullable=True),
        sa.Column("confirmed_at", _WHEN, nullable=True),
        sa.Column("given", sa.String(length=80), nullable=True),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.CheckConstraint("state IN ('planned', 'cancelled', 'no_show')", name=op.f("ck_sessions_state")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_sessions_client_id")),
        sa.ForeignKeyConstraint(["series_id"], ["session_series.id"], name=op.f("fk_sessions_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("client_id", "key", name=op.f("uq_sessions_client_id_key")),
    )
    op.create_index(op.f("ix_sessions_client_id_starts_at"), "sessions", ["client_id", "starts_at"])
    _partial_index(
        "ix_sessions_confirm", "sessions", ["confirm_at"], "confirm_at IS NOT NULL AND state = 'planned'"
    )
    op.create_table(
        "session_asks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_asks_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_asks")),
        sa.UniqueConstraint("session_id", "name", name=op.f("uq_session_asks_session_id_name")),
    )
    _partial_index("ix_session_asks_due", "session_asks", ["due_at"], "NOT done", sqlite="done = 0")


def _absences_applied_and_calendars() -> None:
    op.create_table(
        "absences",
        sa.Column("id", _ID, nullable=False),
        sa.Column("client_id", _ID, nullable=True),
        sa.Column("therapist_id", _ID, nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("resting", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.CheckConstraint(
            "(client_id IS NULL) <> (therapist_id IS NULL)", name=op.f("ck_absences_one_person")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_absences_client_id")),
        sa.ForeignKeyConstraint(["therapist_id"], ["therapists.id"], name=op.f("fk_absences_therapist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_client_id"), "absences", ["client_id"])
    op.create_index(op.f("ix_absences_therapist_id"), "absences", ["therapist_id"])
    op.create_table(
        "applied",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applied")),
    )
    op.create_table(
        "calendars",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("leased_until", _WHEN, nullable=True),
        sa.Column("read_at", _WHEN, nullable=True),
        sa.Column("basis", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("etag", sa.String(length=1024), nullable=True),
        sa.Column("modified", sa.String(length=64), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("doubted_at", _WHEN, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calendars")),
    )


def _partial_index(
    name: str, table: str, columns: list[str], where: str, *, sqlite: str | None = None
) -> None:
    """Add an index over some rows; SQLite uses it only for the very words of a condition."""
    op.create_index(
        name, table, columns, sqlite_where=sa.text(sqlite or where), postgresql_where=sa.text(where)
    )
