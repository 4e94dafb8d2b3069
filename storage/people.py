"""Statements about therapists and clients."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.instrument import AgeGroup
from storage import tables as t
from storage.crypto import SealError
from storage.records import Client, ClientState, Emergency, Therapist
from storage.seals import opened
from storage.statements import Row, among, insert, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


class People:
    """Who there is. A name that does not open is stood in for by the code: nobody is left out for it."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

    async def add_therapist(self, therapist: Therapist, now: datetime) -> int | None:
        """Keep a therapist (the record's id is not used) and return the id; None where the code is taken."""
        statement = insert(self._connection, t.therapists).values(
            code=therapist.code,
            name=self._cipher.seal("therapists.name", therapist.name),
            language=therapist.language,
            zone=therapist.zone,
            created_at=now,
        )
        statement = statement.on_conflict_do_nothing()
        found = await self._connection.execute(statement.returning(t.therapists.c.id))
        return _id_of(found.one_or_none())

    async def add_client(self, client: Client, now: datetime) -> int | None:
        """Keep a client (the record's id is not used) and return the id; None where the code is taken."""
        statement = insert(self._connection, t.clients).values(
            code=client.code,
            therapist_id=client.therapist_id,
            name=self._cipher.seal("clients.name", client.name),
            language=client.language,
            zone=client.zone,
            country=client.country,
            age_group=client.age_group,
            state=client.state,
            created_at=now,
            ask=client.ask,
            discreet=client.discreet,
            programme=client.programme,
        )
        statement = statement.on_conflict_do_nothing()
        found = await self._connection.execute(statement.returning(t.clients.c.id))
        return _id_of(found.one_or_none())

    async def therapist(self, code: str) -> Therapist | None:
        """Find a therapist by code."""
        found = await self._connection.execute(sa.select(t.therapists).where(t.therapists.c.code == code))
        row = found.one_or_none()
        return self._therapist(row) if row else None

    async def therapists(self) -> tuple[Therapist, ...]:
        """List every therapist by code."""
        found = await self._connection.execute(sa.select(t.therapists).order_by(t.therapists.c.code))
        return tuple(self._therapist(row) for row in named(found))

    async def client(self, code: str, *, lock: bool = False) -> Client | None:
        """Find a client by code, keeping others from changing the row where `lock`."""
        statement = sa.select(t.clients).where(t.clients.c.code == code)
        if lock:  # a row that refers to the client may still be written meanwhile
            statement = statement.with_for_update(key_share=True)
        found = await self._connection.execute(statement)
        row = found.one_or_none()
        return self._client(row) if row else None

    async def set_backup(self, therapist_id: int, backup_id: int | None) -> None:
        """Say who stands in for a therapist; None: whoever the config names."""
        await self._connection.execute(
            sa.update(t.therapists).where(t.therapists.c.id == therapist_id).values(backup_id=backup_id)
        )

    async def safety_plan(self, client_id: int) -> str | None:
        """Load the words that a client reads first in a crisis; None also where they don't open."""
        found = await self._connection.execute(
            sa.select(t.clients.c.safety_plan).where(t.clients.c.id == client_id)
        )
        sealed = found.scalar_one()
        return opened(self._cipher, "clients.safety_plan", client_id, sealed) if sealed else None

    async def emergency(self, client_id: int) -> Emergency:
        """Load what a client gave for a crisis, for whoever can see to the keys.

        Raises:
            SealError: some of it does not open.
        """
        columns = {name: t.clients.c[column] for name, column in _EMERGENCY.items()}
        found = await self._connection.execute(
            sa.select(*columns.values()).where(t.clients.c.id == client_id)
        )
        row = found.one()
        return Emergency(
            **{
                name: self._cipher.open(f"clients.{column}", sealed) if (sealed := row[place]) else None
                for place, (name, column) in enumerate(_EMERGENCY.items())
            }
        )

    async def set_emergency(self, client_id: int, given: Emergency) -> None:
        """Keep what a client gave for a crisis, all three."""
        sealed = {
            column: self._cipher.seal(f"clients.{column}", text) if (text := getattr(given, name)) else None
            for name, column in _EMERGENCY.items()
        }
        await self._connection.execute(
            sa.update(t.clients).where(t.clients.c.id == client_id).values(**sealed)
        )

    async def clients(
        self, ids: Iterable[int] | None = None, *, therapist_id: int | None = None
    ) -> tuple[Client, ...]:
        """List clients by code: all, those of `ids`, or a therapist's."""
        statement = _CLIENTS if ids is None else _CLIENTS_OF
        if therapist_id is not None:
            statement = statement.where(t.clients.c.therapist_id == therapist_id)
        rows = await self._connection.execute(statement, None if ids is None else {"ids": ids})
        return tuple(self._client(row) for row in named(rows))

    async def asked_after(self, client_id: int, limit: int) -> tuple[int, ...]:
        """Give the first ids behind `client_id`, rising, of clients who are being asked, or on a break."""
        going = [ClientState.ACTIVE, ClientState.PAUSED]
        found = await self._connection.execute(
            sa.select(t.clients.c.id)
            .where(t.clients.c.id > client_id, t.clients.c.state.in_(going))
            .order_by(t.clients.c.id)
            .limit(limit)
        )
        return tuple(found.scalars())

    async def set_client(self, client: Client) -> None:
        """Write how a client is asked: language, zone, country, `ask`, `discreet`, programme."""
        await self._connection.execute(
            sa.update(t.clients)
            .where(t.clients.c.id == client.id)
            .values(
                language=client.language,
                zone=client.zone,
                country=client.country,
                ask=client.ask,
                discreet=client.discreet,
                programme=client.programme,
            )
        )

    async def set_language(self, client_id: int, language: str) -> None:
        """Write to a client in another language from now on."""
        await self._connection.execute(
            sa.update(t.clients).where(t.clients.c.id == client_id).values(language=language)
        )

    async def set_client_state(self, client_id: int, state: ClientState) -> None:
        """Move a client to another state."""
        await self._connection.execute(
            sa.update(t.clients).where(t.clients.c.id == client_id).values(state=state)
        )

    async def consent(self, client_id: int, version: str, now: datetime) -> bool:
        """Keep a client's agreement to the consent text; False where it was kept before."""
        found = await self._connection.execute(
            sa.update(t.clients)
            .where(t.clients.c.id == client_id, t.clients.c.state == ClientState.INVITED)
            .values(state=ClientState.ACTIVE, consent_version=version, consented_at=now)
        )
        return found.rowcount == 1

    async def open_episode(self, client_id: int, now: datetime) -> None:
        """Begin an episode of care where none is open."""
        await self._connection.execute(
            insert(self._connection, t.episodes)
            .values(client_id=client_id, opened_at=now)
            .on_conflict_do_nothing()
        )

    async def close_episode(self, client_id: int, ending: str, now: datetime) -> None:
        """End the open episode."""
        await self._connection.execute(
            sa.update(t.episodes)
            .where(t.episodes.c.client_id == client_id, t.episodes.c.closed_at.is_(None))
            .values(closed_at=now, ending=ending)
        )

    async def episodes(self, client_ids: Iterable[int]) -> Mapping[int, int]:
        """Map each client to the open episode."""
        found = await self._connection.execute(_EPISODES, {"ids": client_ids})
        return {row.client_id: row.id for row in found}

    async def keys_fit(self) -> bool:
        """Tell whether one of the latest names opens; True also where there is nobody yet."""
        somebody = False
        for table in (t.therapists, t.clients):
            latest = sa.select(table.c.name).order_by(table.c.id.desc()).limit(_SAMPLE)
            for sealed in (await self._connection.execute(latest)).scalars():
                somebody = True
                with suppress(SealError):
                    self._cipher.open(f"{table.name}.name", sealed)
                    return True
        return not somebody

    def _therapist(self, row: Row) -> Therapist:
        name = self._name("therapists", row)
        return Therapist(row.id, row.code, row.language, row.zone, name, row.backup_id)

    def _name(self, table: str, row: Row) -> str:
        name = opened(self._cipher, f"{table}.name", row.id, row.name)
        return row.code if name is None else name

    def _client(self, row: Row) -> Client:
        name = self._name("clients", row)
        return Client(
            row.id,
            row.code,
            row.therapist_id,
            row.language,
            row.zone,
            row.country,
            AgeGroup(row.age_group),
            ClientState(row.state),
            row.consented_at,
            name,
            row.ask,
            row.discreet,
            row.programme,
        )


_CLIENTS = sa.select(t.clients).order_by(t.clients.c.code)

_CLIENTS_OF = _CLIENTS.where(among(t.clients.c.id, "ids"))

_EPISODES = sa.select(t.episodes.c.client_id, t.episodes.c.id).where(
    among(t.episodes.c.client_id, "ids"), t.episodes.c.closed_at.is_(None)
)

_EMERGENCY = {"safety_plan": "safety_plan", "contact": "emergency_contact", "whereabouts": "whereabouts"}
"""The fields of `Emergency`, and the columns in which they stand."""

_SAMPLE = 20
"""How many therapists and how many clients show whether the keys are this database's."""


def _id_of(row: Row | None) -> int | None:
    return None if row is None else int(row.id)
