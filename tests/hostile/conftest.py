"""Databases in which everybody takes part on a real network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.databases import Databases, Engine
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import FakeTwilio
from tests.hostile.stage import Stage, on_telegram, on_twilio, staffed_on_telegram, staffed_on_twilio


@pytest.fixture
def telegram_url(databases: Databases, engine: Engine) -> Iterator[str]:
    with databases.fresh(engine, staffed_on_telegram) as url:
        yield url


@pytest.fixture
def twilio_url(databases: Databases, engine: Engine) -> Iterator[str]:
    with databases.fresh(engine, staffed_on_twilio) as url:
        yield url


@pytest.fixture
async def telegram(telegram_url: str) -> AsyncIterator[tuple[Stage, FakeTelegram]]:
    """Open a stage on Telegram, on each engine."""
    async with on_telegram(telegram_url) as both:
        yield both


@pytest.fixture
async def twilio(twilio_url: str) -> AsyncIterator[tuple[Stage, FakeTwilio]]:
    """Open a stage on Twilio, on each engine."""
    async with on_twilio(twilio_url) as both:
        yield both
