"""Statements about addresses."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scoring.instrument import AgeGroup
from storage import tables as t
from storage.records import AddressState, Client, ClientState, Contact, Therapist
from storage.seals import opened
from storage.statements import Row, among, insert, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher


class Addresses:
    """How people are reached, and who is behind an address."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        """Bind to a transaction's connection."""
        self._connection = connection
        self._cipher = cipher

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
        return {prints[row.fingerprint]: _contact(row, prints[row.fingerprint][1]) for row in named(rows)}

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
        return self._found(row), row.received_at

    async def of_clients(self, ids: Collection[int]) -> tuple[Contact, ...]:
        """List the addresses of clients in the order they were made known, whatever their state."""
        return await self._addresses(_CONTACTS_OF_CLIENTS, {"ids": ids})

    async def of_therapists(self, ids: Collection[int]) -> tuple[Contact, ...]:
        """List the addresses of therapists as those of clients."""
        return await self._addresses(_CONTACTS_OF_THERAPISTS, {"ids": ids})

    async def of_operators(self) -> tuple[Contact, ...]:
        """List the addresses of operators as those of clients."""
        return await self._addresses(_CONTACTS_OF_OPERATORS)

    async def give(
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

    async def set_state(self, address_ids: Iterable[int], state: AddressState) -> None:
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

    async def _addresses(
        self, statement: sa.Select[Any], parameters: Mapping[str, object] | None = None
    ) -> tuple[Contact, ...]:
        rows = await self._connection.execute(statement, parameters)
        return tuple(self._found(row) for row in named(rows))

    def _found(self, row: Row) -> Contact:
        """Make the record; one that does not open can't be written to, and is given as such."""
        address = opened(self._cipher, "addresses.address", row.id, row.sealed_address)
        if address is not None:
            return _contact(row, address)
        lost = _contact(row, "")
        stopped = lost.state is AddressState.STOPPED
        return lost if stopped else dataclasses.replace(lost, state=AddressState.UNREACHABLE)


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
