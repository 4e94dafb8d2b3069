"""What the clock costs: a tick with nothing due, and many check-ins that fall due at once.

The latter beside APScheduler's own job store, which fires and reschedules as many jobs on the same disk.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot.safety import SHIPPED
from bot.ticker import Ticker
from storage import tables as t
from storage.records import CheckInState, OutboxState
from tests.bench.caseload import MONDAY, Caseload, serviced
from tests.bench.measure import Against, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection

DUE = 100_000
"""How many check-ins fall due at once: as many as a large network has at a full hour."""

JOBS = DUE // 10
"""How many jobs APScheduler fires: a tenth, scaled, which takes it no longer for each than all would."""

FEW, MANY = 1_000, 1_000_000
"""How many schedules stand by while nothing is due."""

TICKS = 200


async def idle_tick(url: str, schedules: int) -> float:
    """Measure a tick in which nothing is due, in milliseconds: the median of many."""
    clients = max(1, schedules // 100)
    later = MONDAY + timedelta(days=7)
    async with serviced(url, Caseload(clients, schedules, later)) as service:
        ticker = Ticker(service, lambda: None)
        took = []
        for _ in range(TICKS):
            began = time.perf_counter()
            await ticker.tick()
            took.append(time.perf_counter() - began)
        if ticker.failures:
            msg = "a tick failed while it was measured"
            raise RuntimeError(msg)
        return statistics.median(took) * 1000


async def start_due(url: str) -> float:
    """Measure check-ins a second that are opened, and whose first questions are queued."""
    async with serviced(url, Caseload(DUE, DUE)) as service:
        began = time.perf_counter()
        while await service.start_due():
            pass
        took = time.perf_counter() - began
        async with service.store.engine.connect() as connection:
            await _all_was_done(connection)
        return DUE / took


async def _all_was_done(connection: AsyncConnection) -> None:
    """Refuse a figure of work that was not done: opened, queued and planned anew."""
    done = [
        sa.select(sa.func.count()).select_from(t.check_ins).where(t.check_ins.c.state == CheckInState.OPEN),
        sa.select(sa.func.count()).select_from(t.outbox).where(t.outbox.c.state == OutboxState.WAITING),
        sa.select(sa.func.count()).select_from(t.schedules).where(t.schedules.c.next_due_at > MONDAY),
    ]
    for statement in done:
        if (found := await connection.scalar(statement)) != DUE:
            msg = f"{found} of {DUE} check-ins were opened, queued and planned anew"
            raise RuntimeError(msg)


class Fired:
    """Counts the jobs that APScheduler has run."""

    count = 0
    lock = threading.Lock()
    all = threading.Event()

    @classmethod
    def one(cls) -> None:
        """Count one; the job itself does nothing else."""
        with cls.lock:
            cls.count += 1
            if cls.count == JOBS:
                cls.all.set()


def job_store(folder: Path) -> float:
    """Measure jobs a second that APScheduler takes from its SQLAlchemy store, runs and reschedules."""
    store = SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}")
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    past = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(JOBS):
        scheduler.add_job(
            Fired.one,
            "interval",
            weeks=1,
            id=str(number),
            next_run_time=past,
            misfire_grace_time=None,
            coalesce=True,
        )
    began = time.perf_counter()
    scheduler.resume()
    Fired.all.wait()
    took = time.perf_counter() - began
    scheduler.shutdown()
    return JOBS / took


def figures(folder: Path, postgresql: str) -> Iterator[Figure]:
    """Measure ticks on SQLite, and check-ins that fall due there and on an empty PostgreSQL database."""
    SHIPPED.ready()  # as `attune run` does before it begins
    few = asyncio.run(idle_tick(f"sqlite:///{folder / 'few.db'}", FEW))
    many = asyncio.run(idle_tick(f"sqlite:///{folder / 'many.db'}", MANY))
    yield Figure("idle_tick", many, "ms", Against(f"{FEW:,} schedules instead of {MANY:,}", few))
    jobs = Against("APScheduler's SQLAlchemyJobStore", job_store(folder))
    yield Figure("start_due", asyncio.run(start_due(f"sqlite:///{folder / 'due.db'}")), "1/s", jobs)
    yield Figure("start_due_postgresql", asyncio.run(start_due(postgresql)), "1/s", jobs)
