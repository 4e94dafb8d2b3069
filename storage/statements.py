"""What the statements of both databases have in common."""

from __future__ import annotations

import dataclasses
import json
from collections import namedtuple
from collections.abc import Collection
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import DataclassInstance
    from sqlalchemy.engine import Dialect
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.operators import OperatorType
    from sqlalchemy.types import TypeEngine

Row = sa.Row[*tuple[Any, ...]]
"""A row of any shape, SQLAlchemy's or of `named`: each module makes records of it, by its columns' names."""

Insert = postgresql.Insert | sqlite.Insert


def named(found: sa.CursorResult[*tuple[Any, ...]]) -> list[Any]:
    """Fetch the rows of a result, each a tuple with the names of its columns.

    SQLAlchemy's rows take ten times as long to find a value by its name, which was most of what it took to
    make a record of one.
    """
    return list(map(_named(tuple(found.keys())), found))


@lru_cache(256)
def _named(names: tuple[str, ...]) -> Callable[[Iterable[object]], Any]:
    kind: Any = namedtuple("Named", names)  # type: ignore[misc] # noqa: PYI024 (names that a statement gives)
    return kind._make


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def values(record: DataclassInstance) -> dict[str, Any]:
    """Give a record's values by the names of its columns; what they hold is not copied."""
    return {name: getattr(record, name) for name in _names(type(record))}


def insert(connection: AsyncConnection, table: sa.Table) -> Insert:
    """Insert with ON CONFLICT, which both databases have and the standard has not."""
    return insert_into(connection.dialect.name, table)


def insert_into(database: str, table: sa.Table) -> Insert:
    """Make the same for a kind of database, by its name: for statements that are built once."""
    return postgresql.insert(table) if database == "postgresql" else sqlite.insert(table)


def claimed(found: sa.Select[*tuple[Any, ...]], *of: sa.Table) -> sa.Select[*tuple[Any, ...]]:
    """Claim a share of what is found: `most` rows after `skip` others; both come as parameters.

    Other workers pass over what is claimed, until the transaction ends. Rows that refer to those of the
    tables `of` may be written meanwhile: an answer that comes in need not wait.
    """
    most, skip = (sa.bindparam(name, type_=sa.Integer) for name in ("most", "skip"))
    return found.limit(most).offset(skip).with_for_update(skip_locked=True, key_share=True, of=of)


async def look_through(connection: AsyncConnection) -> None:
    """Let PostgreSQL find out how much there is of what, after many rows have come at once.

    It does so by itself within a minute or two, in which it may read whole tables for what an index would
    give at once; SQLite does not ask. Source: PostgreSQL, "Populating a Database", "Run ANALYZE Afterwards".
    """
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql("ANALYZE")


class _Several(sa.types.TypeDecorator[Collection[int] | Collection[str]]):
    """Any number of ids or words as one parameter: an array, or on SQLite the text of one."""

    impl = sa.String
    cache_ok = True

    def __init__(self, *, words: bool) -> None:
        """Choose whether they are words."""
        super().__init__()
        self.words = words

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose what the database takes."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(sa.Text if self.words else sa.BigInteger))
        return dialect.type_descriptor(sa.String())

    def process_bind_param(self, value: Collection[int] | Collection[str] | None, dialect: Dialect) -> object:
        """Write them down."""
        several = list(value or ())
        return several if dialect.name == "postgresql" else json.dumps(several)


class among(FunctionElement[bool]):  # noqa: N801 (read as a function)
    """Choose by ids, or words, that come as one parameter: `among(t.outbox.c.id, "ids")`.

    The statement reads the same however many they are. It is built once, and the database prepares it once;
    IN with a list is written anew for each length of it.
    """

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any], parameter: str) -> None:
        """Compare a column with the parameter of a name."""
        words = isinstance(column.type, sa.String)
        super().__init__(column, sa.bindparam(parameter, type_=_Several(words=words)))

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 (SQLAlchemy calls it so)
        """Stay as it is: a comparison needs no other to be true."""
        return self


@compiles(among, "sqlite")
def _(element: among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (the compiler's own)
    column, ids = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 (parts of a statement, no values)


@compiles(among, "postgresql")
def _(element: among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (as above)
    column, ids = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({ids})"
