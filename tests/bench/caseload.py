"""A clinic's people and their schedules, written into a database at once, as many as a measurement needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as wall_time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.policy import Policy
from bot.service import Service
from bot.timetable import Quiet, Routine, Weekly
from bot.wording import House
from storage import tables as t
from storage.crypto import new_keyring, parse_keyring
from storage.migrations import upgrade
from storage.records import AddressState, ClientState, OutboxState
from storage.statements import look_through
from storage.store import Store

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.crypto import Cipher

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""When the clock of a measurement stands, and what falls due falls due."""

ROUTINE = Routine("weekly", ("ors",), Weekly(((0, wall_time(10)),)))
"""What the clients of a caseload are asked."""

IN_CONFIG = """
[[schedules]]
name = "weekly"
measures = ["ors"]
when = { weekly = "mon 10:00" }
"""
"""The same as a config has it."""

_AT_ONCE = 20_000


def _named(number: int) -> str:
    return f"c{number}"


@dataclass(frozen=True, slots=True)
class Caseload:
    """How many people there are, and how they are reached.

    Attributes:
        clients: how many, numbered from 1 on.
        schedules: how many schedules stand among them.
        due: when each of these is due next.
        channel: the channel of their addresses.
        address: gives each client's address by number.
        therapist: the address of the one therapist of all; None where nobody writes to them.
    """

    clients: int
    schedules: int = 0
    due: datetime = MONDAY
    channel: str = "console"
    address: Callable[[int], str] = _named
    therapist: str | None = None

    @property
    def numbers(self) -> range:
        """The clients' numbers."""
        return range(1, self.clients + 1)

    async def fill(self, store: Store) -> None:
        """Bring an empty database to the present form, and write everybody into it."""
        await upgrade(store.engine)
        async with store.engine.begin() as connection:
            await self._clients(connection, store.cipher)
            await self._schedules(connection)
            await look_through(connection)

    async def _clients(self, connection: AsyncConnection, cipher: Cipher) -> None:
        nameless = cipher.seal("therapists.name", "")
        await connection.execute(
            sa.insert(t.therapists),
            {"code": "T", "name": nameless, "language": "en", "zone": "UTC", "created_at": MONDAY},
        )
        name = cipher.seal("clients.name", "")
        for numbers in _parts(self.numbers):
            await connection.execute(sa.insert(t.clients), [_client(one, name) for one in numbers])
            opened = [{"client_id": number, "opened_at": MONDAY} for number in numbers]
            await connection.execute(sa.insert(t.episodes), opened)
            reached = [
                {**self._reached(self.address(one), cipher), "client_id": one, "therapist_id": None}
                for one in numbers
            ]
            await connection.execute(sa.insert(t.addresses), reached)
        if self.therapist is not None:
            row = {**self._reached(self.therapist, cipher), "client_id": None, "therapist_id": 1}
            await connection.execute(sa.insert(t.addresses), row)

    def _reached(self, address: str, cipher: Cipher) -> dict[str, object]:
        return {
            "channel": self.channel,
            "address": cipher.seal("addresses.address", address),
            "fingerprint": cipher.fingerprint(f"address:{self.channel}", address),
            "operator": False,
            "state": AddressState.ACTIVE,
            "created_at": MONDAY,
        }

    async def _schedules(self, connection: AsyncConnection) -> None:
        rule = ROUTINE.rule("UTC")
        for numbers in _parts(range(self.schedules)):
            rows = [
                {
                    "client_id": number % self.clients + 1,
                    "name": ROUTINE.name if number < self.clients else f"s{number // self.clients}",
                    "rule": rule,
                    "local_date": self.due.date(),
                    "wall": wall_time(10),
                    "next_due_at": self.due,
                    "active": True,
                }
                for number in numbers
            ]
            await connection.execute(sa.insert(t.schedules), rows)


def _client(number: int, name: bytes) -> dict[str, object]:
    return {
        "code": f"C{number}",
        "therapist_id": 1,
        "name": name,
        "language": "en",
        "zone": "UTC",
        "country": "US",
        "age_group": "adult",
        "state": ClientState.ACTIVE,
        "consented_at": MONDAY,
        "created_at": MONDAY,
    }


def _parts(numbers: range) -> Iterator[range]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def policy() -> Policy:
    """Give the choices of a site that asks ROUTINE, and knows no quiet hours: it is measured at any hour."""
    return Policy(House("bench"), Quiet(wall_time(0), wall_time(0)), {ROUTINE.name: ROUTINE})


def frozen() -> datetime:
    """Tell the time of a clock that stands still."""
    return MONDAY


@asynccontextmanager
async def serviced(
    url: str,
    caseload: Caseload | None = None,
    *,
    clock: Callable[[], datetime] = frozen,
    keyring: str | None = None,
) -> AsyncIterator[Service]:
    """Give a service on a database that `caseload` is written into first; without one it is left as it is."""
    store = Store.open(url, parse_keyring(keyring or new_keyring()))
    try:
        if caseload is not None:
            await caseload.fill(store)
        yield Service(store, policy(), clock)
    finally:
        await store.close()


async def ask_all(service: Service) -> None:
    """Open what is due, and write that every question was sent: without that, no answer to it counts."""
    while await service.start_due():
        pass
    sent = sa.update(t.outbox).where(t.outbox.c.state == OutboxState.WAITING)
    async with service.store.engine.begin() as connection:
        await connection.execute(
            sent.values(
                state=OutboxState.SENT,
                sent_at=service.clock(),
                account="bench",
                external_id=sa.cast(t.outbox.c.id, sa.String),
            )
        )
