"""A clinic whose clients are asked every other minute: who works there, who comes there, and its settings."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import SecretStr

from bot.channels.base import Address, Inbound, Pressed
from bot.office import opened
from bot.service import people
from bot.service.desk import Desk
from bot.settings import Settings
from scoring.instrument import AgeGroup
from storage.records import Client, ClientState, Therapist
from tests.faults.crowd import Crowd, Person
from tests.faults.journal import Journal

CLIENTS, THERAPISTS = 24, 3

BEGINS = datetime(2026, 11, 23, 16, 59, 50, tzinfo=UTC)
"""A Monday, some seconds before the first check-in falls due."""

_SLOTS = range(0, 60, 2)
"""The minutes of the hour that follows at which a check-in falls due."""

_TOGETHER = 10
"""How many of these one schedule holds."""

KEYRING = f"k1 {'A' * 43}=\nindex {'B' * 42}A=\n"


def settings_for(url: str) -> Settings:
    """Make the settings of Elm Street clinic on a database."""
    slots = [f"mon 17:{minute:02d}" for minute in _SLOTS]
    given = {
        "clinic": {"name": "Elm Street clinic"},
        "database": {"url": url},
        "keys": {"keyring": SecretStr(KEYRING)},
        "schedules": [
            {
                "name": f"often-{first}",
                "measures": ["srs"],
                "when": {"weekly": slots[first : first + _TOGETHER]},
                "reminder_after": "never",
            }
            for first in range(0, len(slots), _TOGETHER)
        ],
        "check_ins": {"most_a_day": 50, "pause_after": "never"},
        "sms": {"segments_per_second": 100.0},
    }
    return Settings.model_validate(given)


def crowd_of(chance: random.Random, journal: Journal) -> Crowd:
    """Make clients and therapists, every other one on either network, a quarter of the clients in despair."""
    clients = [
        Person(f"+1555{number:04d}", _over(number), despair=number % 8 < 2) for number in range(CLIENTS)
    ]
    therapists = [Person(f"+1777{number:04d}", _over(number)) for number in range(THERAPISTS)]
    return Crowd({one.address: one for one in (*clients, *therapists)}, journal, chance)


def _over(number: int) -> str:
    return ("telegram", "sms")[number % 2]


async def enrol(settings: Settings, crowd: Crowd, clock: Callable[[], datetime]) -> None:
    """Make the database, with everybody in it; all clients have agreed."""
    everybody = list(crowd.people.values())
    clients = everybody[:CLIENTS]
    async with opened(settings) as service:
        async with service.desk() as desk:
            for number, one in enumerate(everybody[CLIENTS:]):
                therapist = Therapist(0, f"T{number}", "en", "UTC", "Dr Ida Quimby")
                await people.add_therapist(desk, therapist, [(one.channel, one.address)])
        async with service.desk() as desk:
            for number, one in enumerate(clients):
                await _add(desk, number, one)
        await service.receive([_agreeing(one, clock()) for one in clients])


async def _add(desk: Desk, number: int, person: Person) -> None:
    adult, invited = AgeGroup.ADULT, ClientState.INVITED
    client = Client(0, f"C{number}", 0, "en", "UTC", "US", adult, invited, None, "Alma Brightwater")
    known = [(person.channel, person.address)]
    await people.add_client(desk, client, f"T{number % THERAPISTS}", known)


def _agreeing(person: Person, at: datetime) -> Inbound:
    account, number = f"{person.channel}-account", f"agreed-{person.address}"
    return Inbound(person.channel, account, number, Address(person.address), Pressed("agree", "0"), at)
