"""Simulated client-weeks a second, beside a bare sqlite3 in memory that keeps as many messages."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import date
from datetime import time as wall_time
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.cli.simulating import ROUTINES
from bot.policy import Policy
from bot.safety import SHIPPED
from bot.simulation.entries import Entry
from bot.simulation.running import simulate
from bot.simulation.scenario import Scenario
from bot.timetable import Quiet
from bot.wording import House
from tests.bench.measure import Against, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIO = Scenario(weeks=2, clients=50, seed=1, start=date(2026, 1, 5))
_WEEKS = SCENARIO.weeks * SCENARIO.clients


async def simulated() -> tuple[float, int]:
    """Measure client-weeks a second, and count the messages."""
    choices = MappingProxyType({one.name: one for one in ROUTINES})
    policy = Policy(House("bench"), Quiet(wall_time(21), wall_time(8)), choices)
    SHIPPED.ready()
    began, messages = time.perf_counter(), 0
    async for one in simulate(SCENARIO, policy):
        messages += isinstance(one, Entry)
    return _WEEKS / (time.perf_counter() - began), messages


def kept(messages: int) -> float:
    """Measure client-weeks a second of keeping as many messages, each in a transaction of its own."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, person TEXT, text TEXT)")
        began = time.perf_counter()
        for number in range(messages):
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO messages (person, text) VALUES (?, ?)", (f"C{number}", "7"))
            database.execute("COMMIT")
        return _WEEKS / (time.perf_counter() - began)


def figures() -> Iterator[Figure]:
    """Measure a caseload of fifty for two weeks."""
    rate, messages = asyncio.run(simulated())
    yield Figure(
        "simulate", rate, "1/s", Against("bare sqlite3 in memory, a commit a message", kept(messages))
    )
