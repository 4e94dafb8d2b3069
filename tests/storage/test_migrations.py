"""The migrations lead to exactly the tables that the code knows, on both databases, and only once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storage.crypto import Cipher
from storage.migrations import Form, form, upgrade
from storage.store import Store
from storage.tables import metadata
from tests.databases import Databases, Engine, migrated


def differences(connection: sa.Connection) -> list[str]:
    """Say in what a database differs from the tables that the code knows, as Alembic sees it."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return [str(one) for one in compare_metadata(context, metadata)]


def shape(connection: sa.Connection) -> dict[str, Sequence[str]]:
    """Describe every table as the database does: also checks and partial indexes, which Alembic skips."""
    inspector = sa.inspect(connection)
    return {
        table: sorted(
            repr(one)
            for seen in (
                [(one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(table)],
                [(one["name"], one["sqltext"]) for one in inspector.get_check_constraints(table)],
                [_index(one) for one in inspector.get_indexes(table)],
                [(one["name"], one["column_names"]) for one in inspector.get_unique_constraints(table)],
                [
                    (_named(one["name"], connection), one["constrained_columns"], one["referred_table"])
                    for one in inspector.get_foreign_keys(table)
                ],
                [inspector.get_pk_constraint(table)["constrained_columns"]],
            )
            for one in seen
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _named(name: str | None, connection: sa.Connection) -> str | None:
    """Give a foreign key's name where it is told: SQLite's is not, where it came with a column."""
    return name if connection.dialect.name == "postgresql" else None


def _index(index: sa.engine.interfaces.ReflectedIndex) -> tuple[object, ...]:
    where = {
        key: str(value) for key, value in index.get("dialect_options", {}).items() if key.endswith("where")
    }
    return (index["name"], index["column_names"], bool(index["unique"]), sorted(where.items()))


async def test_the_migrated_database_is_the_one_that_the_code_knows(store: Store) -> None:
    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_it_is_so_to_the_last_check_and_partial_index(
    store: Store, database_url: str, cipher: Cipher
) -> None:
    made = Store.open(database_url, cipher)
    async with made.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        straight = await connection.run_sync(shape)
    await made.close()
    async with store.engine.connect() as connection:
        in_steps = await connection.run_sync(shape)
    assert in_steps == straight
    assert "ck_answers_tenths" in str(straight["answers"])
    assert any("uq_check_ins_open" in one and "_where" in one for one in straight["check_ins"])


async def test_a_difference_would_be_seen(databases: Databases, engine: Engine, cipher: Cipher) -> None:
    with databases.fresh(engine, migrated) as url:
        store = Store.open(url, cipher)
        async with store.engine.begin() as connection:
            await connection.execute(sa.text("ALTER TABLE remarks DROP COLUMN at"))
            await connection.execute(sa.text("DROP INDEX uq_check_ins_open"))
            found = await connection.run_sync(differences)
        await store.close()
    assert len(found) == 2
    assert any("add_column" in one for one in found)
    assert any("add_index" in one and "uq_check_ins_open" in one for one in found)


async def test_an_empty_database_is_brought_to_the_newest_form_once(
    database_url: str, cipher: Cipher
) -> None:
    store = Store.open(database_url, cipher)
    empty = await form(store.engine)
    newest = empty.newest
    assert (empty.revision, empty.behind, empty.ahead) == (None, True, False)
    assert await upgrade(store.engine) == (None, newest)
    assert await upgrade(store.engine) == (newest, newest)
    assert await form(store.engine) == Form(newest, newest)
    await store.close()


async def test_a_migration_that_fails_leaves_nothing_behind(database_url: str, cipher: Cipher) -> None:
    store = Store.open(database_url, cipher)
    async with store.engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE outbox (id INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError):
        await upgrade(store.engine)
    assert (await form(store.engine)).revision is None
    async with store.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
    assert tables == ["outbox"]
    await store.close()


async def test_workers_that_start_together_migrate_once(databases: Databases, cipher: Cipher) -> None:
    with databases.fresh("postgresql") as url:  # several processes on one new database: a network of clinics
        stores = [Store.open(url, cipher) for _ in range(4)]
        ends = await asyncio.gather(*(upgrade(store.engine) for store in stores))
        assert sorted(before is None for before, _ in ends) == [False, False, False, True]
        for store in stores:
            await store.close()
