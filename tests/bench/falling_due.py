"""What the clock costs: a tick with nothing due, and many check-ins that fall due at once.

The latter beside APScheduler's own job store, which fires and reschedules as many jobs on the same disk.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot.policy import Policy
from bot.service import Service
from bot.ticker import Ticker
from bot.timetable import Quiet, Routine, Weekly
from bot.wording import House
from storage import tables as t
from storage.crypto import new_keyring, parse_keyring
from storage.migrations import upgrade
from storage.records import AddressState, CheckInState, ClientState, OutboxState
from storage.store import Store
from tests.bench.measure import Against, Figure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection

DUE = 10_000
"""How many check-ins fall due at once: a tenth of what a large network has at a full hour."""

JOBS = 1_000
"""How many jobs APScheduler fires, whose rate is what counts: each is a commit or two of its own."""

FEW, MANY = 1_000, 1_000_000
"""How many schedules stand by while nothing is due."""

TICKS = 200
_AT_ONCE = 20_000
_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
_ROUTINE = Routine("weekly", ("ors",), Weekly(((0, wall_time(10)),)))


@asynccontextmanager
async def _caseload(url: str, clients: int, schedules: int, due: datetime) -> AsyncIterator[Service]:
    """Fill a database with clients and their schedules, and give the service on it."""
    store = Store.open(url, parse_keyring(new_keyring()))
    policy = Policy(House("bench"), Quiet(wall_time(21), wall_time(8)), {_ROUTINE.name: _ROUTINE})
    try:
        await upgrade(store.engine)
        async with store.engine.begin() as connection:
            await _people(connection, store, clients)
            await _schedules(connection, clients, schedules, due)
        yield Service(store, policy, lambda: _MONDAY)
    finally:
        await store.close()


async def _people(connection: AsyncConnection, store: Store, clients: int) -> None:
    cipher = store.cipher
    await connection.execute(
        sa.insert(t.therapists),
        {"code": "T", "name": b"", "language": "en", "zone": "UTC", "created_at": _MONDAY},
    )
    numbers = range(1, clients + 1)
    await connection.execute(
        sa.insert(t.clients),
        [
            {
                "code": f"C{number}",
                "therapist_id": 1,
                "name": cipher.seal("clients.name", ""),
                "language": "en",
                "zone": "UTC",
                "country": "US",
                "age_group": "adult",
                "state": ClientState.ACTIVE,
                "consented_at": _MONDAY,
                "created_at": _MONDAY,
            }
            for number in numbers
        ],
    )
    await connection.execute(
        sa.insert(t.episodes), [{"client_id": number, "opened_at": _MONDAY} for number in numbers]
    )
    await connection.execute(
        sa.insert(t.addresses),
        [
            {
                "channel": "console",
                "address": cipher.seal("addresses.address", f"c{number}"),
                "fingerprint": cipher.fingerprint("address:console", f"c{number}"),
                "client_id": number,
                "operator": False,
                "state": AddressState.ACTIVE,
                "created_at": _MONDAY,
            }
            for number in numbers
        ],
    )


async def _schedules(connection: AsyncConnection, clients: int, schedules: int, due: datetime) -> None:
    rule = _ROUTINE.rule("UTC")
    for start in range(0, schedules, _AT_ONCE):
        await connection.execute(
            sa.insert(t.schedules),
            [
                {
                    "client_id": number % clients + 1,
                    "name": _ROUTINE.name if number < clients else f"s{number // clients}",
                    "rule": rule,
                    "local_date": due.date(),
                    "wall": wall_time(10),
                    "next_due_at": due,
                    "active": True,
                }
                for number in range(start, min(start + _AT_ONCE, schedules))
            ],
        )


async def idle_tick(url: str, schedules: int) -> float:
    """Measure a tick in which nothing is due, in milliseconds: the median of many."""
    clients = max(1, schedules // 100)
    async with _caseload(url, clients, schedules, _MONDAY + timedelta(days=7)) as service:
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
    async with _caseload(url, DUE, DUE, _MONDAY) as service:
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
        sa.select(sa.func.count()).select_from(t.schedules).where(t.schedules.c.next_due_at > _MONDAY),
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
    few = asyncio.run(idle_tick(f"sqlite:///{folder / 'few.db'}", FEW))
    many = asyncio.run(idle_tick(f"sqlite:///{folder / 'many.db'}", MANY))
    yield Figure("idle_tick", many, "ms", Against(f"{FEW:,} schedules instead of {MANY:,}", few))
    jobs = Against("APScheduler's SQLAlchemyJobStore", job_store(folder))
    yield Figure("start_due", asyncio.run(start_due(f"sqlite:///{folder / 'due.db'}")), "1/s", jobs)
    yield Figure("start_due_postgresql", asyncio.run(start_due(postgresql)), "1/s", jobs)
