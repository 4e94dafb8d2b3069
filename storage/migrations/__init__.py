"""Bringing a database to the present form. A released migration is never edited."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiosqlite
    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_LOCK = 4_152_717
"""The advisory lock that keeps two processes from migrating one PostgreSQL at once (any number would do)."""


def config() -> Config:
    """Say where the migrations are."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return settings


async def upgrade(engine: AsyncEngine) -> tuple[str | None, str]:
    """Bring the database to the newest form; returns the revision before and after."""
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


async def revision(engine: AsyncEngine) -> tuple[str | None, str]:
    """Tell the database's revision and the newest one."""
    async with engine.connect() as connection:
        return await connection.run_sync(_current), _newest()


def _upgrade(connection: sa.Connection) -> tuple[str | None, str]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    before = _current(connection)
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    return before, _newest()


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str:
    head = ScriptDirectory.from_config(config()).get_current_head()
    if head is None:
        msg = "this installation of Attune holds no migrations"
        raise RuntimeError(msg)
    return head
