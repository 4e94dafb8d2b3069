"""Replies a second through `receive`, beside a bare sqlite3 loop that commits each reply on the same disk."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.channels.base import Address, Inbound, Pressed, Said, Wrote
from bot.channels.console import ConsoleChannel
from bot.outbox import Outbox
from bot.policy import Policy
from bot.service import Service, people
from bot.timetable import Quiet
from bot.wording import House
from scoring.instrument import AgeGroup
from storage.crypto import new_keyring, parse_keyring
from storage.migrations import upgrade
from storage.records import Client, ClientState, Therapist
from storage.store import Store
from tests.bench.measure import Against, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CLIENTS = 256
"""How many clients answer; each has four questions, so there are four times as many replies a round."""

ROUNDS = 5
_START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class _Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        return self.now


def bare_loop(folder: Path, replies: int = 2000) -> float:
    """Measure the least that keeps a reply, in replies a second: an INSERT and a commit, synchronous=FULL."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("DROP TABLE IF EXISTS replies")
        database.execute("CREATE TABLE replies (client INTEGER, item INTEGER, tenths INTEGER, text TEXT)")
        began = time.perf_counter()
        for number in range(replies):
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO replies VALUES (?, ?, ?, ?)", (number, number % 4, 70, "7"))
            database.execute("COMMIT")
        return replies / (time.perf_counter() - began)


async def receive(url: str, group: int) -> float:
    """Measure replies a second through `receive` in groups of `group`: the median of some rounds."""
    store = Store.open(url, parse_keyring(new_keyring()))
    clock = _Clock()
    service = Service(store, Policy(House("bench"), Quiet(_START.time(), _START.time())), clock)
    service.policy.lexicon.ready()  # as `attune run` does before it begins
    try:
        await upgrade(store.engine)
        await _enrol(service)
        rates = []
        for number in range(ROUNDS):
            clock.now += timedelta(days=7)
            await _ask_all(service)
            rates.append(await _answer_all(service, group, number, clock.now))
        return statistics.median(rates)
    finally:
        await store.close()


async def _enrol(service: Service) -> None:
    async with service.desk() as desk:
        await people.add_therapist(desk, Therapist(0, "T", "en", "UTC"), [("console", "therapist")])
        for number in range(CLIENTS):
            client = Client(0, f"C{number}", 0, "en", "UTC", "US", AgeGroup.ADULT, ClientState.INVITED, None)
            await people.add_client(desk, client, "T", [("console", f"c{number}")])
    agreed = Pressed("agree", "0")
    yes = [_said(f"agree-{number}", f"c{number}", agreed, _START) for number in range(CLIENTS)]
    await service.receive(yes)


async def _ask_all(service: Service) -> None:
    async with service.desk() as desk:
        for number in range(CLIENTS):
            await people.ask(desk, f"C{number}", "ors")


async def _answer_all(service: Service, group: int, number: int, now: datetime) -> float:
    """Answer item by item; sending the questions, without which no answer counts, is not in the time."""
    outbox = Outbox(service, {"console": ConsoleChannel(lambda _address, _message: None)}, lambda: now)
    took = 0.0
    for item in range(4):
        while await outbox.deliver():
            pass
        replies = [
            _said(f"r{number}-{item}-{client}", f"c{client}", Wrote(str((client + item) % 11)), now)
            for client in range(CLIENTS)
        ]
        began = time.perf_counter()
        for batch in _groups(replies, group):
            await service.receive(batch)
        took += time.perf_counter() - began
    return 4 * CLIENTS / took


def _groups(replies: Sequence[Inbound], size: int) -> Iterator[Sequence[Inbound]]:
    return (replies[start : start + size] for start in range(0, len(replies), size))


def _said(number: str, address: str, said: Said, now: datetime) -> Inbound:
    return Inbound("console", "bench", number, Address(address), said, now)


def figures(folder: Path, postgresql: Sequence[str]) -> Iterator[Figure]:
    """Measure groups of one and of 64 on SQLite, and on the two empty PostgreSQL databases given."""
    for group, url in zip((1, 64), postgresql, strict=True):
        before = bare_loop(folder)
        sqlite = asyncio.run(receive(f"sqlite:///{folder / f'receive{group}.db'}", group))
        bare = Against("bare sqlite3 loop, one commit a reply", statistics.mean((before, bare_loop(folder))))
        yield Figure(f"receive_{group}", sqlite, "1/s", bare)
        yield Figure(f"receive_{group}_postgresql", asyncio.run(receive(url, group)), "1/s", bare)
