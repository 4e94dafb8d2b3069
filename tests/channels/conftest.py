"""A fake Twilio, and channels on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.channels.sms import SmsChannel
from tests.channels.networks import PUBLIC_URL, sms_settings
from tests.fakes.twilio import FakeTwilio


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
async def sms(twilio: FakeTwilio) -> AsyncIterator[SmsChannel]:
    channel = await SmsChannel.connect(sms_settings(twilio.api_base), PUBLIC_URL)
    yield channel
    await channel.close()


@pytest.fixture
async def impatient(twilio: FakeTwilio) -> AsyncIterator[SmsChannel]:
    """Connect a channel that waits no longer than a fifth of a second."""
    channel = await SmsChannel.connect(sms_settings(twilio.api_base, timeout=0.2), PUBLIC_URL)
    yield channel
    await channel.close()
