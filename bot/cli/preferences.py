"""`attune client set`: how a client is asked, and what they give for a crisis."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.cli.emergency import EmergencyContact, SafetyPlan, Whereabouts
from bot.cli.people import Code, ZoneOption, checked
from bot.service import Service, emergencies, preferences
from bot.service.emergencies import Given
from bot.service.preferences import Change
from bot.settings import Settings
from bot.settings.values import Country, Language, Zone


class Ask(StrEnum):
    """How the questions of a check-in are put."""

    ONE = "one"
    TOGETHER = "together"
    SCHEDULE = preferences.AS_THE_SCHEDULE_SAYS


def add_to(clients: typer.Typer) -> None:
    """Give `attune client` its `set`."""
    clients.command("set", epilog="Example: attune client set AB --language es --discreet")(set_client)


def set_client(
    code: Code,
    *,
    language: Annotated[str | None, typer.Option(help="Their language: es.")] = None,
    ask: Annotated[
        Ask | None, typer.Option(help="Question by question, all together, or as the schedule says.")
    ] = None,
    discreet: Annotated[
        bool | None, typer.Option("--discreet/--not-discreet", help="Whether their phone is shared.")
    ] = None,
    zone: ZoneOption = None,
    country: Annotated[str | None, typer.Option(help="Their country, for helplines: US.")] = None,
    programme: Annotated[
        str | None, typer.Option(help="The programme whose schedules are theirs; '' for everybody's.")
    ] = None,
    emergency_contact: EmergencyContact = None,
    whereabouts: Whereabouts = None,
    safety_plan: SafetyPlan = None,
    config: ConfigOption = None,
) -> None:
    """Change how a client is asked, and what they give for a crisis. What is not named stays as it is."""
    wanted = Change(
        language=None if language is None else checked(Language, language, "--language"),
        zone=None if zone is None else checked(Zone, zone, "--zone"),
        country=None if country is None else checked(Country, country, "--country"),
        ask=ask,
        discreet=discreet,
        programme=programme,
    )
    given = Given(safety_plan, emergency_contact, whereabouts)
    if wanted == Change() and given == Given():
        refuse(
            "Say what to change: --language, --ask, --discreet, --zone, --country, --programme,"
            " --emergency-contact, --whereabouts or --safety-plan"
        )

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            if wanted != Change():
                await preferences.change(desk, code, wanted)
            if given != Given():
                await emergencies.give(desk, code, given)

    in_office(config, work)
    out.print(f"{code} was changed.")
