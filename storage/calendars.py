"""Statements about the calendars that are read: whose turn it is, and how the last reading ended."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.statements import Row, insert

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Seen:
    """What a calendar was when it was read last, by which to tell whether it has changed.

    Attributes:
        digest: of its content.
        etag: what its server calls this content; None where it says nothing.
        modified: since when its server has this content, in the server's words; None where it doesn't say.
    """

    digest: str
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarState:
    """How the reading of one calendar stands.

    Attributes:
        name: what the config calls it.
        due_at: when it is to be read next.
        leased_until: until when one worker alone reads it; None where nobody does.
        read_at: when it was read last without a fault.
        basis: names all but the content that the last reading depended on.
        seen: what it was then; None where it has to be read anew.
        failures: how many readings in a row have failed.
        doubts: how many readings in a row have lacked so much that it was not believed.
        doubted_at: when the last of these was counted.
    """

    name: str
    due_at: datetime
    leased_until: datetime | None = None
    read_at: datetime | None = None
    basis: str | None = None
    seen: Seen | None = None
    failures: int = 0
    doubts: int = 0
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """For how long a worker takes a calendar for itself, and how often it is read."""

    length: timedelta
    every: timedelta


class Calendars:
    """The calendars that sessions are read from."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def claim(
        self, name: str, now: datetime, lease: Lease, *, anyway: bool = False
    ) -> CalendarState | None:
        """Take a calendar for one worker alone, if it is due and nobody has it.

        What lies further ahead than it can was written by a clock that was ahead, and holds nobody up.

        Args:
            name: what the config calls it.
            now: the present.
            lease: how long it is taken for, and how often it is read.
            anyway: whether it is taken though it is not due.
        """
        calendars = t.calendars.c
        new = insert(self._connection, t.calendars).values(name=name, due_at=now, failures=0, doubts=0)
        await self._connection.execute(new.on_conflict_do_nothing(index_elements=["name"]))
        free = (
            calendars.leased_until.is_(None)
            | (calendars.leased_until <= now)
            | (calendars.leased_until > now + lease.length)
        )
        due = (calendars.due_at <= now) | (calendars.due_at > now + lease.every)
        found = await self._connection.execute(
            sa.update(t.calendars)
            .where(calendars.name == name, free, sa.true() if anyway else due)
            .values(leased_until=now + lease.length)
            .returning(*calendars)
        )
        row = found.one_or_none()
        return None if row is None else _state(row)

    async def held(self, claimed: CalendarState) -> bool:
        """Lock a calendar, and tell whether it is still the worker's who claimed it so."""
        found = await self._connection.execute(
            sa.select(t.calendars.c.name)
            .where(t.calendars.c.name == claimed.name, t.calendars.c.leased_until == claimed.leased_until)
            .with_for_update()
        )
        return found.one_or_none() is not None

    async def put(self, state: CalendarState) -> None:
        """Write how the reading of a calendar stands."""
        values = {name: getattr(state, name) for name in _OWN}
        seen = {name: getattr(state.seen, name, None) for name in _SEEN}
        await self._connection.execute(
            sa.update(t.calendars).where(t.calendars.c.name == state.name).values(**values, **seen)
        )

    async def of(self, names: Collection[str]) -> tuple[CalendarState, ...]:
        """Load how the reading of calendars stands; one that was never read is not among them."""
        found = await self._connection.execute(
            sa.select(t.calendars).where(t.calendars.c.name.in_(names)).order_by(t.calendars.c.name)
        )
        return tuple(_state(row) for row in found)


_SEEN = tuple(field.name for field in dataclasses.fields(Seen))
_OWN = tuple(field.name for field in dataclasses.fields(CalendarState) if field.name != "seen")


def _state(row: Row) -> CalendarState:
    seen = None if row.digest is None else Seen(row.digest, row.etag, row.modified)
    return CalendarState(**{name: getattr(row, name) for name in _OWN}, seen=seen)
