"""The simulated clinic: the real service, inbox, outbox and ticker on a database in memory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Self

from bot.channels.base import Address, Inbound, Wrote
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.service import Service, people
from bot.simulation.acts import Deed
from bot.simulation.network import SimulatedChannel
from bot.ticker import Ticker
from scoring.instrument import AgeGroup
from storage.crypto import new_keyring, parse_keyring
from storage.migrations import upgrade
from storage.records import Client, ClientState, Therapist
from storage.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from bot.policy import Policy
    from bot.simulation.caseload import Caseload, Somebody
    from bot.simulation.network import Taken
    from bot.simulation.people import Planned
    from storage.tally import Came, Went

OPERATOR = "OPS"
"""The code and the address of whoever hears of technical faults."""


class SimulationError(Exception):
    """Something failed in the service that would have been passed over while running; the text says what."""


@dataclass(slots=True)
class Clock:
    """Tells the simulation's time, which leaps."""

    now: datetime

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


@dataclass(slots=True)
class Clinic:
    """One installation whose people are synthetic."""

    service: Service
    inbox: Inbox
    outbox: Outbox
    ticker: Ticker
    channel: SimulatedChannel
    clock: Clock
    _ids: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    @asynccontextmanager
    async def open(cls, policy: Policy, now: datetime) -> AsyncIterator[Self]:
        """Open a clinic with an empty database, under keys that nobody will need again."""
        store = Store.in_memory(parse_keyring(new_keyring()))
        clock, channel = Clock(now), SimulatedChannel()
        try:
            await upgrade(store.engine)
            service = Service(store, policy, clock)
            outbox = Outbox(service, {channel.name: channel}, clock, chance=lambda: 0.0)
            yield cls(
                service=service,
                inbox=Inbox(service, outbox.wake),
                outbox=outbox,
                ticker=Ticker(service, outbox.wake),
                channel=channel,
                clock=clock,
            )
        finally:
            await store.close()

    async def enrol(self, everybody: Caseload) -> None:
        """Add everybody, and invite the clients. Each therapist's backup is the next one."""
        await self.service.sync([(self.channel.name, OPERATOR)])
        async with self.service.desk() as desk:
            ids = [
                await people.add_therapist(
                    desk, Therapist(0, one.code, one.mind.language, one.zone), self._reached(one)
                )
                for one in everybody.therapists
            ]
            for own, backup in zip(ids, ids[1:] + ids[:1], strict=True):
                await desk.tx.people.set_backup(own, None if own == backup else backup)
            for one in everybody.clients:
                await people.add_client(desk, _client(one), one.therapist, self._reached(one))
                await people.invite(desk, client=one.code)

    def _reached(self, one: Somebody) -> Sequence[tuple[str, str]]:
        return [(self.channel.name, one.code)]

    async def hear(self, written: Sequence[Planned]) -> Mapping[int, Came]:
        """Bring what people wrote now, as one batch; returns what each was read as, by its number.

        Raises:
            SimulationError: one of them can't be worked on.
        """
        if not written:
            return {}
        batch = {one.number: self._inbound(one) for one in written}
        await self.inbox.accept(list(batch.values()))
        ids = {number: one.external_id for number, one in batch.items()}
        async with self.service.store.reading() as transaction:
            came = await transaction.tally.came(self.channel.name, self.channel.account, ids.values())
        if fault := next((one.fault for one in came.values() if one.fault is not None), None):
            msg = f"a message at {self.clock.now:%Y-%m-%d %H:%M}Z could not be worked on: {fault}"
            raise SimulationError(msg)
        return {number: came[external_id] for number, external_id in ids.items()}

    def _inbound(self, one: Planned) -> Inbound:
        name, account = self.channel.name, self.channel.account
        said = Wrote(str(one.what))
        return Inbound(name, account, f"in-{next(self._ids)}", Address(one.who.code), said, self.clock.now)

    async def do(self, deed: Deed, code: str) -> None:
        """Do what the office does for a client."""
        async with self.service.desk() as desk:
            match deed:
                case Deed.PAUSE:
                    await people.pause(desk, code)
                case Deed.RESUME:
                    await people.resume(desk, code)

    async def due_since(self, before: datetime) -> bool:
        """Tell whether something fell due after `before`, up to now: if not, a tick would do nothing."""
        async with self.service.store.reading() as transaction:
            due = await transaction.upcoming(before, sending=False)
        return due is not None and due <= self.clock.now

    async def tick(self) -> None:
        """Do what the clock brings.

        Raises:
            SimulationError: the tick failed; the log says where.
        """
        await self.ticker.tick()
        if self.ticker.failures:
            msg = f"the tick at {self.clock.now:%Y-%m-%d %H:%M}Z failed; the log says where"
            raise SimulationError(msg)

    async def deliver(self) -> None:
        """Send everything that may go out now."""
        while await self.outbox.deliver():
            pass

    async def sent(self) -> tuple[Sequence[tuple[Taken, Went]], datetime | None]:
        """Give what went out since the last time, and when something falls due next."""
        taken = self.channel.collect()
        async with self.service.store.reading() as transaction:
            went = await transaction.tally.went([one.external_id for one in taken]) if taken else {}
            due = await transaction.upcoming(self.clock.now)
        return [(one, went[one.external_id]) for one in taken], due


def _client(one: Somebody) -> Client:
    return Client(
        id=0,
        code=one.code,
        therapist_id=0,
        language=one.mind.language,
        zone=one.zone,
        country=one.country,
        age_group=AgeGroup.ADULT,
        state=ClientState.INVITED,
        consented_at=None,
    )
