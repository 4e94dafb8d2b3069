"""The real `attune run` on a database of some size, with a Telegram on this machine: how soon, and how large.

`cold_start` is the time from the start of the process until /readyz says that it is ready, beside the time
that a fresh process takes to import every library that it imports, and nothing of ours. Its code is compiled
and what finds danger is kept (bot/keeping.py) before, as by an install. `memory_100k` is the most memory that
it held while it let check-ins fall due and sent their questions, beside the same with a hundred clients.
"""

from __future__ import annotations

import asyncio
import compileall
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.keeping import keep
from storage import tables as t
from storage.crypto import new_keyring
from tests.bench.caseload import IN_CONFIG, Caseload, serviced
from tests.bench.measure import Against, Figure
from tests.fakes.telegram import FakeTelegram
from tests.outside.environment import ROOT
from tests.walks.attune import Attune, Section

TIMES = 3
"""How often a start is measured; the fastest counts."""

FEW, MANY = 100, 100_000
"""How many clients there are."""

DUE = 500
"""Of how many of them a check-in falls due at the start, but of all where there are fewer."""

WORKING = 25.0
"""Seconds for which memory is watched once it is ready: several ticks, and the sending of those questions."""

_NAMED = """
import bot.cli, bot.app, sys
for name, module in list(sys.modules.items()):
    spec = getattr(module, "__spec__", None)
    if spec is not None and spec.name == name and name.partition(".")[0] not in {"bot", "scoring", "storage"}:
        print(name)
"""
"""Prints every module of others that `attune run` imports, those of Python too, in their order."""

_IMPORTED = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"


def libraries() -> list[str]:
    """Name the modules of others that `attune run` imports."""
    done = subprocess.run(
        [sys.executable, "-c", _NAMED], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.split()


def importing(names: list[str]) -> float:
    """Measure the seconds that a fresh process takes to import these and end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORTED, *names], check=True, cwd=ROOT)
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Site:
    """A database, and the keys that it was made with."""

    folder: Path
    clients: int
    keyring: str

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"sqlite:///{self.folder / f'{self.clients}.db'}"

    async def fill(self) -> None:
        """Write the clients, some of whom are asked now, into the empty database."""
        now = datetime.now(UTC)
        later = Caseload(
            self.clients, self.clients, due=now + timedelta(days=7), channel="telegram", address=str
        )
        async with serviced(self.url, later, keyring=self.keyring) as service:
            due = sa.update(t.schedules).where(t.schedules.c.client_id <= DUE)
            async with service.store.engine.begin() as connection:
                await connection.execute(due.values(next_due_at=now))

    @asynccontextmanager
    async def installed(self) -> AsyncIterator[tuple[Attune, FakeTelegram]]:
        """Set up Attune on it; nothing runs yet."""
        async with FakeTelegram() as telegram:
            telegram.chats |= {number: [] for number in range(1, DUE + 1)}
            where: Section = {"api_base": telegram.base_url, "poll_seconds": 5}
            secrets = {"telegram.token": telegram.token, "keys.keyring": self.keyring}
            async with Attune(self.folder, self.url, secrets, telegram=where) as attune:
                attune.rewrite("", IN_CONFIG)
                yield attune, telegram


async def start(site: Site) -> float:
    """Measure the seconds until it is ready."""
    async with site.installed() as (attune, _):
        began = time.perf_counter()
        running = await attune.start()
        await attune.until_ready()
        took = time.perf_counter() - began
        await running.end()
    return took


async def memory(site: Site) -> float:
    """Measure the most megabytes that it holds while it works."""
    async with site.installed() as (attune, telegram):
        running = await attune.start()
        await attune.until_ready()
        until, most = time.perf_counter() + WORKING, 0.0
        while time.perf_counter() < until:
            most = max(most, resident(running.process.pid))
            await asyncio.sleep(0.2)
        await running.end()
    if (sent := len(telegram.called("sendMessage"))) < FEW:
        msg = f"only {sent} questions were sent: it did not work while it was measured"
        raise RuntimeError(msg)
    return most


def resident(process: int) -> float:
    """Tell how many megabytes of memory a process holds now. Linux only."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def figures(folder: Path) -> Iterator[Figure]:
    """Measure starts on the smaller database in turn with imports, and then memory on both."""
    for package in ("bot", "scoring", "storage"):
        compileall.compile_dir(ROOT / package, quiet=1)
    keep()
    few, many = (Site(folder, clients, new_keyring()) for clients in (FEW, MANY))
    for site in (few, many):
        asyncio.run(site.fill())
    asyncio.run(start(few))  # read from the disk what is not in memory yet
    names = libraries()
    pairs = [(importing(names), asyncio.run(start(few))) for _ in range(TIMES)]
    imports, ready = (min(times) for times in zip(*pairs, strict=True))
    yield Figure("cold_start", ready, "s", Against("importing its libraries alone", imports))
    smaller = asyncio.run(memory(few))
    larger = asyncio.run(memory(many))
    yield Figure("memory_100k", larger, "MB", Against(f"{FEW} clients", smaller))
