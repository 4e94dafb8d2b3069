"""A complete check-in, played by tg-auto-test with the real service and channel in one process.

It belongs to the Python of `environment.TG_AUTO_TEST`. As a program it prints, as JSON, what the client
and the therapist read, what the answered questions turned into, and the score. tg-auto-test can't take
away a keyboard and leave the text (editMessageReplyMarkup), so AGREE is written and not pressed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path

from bot.channels.base import Inbound, Wrote
from bot.channels.console import ConsoleChannel
from bot.channels.telegram import TelegramChannel
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.policy import Policy
from bot.service import Service, paper, people
from bot.timetable import Quiet
from bot.wording import House
from scoring.instrument import AgeGroup
from storage import migrations
from storage.crypto import parse_keyring
from storage.records import Client, ClientState, Therapist
from storage.store import Store
from tests.outside.in_process import Receive, person
from tests.walks.enrolment import KEYRING
from tests.walks.ledger import Ledger, Sum

ANSWERS = ("7", "6.7", "8", "6.9")
"""Whole numbers are pressed, the others are written."""


@dataclass(frozen=True, slots=True)
class Played:
    """What was said, and what came of it."""

    client: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    therapist: list[str] = field(default_factory=list)
    scores: list[Sum] = field(default_factory=list)


async def play() -> Played:
    """Enrol a client by a link, ask the ORS once they agreed, and answer it."""
    played = Played()
    with tempfile.TemporaryDirectory(prefix="attune-in-process-") as folder:
        url = f"sqlite:///{Path(folder) / 'attune.db'}"
        async with _clinic(url) as service:
            await _converse(service, await _enrolled(service), played)
        async with Ledger(url) as ledger:
            played.scores.extend(await ledger.scores())
    return played


@asynccontextmanager
async def _clinic(url: str) -> AsyncIterator[Service]:
    store = Store.open(url, parse_keyring(KEYRING))
    try:
        await migrations.upgrade(store.engine)
        quiet = Quiet(time(0), time(0))
        policy = Policy(House("Elm Street clinic"), quiet, edits=frozenset({TelegramChannel.name}))
        yield Service(store, policy, lambda: datetime.now(UTC))
    finally:
        await store.close()


async def _enrolled(service: Service) -> str:
    """Add a therapist at the console and a client without an address; returns the client's invitation."""
    async with service.desk() as desk:
        await people.add_therapist(desk, Therapist(0, "KT", "en", "UTC"), [("console", "therapist")])
        invited = ClientState.INVITED
        client = Client(0, "AB", 0, "en", "UTC", "US", AgeGroup.ADULT, invited, None)
        await people.add_client(desk, client, "KT", [])
        return (await people.invite(desk, client="AB")).token


async def _converse(service: Service, token: str, played: Played) -> None:
    console = ConsoleChannel(lambda _, message: played.therapist.append(message.text))

    def connected(channel: TelegramChannel) -> Receive:
        outbox = Outbox(service, {"telegram": channel, "console": console}, service.clock)
        inbox = Inbox(service, outbox.wake)

        async def receive(inbound: Inbound) -> None:
            await inbox.accept([inbound])
            if inbound.said == Wrote("AGREE"):
                await _ask(service)
            while await outbox.deliver():
                pass

        return receive

    async with person(connected) as client, client.conversation("bot") as talk:
        await talk.send_message(f"/start {token}", parse_mode=None)
        await talk.get_response()
        await talk.send_message("AGREE", parse_mode=None)
        played.client.append((await talk.get_response()).text)
        asked = await talk.get_response()
        for answer in ANSWERS:
            played.client.append(asked.text)
            if answer.isdigit():
                await asked.click(text=answer)
            else:
                await talk.send_message(answer, parse_mode=None)
            asked = await talk.get_response()  # before the next act, which forgets what was not fetched
            edited = await talk.get_edit()
            played.edits.append("a keyboard is left" if edited.buttons else edited.text)
        played.client.append(asked.text)


async def _ask(service: Service) -> None:
    """Enter a first form of paper, and ask for the second."""
    async with service.desk() as desk:
        await paper.add_score(desk, "AB", "ors", [100] * len(ANSWERS), at=service.clock())
        await people.ask(desk, "AB", "ors")


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(asyncio.run(play()))))  # noqa: T201 - what the test reads
