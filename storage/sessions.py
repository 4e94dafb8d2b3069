"""Statements about sessions, what is asked around each, and who is to confirm one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage import tables as t
from storage.records import ClientState
from storage.statements import Row, among, claimed, insert, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class SessionState(StrEnum):
    """Where a session stands."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class Session:
    """One meeting of a client and their therapist.

    Attributes:
        key: names it among the client's sessions, however often it is moved; a calendar that has one planned
            by hand gives it a key of its own.
        source: who made it known: "therapist", "administrator", "series" or "calendar:" and a name.
        keyed_on: the client's date of it when it was made known, which names its check-ins for good.
        revision: how often its check-ins have been asked anew.
        series_id: the series that it belongs to.
        confirm_at: when the client is asked to confirm it; None where they are not, or have been.
        asked_at: when they were.
        confirmed_at: when they said that it suits them.
        given: what its calendar said of it last, to see whether that has changed.
        away: cancelled because somebody is away that day: planned again if they are not.
    """

    id: int
    client_id: int
    key: str
    source: str
    keyed_on: date
    starts_at: datetime
    ends_at: datetime
    state: SessionState = SessionState.PLANNED
    revision: int = 0
    series_id: int | None = None
    confirm_at: datetime | None = None
    asked_at: datetime | None = None
    confirmed_at: datetime | None = None
    given: str | None = None
    away: bool = False

    @property
    def planned(self) -> bool:
        """Whether it is to take place, or has."""
        return self.state is SessionState.PLANNED


@dataclass(frozen=True, slots=True)
class SessionAsk:
    """What is asked around a session: one schedule, and when.

    Attributes:
        local_date: the date on the client's clock.
        done: whether it has been asked, or was too late to ask.
    """

    session_id: int
    name: str
    local_date: date
    due_at: datetime
    done: bool = False


_CHANGES = (
    "key",
    "starts_at",
    "ends_at",
    "state",
    "revision",
    "confirm_at",
    "asked_at",
    "confirmed_at",
    "given",
    "away",
)
"""What of a session can change."""


