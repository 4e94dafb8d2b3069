"""`attune simulate`: what a config does over weeks, with synthetic clients and therapists."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import sys
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated

import typer

from bot import logs
from bot.cli.common import ConfigOption, one_line, refuse, settings_of
from bot.office import policy_of
from bot.policy import Policy
from bot.settings import Settings
from bot.simulation.clinic import SimulationError
from bot.simulation.running import simulate
from bot.simulation.scenario import Scenario, ScenarioError
from bot.timetable import AfterSession, Away, BeforeSession, Routine

_REMINDED_AFTER = (timedelta(hours=24),)

ROUTINES = (
    Routine("before-session", ("ors",), BeforeSession(Away(minutes=60)), _REMINDED_AFTER),
    Routine("after-session", ("srs",), AfterSession(Away(minutes=10)), _REMINDED_AFTER),
)
"""What is asked where the config has no schedules: ORS an hour before a session, SRS just after it."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    example = "Example: attune simulate --weeks 26 --clients 200 --seed 1"
    app.command("simulate", epilog=example)(simulate_command)


def simulate_command(
    *,
    weeks: Annotated[int, typer.Option(help="How many weeks go by.")] = 12,
    clients: Annotated[int, typer.Option(help="How many clients there are.")] = 20,
    seed: Annotated[int, typer.Option(help="What chance is drawn from: the same seed, the same course.")] = 1,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which it begins.")
    ] = datetime(2026, 1, 5, tzinfo=UTC),
    danger: Annotated[bool, typer.Option("--danger", help="Let one client write of danger to life.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each message.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show every message that a config leads to over some weeks, to clients and therapists made up by a seed.

    The service is the real one, on a clock that leaps and a database in memory: the config's own database
    is not opened, and nothing is sent. Without schedules in the config, ORS is asked before
    and SRS after the weekly sessions that the therapists announce.
    """
    try:
        scenario = Scenario(weeks, clients, seed, start.date(), danger)
    except ScenarioError as error:
        refuse(str(error))
    settings = settings_of(config)
    logs.configure(settings.logs.model_copy(update={"level": "warning"}))
    with one_line():
        policy = asking(settings)
    policy.lexicon.ready()
    try:
        asyncio.run(_show(scenario, policy, as_json=as_json))
    except SimulationError as error:
        refuse(f"The simulation ends here: {error}", 1)


def asking(settings: Settings) -> Policy:
    """Give the config's choices, with routines where it has none."""
    policy = policy_of(settings)
    if policy.routines:
        return policy
    return dataclasses.replace(policy, routines=MappingProxyType({one.name: one for one in ROUTINES}))


async def _show(scenario: Scenario, policy: Policy, *, as_json: bool) -> None:
    shown = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    try:
        async for one in simulate(scenario, policy):
            shown.write(f"{one.json() if as_json else one.lines()}\n")
        shown.flush()
    finally:
        shown.detach()
