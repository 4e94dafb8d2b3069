"""A worker as a forked process: the whole application, on networks that outlive it, in fast time."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

import bot.app
import bot.office
from bot.app import App
from bot.channels.base import Address, Inbound, Pressed, Wrote
from bot.connecting import Channels
from bot.inbox import FullError, Inbox, StoppedError
from bot.settings import Settings
from tests.faults.journal import Journal, JournalChannel

SPEED = 6.0
"""How fast time runs: a lease of a minute is over in ten seconds."""

_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody did, as the network brings it to a worker.

    Attributes:
        external_id: the network's id of it.
        channel: the network's name.
        address: who did it.
        said: what was written, or the data of a button.
        pressed: the id of the message whose button it was; None where it was written.
    """

    external_id: str
    channel: str
    address: str
    said: str
    pressed: str | None = None

    def packed(self) -> bytes:
        """Write it for the way to a worker."""
        return json.dumps(asdict(self)).encode()

    def inbound(self, at: datetime) -> Inbound:
        """Give it as a channel would."""
        said = Wrote(self.said) if self.pressed is None else Pressed(self.said, self.pressed)
        account = f"{self.channel}-account"
        return Inbound(self.channel, account, self.external_id, Address(self.address), said, at)


class FastClock:
    """Tells a time that runs fast, and is the same in every process that is forked from here on."""

    def __init__(self, begins: datetime) -> None:
        """Begin now, at that time."""
        self._begins = begins
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._begins + timedelta(seconds=(time.monotonic() - self._began) * SPEED)

    def reign(self) -> None:
        """Have the application go by this clock."""
        for module in (bot.office, bot.app):
            vars(module)["utc_now"] = self


async def work(settings: Settings, journal: Path, clock: FastClock, mailbox: socket.socket) -> None:
    """Be a worker, until the other side of the mailbox is closed."""
    mailbox.setblocking(False)  # noqa: FBT003 - the standard library's
    with Journal(journal) as network:
        channels = tuple(JournalChannel(name, network, clock) for name in ("telegram", "sms"))
        async with bot.office.opened(settings) as service:
            app = App(settings, service, Channels(others=channels))
            async with asyncio.TaskGroup() as group:
                group.create_task(app.run())
                group.create_task(_hear(app, network, mailbox, clock))


async def _hear(app: App, network: Journal, mailbox: socket.socket, clock: FastClock) -> None:
    """Take what the network brings, each by itself, as a web server does."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while brought := await loop.sock_recv(mailbox, _AT_ONCE):
            event = Event(**json.loads(brought))
            group.create_task(_take(app.inbox, network, event, clock))
    app.stop.set()


async def _take(inbox: Inbox, network: Journal, event: Event, clock: FastClock) -> None:
    """Keep something, and only then tell the network so; else the network brings it again."""
    try:
        await inbox.accept([event.inbound(clock())])
    except (DBAPIError, FullError, StoppedError):
        return
    network.acknowledged(event.external_id)
