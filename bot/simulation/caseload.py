"""Who there is in a simulation: codes, zones, languages and kinds of people, dealt by the seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bot.simulation import words
from bot.simulation.acts import Act, Heard, minutes
from bot.simulation.habits import Mind
from bot.simulation.personas import CLIENTS, IN_DANGER, THERAPISTS, Persona
from bot.simulation.scenario import Scenario

PLACES = (
    ("Europe/Berlin", "DE"),
    ("America/New_York", "US"),
    ("America/Los_Angeles", "US"),
    ("Australia/Sydney", "AU"),
    ("Asia/Kolkata", "IN"),
)
"""Where people live, with the country's helplines; the last knows no summer time."""

LANGUAGES = ("en", "de", "fr", "es", "nl", "da", "ar")
"""What they speak."""

EACH = 20
"""How many clients a therapist has at most."""

_LATEST_TURN = 12


@dataclass(frozen=True, slots=True)
class Somebody:
    """A synthetic person; the code is their name and their address too.

    Attributes:
        code: C001, C002 … for clients, T01, T02 … for therapists.
        zone: the IANA zone in which they live.
        country: its two letters.
        persona: the kind of person.
        mind: what they decide by.
        therapist: the code of a client's therapist.
    """

    code: str
    zone: str
    country: str
    persona: Persona
    mind: Mind
    therapist: str = ""

    def hear(self, heard: Heard) -> Sequence[Act]:
        """Decide what to do about a message; whoever is asked to take part agrees."""
        if heard.kind == "consent":
            return (minutes(self.mind.chance.randrange(10, 40, 10), words.AGREE),)
        return self.persona.habit(heard, self.mind)


@dataclass(frozen=True, slots=True)
class Caseload:
    """Everybody in a simulation."""

    therapists: tuple[Somebody, ...]
    clients: tuple[Somebody, ...]


def caseload(scenario: Scenario, personas: Sequence[Persona] = CLIENTS) -> Caseload:
    """Deal the people of a scenario; each kind comes up before any comes up too often."""
    chance = _chance(scenario, "caseload")
    wanted = -(-scenario.clients // EACH)
    therapists = tuple(
        _somebody(scenario, f"T{number + 1:02}", number, persona)
        for number, persona in zip(range(wanted), _dealt(THERAPISTS, chance), strict=False)
    )
    clients = [
        _somebody(scenario, f"C{number + 1:03}", number, persona, therapist=therapists[number % wanted].code)
        for number, persona in zip(range(scenario.clients), _dealt(personas, chance), strict=False)
    ]
    if scenario.danger:
        number = chance.randrange(scenario.clients)
        clients[number] = _turned(clients[number], IN_DANGER)
    return Caseload(therapists, tuple(clients))


def _dealt(personas: Sequence[Persona], chance: Random) -> Iterator[Persona]:
    """Deal hand after hand, each of them everybody in an order of its own."""
    while True:
        hand = [one for one in personas for _ in range(one.share)]
        chance.shuffle(hand)
        yield from hand


def _somebody(
    scenario: Scenario, code: str, number: int, persona: Persona, *, therapist: str = ""
) -> Somebody:
    zone, country = PLACES[number % len(PLACES)]
    chance = _chance(scenario, code)
    turn = chance.randint(2, max(2, min(scenario.weeks, _LATEST_TURN)))
    mind = Mind(chance, turn, persona.course, LANGUAGES[number % len(LANGUAGES)])
    return Somebody(code, zone, country, persona, mind, therapist)


def _turned(one: Somebody, persona: Persona) -> Somebody:
    mind = dataclasses.replace(one.mind, course=persona.course)
    return dataclasses.replace(one, persona=persona, mind=mind)


def _chance(scenario: Scenario, whose: str) -> Random:
    """Give somebody a chance of their own, so that nobody's course hangs on how often others drew."""
    return Random(f"{scenario.seed} {whose}")  # noqa: S311 (repeatable is what it has to be)
