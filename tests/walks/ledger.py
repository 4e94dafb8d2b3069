"""What stands in the database, as another process sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage import tables as t
from storage.store import driver_url
from tests.walks.attune import PATIENCE


class Sum(NamedTuple):
    """A score as kept: its measure, its items in order and its total, in tenths."""

    measure: str
    items: tuple[int, ...]
    total: int


class Queued(NamedTuple):
    """A message in the outbox: its kind, its state, and the place of the question it asks."""

    kind: str
    state: str
    position: int | None


class Ledger:
    """Reads a database beside the process that works on it."""

    def __init__(self, url: str) -> None:
        """Take the URL as the settings do; nothing connects yet."""
        self._engine = create_async_engine(driver_url(url), poolclass=NullPool)
        self._postgresql = self._engine.dialect.name == "postgresql"

    async def __aenter__(self) -> Self:
        """Do nothing: each question connects by itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the database."""
        await self._engine.dispose()

    async def everything(self) -> Mapping[str, Sequence[tuple[object, ...]]]:
        """Give every row of every table."""
        return {
            table.name: await self._rows(sa.select(table).order_by(*table.primary_key))
            for table in t.metadata.sorted_tables
        }

    async def answers(self, measure: str) -> list[int | None]:
        """Give the answers to a measure asked by chat, in the order of the items, in tenths."""
        chosen = (
            sa.select(t.answers.c.tenths)
            .join(t.check_ins)
            .where(t.check_ins.c.measure == measure, t.answers.c.inbound_id.is_not(None))
            .order_by(t.answers.c.check_in_id, t.answers.c.position)
        )
        return [tenths for (tenths,) in await self._rows(chosen)]  # type: ignore[misc] # a column of integers

    async def scores(self) -> list[Sum]:
        """Give the scores that came by chat, oldest first."""
        table = t.scores.c
        chosen = sa.select(table.measure, t.scores.c["items"], table.total).where(table.source == "chat")
        found = await self._rows(chosen.order_by(table.check_in_id))
        return [Sum(measure, tuple(items), total) for measure, items, total in found]  # type: ignore[arg-type]

    async def alerts(self) -> list[str]:
        """Give each alert's rules, joined, oldest alert first."""
        found = await self._rows(sa.select(t.alerts.c.findings).order_by(t.alerts.c.id))
        return ["+".join(one["rule"] for one in findings) for (findings,) in found]  # type: ignore[attr-defined]

    async def alert_numbers(self) -> list[int]:
        """Give the alerts' numbers, oldest first; a transaction that came to nothing may have used one up."""
        return [
            int(str(number))
            for (number,) in await self._rows(sa.select(t.alerts.c.id).order_by(t.alerts.c.id))
        ]

    async def outbox(self) -> list[Queued]:
        """Give what is to be sent and was, oldest first."""
        table = t.outbox.c
        found = await self._rows(sa.select(table.kind, table.state, table.position).order_by(table.id))
        return [Queued(*one) for one in found]  # type: ignore[arg-type]

    async def count(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        """Count rows."""
        ((found,),) = await self._rows(sa.select(sa.func.count()).select_from(table).where(*where))
        assert isinstance(found, int)
        return found

    async def until(self, table: sa.Table, *where: sa.ColumnElement[bool], count: int = 1) -> None:
        """Wait until so many rows are as `where` says; the process may yet have to make the table."""
        async with asyncio.timeout(PATIENCE):
            while await self._so_far(table, *where) != count:  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.02)

    async def until_settled(self) -> None:
        """Wait until nothing in the outbox is under way or could go now."""
        await self.until(t.outbox, t.outbox.c.state.in_(["waiting", "leased", "unknown"]), count=0)

    async def a_minute_passes(self) -> None:
        """Let the leases of a killed process run out, where only time ends them: on PostgreSQL.

        There other processes may be sending, so what a killed one was sending, or asking about,
        counts as under way for a minute. On SQLite the next process takes it back when it starts,
        and this does nothing.
        """
        if not self._postgresql:
            return
        await self._until_alone()
        async with self._engine.begin() as connection:
            sent, asked = t.outbox.c.state == "leased", t.outbox.c.state == "unknown"
            await connection.execute(sa.update(t.outbox).where(sent).values(lease_until=t.outbox.c.leased_at))
            await connection.execute(sa.update(t.outbox).where(asked).values(not_before=t.outbox.c.leased_at))

    async def _until_alone(self) -> None:
        """Wait until PostgreSQL has noticed that the killed process is gone, and has ended what it began."""
        others = sa.text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        async with asyncio.timeout(PATIENCE):
            while (await self._rows(others))[0] != (0,):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.02)

    async def _so_far(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int | None:
        try:
            return await self.count(table, *where)
        except (sa.exc.OperationalError, sa.exc.ProgrammingError):
            return None

    async def _rows(self, query: sa.Executable) -> list[tuple[object, ...]]:
        async with self._engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(query)]
