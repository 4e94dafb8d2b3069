"""What walks share: networks of our own, and installations of Attune on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import Databases, Engine
from tests.fakes.telegram import FakeTelegram
from tests.walks.enrolment import CLIENT, KEYRING, THERAPIST, by_sms, by_telegram
from tests.walks.walk import TextWalk, Walk, texting, walking


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Run a Bot API server of our own."""
    async with FakeTelegram() as running:
        yield running


@pytest.fixture
async def walk(telegram: FakeTelegram, tmp_path: Path, database_url: str) -> AsyncIterator[Walk]:
    """Set up Attune on an empty database, with keys that it makes by itself."""
    async with walking(telegram, tmp_path, database_url) as ready:
        yield ready


@pytest.fixture
def enrolled_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database in which the client has agreed and is asked the ORS."""
    with databases.fresh(engine, by_telegram) as url:
        yield url


@pytest.fixture
async def enrolled(telegram: FakeTelegram, tmp_path: Path, enrolled_url: str) -> AsyncIterator[Walk]:
    """Set up Attune on a database in which the client has agreed and is asked the ORS."""
    for chat in (CLIENT, THERAPIST):
        telegram.chats[chat] = []
    async with walking(telegram, tmp_path, enrolled_url, {"keys.keyring": KEYRING}) as ready:
        yield ready


@pytest.fixture
def texting_url(databases: Databases, engine: Engine) -> Iterator[str]:
    """Lend a database in which the client has agreed and is asked the ORS, by text message."""
    with databases.fresh(engine, by_sms) as url:
        yield url


@pytest.fixture
async def by_text(tmp_path: Path, texting_url: str) -> AsyncIterator[TextWalk]:
    """Set up Attune on a database in which the client has agreed and is asked the ORS, by text message."""
    async with texting(tmp_path, texting_url, {"keys.keyring": KEYRING}, logs={"level": "debug"}) as ready:
        yield ready
