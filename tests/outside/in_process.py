"""Lets tg-auto-test play a person who talks with the real Telegram channel, all in one process.

It belongs to the Python of `environment.TG_AUTO_TEST`. tg-auto-test drives an `Application` of
python-telegram-bot, but calls no more of it than `Attended` has: `initialize`, `process_update`,
`shutdown`, two hooks that may be None, and `bot`. Its limits: one person, one private chat; no
getUpdates and no webhooks (so `listen` is not run); a message's date is 1970; a button that is
pressed twice has the same id; the person's and the bot's messages are numbered apart.

Run as a program, it holds a short conversation with an echo, and prints what was said as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from telegram import Update
from telegram.ext import ApplicationBuilder, ExtBot
from tg_auto_test.test_utils.serverless_telegram_client import ServerlessTelegramClient

from bot.channels.base import Choice, Inbound, Message, Pressed, Wrote
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import BotWire, Patience
from bot.settings import TelegramSettings

PERSON = 4711

Receive = Callable[[Inbound], Awaitable[None]]
"""Takes what the person did. It returns when everything that it leads to has been sent: what is sent
later, by a task that ran before, tg-auto-test does not wait for."""

Connected = Callable[[TelegramChannel], Receive]
"""Builds the part under test around a connected channel."""


class Attended:
    """What tg-auto-test takes for an Application: our bot, with its requests going to tg-auto-test."""

    post_init = None
    post_shutdown = None

    def __init__(self, builder: ApplicationBuilder, connected: Connected) -> None:  # type: ignore[type-arg] # of six
        """Take tg-auto-test's side of the wire from the builder it prepared."""
        library: ExtBot[None] = builder.build().bot
        self.bot = BotWire("1:attended", "http://127.0.0.1:1", Patience())
        self.bot._request = (library.request, library.request)  # noqa: SLF001 - no public way in
        self._connected = connected

    async def initialize(self) -> None:
        """Connect, as `TelegramChannel.connect` does, but for the wire."""
        await self.bot.initialize()
        self._channel = TelegramChannel(self.bot, TelegramSettings(), Patience())
        self._receive = self._connected(self._channel)

    async def process_update(self, update: Update) -> None:
        """Take one update on the way that a webhook's takes."""
        inbound = self._channel.read(update.to_dict())
        if inbound is not None:
            await self._receive(inbound)
            await self._channel.settle(inbound)

    async def shutdown(self) -> None:
        """Let go of the channel."""
        await self._channel.close()


@contextlib.asynccontextmanager
async def person(connected: Connected) -> AsyncIterator[ServerlessTelegramClient]:
    """Lend a client of tg-auto-test's in front of what `connected` builds.

    `async with client.conversation("bot") as talk` opens the chat, whose id is PERSON. Then
    `await talk.send_message(text, parse_mode=None)`, `message = await talk.get_response()`,
    `message.text`, `message.buttons[row][column].text`, `await message.click(text="7")`,
    `await talk.get_edit()`; `client._api_calls` has each call of the Bot API with its parameters.
    """
    client = ServerlessTelegramClient(lambda builder: Attended(builder, connected), user_id=PERSON)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()


def _echo(channel: TelegramChannel) -> Receive:
    async def receive(inbound: Inbound) -> None:
        match inbound.said:
            case Wrote(text):
                await channel.send(inbound.address, Message(f"You wrote {text}", ((Choice("7", "seven"),),)))
            case Pressed(data, message_id):
                await channel.send(inbound.address, Message(f"You pressed {data}", replaces=message_id))
            case _:
                pass

    return receive


async def _converse() -> list[str]:
    async with person(_echo) as client, client.conversation("bot") as talk:
        await talk.send_message("/start token", parse_mode=None)
        asked = await talk.get_response()
        await asked.click(text="7")
        edited = await talk.get_edit()
    return [asked.text, edited.text]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_converse())))  # noqa: T201 - what the test reads
