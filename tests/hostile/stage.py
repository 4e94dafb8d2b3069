"""A whole Attune on a real channel, whose network is a server of the test's own and misbehaves on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from bot import safety
from bot.channels.base import Channel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.policy import Policy
from bot.service import Service, people
from bot.timetable import Quiet
from bot.web.app import Readiness, build
from bot.wording import House
from storage import tables as t
from storage.migrations import upgrade
from storage.store import Store
from tests.channels.networks import PUBLIC_URL, sms_settings
from tests.channels.telegram_setup import connected
from tests.fakes.memory import MemoryChannel
from tests.fakes.server import LocalServer
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import FakeTwilio
from tests.world import CIPHER, QUIET, Clock, opened

ALMA, IDA, OLE = "501", "502", "503"
"""The client, their therapist and the operator, on Telegram; with "+1555010" before it, by text message."""


_PATIENT = 1.5
"""Seconds until the channel gives Twilio up."""


@dataclass(slots=True)
class Stage:
    """One installation on one network.

    Attributes:
        channel: the real one.
        clock: stands still until a test moves it.
    """

    store: Store
    service: Service
    inbox: Inbox
    outbox: Outbox
    channel: Channel
    clock: Clock

    async def ask(self) -> None:
        """Open a check-in by hand, and send what may go at once."""
        async with self.service.desk() as desk:
            await people.ask(desk, "AB", "ors")
        await self.send()

    async def send(self) -> None:
        """Send whatever may go now."""
        while await self.outbox.deliver():
            pass

    async def send_until(self, done: Callable[[], object], most: timedelta = timedelta(hours=2)) -> None:
        """Send and let time pass, a few seconds at a time and then more, until something is so."""
        end = self.clock.now + most
        step = timedelta(seconds=2)
        await self.send()
        while not done():
            assert self.clock.now < end, "it never came to that"
            self.clock.now += step
            step = min(step * 2, timedelta(minutes=6))
            await self.send()

    async def later(self) -> None:
        """Let pass what a person takes to answer, in which what may have been sent is seen to."""
        self.clock.wait(seconds=20)
        await self.send()

    async def marks(self) -> list[int]:
        """Give the answers that were kept, in the order of the questions."""
        async with self.store.engine.connect() as connection:
            rows = await connection.execute(sa.select(t.answers.c.tenths).order_by(t.answers.c.position))
            return list(rows.scalars())

    async def states(self, kind: str = "question") -> list[str]:
        """Give how the messages of a kind stand, oldest first."""
        async with self.store.engine.connect() as connection:
            rows = await connection.execute(
                sa.select(t.outbox.c.state).where(t.outbox.c.kind == kind).order_by(t.outbox.c.id)
            )
            return list(rows.scalars())

    async def inbound(self) -> int:
        """Count what was kept of what people wrote."""
        async with self.store.engine.connect() as connection:
            found = await connection.execute(sa.select(sa.func.count()).select_from(t.inbound))
            return int(found.scalar_one())


@asynccontextmanager
async def _staged(url: str, channel: Channel) -> AsyncIterator[Stage]:
    clock = Clock()
    store = Store.open(url, CIPHER)
    policy = Policy(House("Elm Street clinic"), Quiet(QUIET.start, QUIET.end), {})
    service = Service(store, policy, clock)
    safety.look("hello", policy.lexicon)  # reading its tables takes longer than a network waits
    outbox = Outbox(service, {channel.name: channel}, clock, chance=lambda: 0.0)
    try:
        yield Stage(store, service, Inbox(service, outbox.wake), outbox, channel, clock)
    finally:
        await store.close()


@asynccontextmanager
async def on_telegram(url: str) -> AsyncIterator[tuple[Stage, FakeTelegram]]:
    """Open the stage on a fake Telegram, where everybody has pressed Start; nothing is polled yet."""
    async with FakeTelegram() as telegram:
        for chat in (ALMA, IDA, OLE):
            telegram.write(int(chat), "/start")
        telegram.pending.clear()
        async with connected(telegram) as channel, _staged(url, channel) as stage:
            yield stage, telegram


@asynccontextmanager
async def polled(stage: Stage) -> AsyncIterator[None]:
    """Let the channel poll into the inbox."""
    assert isinstance(stage.channel, TelegramChannel)
    stop = asyncio.Event()
    polling = asyncio.create_task(stage.channel.listen(stage.inbox.accept, stop))
    try:
        yield
    finally:
        stop.set()
        await polling


async def _ready() -> Readiness:
    return Readiness(ready=True, parts=())


@asynccontextmanager
async def on_twilio(url: str) -> AsyncIterator[tuple[Stage, FakeTwilio]]:
    """Open the stage on a fake Twilio, with its web server listening."""
    async with FakeTwilio(public_url=PUBLIC_URL) as twilio:
        channel = await SmsChannel.connect(sms_settings(twilio.api_base, _PATIENT), PUBLIC_URL)
        async with _staged(url, channel) as stage:
            app = build(
                accept=stage.inbox.accept,
                report=stage.service.reported,
                readiness=_ready,
                telegram=None,
                sms=channel,
            )
            async with LocalServer(app) as server:
                twilio.bot_url = server.url
                yield stage, twilio
            await channel.close()


def number(who: str) -> str:
    """Give somebody's telephone number."""
    return f"+12025550{who}"


def staffed_on_telegram(url: str) -> None:
    """Prepare a database in which everybody takes part on Telegram, for `Databases.fresh`."""
    asyncio.run(_staff(url, "telegram", (ALMA, IDA, OLE)))


def staffed_on_twilio(url: str) -> None:
    """Prepare a database in which everybody takes part by text message, for `Databases.fresh`."""
    asyncio.run(_staff(url, "sms", (number(ALMA), number(IDA), number(OLE))))


async def _staff(url: str, name: str, addresses: tuple[str, str, str]) -> None:
    client, therapist, operator = addresses
    clock = Clock()
    async with opened(url, MemoryChannel(name, clock=clock), clock=clock) as world:
        await upgrade(world.store.engine)
        await world.service.sync([(name, operator)])
        await world.add_therapist("T1", therapist)
        await world.consented("AB", client)
