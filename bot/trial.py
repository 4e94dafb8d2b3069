"""`attune run --console`: a config tried in a terminal, apart from the site's database."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel

from bot import logs
from bot.app import App
from bot.channels.base import Address, Inbound, Message, Wrote
from bot.channels.console import ConsoleChannel
from bot.connecting import Channels
from bot.office import opened, utc_now
from bot.service import Service, people
from scoring.instrument import AgeGroup
from storage.records import Client, ClientState, Therapist

if TYPE_CHECKING:
    from bot.settings import Settings

CLIENT = Address("client")
THERAPIST = Address("therapist")

_HOW = """You are the client. Write as you would by text message; the check-in begins once you agree.
Begin a line with `therapist:` to answer an alert (therapist: ACK 1), `/ask ors` or `/ask srs`
to be asked now. Ctrl-D or Ctrl-C ends it."""


async def run(settings: Settings) -> None:
    """Run a whole Attune on a database of its own, with this terminal as its only channel."""
    folder = Path(tempfile.mkdtemp(prefix="attune-trial-"))
    apart = _apart(settings, folder)
    logs.configure(settings.logs.model_copy(update={"level": "warning"}))
    console = Console(highlight=False)
    console.print(_HOW, markup=False)
    console.print(f"Everything of this trial is in {folder}", markup=False, soft_wrap=True)

    def show(address: Address, message: Message) -> None:
        buttons = "\n".join("  ".join(f"[{one.label}]" for one in row) for row in message.choices)
        text = "\n".join(filter(None, (message.text, buttons)))
        console.print(Panel(text, title=str(address), title_align="left", width=72), markup=False)

    async with opened(apart) as service:
        await _enrol(service, apart)
        app = App(apart, service, Channels(others=(ConsoleChannel(show),)))
        async with asyncio.TaskGroup() as group:
            group.create_task(app.run())
            try:
                await _listen(app)
            finally:
                app.stop.set()


def _apart(settings: Settings, folder: Path) -> Settings:
    """Keep the trial's data in a folder of its own, and let it speak at any hour: somebody is looking on."""
    database = settings.database.model_copy(
        update={"url": f"sqlite:///{folder / 'trial.db'}", "password": None}
    )
    keys = settings.keys.model_copy(update={"file": folder / "trial.keys", "keyring": None})
    never = settings.quiet_hours.model_copy(update={"start": time(0), "end": time(0)})
    return settings.model_copy(update={"database": database, "keys": keys, "quiet_hours": never})


async def _enrol(service: Service, settings: Settings) -> None:
    clinic = settings.clinic
    async with service.desk() as desk:
        therapist = Therapist(0, "T1", clinic.language, clinic.zone)
        await people.add_therapist(desk, therapist, [("console", THERAPIST)])
        client = Client(
            0,
            "ME",
            0,
            clinic.language,
            clinic.zone,
            clinic.country,
            AgeGroup.ADULT,
            ClientState.INVITED,
            None,
        )
        await people.add_client(desk, client, "T1", [("console", CLIENT)])
        await people.invite(desk, client="ME")


async def _listen(app: App) -> None:
    """Hand each typed line to the inbox, as a network would."""
    numbers = count(1)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while not app.stop.is_set() and (line := (await reader.readline()).decode(errors="replace")):
        text = line.strip()
        if text.startswith("/ask "):
            await _ask(app.service, text.removeprefix("/ask ").strip())
            app.outbox.wake()
        elif text:
            address = THERAPIST if text.lower().startswith("therapist:") else CLIENT
            said = Wrote(text.partition(":")[2].strip() if address is THERAPIST else text)
            await app.inbox.accept(
                [Inbound("console", "console", str(next(numbers)), address, said, utc_now())]
            )


async def _ask(service: Service, measure: str) -> None:
    try:
        async with service.desk() as desk:
            await people.ask(desk, "ME", measure)
    except people.PeopleError as error:
        sys.stderr.write(f"{error}\n")
