"""Bringing a database to the present form. A released migration is never edited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import AsyncEngine

_LOCK = 4_152_717
"""The advisory lock that keeps two processes from migrating one PostgreSQL at once (any number would do)."""


def config() -> Config:
    """Say where the migrations are."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return settings


async def upgrade(engine: AsyncEngine) -> tuple[str | None, str]:
    """Bring the database to the newest form; returns the revision before and after."""
    async with engine.begin() as connection:
        return await connection.run_sync(_upgrade)


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
