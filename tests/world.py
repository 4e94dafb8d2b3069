"""A whole Attune on a database, a clock that stands still until told, and networks inside the test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from bot.channels.base import Address, Inbound, Pressed, Said, Wrote
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.policy import Policy
from bot.service import Service, paper, people
from bot.ticker import Ticker
from bot.timetable import Quiet, Routine, Weekly
from bot.wording import House
from scoring.instrument import AgeGroup
from storage.crypto import parse_keyring
from storage.migrations import upgrade
from storage.records import Client, ClientState, Therapist
from storage.store import Store
from tests.fakes.memory import MemoryChannel

CIPHER = parse_keyring(f"k1 {'A' * 43}=\nindex {'B' * 42}A=\n")

MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Where a test's time begins: a Monday afternoon outside of everybody's quiet hours."""

WEEKLY = Routine("weekly", ("ors", "srs"), Weekly(((0, time(18)),)), (timedelta(hours=24),))

QUIET = Quiet(time(21), time(8))

CLIENT, THERAPIST, OPERATOR = "+15550101", "+15550102", "+15550103"


@dataclass(slots=True)
class Clock:
    """Tells the time that a test has set."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def wait(self, **duration: float) -> None:
        """Let time pass, as `timedelta` takes it: `wait(hours=24)`."""
        self.now += timedelta(**duration)


_WORLDS = itertools.count(1)


@dataclass(slots=True)
class World:
    """Everything of one installation."""

    store: Store
    service: Service
    inbox: Inbox
    outbox: Outbox
    channels: Mapping[str, MemoryChannel]
    clock: Clock
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    name: str = field(default_factory=lambda: f"in-{next(_WORLDS)}")

    @property
    def channel(self) -> MemoryChannel:
        """The first channel, which most tests have alone."""
        return next(iter(self.channels.values()))

    def inbound(
        self,
        said: Said | str,
        address: str = CLIENT,
        *,
        external_id: str | None = None,
        channel: str = "",
        language: str | None = None,
    ) -> Inbound:
        """Make something that arrives, under an id of its own."""
        over = self.channels[channel] if channel else self.channel
        what = Wrote(said) if isinstance(said, str) else said
        number = external_id or f"{self.name}-{next(self.ids)}"
        return Inbound(over.name, over.account, number, Address(address), what, self.clock(), language)

    async def send_out(self) -> None:
        """Send whatever may go out now."""
        while await self.outbox.deliver():
            pass

    async def hear(
        self, said: Said | str, address: str = CLIENT, *, channel: str = "", language: str | None = None
    ) -> None:
        """Let one thing arrive, and send what follows."""
        await self.inbox.accept([self.inbound(said, address, channel=channel, language=language)])
        await self.send_out()

    async def tick(self) -> None:
        """Do what the clock brings, and send what follows."""
        for work, _ in Ticker(self.service, lambda: None).works():
            await work()
        await self.send_out()

    async def add_therapist(
        self, code: str = "T1", address: str | None = THERAPIST, *, language: str = "en"
    ) -> None:
        """Add a therapist, with an address or without."""
        async with self.service.desk() as desk:
            known = [(self.channel.name, address)] if address else []
            await people.add_therapist(desk, Therapist(0, code, language, "UTC", "Dr Ida Quimby"), known)

    async def add_client(
        self,
        code: str = "AB",
        address: str | None = CLIENT,
        therapist: str = "T1",
        *,
        country: str = "US",
        language: str = "en",
    ) -> None:
        """Add a client who was not asked for consent yet."""
        async with self.service.desk() as desk:
            known = [(self.channel.name, address)] if address else []
            adult, invited = AgeGroup.ADULT, ClientState.INVITED
            client = Client(0, code, 0, language, "UTC", country, adult, invited, None, "Alma Brightwater")
            await people.add_client(desk, client, therapist, known)

    async def consented(
        self,
        code: str = "AB",
        address: str = CLIENT,
        therapist: str = "T1",
        *,
        country: str = "US",
        language: str = "en",
    ) -> None:
        """Add a client who has agreed."""
        await self.add_client(code, address, therapist, country=country, language=language)
        await self.hear(AGREES, address)

    async def ask(self, measure: str = "ors", code: str = "AB") -> None:
        """Open a check-in by hand, and send what follows."""
        async with self.service.desk() as desk:
            await people.ask(desk, code, measure)
        await self.send_out()

    async def past(self, measure: str, points: Sequence[float], days: float, code: str = "AB") -> None:
        """Enter a form of so many days ago."""
        async with self.service.desk() as desk:
            items = [round(one * 10) for one in points]
            at = self.clock() - timedelta(days=days)
            await paper.add_score(desk, code, measure, items, at=at)

    def forget(self) -> None:
        """Begin to look at what is sent from now on."""
        for channel in self.channels.values():
            channel.sent.clear()


AGREES = Pressed("agree", "0")
"""Consent by the button: there is no button without the text above it."""


def policy(channels: Sequence[MemoryChannel], routines: Sequence[Routine] = (WEEKLY,)) -> Policy:
    """Make the choices of Elm Street clinic."""
    return Policy(
        House("Elm Street clinic"),
        QUIET,
        {one.name: one for one in routines},
        edits=frozenset(one.name for one in channels if one.edits),
    )


@asynccontextmanager
async def opened(
    url: str, *channels: MemoryChannel, clock: Clock | None = None, choices: Policy | None = None
) -> AsyncIterator[World]:
    """Open a database with these networks; without any, with `memory`, which has no buttons."""
    clock = clock or Clock()
    over = channels or (MemoryChannel(clock=clock),)
    store = Store.open(url, CIPHER)
    service = Service(store, choices or policy(over), clock)
    by_name = {one.name: one for one in over}
    outbox = Outbox(service, by_name, clock, chance=lambda: 0.0)
    try:
        yield World(store, service, Inbox(service, outbox.wake), outbox, by_name, clock)
    finally:
        await store.close()


def staffed(url: str) -> None:
    """Prepare a database in which everybody takes part already, for `Databases.fresh`.

    There is an operator, a therapist and a client who has agreed, all on the network `memory`.
    """
    asyncio.run(_staff(url))


async def _staff(url: str) -> None:
    async with opened(url) as world:
        await upgrade(world.store.engine)
        await world.service.sync([(world.channel.name, OPERATOR)])
        await world.add_therapist()
        await world.consented()
