"""Two versions on one database: each migration leaves what the version before it needs, or says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic import command, op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.crypto import Cipher
from storage.migrations import at_least, config, form, upgrade
from storage.store import Store
from tests.databases import Databases

FROM = "0005"
"""From the migration after this one on, versions work side by side."""

on_postgresql = pytest.mark.parametrize("engine", ["postgresql"])

_LITERALS = re.compile(r"'([^']*)'")


@dataclass(frozen=True)
class Table:
    """What code relies on in a table, by names."""

    columns: Mapping[str, tuple[str, bool, bool]] = field(default_factory=dict)
    """By name: the type, whether it is nullable, whether the server has a default."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """What refuses rows: unique keys, foreign keys and checks, by name or columns."""


def tables(connection: sa.Connection, only: str = "") -> dict[str, Table]:
    """Read what code relies on, as PostgreSQL tells it; of the table `only`, if one is given."""
    seen = sa.inspect(connection)
    return {
        name: Table(
            {
                one["name"]: (str(one["type"]), one["nullable"], one["default"] is not None)
                for one in seen.get_columns(name)
            },
            {
                **{f"unique {one['column_names']}": "" for one in seen.get_unique_constraints(name)},
                **{f"unique index {one['name']}": "" for one in seen.get_indexes(name) if one["unique"]},
                **{f"key {one['constrained_columns']}": "" for one in seen.get_foreign_keys(name)},
                **{f"check {one['name']}": one["sqltext"] for one in seen.get_check_constraints(name)},
            },
        )
        for name in seen.get_table_names()
        if only in {"", name}
    }


def taken(before: Mapping[str, Table], after: Mapping[str, Table]) -> list[str]:
    """Say what a migration took from code that knows only what was before."""
    found = []
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            found.append(f"{name} is gone")
            continue
        for column, kind in old.columns.items():
            if new.columns.get(column) != kind:
                found.append(f"{name}.{column} is gone or another")
        for column, (_, nullable, has_default) in new.columns.items():
            if column not in old.columns and not (nullable or has_default):
                found.append(f"{name}.{column} must be given")
        for refusal, text in new.refusals.items():
            theirs = any(f"'{column}'" in refusal for column in new.columns if column not in old.columns)
            allowed = set(_LITERALS.findall(text)) >= set(_LITERALS.findall(old.refusals.get(refusal, "")))
            if not theirs and (refusal not in old.refusals or not allowed):
                found.append(f"{name} refuses more: {refusal}")
    return found


def revisions() -> list[ModuleType]:
    """List the migrations after `FROM`, oldest first."""
    every = list(ScriptDirectory.from_config(config()).walk_revisions())
    return [one.module for one in reversed(every) if one.revision > FROM]


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """Lend an empty PostgreSQL: workers of two versions are several processes."""
    with databases.fresh("postgresql") as url:
        yield url


async def to(store: Store, revision: str) -> dict[str, Table]:
    """Bring a database to a revision, and read what is there."""

    def work(connection: sa.Connection) -> dict[str, Table]:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
        return tables(connection)

    async with store.engine.begin() as connection:
        return await connection.run_sync(work)


async def test_each_migration_leaves_what_the_version_before_needs(url: str, cipher: Cipher) -> None:
    store = Store.open(url, cipher)
    before, known = await to(store, FROM), [FROM]
    for migration in revisions():
        after = await to(store, migration.revision)
        stopped = getattr(migration, "contract", None)
        if stopped is None:
            assert taken(before, after) == [], f"{migration.revision} says no contract"
        else:
            assert stopped in known, f"{migration.revision} drops what code of {stopped} has stopped using"
            assert stopped != FROM, "what that version uses was never left before"
            async with store.engine.connect() as connection:
                assert await connection.scalar(sa.text("SELECT oldest FROM compatibility")) >= stopped
        before = after
        known.append(migration.revision)
    await store.close()


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE outbox ADD COLUMN spare TEXT", []),
        ("ALTER TABLE outbox ADD COLUMN spare TEXT NOT NULL DEFAULT ''", []),
        ("CREATE TABLE spare (id INTEGER PRIMARY KEY REFERENCES outbox)", []),
        ("CREATE INDEX ix_spare ON outbox (alert_id)", []),
        ("ALTER TABLE outbox ADD COLUMN spare BIGINT REFERENCES clients", []),
        ("ALTER TABLE outbox DROP CONSTRAINT ck_outbox_state", []),
        ("ALTER TABLE outbox ADD COLUMN spare TEXT NOT NULL", ["outbox.spare must be given"]),
        ("ALTER TABLE outbox DROP COLUMN reason", ["outbox.reason is gone or another"]),
        ("ALTER TABLE outbox RENAME COLUMN reason TO why", ["outbox.reason is gone or another"]),
        ("ALTER TABLE outbox ALTER COLUMN reason TYPE TEXT", ["outbox.reason is gone or another"]),
        ("ALTER TABLE outbox ALTER COLUMN reason SET NOT NULL", ["outbox.reason is gone or another"]),
        ("DROP TABLE outbox CASCADE", ["outbox is gone"]),
        ("CREATE UNIQUE INDEX one ON outbox (reason)", ["outbox refuses more: unique index one"]),
        ("ALTER TABLE outbox ADD CHECK (attempts < 9)", ["outbox refuses more: check outbox_attempts_check"]),
    ],
)
async def test_what_takes_something_away_is_seen(store: Store, statement: str, says: list[str]) -> None:
    async with store.engine.connect() as connection:
        before = await connection.run_sync(tables, "outbox")
        await connection.execute(sa.text(statement))
        after = await connection.run_sync(tables, "outbox")
        await connection.rollback()
    assert taken(before, after) == says


async def of_a_newer_version(store: Store, oldest: str | None) -> None:
    """Bring a database ahead of this version, by a migration after which code must know `oldest`."""
    await upgrade(store.engine)

    def work(connection: sa.Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            op.execute("UPDATE alembic_version SET version_num = '9999'")
            if oldest is not None:
                at_least(oldest)

    async with store.engine.begin() as connection:
        await connection.run_sync(work)


@pytest.mark.parametrize(("oldest", "fits"), [(None, True), ("0006", True), ("9998", False)])
async def test_a_database_that_is_ahead_is_worked_with_unless_it_has_left_us_behind(
    database_url: str, cipher: Cipher, oldest: str | None, *, fits: bool
) -> None:
    store = Store.open(database_url, cipher)
    await of_a_newer_version(store, oldest)
    found = await form(store.engine)
    assert (found.revision, found.ahead, found.behind, found.fits) == ("9999", True, False, fits)
    assert await upgrade(store.engine) == ("9999", "9999"), "it is never brought back"
    await store.close()


async def test_a_second_step_again_takes_the_place_of_the_first(database_url: str, cipher: Cipher) -> None:
    store = Store.open(database_url, cipher)
    await of_a_newer_version(store, "0006")
    await of_a_newer_version(store, "9998")
    assert (await form(store.engine)).oldest == "9998"
    await store.close()
