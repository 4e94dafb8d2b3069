"""Small scenes for tests: a policy, a few people, and everything that a simulation gave."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, time, timedelta
from types import MappingProxyType

from bot.policy import Policy
from bot.simulation import habits
from bot.simulation.caseload import caseload
from bot.simulation.entries import Entry
from bot.simulation.personas import CLIENTS, Persona
from bot.simulation.running import simulate
from bot.simulation.scenario import Scenario
from bot.simulation.summary import Summary
from bot.timetable import Quiet, Routine, Weekly
from bot.wording import House

WINTER = date(2026, 1, 5)

ASKED_AT = time(10)
WEEKLY = Routine("weekly", ("ors",), Weekly(((0, ASKED_AT),)), (timedelta(hours=24),))
"""ORS on Monday mornings, reminded of on Tuesdays and over on Wednesdays."""

QUIET = Quiet(time(21), time(8))


def policy(*routines: Routine) -> Policy:
    """Make the choices of a clinic with these schedules."""
    return Policy(
        House("Elm Street clinic"), QUIET, MappingProxyType({one.name: one for one in routines or (WEEKLY,)})
    )


def people(habit: habits.Habit) -> tuple[Persona, ...]:
    """Make a caseload of one habit."""
    return (Persona(habit.__name__, habit),)


def scenario(weeks: int = 2, clients: int = 5, **changed: object) -> Scenario:
    """Make a scenario of a few weeks; what is named is changed."""
    return dataclasses.replace(Scenario(weeks, clients, 1, WINTER), **changed)  # type: ignore[arg-type]


def turning(at: int, weeks: int) -> Scenario:
    """Find a scenario of one client whose habit turns at a check-in, counted from 1."""
    seeds = (scenario(weeks, 1, seed=seed) for seed in range(1000))
    return next(one for one in seeds if caseload(one).clients[0].mind.turn == at)


async def played(
    of: Scenario, personas: Sequence[Persona] = CLIENTS, choices: Policy | None = None
) -> tuple[list[Entry], Summary]:
    """Play a scenario to its end."""
    entries: list[Entry] = []
    summary: Summary | None = None
    async for one in simulate(of, choices or policy(), personas):
        if isinstance(one, Summary):
            summary = one
        else:
            entries.append(one)
    assert summary is not None
    return entries, summary


def kinds(entries: Sequence[Entry], kind: str, code: str | None = None) -> list[Entry]:
    """Pick the messages of one kind, to or from one person."""
    return [one for one in entries if one.kind == kind and code in {None, one.sender, one.receiver}]
