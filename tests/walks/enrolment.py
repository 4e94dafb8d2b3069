"""A database in which a client has agreed and has filled in a first form, made without any process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time

from bot.channels.base import Address, Inbound, Pressed
from bot.policy import Policy
from bot.service import Service, paper, people
from bot.timetable import Quiet
from bot.wording import House
from scoring.instrument import AgeGroup
from storage import migrations
from storage.crypto import parse_keyring
from storage.records import Client, ClientState, Therapist
from storage.store import Store
from tests.walks.attune import CLINIC

KEYRING = f"k1 {'A' * 43}=\nindex {'B' * 42}A=\n"
"""The keys that it was made with: the secret `keys.keyring`."""

CLIENT, THERAPIST = 471_100_023, 471_100_024
"""Chats on Telegram."""

CLIENT_PHONE, THERAPIST_PHONE = "+12025550111", "+12025550112"
"""Telephone numbers."""

NAMES = ("Brightwater", "Quimby")
"""Parts of the client's and the therapist's names."""


def by_telegram(url: str) -> None:
    """Bring an empty database to where client AB of therapist KT, both on Telegram, is asked the ORS."""
    asyncio.run(_enrol(url, ("telegram", str(CLIENT)), ("telegram", str(THERAPIST))))


def by_sms(url: str) -> None:
    """Bring an empty database to where client AB of therapist KT, both by text message, is asked the ORS."""
    asyncio.run(_enrol(url, ("sms", CLIENT_PHONE), ("sms", THERAPIST_PHONE)))


async def _enrol(url: str, client: tuple[str, str], therapist: tuple[str, str]) -> None:
    store = Store.open(url, parse_keyring(KEYRING))
    try:
        await migrations.upgrade(store.engine)
        policy = Policy(House(CLINIC), Quiet(time(0), time(0)))
        await _walk_in(Service(store, policy, lambda: datetime.now(UTC)), client, therapist)
    finally:
        await store.close()


async def _walk_in(service: Service, client: tuple[str, str], therapist: tuple[str, str]) -> None:
    async with service.desk() as desk:
        await people.add_therapist(desk, Therapist(0, "KT", "en", "UTC", "Dr Ida Quimby"), [therapist])
        invited = ClientState.INVITED
        person = Client(0, "AB", 0, "en", "UTC", "US", AgeGroup.ADULT, invited, None, "Alma Brightwater")
        await people.add_client(desk, person, "KT", [client])
    channel, address = client
    agreed = Inbound(channel, "0", "agreed", Address(address), Pressed("agree", "0"), service.clock())
    await service.receive([agreed])
    async with service.desk() as desk:
        await paper.add_score(desk, "AB", "ors", [100] * 4, at=service.clock())
        await people.ask(desk, "AB", "ors")