class Sessions:
    """When clients meet their therapists."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection

    async def add(self, new: Sequence[Session], now: datetime) -> tuple[Session, ...]:
        """Keep sessions; one whose key the client has already is left as it is and not returned."""
        if not new:
            return ()
        rows = [
            {name: value for name, value in _row(one).items() if name != "id"} | {"created_at": now}
            for one in new
        ]
        found = await self._connection.execute(
            insert(self._connection, t.sessions)
            .on_conflict_do_nothing(index_elements=["client_id", "key"])
            .returning(*t.sessions.c),
            rows,
        )
        return tuple(sorted((_session(row) for row in named(found)), key=lambda one: one.id))

    async def change(self, changed: Sequence[Session]) -> None:
        """Write how sessions stand, by their ids."""
        if changed:
            await self._connection.execute(
                _CHANGE,
                [
                    {"which": one.id, **{f"new_{name}": getattr(one, name) for name in _CHANGES}}
                    for one in changed
                ],
            )

    async def of(
        self, client_ids: Iterable[int], *, since: datetime | None = None, source: str | None = None
    ) -> tuple[Session, ...]:
        """Lock and load the sessions of clients in order of time: those that end after `since`."""
        rows = await self._connection.execute(
            sa.select(t.sessions)
            .where(
                t.sessions.c.client_id.in_(list(client_ids)),
                sa.true() if since is None else t.sessions.c.ends_at > since,
                sa.true() if source is None else t.sessions.c.source == source,
            )
            .order_by(t.sessions.c.starts_at, t.sessions.c.id)
            .with_for_update()
        )
        return tuple(_session(row) for row in named(rows))

    async def by_id(self, ids: Iterable[int]) -> tuple[Session, ...]:
        """Lock and load sessions in id order."""
        rows = await self._connection.execute(_BY_ID, {"ids": ids})
        return tuple(_session(row) for row in named(rows))

    async def asks(self, session_ids: Iterable[int]) -> Mapping[int, tuple[SessionAsk, ...]]:
        """Lock and load what is asked around sessions, by their ids, in order of time."""
        rows = await self._connection.execute(_ASKS, {"ids": session_ids})
        found: dict[int, tuple[SessionAsk, ...]] = {}
        for row in rows:
            found[row.session_id] = (*found.get(row.session_id, ()), _ask(row))
        return found

    async def put_asks(self, wanted: Sequence[SessionAsk], dropped: Sequence[SessionAsk] = ()) -> None:
        """Keep what is asked around sessions, by session and schedule, and drop what no longer is."""
        if dropped:
            await self._connection.execute(
                sa.delete(t.session_asks).where(
                    t.session_asks.c.session_id == sa.bindparam("of_session"),
                    t.session_asks.c.name == sa.bindparam("called"),
                ),
                [{"of_session": one.session_id, "called": one.name} for one in dropped],
            )
        if wanted:
            statement = insert(self._connection, t.session_asks)
            changed = {name: statement.excluded[name] for name in ("local_date", "due_at", "done")}
            await self._connection.execute(
                statement.on_conflict_do_update(index_elements=["session_id", "name"], set_=changed),
                [dataclasses.asdict(one) for one in wanted],
            )

    async def due(self, now: datetime, limit: int, skip: int = 0) -> tuple[tuple[SessionAsk, Session], ...]:
        """Claim what is to be asked now, each with its session; another worker's claims are passed over.

        Each is given once: from here on it is done.
        """
        rows = await self._connection.execute(_DUE, {"now": now, "most": limit, "skip": skip})
        ids = list(rows.scalars())
        if not ids:
            return ()
        taken = await self._connection.execute(_DONE, {"ids": ids})
        asks = sorted((row.due_at, row.id, _ask(row)) for row in taken)
        known = {one.id: one for one in await self.by_id({ask.session_id for _, _, ask in asks})}
        return tuple((ask, known[ask.session_id]) for _, _, ask in asks)

    async def asked_from(self, client_id: int) -> tuple[datetime, ...]:
        """List when a client is still to be asked around their sessions, in order."""
        rows = await self._connection.execute(
            sa.select(t.session_asks.c.due_at)
            .join(t.sessions)
            .where(
                t.sessions.c.client_id == client_id,
                t.sessions.c.state == SessionState.PLANNED,
                ~t.session_asks.c.done,
            )
            .order_by(t.session_asks.c.due_at)
        )
        return tuple(rows.scalars())

    async def to_confirm(self, now: datetime, limit: int, skip: int = 0) -> tuple[Session, ...]:
        """Claim the sessions whose clients are to be asked now whether they suit them, and those clients."""
        rows = await self._connection.execute(_TO_CONFIRM, {"now": now, "most": limit, "skip": skip})
        return tuple(_session(row) for row in named(rows))

    async def unconfirmed(self, client_id: int, now: datetime) -> Session | None:
        """Lock and load the session that a client was last asked to confirm, if that can still be said."""
        rows = await self._connection.execute(
            sa.select(t.sessions)
            .where(
                t.sessions.c.client_id == client_id,
                t.sessions.c.asked_at.is_not(None),
                t.sessions.c.starts_at > now,
            )
            .order_by(t.sessions.c.asked_at.desc(), t.sessions.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        row = rows.one_or_none()
        found = None if row is None else _session(row)
        return found if found is not None and found.planned and found.confirmed_at is None else None

    async def clients_with(self) -> tuple[int, ...]:
        """List the clients who are asked, or could be again, and have any session, by id."""
        rows = await self._connection.execute(
            sa.select(t.sessions.c.client_id)
            .distinct()
            .join(t.clients, t.clients.c.id == t.sessions.c.client_id)
            .where(t.clients.c.state != ClientState.CLOSED)
            .order_by(t.sessions.c.client_id)
        )
        return tuple(rows.scalars())


def _row(one: Session) -> dict[str, object]:
    return {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}


def _session(row: Row) -> Session:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(Session)}
    return Session(**{**values, "state": SessionState(row.state)})


def _ask(row: Row) -> SessionAsk:
    return SessionAsk(row.session_id, row.name, row.local_date, row.due_at, row.done)


_NOW = sa.bindparam("now", type_=t.Utc)

_CHANGE = (
    sa.update(t.sessions)
    .where(t.sessions.c.id == sa.bindparam("which"))
    .values(**{name: sa.bindparam(f"new_{name}", type_=t.sessions.c[name].type) for name in _CHANGES})
)

_BY_ID = (
    sa.select(t.sessions).where(among(t.sessions.c.id, "ids")).order_by(t.sessions.c.id).with_for_update()
)

_ASKS = (
    sa.select(t.session_asks)
    .where(among(t.session_asks.c.session_id, "ids"))
    .order_by(t.session_asks.c.due_at, t.session_asks.c.id)
    .with_for_update()
)

_DUE = claimed(
    sa.select(t.session_asks.c.id)
    .join(t.sessions)
    .join(t.clients, t.clients.c.id == t.sessions.c.client_id)
    .where(~t.session_asks.c.done, t.session_asks.c.due_at <= _NOW)
    .order_by(t.session_asks.c.due_at, t.session_asks.c.id),
    t.session_asks,
    t.sessions,
    t.clients,
)
"""Built once, as what follows: it is asked at each tick."""

_DONE = (
    sa.update(t.session_asks)
    .where(among(t.session_asks.c.id, "ids"))
    .values(done=True)
    .returning(*t.session_asks.c)
)

_TO_CONFIRM = claimed(
    sa.select(t.sessions)
    .join(t.clients, t.clients.c.id == t.sessions.c.client_id)
    .where(
        t.sessions.c.confirm_at.is_not(None),
        t.sessions.c.state == SessionState.PLANNED,
        t.sessions.c.confirm_at <= _NOW,
    )
    .order_by(t.sessions.c.confirm_at, t.sessions.c.id),
    t.sessions,
    t.clients,
)
