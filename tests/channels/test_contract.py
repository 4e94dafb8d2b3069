"""The contract of channels, kept by each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.channels.contract import ChannelContract, Network, Trouble
from tests.channels.networks import ConsoleNetwork, on_telegram, on_twilio


class TestConsole(ChannelContract):
    """A terminal."""

    troubles = frozenset({Trouble.NO_CONNECTION})

    @pytest.fixture
    def network(self) -> Network:
        return ConsoleNetwork()


class TestSms(ChannelContract):
    """Text messages by Twilio."""

    troubles = frozenset(Trouble)

    @pytest.fixture
    async def network(self) -> AsyncIterator[Network]:
        async with on_twilio("+12025550100") as network:
            yield network


class TestWhatsApp(ChannelContract):
    """WhatsApp by Twilio."""

    troubles = frozenset(Trouble)

    @pytest.fixture
    async def network(self) -> AsyncIterator[Network]:
        async with on_twilio("whatsapp:+12025550100") as network:
            yield network


class TestTelegram(ChannelContract):
    """Telegram."""

    troubles = frozenset(Trouble) - {Trouble.NO_CONNECTION}

    @pytest.fixture
    async def network(self) -> AsyncIterator[Network]:
        async with on_telegram(5_550_100) as network:
            yield network
