"""Bringing a database to the present form. A released migration is never edited.

Versions work side by side while workers are exchanged one by one. So a migration only adds what the version
before need not know: new tables, indexes that refuse nothing, columns that are nullable or have a default of
the server's. What is no longer used is dropped by a later one, a second step, which says so: it has
`contract = "…"`, the revision of the code that stopped using it, and calls `at_least` with it. A version that
finds a database ahead of it works with it if it is at least that new.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import tables as t

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiosqlite
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_LOCK = 4_152_717
"""The advisory lock that keeps two processes from migrating one PostgreSQL at once (any number would do)."""

_TRIES = 5
_CROSSED = {"40P01", "55P03"}
"""PostgreSQL's words for transactions that wait for one another, and for a lock that can't be had."""


def config() -> Config:
    """Say where the migrations are."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return settings


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a database, beside what this version of the code knows.

    Attributes:
        revision: the database's; None where it is empty.
        newest: the newest that this version knows.
        known: whether this version knows the database's, or it is empty.
        oldest: the revision that code must know to work with the database; None where any will do.
        fits: whether this version may work with a database that is ahead of it.
    """

    revision: str | None
    newest: str
    known: bool = True
    oldest: str | None = None
    fits: bool = True

    @property
    def behind(self) -> bool:
        """Whether the database is to be upgraded first."""
        return self.known and self.revision != self.newest

    @property
    def ahead(self) -> bool:
        """Whether a newer version has upgraded the database."""
        return not self.known


async def form(engine: AsyncEngine) -> Form:
    """Look at the form of a database."""
    async with engine.connect() as connection:
        return await connection.run_sync(_form)


def _form(connection: sa.Connection) -> Form:
    found, newest = _current(connection), _newest()
    revisions = {one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()}
    if found is None or found in revisions:
        return Form(found, newest)
    oldest = connection.scalar(sa.select(t.compatibility.c.oldest))
    return Form(found, newest, known=False, oldest=oldest, fits=oldest is None or oldest in revisions)


def at_least(revision: str) -> None:
    """Say, in a migration that is a second step, which revision code must know from now on."""
    op.execute(sa.delete(t.compatibility))
    op.execute(sa.insert(t.compatibility).values(id=1, oldest=revision))


async def upgrade(engine: AsyncEngine) -> tuple[str | None, str]:
    """Bring the database to the newest form; returns the revision before and after.

    A database that is ahead stays as it is. Where transactions of other workers come between, it tries again.
    """
    for _ in range(_TRIES - 1):
        try:
            return await _upgraded(engine)
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _CROSSED:
                raise
            await asyncio.sleep(1)
    return await _upgraded(engine)


async def _upgraded(engine: AsyncEngine) -> tuple[str | None, str]:
    async with _unbound(engine) as connection:
        return await connection.run_sync(_upgrade)


@asynccontextmanager
async def _unbound(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Begin a transaction in which a table may be replaced by a changed copy of itself.

    SQLite can't change most of a table otherwise, and refuses it while other tables refer to the old one.
    Whether they are referred to is looked at all the same, before anything is committed.
    Source: SQLite, "ALTER TABLE", section 7.

    Raises:
        RuntimeError: a row refers to one that is gone; nothing was changed.
    """
    async with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            async with connection.begin():
                yield connection
            return
        driver = cast("aiosqlite.Connection", (await connection.get_raw_connection()).driver_connection)
        await driver.execute("PRAGMA foreign_keys=OFF")  # no transaction has begun yet
        try:
            async with connection.begin():
                yield connection
                broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
                if broken:
                    msg = f"the upgrade would leave {len(broken)} rows without what they refer to"
                    raise RuntimeError(msg)
        finally:
            await driver.execute("PRAGMA foreign_keys=ON")


def _upgrade(connection: sa.Connection) -> tuple[str | None, str]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    before = _form(connection)
    if before.ahead:
        return before.revision, before.revision or ""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    return before.revision, _newest()


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str:
    head = ScriptDirectory.from_config(config()).get_current_head()
    if head is None:
        msg = "this installation of Attune holds no migrations"
        raise RuntimeError(msg)
    return head
