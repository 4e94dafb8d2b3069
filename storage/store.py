"""The database: one engine, and transactions that hold every statement by name.

SQLite is opened as clinical data needs it: WAL, synchronous=FULL, foreign keys on, and BEGIN IMMEDIATE on
every transaction that writes. With the driver's defaults 14 of 15 concurrent writers lost their updates
silently when measured.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage import embedded, memory, wakes
from storage.absences import Absences
from storage.addresses import Addresses
from storage.alerts import Alerts
from storage.answers import Answers
from storage.applied import Applied
from storage.belated import Belated
from storage.calendars import Calendars
from storage.check_ins import CheckIns
from storage.costs import Costs
from storage.decisions import Decisions
from storage.depths import Depths, depths
from storage.direct import Direct
from storage.episodes import Episodes
from storage.goals import Goals
from storage.holds import Holds
from storage.imports import Imports
from storage.inbox import InboxRows
from storage.invites import Invites
from storage.late import Late
from storage.leases import Leases
from storage.openings import Openings
from storage.outbox import OutboxRows
from storage.outcomes import Outcomes
from storage.people import People
from storage.reconciling import Reconciling
from storage.reminders import Reminders
from storage.schedules import Schedules
from storage.scores import Scores
from storage.senders import Senders
from storage.sent import Sent
from storage.series import SeriesRows
from storage.sessions import Sessions
from storage.silence import Silence
from storage.tally import Tally
from storage.turns import Turns
from storage.upcoming import upcoming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from datetime import datetime

    from storage.crypto import Cipher

_READ_ONLY = "attune_read_only"
PATIENCE = 10
"""Seconds to wait for the turn to write, or for a connection: less than Twilio waits for us, which is 15."""

_NOTICE_LOSS = {
    "connect_timeout": PATIENCE,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How soon a PostgreSQL that is gone is noticed, by which of libpq's options; those of the URL go before.

Left to themselves, a connection to a machine that vanished hangs for a quarter of an hour.
"""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


class DatabaseUrlError(ValueError):
    """The database URL names no database that Attune knows; the text says what to write."""


def driver_url(url: str) -> sa.URL:
    """Turn "sqlite:///attune.db" or "postgresql://…" into the URL of the async driver.

    Raises:
        DatabaseUrlError: another database, or no URL. Neither its text nor a cause repeats the URL,
            which may hold a password.
    """
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.get_backend_name()]
    except (sa.exc.ArgumentError, KeyError, ValueError):
        msg = "write sqlite:///path/to/attune.db or postgresql://user@host/database"
        raise DatabaseUrlError(msg) from None
    return parsed.set(drivername=driver)


class Transaction:
    """Everything that can be read and written, by subject, inside one transaction."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind each subject to this connection."""
        self.people = People(connection, cipher)
        self.addresses = Addresses(connection, cipher)
        self.invites = Invites(connection, cipher)
        self.holds = Holds(connection, self.addresses)
        self.schedules = Schedules(connection)
        self.absences = Absences(connection)
        self.sessions = Sessions(connection)
        self.series = SeriesRows(connection)
        self.goals = Goals(connection, cipher)
        self.check_ins = CheckIns(connection, self.goals)
        self.openings = Openings(connection, self.check_ins)
        self.answers = Answers(connection)
        self.scores = Scores(connection)
        self.silence = Silence(connection)
        self.reminders = Reminders(connection, self.check_ins)
        self.late = Late(connection, self.check_ins)
        self.episodes = Episodes(connection)
        self.inbox = InboxRows(connection, cipher)
        self.outbox = OutboxRows(connection, cipher)
        self.leases = Leases(connection, cipher)
        self.outcomes = Outcomes(connection, cipher)
        self.sent = Sent(connection, cipher)
        self.senders = Senders(connection)
        self.alerts = Alerts(connection, cipher)
        self.imports = Imports(connection)
        self.decisions = Decisions(connection, cipher)
        self.tally = Tally(connection)
        self.applied = Applied(connection)
        self.calendars = Calendars(connection)
        self.costs = Costs(connection)
        self.belated = Belated(connection)
        self.reconciling = Reconciling(connection)
        self._connection = connection

    def apart(self) -> AbstractAsyncContextManager[object]:
        """Make a part of this transaction that is undone alone where it fails; what came before stands."""
        return self._connection.begin_nested()

    async def upcoming(self, now: datetime, *, sending: bool = True) -> datetime | None:
        """Give the first moment after `now` at which something falls due by itself, if anything does.

        Without `sending` only what a tick does is looked at, not what waits to go out.
        """
        return await upcoming(self._connection, now, sending=sending)

    async def depths(self, now: datetime, channels: Collection[str]) -> Depths:
        """Count what is on its way out, on the channels that are served here and on others."""
        return await depths(self._connection, now, channels)


