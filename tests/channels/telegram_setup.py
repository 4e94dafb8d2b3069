"""What the Telegram channel's tests share: a channel at the fake server, and an inbox that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot.channels.base import Accept, Inbound, Said
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import Patience
from bot.settings import TelegramSettings
from tests.fakes.telegram import FakeTelegram

SECRET = "a-secret_of_the_webhook"
IMPATIENT = Patience(connect=1.0, answer=0.2, pauses=(0.01,))


def settings_for(telegram: FakeTelegram, poll_seconds: int = 1) -> TelegramSettings:
    """Give the settings of a bot at the fake server; its idle polls last a second, or so many."""
    settings = TelegramSettings(
        token=SecretStr(telegram.token), webhook_secret=SecretStr(SECRET), api_base=telegram.base_url
    )
    return settings.model_copy(update={"poll_seconds": poll_seconds})  # 0 is for tests in a hurry only


@asynccontextmanager
async def connected(
    telegram: FakeTelegram, patience: Patience = IMPATIENT, poll_seconds: int = 1
) -> AsyncIterator[TelegramChannel]:
    """Connect a channel, and close it."""
    channel = await TelegramChannel.connect(settings_for(telegram, poll_seconds), patience)
    try:
        yield channel
    finally:
        await channel.close()


@asynccontextmanager
async def listening(channel: TelegramChannel, accept: Accept) -> AsyncIterator[asyncio.Event]:
    """Let a channel poll; the event stops it, and so does leaving, at once."""
    stop = asyncio.Event()
    polling = asyncio.create_task(channel.listen(accept, stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(0.5):
            await polling


class Inbox:
    """Keeps what arrives.

    Attributes:
        kept: what was kept, oldest first.
        offered: what came, kept or not.
        failures: how many times more it fails.
        open: keeping waits until this is set.
    """

    def __init__(self, failures: int = 0) -> None:
        """Begin empty, and open."""
        self.kept: list[Inbound] = []
        self.offered: list[Inbound] = []
        self.failures = failures
        self.open = asyncio.Event()
        self.open.set()

    @property
    def said(self) -> list[Said]:
        """What people did, oldest first."""
        return [inbound.said for inbound in self.kept]

    async def accept(self, arrived: Sequence[Inbound]) -> None:
        """Keep a batch, or fail."""
        self.offered.extend(arrived)
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            reason = "disk full"
            raise OSError(reason)
        self.kept.extend(arrived)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens on our side; TimeoutError after two seconds."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)
