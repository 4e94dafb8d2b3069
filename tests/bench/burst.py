"""A full hour: ten thousand check-ins fall due at once while fifty people converse, for a minute.

The real service, inbox, outbox and ticker on SQLite on the disk; a network in memory that takes as long as
Telegram does and refuses what is over its rate. Measured is how long somebody who answered waits until the
next question is on the disk, to be sent before the ten thousand, and how much of the sender's rate was used.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from bot import pace
from bot.channels.base import Address, CannotAskError, Inbound, Message, NotNowError, Receipt, Wrote
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.ticker import Ticker
from storage import tables as t
from tests.bench import caseload
from tests.bench.caseload import Caseload, serviced
from tests.bench.measure import Against, Figure

if TYPE_CHECKING:
    from bot.service import Service

DUE = 10_000
"""How many check-ins fall due at once."""

TALKERS = 50
"""How many people converse at a time meanwhile."""

PEOPLE = 400
"""How many there are to take turns in that, numbered behind those."""

QUESTIONS = 4

WINDOW = 60.0
"""Seconds that are looked at."""

THINKING = 4.0
"""Seconds that somebody takes to answer a question."""

RATE = 30
"""Messages a second that the network takes. Source: core.telegram.org/bots/faq."""

LATENCY = 0.05
"""Seconds until the network says that it took a message."""

_TOLERATED = 0.8
"""Seconds in which as many messages as RATE are still taken: it is "about" 30 a second."""

ASKED_WAIT = 1.0
"""Seconds from a reply to its next question that 99 of 100 must not exceed."""


class PacedNetwork:
    """A network in memory with Telegram's rate: what is over 30 within a second is refused for a while.

    Attributes:
        taken: when each message was taken, in seconds of the loop's clock.
        refused: how many were over the rate.
    """

    name: Final = "telegram"
    account: Final = "bench"
    edits: Final = False
    pictures: Final = False

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self.taken: list[float] = []
        self.refused = 0
        self.heard: dict[str, asyncio.Event] = {}
        self._numbers = itertools.count(1)

    async def send(self, address: Address, _message: Message, /) -> Receipt:
        """Count a message as it comes in, and say after a while that it was taken."""
        now = asyncio.get_running_loop().time()
        if len(self.taken) >= RATE and now - self.taken[-RATE] < _TOLERATED:
            self.refused += 1
            reason = "Too Many Requests"
            raise NotNowError(reason, timedelta(seconds=1), whole_sender=True)
        self.taken.append(now)
        await asyncio.sleep(LATENCY)
        if address in self.heard:
            self.heard[address].set()
        return Receipt(str(next(self._numbers)))

    async def find(self, _address: Address, _message: Message, _since: datetime, /) -> Receipt | None:
        """Keep no list, as Telegram does not."""
        raise CannotAskError

    async def close(self) -> None:
        """Do nothing."""


def _now() -> datetime:
    return datetime.now(UTC)


class Talk:
    """One of those who converse: whoever has answered all four questions makes room for somebody else.

    Attributes:
        waits: seconds from each reply until it, and the next question, stood on the disk.
    """

    def __init__(self, inbox: Inbox, network: PacedNetwork, people: Iterator[int]) -> None:
        """Take from `people`, to whom the first question has gone already, whose turn it is."""
        self._inbox = inbox
        self._network = network
        self._people = people
        self.waits: list[float] = []

    async def go_on(self) -> None:
        """Converse until cancelled."""
        for number in self._people:
            address = Address(str(number))
            seen = self._network.heard[address] = asyncio.Event()
            for item in range(QUESTIONS):
                await asyncio.sleep(THINKING)
                await self._answer(address, f"{number}-{item}", str((number + item) % 11))
                await seen.wait()
                seen.clear()
        msg = "there were too few people to converse all the time"
        raise RuntimeError(msg)

    async def _answer(self, address: Address, number: str, text: str) -> None:
        said = Inbound("telegram", "bench", number, address, Wrote(text), _now())
        began = time.perf_counter()
        await self._inbox.accept([said])
        self.waits.append(time.perf_counter() - began)


class Clock:
    """The clock's ticks, as `attune run` has them, but that a test says when the first begins."""

    def __init__(self, ticker: Ticker) -> None:
        """Let `ticker` tick."""
        self._ticker = ticker
        self.failed = 0

    async def go_on(self) -> None:
        """Tick until cancelled."""
        while True:
            await self._ticker.tick()
            self.failed += self._ticker.failures
            await asyncio.sleep(_BETWEEN_TICKS)


_BETWEEN_TICKS = 5.0
_TALKED = 5.0
"""For how many seconds people talk before the many fall due: all are in the middle of a form then."""


async def burst(url: str, network: PacedNetwork) -> list[float]:
    """Let it pass; gives how long each reply of the talkers waited, in seconds. `network` keeps the rest."""
    everybody = DUE + PEOPLE
    load = Caseload(everybody, everybody, due=_now(), channel=network.name, address=str)
    async with serviced(url, load, clock=_now) as service:
        paces = {network.name: pace.telegram(RATE)}
        outbox = Outbox(service, {network.name: network}, _now, paces=paces)
        inbox = Inbox(service, outbox.wake)
        clock = Clock(Ticker(service, outbox.wake))
        people = iter(range(DUE + 1, everybody + 1))
        talks = [Talk(inbox, network, people) for _ in range(TALKERS)]
        service.policy.lexicon.ready()
        await _fall_due(service, _now() + timedelta(days=1))
        await caseload.ask_all(service)
        await _fall_due(service, _now() + timedelta(seconds=_TALKED))
        stop = asyncio.Event()
        sending = asyncio.create_task(outbox.run(stop))
        others = [asyncio.create_task(talk.go_on()) for talk in talks]
        await asyncio.sleep(_TALKED)
        for talk in talks:
            talk.waits.clear()
        network.taken.clear()
        others.append(asyncio.create_task(clock.go_on()))
        await asyncio.sleep(WINDOW)
        taken = list(network.taken)
        stop.set()
        await _end(others)
        await sending
        network.taken = taken
        await _all_was_done(service, clock)
        return [wait for talk in talks for wait in talk.waits]


async def _fall_due(service: Service, due: datetime) -> None:
    """Let the many be due then."""
    many = sa.update(t.schedules).where(t.schedules.c.client_id <= DUE)
    async with service.store.engine.begin() as connection:
        await connection.execute(many.values(next_due_at=due))


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel what goes on for ever, and refuse the figures of what had ended before."""
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _all_was_done(service: Service, clock: Clock) -> None:
    """Refuse figures of work that was not done."""
    opened = sa.select(sa.func.count()).select_from(t.check_ins).where(t.check_ins.c.client_id <= DUE)
    async with service.store.engine.connect() as connection:
        found = await connection.scalar(opened)
    if found != DUE or clock.failed:
        msg = f"{found} of {DUE} check-ins were opened, and {clock.failed} ticks failed"
        raise RuntimeError(msg)


def figures(folder: Path) -> Iterator[Figure]:
    """Measure one minute on SQLite."""
    network = PacedNetwork()
    waits = asyncio.run(burst(f"sqlite:///{folder / 'burst.db'}", network))
    p99 = statistics.quantiles(waits, n=100)[98]
    yield Figure("burst_p99", p99, "s", Against("what is asked at most", ASKED_WAIT))
    used = len(network.taken) / (RATE * WINDOW)
    yield Figure("budget_used", used, "share", Against("the rate that the network takes", 1.0))
