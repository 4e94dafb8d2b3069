"""The disk full, the database locked, or gone: it is said so, nothing is lost, and it goes on by itself.

`make faults` has the database gone for a minute; GONE_FOR says for how many seconds.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.databases import Databases
from tests.fakes.telegram import FakeTelegram
from tests.faults.cluster import cluster
from tests.faults.disk import CannotMountError, Disk, small_disk
from tests.walks.attune import PATIENCE
from tests.walks.enrolment import KEYRING, by_telegram
from tests.walks.phones import QUESTIONS
from tests.walks.walk import Walk, walking

GONE_FOR = float(os.environ.get("GONE_FOR", "3"))


@asynccontextmanager
async def asking(telegram: FakeTelegram, folder: Path, url: str) -> AsyncIterator[Walk]:
    """Start Attune where the client is asked the ORS, and wait until the first question is out."""
    async with walking(telegram, folder, url, {"keys.keyring": KEYRING}) as walk:
        await walk.attune.start()
        await walk.attune.until_ready()
        await walk.client.sees(QUESTIONS["ors", 0])
        await walk.ledger.until_settled()
        yield walk


async def said_of_database(walk: Walk) -> str:
    """Ask /readyz how the database is."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.get(f"{walk.attune.url}/readyz")
    part = answer.json()["parts"]["database"]
    assert part["ok"] or answer.status_code == 503
    return str(part["detail"])


async def until_said(walk: Walk, word: str) -> None:
    """Wait until /readyz says so of the database."""
    async with asyncio.timeout(PATIENCE):
        while await said_of_database(walk) != word:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.1)


async def answered_in_trouble(walk: Walk, trouble: AbstractContextManager[object], word: str) -> None:
    """Answer while the database is in trouble: the answer waits at Telegram, and is taken afterwards."""
    with trouble:
        walk.client.press("7")
        await until_said(walk, word)
        assert walk.client.showing(QUESTIONS["ors", 1]) == []
    await went_on(walk)


async def went_on(walk: Walk) -> None:
    """Wait until the next question is out and all is well, and see that the answer was taken once."""
    await walk.client.sees(QUESTIONS["ors", 1])
    await walk.attune.until_ready()
    await until_said(walk, "answers")
    await walk.ledger.until_settled()
    assert await walk.ledger.answers("ors") == [70]
    for place in (0, 1):
        assert len(walk.client.showing(QUESTIONS["ors", place])) == 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a small disk, where this machine lets us."""
    try:
        with small_disk(tmp_path / "disk") as mounted:
            yield mounted
    except CannotMountError as error:
        pytest.skip(str(error))


@pytest.fixture
def file(databases: Databases, tmp_path: Path) -> Iterator[Path]:
    """Make an SQLite file in which the client has agreed and is asked the ORS."""
    with databases.fresh("sqlite", by_telegram) as url:
        file = tmp_path / "attune.db"
        shutil.copyfile(make_url(url).database or "", file)
        yield file


@contextmanager
def filled(disk: Disk) -> Iterator[None]:
    disk.fill()
    yield
    disk.clear()


async def test_the_disk_is_full(telegram: FakeTelegram, tmp_path: Path, disk: Disk, file: Path) -> None:
    moved = shutil.move(file, disk.folder / file.name)
    async with asking(telegram, tmp_path, f"sqlite:///{moved}") as walk:
        await answered_in_trouble(walk, filled(disk), "disk full")


@contextmanager
def stunted(walk: Walk, file: Path) -> Iterator[None]:
    """Let no file of the process grow beyond what the log of the database has, as a quota does."""
    assert walk.attune.running is not None
    process = walk.attune.running.process.pid
    grown = file.with_name(f"{file.name}-wal").stat().st_size
    before = resource.prlimit(process, resource.RLIMIT_FSIZE, (grown, resource.RLIM_INFINITY))
    yield
    resource.prlimit(process, resource.RLIMIT_FSIZE, before)


async def test_its_files_may_not_grow(telegram: FakeTelegram, tmp_path: Path, file: Path) -> None:
    async with asking(telegram, tmp_path, f"sqlite:///{file}") as walk:
        await answered_in_trouble(walk, stunted(walk, file), "gone")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the database as another program would that writes for a long time."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


async def test_another_process_has_it_locked(telegram: FakeTelegram, tmp_path: Path, file: Path) -> None:
    async with asking(telegram, tmp_path, f"sqlite:///{file}") as walk:
        await answered_in_trouble(walk, locked(file), "locked")


async def test_the_server_is_gone_for_a_while(telegram: FakeTelegram, tmp_path: Path) -> None:
    with cluster() as server:
        url = server.create("attune")
        await asyncio.to_thread(by_telegram, url)
        async with asking(telegram, tmp_path, url) as walk:
            server.die()
            walk.client.press("7")
            await until_said(walk, "gone")
            await asyncio.sleep(GONE_FOR)
            assert await said_of_database(walk) == "gone"
            assert walk.client.showing(QUESTIONS["ors", 1]) == []
            server.start()
            await went_on(walk)
