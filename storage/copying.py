"""Every row of one database, copied into another: how a site moves from SQLite to PostgreSQL, or back."""

from __future__ import annotations

import hashlib
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from storage import tables as t
from storage.statements import look_through

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.statements import Row
    from storage.store import Store

AT_ONCE = 1_000
"""How many rows are held in memory."""

_OWN = {t.compatibility.name}
"""Tables that are about a database itself."""

_TABLES = tuple(table for table in t.metadata.sorted_tables if table.name not in _OWN)
"""In an order in which no row comes before what it refers to in another table."""


class CopyError(Exception):
    """The rows can't be copied as things stand; nothing was written."""


async def copy(source: Store, target: Store) -> Mapping[str, int]:
    """Copy every row of a database into an empty one of the same form, and read all of it back.

    It is one transaction of the target: either everything is there and the same, or nothing.

    Returns:
        How many rows were copied, by table.

    Raises:
        CopyError: the target holds rows, its keys are others, or what was read back is not what was written.
    """
    if not _same_keys(source, target):
        msg = "the two configs have different keys, and what is kept would not open: give both the same"
        raise CopyError(msg)
    async with _picture(source) as before, target.engine.begin() as after:
        await _refuse_rows(after)
        copied = {table.name: await _copy(table, before, after) for table in _TABLES}
        for table in _TABLES:
            if await _digest(table, before) != await _digest(table, after):
                msg = f"{table.name} reads back differently; nothing was copied: report this"
                raise CopyError(msg)
        await _count_on(after)
        await look_through(after)
    return copied


@asynccontextmanager
async def _picture(store: Store) -> AsyncIterator[AsyncConnection]:
    """See a database as it is at one moment; an SQLite file is kept from whoever would write to it."""
    postgresql = store.engine.dialect.name == "postgresql"
    at_once = {"isolation_level": "REPEATABLE READ"} if postgresql else {}
    async with store.engine.connect() as connection:
        picture = await connection.execution_options(**at_once)
        async with picture.begin():
            yield picture


def _same_keys(source: Store, target: Store) -> bool:
    return source.cipher.fingerprint("copy", "same") == target.cipher.fingerprint("copy", "same")


async def _refuse_rows(connection: AsyncConnection) -> None:
    for table in _TABLES:
        if (await connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1))).first():
            msg = f"the database to copy into has rows in {table.name}: give an empty one"
            raise CopyError(msg)


async def _copy(table: sa.Table, source: AsyncConnection, target: AsyncConnection) -> int:
    own = _to_itself(table)
    rows = 0
    async with source.stream(sa.select(table)) as found:
        async for some in found.mappings().partitions(AT_ONCE):
            await target.execute(sa.insert(table), [{**one, **dict.fromkeys(own)} for one in some])
            rows += len(some)
    for column in own:
        await _refer(table, column, source, target)
    return rows


def _to_itself(table: sa.Table) -> Sequence[str]:
    """Name the columns that refer to other rows of the same table, which may come later."""
    return [one.name for one in table.columns if any(key.references(table) for key in one.foreign_keys)]


async def _refer(table: sa.Table, name: str, source: AsyncConnection, target: AsyncConnection) -> None:
    column = table.c[name]
    async with source.stream(sa.select(table.c.id, column).where(column.is_not(None))) as found:
        async for some in found.partitions(AT_ONCE):
            await target.execute(
                sa.update(table)
                .where(table.c.id == sa.bindparam("which"))
                .values({name: sa.bindparam("other")}),
                [{"which": which, "other": other} for which, other in some],
            )


async def _digest(table: sa.Table, connection: AsyncConnection) -> int:
    """Add up the digests of all rows: the same for the same rows, in whatever order they come."""
    total = 0
    async with connection.stream(sa.select(table)) as found:
        async for some in found.partitions(AT_ONCE):
            total += sum(int.from_bytes(hashlib.blake2b(_told(one)).digest()) for one in some)
    return total


def _told(row: Row) -> bytes:
    """Write a row down in one way, whichever database it comes from."""
    return repr([_plain(value) for value in row]).encode()


def _plain(value: Any) -> object:  # noqa: ANN401 (whatever a column holds)
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


async def _count_on(connection: AsyncConnection) -> None:
    """Let PostgreSQL number new rows behind those that were copied; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in _TABLES:
        column = table.autoincrement_column
        if column is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            highest = sa.select(sa.func.max(column)).scalar_subquery()
            await connection.execute(
                sa.select(sa.func.setval(sequence, sa.func.coalesce(highest, 1), highest.is_not(None)))
            )