@dataclass(frozen=True, slots=True)
class Access:
    """How a PostgreSQL is reached.

    Attributes:
        prepared: whether statements are prepared, which a pooler may not allow.
        notifies: whether workers wake each other by LISTEN and NOTIFY.
        direct_url: where the server itself is, if `url` leads to a pooler; it may hold a password.
    """

    prepared: bool = True
    notifies: bool = True
    direct_url: str | None = field(default=None, repr=False)


class Store:
    """The one way to the database.

    Attributes:
        engine: the pool of connections.
        direct: how a connection beside the pool is made; None where it is no PostgreSQL.
        worker: names this process among those on the same database.
        notifies: whether it tells the others when it has queued something.
    """

    def __init__(self, engine: AsyncEngine, cipher: Cipher, access: Access | None = None) -> None:
        """Keep the engine; `open` makes one."""
        access = access or Access()
        self.engine = engine
        self.direct = Direct.to(engine, driver_url(access.direct_url) if access.direct_url else None)
        self.worker = wakes.worker_name()
        self.notifies = access.notifies and self.direct is not None
        self._cipher = cipher
        self._turns = Turns(PATIENCE) if engine.dialect.name == "sqlite" else None
        self._reading: dict[str, bool | str] = {_READ_ONLY: True}
        if engine.dialect.name == "postgresql":
            # its default takes a new picture for every statement
            self._reading["isolation_level"] = "REPEATABLE READ"

    @classmethod
    def open(cls, url: str, cipher: Cipher, access: Access | None = None) -> Self:
        """Open the database at `url`; nothing connects yet.

        Raises:
            DatabaseUrlError: the URL names no database that Attune knows.
        """
        access = access or Access()
        parsed = driver_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = create_async_engine(
                parsed,
                connect_args={"timeout": PATIENCE},
                pool_size=5,
                max_overflow=0,
                hide_parameters=True,
            )
            embedded.connects_by(engine, embedded.connect)
            _prepare_sqlite(engine)
        else:
            engine = create_async_engine(
                parsed,
                connect_args={
                    **{key: value for key, value in _NOTICE_LOSS.items() if key not in parsed.query},
                    **({} if access.prepared else {"prepare_threshold": None}),
                },
                pool_size=10,
                max_overflow=0,
                pool_timeout=PATIENCE,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        return cls(engine, cipher, access)

    @classmethod
    def in_memory(cls, cipher: Cipher) -> Self:
        """Open an empty SQLite database that lives in this process and ends with it.

        It is on one connection: a transaction that is begun inside another waits in vain for half a minute.
        """
        engine = memory.engine()
        _prepare_sqlite(engine)
        return cls(engine, cipher)

    def _in_turn(self) -> AbstractAsyncContextManager[None]:
        """Wait until the writers of this process before us are done, where only one can write at a time."""
        return nullcontext() if self._turns is None else self._turns.next()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Write: commits at the end, rolls back on any error. No network call belongs inside."""
        async with self._in_turn(), self.engine.begin() as connection:
            transaction = Transaction(connection, self._cipher)
            yield transaction
            if self.notifies and transaction.outbox.queued:
                await wakes.notify(connection, self.worker)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Read a consistent picture without keeping writers waiting; always rolled back."""
        async with self.engine.connect() as connection:
            picture = await connection.execution_options(**self._reading)
            async with picture.begin() as transaction:
                yield Transaction(picture, self._cipher)
                await transaction.rollback()

    async def try_writing(self, now: datetime) -> None:
        """Write something that nobody reads; it fails as any other write would."""
        async with self.transaction() as transaction:
            await transaction.applied.try_writing(now)

    @property
    def cipher(self) -> Cipher:
        """What seals and opens."""
        return self._cipher

    async def close(self) -> None:
        """Let go of every connection."""
        await self.engine.dispose()


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Set what SQLite needs per connection, and begin transactions ourselves.

    Source: SQLAlchemy's documentation of the SQLite dialect, "Serializable isolation / Savepoints".
    """

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={PATIENCE * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _(connection: sa.Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else embedded.BEGIN_WRITING)
