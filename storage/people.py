"""Statements about therapists, clients, their addresses and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scoring.instrument import AgeGroup
from storage import tables as t
from storage.records import AddressState, Client, ClientState, Contact, Emergency, Therapist
from storage.statements import Row, among, insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


class People:
    """Who there is, and how they are reached."""

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
        return tuple(self._therapist(row) for row in found)

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

    async def emergency(self, client_id: int) -> Emergency:
        """Load what a client gave for a crisis."""
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

    async def last_heard(self, client_id: int) -> tuple[Contact, datetime] | None:
        """Give the address that a client wrote from last, and when; None where they never wrote."""
        found = await self._connection.execute(
            _CONTACTS.add_columns(t.inbound.c.received_at)
            .join(t.inbound, t.inbound.c.address_id == t.addresses.c.id)
            .where(t.addresses.c.client_id == client_id, t.inbound.c.kind != "left")
            .order_by(t.inbound.c.received_at.desc(), t.inbound.c.id.desc())
            .limit(1)
        )
        row = found.one_or_none()
        if row is None:
            return None
        address = self._cipher.open("addresses.address", row.sealed_address)
        return self._contact(row, address), row.received_at

    async def clients(
        self, ids: Iterable[int] | None = None, *, therapist_id: int | None = None
    ) -> tuple[Client, ...]:
        """List clients by code: all, those of `ids`, or a therapist's."""
        statement = _CLIENTS if ids is None else _CLIENTS_OF
        if therapist_id is not None:
            statement = statement.where(t.clients.c.therapist_id == therapist_id)
        rows = await self._connection.execute(statement, None if ids is None else {"ids": ids})
        return tuple(self._client(row) for row in rows)

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

    def fingerprint(self, channel: str, address: str) -> bytes:
        """Hash an address as it is looked up."""
        return self._cipher.fingerprint(f"address:{channel}", address)

    async def meet(self, addresses: Iterable[tuple[str, str]], now: datetime) -> None:
        """Keep (channel, address) pairs that were never seen, as a stranger's."""
        prints = sorted((self.fingerprint(*pair), pair) for pair in addresses)  # one order for everybody
        rows = [
            {
                "channel": channel,
                "address": self._cipher.seal("addresses.address", address),
                "fingerprint": fingerprint,
                "operator": False,
                "state": AddressState.ACTIVE,
                "created_at": now,
            }
            for fingerprint, (channel, address) in prints
        ]
        if rows:
            await self._connection.execute(
                insert(self._connection, t.addresses).on_conflict_do_nothing(), rows
            )

    async def contacts(self, addresses: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Contact]:
        """Find who is behind each (channel, address) pair; unknown pairs are left out."""
        prints = {self.fingerprint(*pair): pair for pair in addresses}
        rows = await self._connection.execute(_CONTACTS_AT, {"prints": list(prints)})
        return {prints[row.fingerprint]: self._contact(row, prints[row.fingerprint][1]) for row in rows.all()}

    async def addresses_of_clients(self, ids: Collection[int]) -> tuple[Contact, ...]:
        """List the addresses of clients in the order they were made known, whatever their state."""
        return await self._addresses(_CONTACTS_OF_CLIENTS, {"ids": ids})

    async def addresses_of_therapists(self, ids: Collection[int]) -> tuple[Contact, ...]:
        """List the addresses of therapists as those of clients."""
        return await self._addresses(_CONTACTS_OF_THERAPISTS, {"ids": ids})

    async def addresses_of_operators(self) -> tuple[Contact, ...]:
        """List the addresses of operators as those of clients."""
        return await self._addresses(_CONTACTS_OF_OPERATORS)

    async def _addresses(
        self, statement: sa.Select[Any], parameters: Mapping[str, object] | None = None
    ) -> tuple[Contact, ...]:
        rows = await self._connection.execute(statement, parameters)
        return tuple(
            self._contact(row, self._cipher.open("addresses.address", row.sealed_address)) for row in rows
        )

    async def give_address(
        self, channel: str, address: str, *, client_id: int | None = None, therapist_id: int | None = None
    ) -> bool:
        """Make an address a person's; False where it is another person's already.

        An operator may be a therapist too, and is never a client.
        """
        mine = sa.and_(
            t.addresses.c.client_id.is_not_distinct_from(client_id),
            t.addresses.c.therapist_id.is_not_distinct_from(therapist_id),
        )
        nobodys = sa.and_(
            t.addresses.c.client_id.is_(None),
            t.addresses.c.therapist_id.is_(None),
            sa.or_(t.addresses.c.operator.is_(False), sa.literal(client_id is None)),
        )
        found = await self._connection.execute(
            sa.update(t.addresses)
            .where(t.addresses.c.fingerprint == self.fingerprint(channel, address), sa.or_(mine, nobodys))
            .values(client_id=client_id, therapist_id=therapist_id)
        )
        return found.rowcount == 1

    async def set_operators(self, addresses: Sequence[tuple[str, str]], now: datetime) -> None:
        """Make these (channel, address) pairs the operators', and no others."""
        await self.meet(addresses, now)
        prints = [self.fingerprint(*pair) for pair in addresses]
        await self._connection.execute(
            sa.update(t.addresses)
            .where(t.addresses.c.operator | t.addresses.c.fingerprint.in_(prints))
            .values(operator=t.addresses.c.fingerprint.in_(prints))
        )

    async def set_address_state(self, address_ids: Iterable[int], state: AddressState) -> None:
        """Move addresses to another state."""
        await self._connection.execute(
            sa.update(t.addresses).where(t.addresses.c.id.in_(list(address_ids))).values(state=state)
        )

    async def agree_at(self, address_id: int, now: datetime) -> None:
        """Note that somebody wants to be written to at an address of theirs."""
        await self._connection.execute(
            sa.update(t.addresses).where(t.addresses.c.id == address_id).values(agreed_at=now)
        )

    async def note_told(self, address_ids: Iterable[int], now: datetime) -> None:
        """Remember that a stranger had the one line."""
        await self._connection.execute(
            sa.update(t.addresses).where(t.addresses.c.id.in_(list(address_ids))).values(told_at=now)
        )

    async def add_invite(
        self,
        token: str,
        expires_at: datetime,
        *,
        client_id: int | None = None,
        therapist_id: int | None = None,
    ) -> None:
        """Keep an invitation; only the token's hash is kept."""
        await self._connection.execute(
            sa.insert(t.invites).values(
                fingerprint=self._cipher.fingerprint("invite", token),
                client_id=client_id,
                therapist_id=therapist_id,
                expires_at=expires_at,
            )
        )

    async def use_invite(self, token: str, now: datetime) -> tuple[int | None, int | None] | None:
        """Use an invitation up: (client id, therapist id), or None where it is unknown, used or too old."""
        found = await self._connection.execute(
            sa.update(t.invites)
            .where(
                t.invites.c.fingerprint == self._cipher.fingerprint("invite", token),
                t.invites.c.used_at.is_(None),
                t.invites.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(t.invites.c.client_id, t.invites.c.therapist_id)
        )
        row = found.one_or_none()
        return (row.client_id, row.therapist_id) if row else None

    async def return_invite(self, token: str) -> None:
        """Make an invitation usable again that was used from the wrong address."""
        await self._connection.execute(
            sa.update(t.invites)
            .where(t.invites.c.fingerprint == self._cipher.fingerprint("invite", token))
            .values(used_at=None)
        )

    def _therapist(self, row: Row) -> Therapist:
        name = self._cipher.open("therapists.name", row.name)
        return Therapist(row.id, row.code, row.language, row.zone, name, row.backup_id)

    def _client(self, row: Row) -> Client:
        name = self._cipher.open("clients.name", row.name)
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

    @staticmethod
    def _contact(row: Row, address: str) -> Contact:
        client = therapist = None
        if row.client_id is not None:
            client = Client(
                row.client_id,
                row.client_code,
                row.client_therapist_id,
                row.client_language,
                row.client_zone,
                row.country,
                AgeGroup(row.age_group),
                ClientState(row.client_state),
                row.consented_at,
                ask=row.ask,
                discreet=row.discreet,
                programme=row.programme,
            )
        if row.therapist_id is not None:
            therapist = Therapist(
                row.therapist_id,
                row.therapist_code,
                row.therapist_language,
                row.therapist_zone,
                backup_id=row.therapist_backup_id,
            )
        return Contact(
            row.id,
            row.channel,
            address,
            AddressState(row.state),
            row.operator,
            row.told_at,
            client,
            therapist,
            row.agreed_at is not None,
        )


_CONTACTS = sa.select(
    t.addresses.c.id,
    t.addresses.c.channel,
    t.addresses.c.address.label("sealed_address"),
    t.addresses.c.fingerprint,
    t.addresses.c.state,
    t.addresses.c.operator,
    t.addresses.c.told_at,
    t.addresses.c.agreed_at,
    t.addresses.c.client_id,
    t.addresses.c.therapist_id,
    t.clients.c.code.label("client_code"),
    t.clients.c.therapist_id.label("client_therapist_id"),
    t.clients.c.language.label("client_language"),
    t.clients.c.zone.label("client_zone"),
    t.clients.c.country,
    t.clients.c.age_group,
    t.clients.c.state.label("client_state"),
    t.clients.c.consented_at,
    t.clients.c.ask,
    t.clients.c.discreet,
    t.clients.c.programme,
    t.therapists.c.code.label("therapist_code"),
    t.therapists.c.language.label("therapist_language"),
    t.therapists.c.zone.label("therapist_zone"),
    t.therapists.c.backup_id.label("therapist_backup_id"),
).select_from(
    t.addresses.outerjoin(t.clients, t.clients.c.id == t.addresses.c.client_id).outerjoin(
        t.therapists, t.therapists.c.id == t.addresses.c.therapist_id
    )
)


_CONTACTS_AT = _CONTACTS.where(t.addresses.c.fingerprint.in_(sa.bindparam("prints", expanding=True)))
"""Built once, as whatever is asked with each batch of messages or of what falls due."""

_CONTACTS_OF_CLIENTS = _CONTACTS.where(among(t.addresses.c.client_id, "ids")).order_by(t.addresses.c.id)
_CONTACTS_OF_THERAPISTS = _CONTACTS.where(among(t.addresses.c.therapist_id, "ids")).order_by(t.addresses.c.id)
_CONTACTS_OF_OPERATORS = _CONTACTS.where(t.addresses.c.operator).order_by(t.addresses.c.id)

_CLIENTS = sa.select(t.clients).order_by(t.clients.c.code)
_CLIENTS_OF = _CLIENTS.where(among(t.clients.c.id, "ids"))

_EPISODES = sa.select(t.episodes.c.client_id, t.episodes.c.id).where(
    among(t.episodes.c.client_id, "ids"), t.episodes.c.closed_at.is_(None)
)


_EMERGENCY = {"safety_plan": "safety_plan", "contact": "emergency_contact", "whereabouts": "whereabouts"}
"""The fields of `Emergency`, and the columns in which they stand."""


def _id_of(row: Row | None) -> int | None:
    return None if row is None else int(row.id)
