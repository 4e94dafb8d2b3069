"""Behind PgBouncer in transaction mode: two workers on one database, and one that knows no way past it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.databases import Databases
from tests.fakes.telegram import FakeTelegram
from tests.outside.servers import free_port, pgbouncer
from tests.walks.attune import PATIENCE, Section
from tests.walks.enrolment import CLIENT, KEYRING, THERAPIST, by_telegram
from tests.walks.phones import QUESTIONS
from tests.walks.walk import handed_over, walking

pytestmark = pytest.mark.outside

ORS = (70, 60, 80, 70)
KEYS = {"keys.keyring": KEYRING}


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Run a Bot API server of our own, where the client and the therapist have begun to talk to the bot."""
    async with FakeTelegram() as running:
        running.chats |= {CLIENT: [], THERAPIST: []}
        yield running


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """Lend a database in which the client has agreed and is asked the ORS."""
    with databases.fresh("postgresql", by_telegram) as url:
        yield url


@pytest.fixture
async def pooled(url: str) -> AsyncIterator[str]:
    """Give the address of that database behind PgBouncer."""
    async with pgbouncer(free_port(), sa.make_url(url)) as behind:
        yield behind.render_as_string()


async def test_two_workers_share_the_work_and_one_takes_over_from_the_other(
    telegram: FakeTelegram, tmp_path: Path, url: str, pooled: str
) -> None:
    behind: Section = {"url": pooled, "direct_url": url, "prepared_statements": False}
    async with (
        walking(telegram, tmp_path / "one", url, KEYS, database=behind) as first,
        walking(telegram, tmp_path / "two", url, KEYS, database=behind) as second,
    ):
        await handed_over(first, second, ORS[0])
        for place in range(1, len(ORS)):
            await second.answered(place, ORS[place])
        await second.ledger.until_settled()

        assert await second.ledger.answers("ors") == list(ORS)
        assert {len(second.client.showing(QUESTIONS["ors", place])) for place in range(len(ORS))} == {1}
        assert second.attune.running is not None
        assert await second.attune.running.end() == 0


async def test_without_a_way_past_the_pooler_a_worker_says_so_and_leaves_polling_alone(
    telegram: FakeTelegram, tmp_path: Path, url: str, pooled: str
) -> None:
    behind: Section = {"url": pooled, "listen": False, "prepared_statements": False}
    async with walking(telegram, tmp_path, url, KEYS, database=behind) as walk:
        await walk.attune.start()
        async with asyncio.timeout(PATIENCE):
            while not (said := await walk.attune.poller()):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.05)
        assert "no session can hold the poller's lock" in said
        assert telegram.called("getUpdates") == []
