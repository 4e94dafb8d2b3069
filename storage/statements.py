"""What the statements of both databases have in common."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = sa.Row[*tuple[Any, ...]]
"""A row of any shape; each module turns its own into records."""

Insert = postgresql.Insert | sqlite.Insert


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def values(record: DataclassInstance) -> dict[str, Any]:
    """Give a record's values by the names of its columns; what they hold is not copied."""
    return {name: getattr(record, name) for name in _names(type(record))}


def insert(connection: AsyncConnection, table: sa.Table) -> Insert:
    """Insert with ON CONFLICT, which both databases have and the standard has not."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
