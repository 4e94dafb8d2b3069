"""The tables. Times are aware UTC, scores are tenths, what could name a person is sealed bytes.

A change here needs a migration beside it (storage/migrations); a test holds the two equal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.operators import OperatorType

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(sa.types.TypeDecorator[datetime]):
    """A moment: aware on the way in, aware UTC on the way out. A naive time is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy calls it so)
        """Turn a moment into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a stored time must be aware: give it a zone"
            raise ValueError(msg)
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (as above)
        """Mark a moment as UTC; SQLite keeps no zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object] | None:
        """Write moments for SQLite as SQLAlchemy does; the rows of a batch hold the same one many times."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def written(value: datetime | None) -> str | None:
            moment = self.process_bind_param(value, dialect)
            return None if moment is None else _text_of(moment)

        return written

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read the moments of SQLite in one step, as SQLAlchemy would in four: most rows hold several."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return _moment


_TO_THE_ZONE = len("2026-03-02 12:00:00.000000")
"""How long a moment is on SQLite, where it has no zone."""


@lru_cache(256)
def _text_of(moment: datetime) -> str:
    """Write a moment that is in UTC: of two in another zone that are equal one may be the hour after."""
    return moment.isoformat(" ", "microseconds")[:_TO_THE_ZONE]


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(f"{written}+00:00")


Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True)


def _to(table: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(f"{table.removesuffix('s')}_id", Id, sa.ForeignKey(f"{table}.id"), nullable=null)


def _written(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_written(one) for one in value]
    if not isinstance(value, str):
        return value
    if not value.isidentifier():
        msg = "a state is one word"
        raise ValueError(msg)
    return sa.literal_column(f"'{value}'", sa.String())


class State(sa.String):
    """Where something stands. It is compared by its name in the statement, not by a parameter.

    An index over some states is used only where the database sees, when it plans, which are asked for.
    Source: SQLite, "Partial Indexes", section 3.1.
    """

    class Comparator(sa.String.Comparator[str]):
        """Puts what is compared with into the statement."""

        def operate(
            self,
            op: OperatorType,
            *other: Any,  # noqa: ANN401 (SQLAlchemy compares with anything)
            **kwargs: Any,  # noqa: ANN401 (as above)
        ) -> sa.ColumnElement[Any]:
            """Compare; other columns stay what they are."""
            return super().operate(op, *map(_written, other), **kwargs)

    comparator_factory = Comparator


def _state(*states: str) -> tuple[sa.Column[str], sa.CheckConstraint]:
    names = ", ".join(f"'{state}'" for state in states)
    return sa.Column("state", State(16), nullable=False), sa.CheckConstraint(
        f"state IN ({names})", name="state"
    )


therapists = sa.Table(
    "therapists",
    metadata,
    _id(),
    sa.Column("code", sa.String(16), nullable=False, unique=True),
    sa.Column("name", sa.LargeBinary, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("backup_id", Id, sa.ForeignKey("therapists.id")),
)

clients = sa.Table(
    "clients",
    metadata,
    _id(),
    sa.Column("code", sa.String(16), nullable=False, unique=True),
    _to("therapists"),
    sa.Column("name", sa.LargeBinary, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("country", sa.String(2), nullable=False),
    sa.Column("age_group", sa.String(16), nullable=False),
    *_state("invited", "active", "paused", "closed"),
    sa.Column("consent_version", sa.String(32)),
    sa.Column("consented_at", Utc),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("ask", sa.String(16)),
    sa.Column("discreet", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("safety_plan", sa.LargeBinary),
    sa.Column("emergency_contact", sa.LargeBinary),
    sa.Column("whereabouts", sa.LargeBinary),
    sa.Column("programme", sa.String(32), nullable=False, server_default=sa.text("''")),
    sa.Index(None, "therapist_id"),
)

addresses = sa.Table(
    "addresses",
    metadata,
    _id(),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("address", sa.LargeBinary, nullable=False),
    sa.Column("fingerprint", sa.LargeBinary(32), nullable=False, unique=True),
    _to("clients", null=True),
    _to("therapists", null=True),
    sa.Column("operator", sa.Boolean, nullable=False),
    *_state("active", "stopped", "unreachable"),
    sa.Column("told_at", Utc),
    sa.Column("agreed_at", Utc),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("free_at", Utc),
    sa.CheckConstraint("client_id IS NULL OR therapist_id IS NULL", name="one_person"),
    sa.Index(None, "client_id"),
    sa.Index(None, "therapist_id"),
)

invites = sa.Table(
    "invites",
    metadata,
    _id(),
    sa.Column("fingerprint", sa.LargeBinary(32), nullable=False, unique=True),
    _to("clients", null=True),
    _to("therapists", null=True),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("used_at", Utc),
    sa.CheckConstraint("(client_id IS NULL) <> (therapist_id IS NULL)", name="one_person"),
)

episodes = sa.Table(
    "episodes",
    metadata,
    _id(),
    _to("clients"),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("closed_at", Utc),
    sa.Column("ending", sa.String(32)),
    sa.Index(
        "uq_episodes_open",
        "client_id",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

schedules = sa.Table(
    "schedules",
    metadata,
    _id(),
    _to("clients"),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("rule", sa.String(128), nullable=False),
    sa.Column("local_date", sa.Date, nullable=False),
    sa.Column("wall", sa.Time, nullable=False, server_default=sa.text("'00:00:00'")),
    sa.Column("next_due_at", Utc, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("last_date", sa.Date),
    sa.Column("given", sa.Boolean),
    sa.Column("own_when", sa.JSON),
    sa.Column("starts_on", sa.Date),
    sa.Column("ends_on", sa.Date),
    sa.UniqueConstraint("client_id", "name"),
    sa.Index(
        "ix_schedules_due",
        "next_due_at",
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active"),
    ),
)

session_series = sa.Table(
    "session_series",
    metadata,
    _id(),
    _to("clients"),
    sa.Column("weekday", sa.Integer, nullable=False),
    sa.Column("weeks", sa.Integer, nullable=False),
    sa.Column("at", sa.Time, nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("planned_through", sa.Date, nullable=False),
    sa.Column("plan_at", Utc, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    sa.Index(None, "client_id"),
    sa.Index(
        "ix_session_series_plan",
        "plan_at",
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active"),
    ),
)

sessions = sa.Table(
    "sessions",
    metadata,
    _id(),
    _to("clients"),
    sa.Column("key", sa.String(80), nullable=False),
    sa.Column("source", sa.String(48), nullable=False),
    sa.Column("keyed_on", sa.Date, nullable=False),
    sa.Column("starts_at", Utc, nullable=False),
    sa.Column("ends_at", Utc, nullable=False),
    *_state("planned", "cancelled", "no_show"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("series_id", Id, sa.ForeignKey("session_series.id")),
    sa.Column("confirm_at", Utc),
    sa.Column("asked_at", Utc),
    sa.Column("confirmed_at", Utc),
    sa.Column("given", sa.String(80)),
    sa.Column("away", sa.Boolean, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.UniqueConstraint("client_id", "key"),
    sa.Index(None, "client_id", "starts_at"),
    sa.Index(
        "ix_sessions_confirm",
        "confirm_at",
        sqlite_where=sa.text("confirm_at IS NOT NULL AND state = 'planned'"),
        postgresql_where=sa.text("confirm_at IS NOT NULL AND state = 'planned'"),
    ),
)

session_asks = sa.Table(
    "session_asks",
    metadata,
    _id(),
    _to("sessions"),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("local_date", sa.Date, nullable=False),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.UniqueConstraint("session_id", "name"),
    sa.Index(
        "ix_session_asks_due",
        "due_at",
        sqlite_where=sa.text("done = 0"),
        postgresql_where=sa.text("NOT done"),
    ),
)

absences = sa.Table(
    "absences",
    metadata,
    _id(),
    _to("clients", null=True),
    _to("therapists", null=True),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("resting", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("(client_id IS NULL) <> (therapist_id IS NULL)", name="one_person"),
    sa.Index(None, "client_id"),
    sa.Index(None, "therapist_id"),
)

applied = sa.Table(
    "applied",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("tried_at", Utc),
)

compatibility = sa.Table(
    "compatibility",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("oldest", sa.String(16), nullable=False),
)

calendars = sa.Table(
    "calendars",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("leased_until", Utc),
    sa.Column("read_at", Utc),
    sa.Column("basis", sa.String(64)),
    sa.Column("digest", sa.String(64)),
    sa.Column("etag", sa.String(1024)),
    sa.Column("modified", sa.String(64)),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("doubts", sa.Integer, nullable=False),
    sa.Column("doubted_at", Utc),
)

check_ins = sa.Table(
    "check_ins",
    metadata,
    _id(),
    _to("clients"),
    _to("episodes"),
    sa.Column("measure", sa.String(32), nullable=False),
    sa.Column("origin", sa.String(64), nullable=False),
    sa.Column("local_date", sa.Date, nullable=False),
    sa.Column("slot", sa.String(48), nullable=False),
    *_state("waiting", "open", "complete", "partial", "expired", "missed", "withdrawn"),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("refusals", sa.Integer, nullable=False),
    sa.Column("suggested", sa.Integer),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("opened_at", Utc),
    sa.Column("remind_at", Utc),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("closed_at", Utc),
    sa.Column("together", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("resume_at", Utc),
    _to("sessions", null=True),
    sa.Column("importance", sa.Integer, nullable=False, server_default=sa.text("2")),
    sa.Column("reminded", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("reminded_at", Utc),
    sa.Column("late_until", Utc),
    sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("untold", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("reminders", sa.JSON),
    sa.Column("told_partly", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("client_id", "origin", "local_date", "slot"),
    sa.Index(
        "ix_check_ins_untold",
        "due_at",
        sqlite_where=sa.text("untold = 1"),
        postgresql_where=sa.text("untold"),
    ),
    sa.Index(
        "ix_check_ins_session",
        "session_id",
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    ),
    sa.Index(
        "uq_check_ins_open",
        "client_id",
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index(
        "ix_check_ins_waiting",
        "client_id",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_check_ins_remind",
        "remind_at",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index(
        "ix_check_ins_resume",
        "resume_at",
        sqlite_where=sa.text("resume_at IS NOT NULL"),
        postgresql_where=sa.text("resume_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_check_ins_expire",
        "expires_at",
        sqlite_where=sa.text("state IN ('open', 'waiting')"),
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
    ),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("check_in_id", Id, sa.ForeignKey("check_ins.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("tenths", sa.Integer),
    sa.Column("inbound_id", Id, sa.ForeignKey("inbound.id")),
    sa.Column("at", Utc, nullable=False),
    sa.CheckConstraint("tenths BETWEEN 0 AND 100", name="tenths"),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("check_in_id", Id, sa.ForeignKey("check_ins.id"), primary_key=True, autoincrement=False),
    _to("episodes"),
    sa.Column("measure", sa.String(32), nullable=False),
    sa.Column("items", sa.JSON, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Index(None, "episode_id", "measure", "at"),
)

remarks = sa.Table(
    "remarks",
    metadata,
    _id(),
    _to("clients"),
    _to("check_ins", null=True),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("told_at", Utc),
    sa.Index(
        "ix_remarks_untold",
        "client_id",
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    ),
)

inbound = sa.Table(
    "inbound",
    metadata,
    _id(),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("received_at", Utc, nullable=False),
    sa.Column("reading", sa.String(16)),
    sa.Column("fault", sa.String(64)),
    sa.UniqueConstraint("channel", "account", "external_id"),
    sa.Index(None, "address_id", "received_at"),
)

senders = sa.Table(
    "senders",
    metadata,
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("free_at", Utc),
    sa.Column("halted_until", Utc),
    sa.Column("halt_reason", sa.String(64)),
)

refusals = sa.Table(
    "refusals",
    metadata,
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("reason", sa.String(64), primary_key=True),
    sa.Column("told_at", Utc, nullable=False),
)

UNSENT_ALERTS = (
    "kind = 'alert' AND overdue_at IS NULL"
    " AND (state IN ('waiting', 'leased', 'unknown') OR reason = 'does not open')"
)
"""Alerts that may not have gone out, or whose key is gone, and of which operators were not told so."""

outbox = sa.Table(
    "outbox",
    metadata,
    _id(),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    *_state("waiting", "leased", "sent", "delivered", "failed", "unknown", "withdrawn"),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("not_before", Utc, nullable=False),
    sa.Column("valid_until", Utc),
    sa.Column("lease_until", Utc),
    sa.Column("leased_at", Utc),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("account", sa.String(64)),
    sa.Column("external_id", sa.String(64)),
    sa.Column("sent_at", Utc),
    sa.Column("reason", sa.String(64)),
    sa.Column("no_answer_at", Utc),
    sa.Column("overdue_at", Utc),
    _to("check_ins", null=True),
    sa.Column("position", sa.Integer),
    _to("alerts", null=True),
    sa.Column("channel", sa.String(16)),
    sa.Column("unsure", sa.Integer),
    sa.Index(
        "ix_outbox_ready",
        "channel",
        "priority",
        "not_before",
        "id",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_outbox_no_channel",
        "id",
        sqlite_where=sa.text("state = 'waiting' AND channel IS NULL"),
        postgresql_where=sa.text("state = 'waiting' AND channel IS NULL"),
    ),
    sa.Index(
        "ix_outbox_valid",
        "valid_until",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_outbox_alerts",
        "not_before",
        sqlite_where=sa.text(UNSENT_ALERTS),
        postgresql_where=sa.text(UNSENT_ALERTS),
    ),
    sa.Index(
        "ix_outbox_waiting",
        "priority",
        "id",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_outbox_unsettled",
        "address_id",
        "priority",
        "id",
        sqlite_where=sa.text("state IN ('waiting', 'leased', 'unknown')"),
        postgresql_where=sa.text("state IN ('waiting', 'leased', 'unknown')"),
    ),
    sa.Index(
        "ix_outbox_leased",
        "lease_until",
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    ),
    sa.Index(
        "ix_outbox_unknown",
        "priority",
        "id",
        sqlite_where=sa.text("state = 'unknown'"),
        postgresql_where=sa.text("state = 'unknown'"),
    ),
    sa.Index(None, "check_in_id"),
    sa.Index(None, "external_id"),
    sa.Index(None, "address_id", "id"),
    sa.Index(
        "ix_outbox_alert",
        "alert_id",
        sqlite_where=sa.text("alert_id IS NOT NULL"),
        postgresql_where=sa.text("alert_id IS NOT NULL"),
    ),
)

delivery_reports = sa.Table(
    "delivery_reports",
    metadata,
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("external_id", sa.String(64), primary_key=True),
    sa.Column("outcome", sa.String(16), primary_key=True),
    sa.Column("code", sa.String(16)),
    sa.Column("cause", sa.String(16)),
    sa.Column("at", Utc, nullable=False),
    sa.Index(None, "external_id"),
)

costs = sa.Table(
    "costs",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("address_id", Id, sa.ForeignKey("addresses.id"), primary_key=True, autoincrement=False),
    sa.Column("incoming", sa.Boolean, primary_key=True),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("segments", sa.Integer, nullable=False),
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("segments", sa.Integer, nullable=False),
)

cap_alarms = sa.Table(
    "cap_alarms",
    metadata,
    sa.Column("period", sa.String(16), primary_key=True),
    sa.Column("percent", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("cap", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Utc, nullable=False),
)

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("leased_until", Utc),
    sa.Column("through", Utc, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    _id(),
    _to("clients"),
    _to("therapists"),
    _to("check_ins", null=True),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("raised_at", Utc, nullable=False),
    sa.Column("acknowledged_at", Utc),
    sa.Column("acknowledged_by", sa.String(32)),
    sa.Column("closed_at", Utc),
    sa.Column("closed_by", sa.String(32)),
    sa.Column("closing", sa.LargeBinary),
    sa.Column("rung", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("climb_at", Utc),
    sa.Column("words", sa.LargeBinary),
    sa.Column("heard_at", Utc),
    sa.Column("silence_at", Utc),
    sa.Column("reopened_at", Utc),
    sa.Index(
        "ix_alerts_climb",
        "climb_at",
        sqlite_where=sa.text("climb_at IS NOT NULL AND closed_at IS NULL"),
        postgresql_where=sa.text("climb_at IS NOT NULL AND closed_at IS NULL"),
    ),
    sa.Index(
        "ix_alerts_silence",
        "silence_at",
        sqlite_where=sa.text("silence_at IS NOT NULL"),
        postgresql_where=sa.text("silence_at IS NOT NULL"),
    ),
    sa.Index(None, "therapist_id", "acknowledged_at"),
    sa.Index(None, "client_id", "raised_at"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _id(),
    _to("clients"),
    _to("therapists"),
    sa.Column("words", sa.LargeBinary, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("dip_until", sa.Date),
    sa.Index(None, "client_id"),
)

goals = sa.Table(
    "goals",
    metadata,
    _id(),
    _to("clients"),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Column("set_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Index(None, "client_id"),
)

audit = sa.Table(
    "audit",
    metadata,
    _id(),
    sa.Column("at", Utc, nullable=False),
    sa.Column("actor", sa.String(32), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    _to("clients", null=True),
    _to("therapists", null=True),
    _to("check_ins", null=True),
    sa.Column("detail", sa.LargeBinary),
)
