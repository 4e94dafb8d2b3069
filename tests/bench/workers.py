"""Replies a second that 1, 2 and 4 processes take together from one PostgreSQL, beside one process.

Each process takes the replies of clients of its own, in batches of 64, as `receive_64` does. All begin at the
same moment; the time is that of the last to end.

`python -m tests.bench.workers URL FILE FIRST LAST` is such a process: it says that it is ready, waits for a
line on stdin, and prints when it began and ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bot.channels.base import Address, Inbound, Wrote
from storage import tables as t
from storage.crypto import new_keyring
from tests.bench import caseload
from tests.bench.caseload import Caseload, serviced
from tests.bench.measure import Against, Figure

WORKERS = (1, 2, 4)
"""How many processes work at a time."""

CLIENTS = 2_048
"""How many clients answer one question each; each process takes as many."""

BATCH = 64


async def prepare(url: str, keyring: str) -> None:
    """Fill a database with clients who are all asked the first question."""
    async with serviced(url, Caseload(CLIENTS, CLIENTS), keyring=keyring) as service:
        await caseload.ask_all(service)


async def work(url: str, keyring: str, numbers: range) -> None:
    """Take the replies of these clients, once told to begin."""
    async with serviced(url, keyring=keyring) as service:
        service.policy.lexicon.ready()
        await service.receive([])  # open a connection
        replies = [_reply(number) for number in numbers]
        _say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        began = time.time()
        for start in range(0, len(replies), BATCH):
            await service.receive(replies[start : start + BATCH])
        _say(f"{began} {time.time()}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - whoever started us reads it


def _reply(number: int) -> Inbound:
    address = Address(f"c{number}")
    return Inbound("console", "bench", f"r{number}", address, Wrote(str(number % 11)), datetime.now(UTC))


def measured(url: str, keys: Path, workers: int) -> float:
    """Measure replies a second that so many processes take together."""
    each = CLIENTS // workers
    with contextlib.ExitStack() as running:
        processes = [
            running.enter_context(_process(url, keys, 1 + place * each, (place + 1) * each))
            for place in range(workers)
        ]
        for one in processes:
            if (said := one.hear()) != "ready":
                msg = f"a worker said {said!r} and not that it is ready"
                raise RuntimeError(msg)
        for one in processes:
            one.begin()
        times = [tuple(map(float, one.hear().split())) for one in processes]
    return CLIENTS / (max(end for _, end in times) - min(begin for begin, _ in times))


class _Worker:
    """One process, and the lines that pass between it and us."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def begin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("begin\n")
        self._process.stdin.flush()


@contextlib.contextmanager
def _process(url: str, keys: Path, first: int, last: int) -> Iterator[_Worker]:
    command = [sys.executable, "-m", "tests.bench.workers", url, str(keys), str(first), str(last)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield _Worker(process)
        finally:
            process.kill()


async def _all_was_done(url: str, keyring: str) -> None:
    """Refuse a figure of work that was not done."""
    async with serviced(url, keyring=keyring) as service, service.store.engine.connect() as connection:
        found = await connection.scalar(sa.select(sa.func.count()).select_from(t.answers))
    if found != CLIENTS:
        msg = f"{found} of {CLIENTS} answers were kept"
        raise RuntimeError(msg)


def figures(folder: Path, databases: Sequence[str]) -> Iterator[Figure]:
    """Measure on an empty PostgreSQL database for each of `WORKERS`."""
    keyring, keys = new_keyring(), folder / "workers.keys"
    keys.write_text(keyring)
    alone: float | None = None
    for workers, url in zip(WORKERS, databases, strict=True):
        asyncio.run(prepare(url, keyring))
        rate = measured(url, keys, workers)
        asyncio.run(_all_was_done(url, keyring))
        alone = alone or rate
        yield Figure(f"workers_{workers}", rate, "1/s", Against("one process", alone))


if __name__ == "__main__":
    _, url, file, first, last = sys.argv
    asyncio.run(work(url, Path(file).read_text(), range(int(first), int(last) + 1)))
