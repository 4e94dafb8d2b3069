"""Three workers on one PostgreSQL under load, killed at random, or the database under them.

python -m tests.faults.workers --seconds 300
python -m tests.faults.workers --seconds 300 --database
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from rich.console import Console

from tests.faults import processes
from tests.faults.clinic import BEGINS, crowd_of, enrol, settings_for
from tests.faults.cluster import Cluster, cluster
from tests.faults.crowd import Crowd
from tests.faults.herd import Herd
from tests.faults.journal import Journal
from tests.faults.ledger import Found, Trouble, examine, settled
from tests.faults.worker import SPEED, FastClock, work
from tests.guarded import network

WORKERS = 3

_STEP = 0.02
_PATIENCE = 240.0
"""Seconds within which everything must be said and done once nobody is killed any more."""

_LONG = 5.0
"""Seconds after a message was taken within which a worker that lives has noted it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run.

    Attributes:
        seconds: how long people talked and workers were killed.
        kills: how many workers were killed.
        crashes: how often the database was.
        found: what was counted, and what was amiss.
    """

    seconds: float
    kills: int
    crashes: int
    found: Found


@dataclass(slots=True)
class Fates:
    """When the next worker dies, or the database."""

    herd: Herd
    server: Cluster
    chance: random.Random
    clock: FastClock
    of_database: bool
    crashes: list[datetime] = field(default_factory=list)
    _next: float = field(default_factory=time.monotonic)

    def step(self) -> None:
        """Let somebody die, if it is time."""
        if time.monotonic() < self._next:
            return
        if self.of_database:
            self.crashes.append(self.clock())
            self.server.die()
            time.sleep(self.chance.uniform(0, 2))
            self.server.start()
            self.crashes.append(self.clock())
            self._next = time.monotonic() + self.chance.uniform(4, 12)
        else:
            self.herd.kill_one(self.clock())
            self.herd.start()
            self._next = time.monotonic() + self.chance.uniform(0.5, 2.5)


def run(seconds: float, seed: int, *, of_database: bool, server: Cluster) -> Report:
    """Let people talk to three workers for so long while workers die, or the database, and look what is kept.

    Args:
        seconds: how long, in our time.
        seed: what chance begins with.
        of_database: whether it is the database that dies.
        server: the PostgreSQL, which nobody else uses.
    """
    settings, chance = settings_for(server.create("attune")), random.Random(seed)
    clock = FastClock(BEGINS)
    clock.reign()
    with tempfile.TemporaryDirectory(prefix="attune-faults-") as folder:
        file = Path(folder) / "network.jsonl"
        with Journal(file) as journal:
            crowd = crowd_of(chance, journal)
            asyncio.run(enrol(settings, crowd, clock))
            with _herd(Herd(partial(work, settings, file, clock), chance)) as herd:
                while not crowd.answered:
                    _step(crowd, herd)
                fates = Fates(herd, server, chance, clock, of_database)
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    _step(crowd, herd)
                    fates.step()
                _let_settle(crowd, herd, settings.database.url, clock)
            trouble = Trouble(herd.killed, tuple(fates.crashes), _LONG * SPEED)
            found = examine(settings.database.url, crowd, trouble)
    return Report(seconds, len(herd.killed), len(fates.crashes) // 2, found)


@contextmanager
def _herd(herd: Herd) -> Iterator[Herd]:
    try:
        for _ in range(WORKERS):
            herd.start()
        yield herd
    finally:
        herd.end()


def _step(crowd: Crowd, herd: Herd) -> None:
    crowd.step(time.monotonic(), herd.bring)
    herd.stand()
    time.sleep(_STEP)


def _let_settle(crowd: Crowd, herd: Herd, url: str, clock: FastClock) -> None:
    """Go on, with nobody dying, until everything that was begun is done; nothing new falls due meanwhile."""
    patience = time.monotonic() + _PATIENCE
    crowd.tired = True
    while not (crowd.quiet and settled(url, clock())):
        assert time.monotonic() < patience, "what was begun did not come to an end"
        for _ in range(50):
            _step(crowd, herd)


def main() -> int:
    """Run, and print what came of it; the status is 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser(description="Kills workers on one PostgreSQL at random, under load.")
    parser.add_argument("--seconds", type=float, default=300.0, help="for how long")
    parser.add_argument("--seed", type=int, default=20_261_123, help="what chance begins with")
    parser.add_argument("--database", action="store_true", help="let the database die instead of the workers")
    parser.add_argument("--json", action="store_true", help="print a line of JSON")
    asked = parser.parse_args()
    network.install()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    processes.warm_up()
    with cluster() as server:
        report = run(asked.seconds, asked.seed, of_database=asked.database, server=server)
    if asked.json:
        print(json.dumps(asdict(report)))  # noqa: T201 - what was asked for
    else:
        Console().print(*_lines(report), sep="\n")
    return int(bool(report.found.lost or report.found.doubled))


def _lines(report: Report) -> Iterator[str]:
    found = report.found
    deaths = f"{report.kills} killed, the database {report.crashes} times"
    yield f"{report.seconds:.0f} s, {WORKERS} workers: {deaths}"
    yield f"{found.answers} answers, {found.alerts} alerts, {found.sent} messages sent"
    faults = f"{len(found.lost)} lost, {len(found.doubled)} doubled"
    yield f"{faults}, {found.repeated} repeated, {found.let_go} let go"
    yield from (f"lost: {one}" for one in found.lost)
    yield from (f"doubled: {one}" for one in found.doubled)


if __name__ == "__main__":
    raise SystemExit(main())
