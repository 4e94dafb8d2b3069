"""What tests of faults share with walks: networks of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.walks.enrolment import CLIENT, THERAPIST


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Run a Bot API server of our own, to which the client and the therapist have written before."""
    async with FakeTelegram() as running:
        for chat in (CLIENT, THERAPIST):
            running.chats[chat] = []
        yield running
