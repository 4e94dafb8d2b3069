"""`attune client emergency` and `attune therapist set`: what is kept for a crisis."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.common import ConfigOption, in_office, out
from bot.cli.people import Code
from bot.service import Service, emergencies
from bot.settings import Settings
from storage.records import Client, Emergency

EmergencyContact = Annotated[
    str | None, typer.Option("--emergency-contact", help="Whom to call in a crisis, and how; '' removes it.")
]
Whereabouts = Annotated[
    str | None, typer.Option("--whereabouts", help="Where the client usually is; '' removes it.")
]
SafetyPlan = Annotated[
    str | None, typer.Option("--safety-plan", help="Their own words, sent first in a crisis; '' removes it.")
]

NOBODY = "none"
"""What `--backup` says where a therapist has nobody of their own."""


def add_to(clients: typer.Typer, therapists: typer.Typer) -> None:
    """Put these commands beside the others about clients and therapists."""
    clients.command(epilog="Example: attune client emergency AB --by 'night desk'")(emergency)
    therapists.command("set", epilog="Example: attune therapist set T1 --backup T2")(set_therapist)


def emergency(
    code: Code,
    config: ConfigOption = None,
    *,
    by: Annotated[
        str, typer.Option("--by", help="Who looks; it is kept in the audit trail.")
    ] = "administrator",
) -> None:
    """Show a client's emergency contact and whereabouts, while an alert of danger of theirs is open."""

    async def work(service: Service, _settings: Settings) -> tuple[Client, Emergency]:
        async with service.desk() as desk:
            return await emergencies.show(desk, code, by)

    client, kept = in_office(config, work)
    for label, text in (
        ("Name", client.name),
        ("Emergency contact", kept.contact),
        ("Usually at", kept.whereabouts),
        ("Safety plan", kept.safety_plan),
    ):
        out.print(f"{label}: {text or 'not given'}", markup=False)


def set_therapist(
    code: Code,
    *,
    backup: Annotated[
        str,
        typer.Option(
            "--backup", help=f"Who is told of danger where they don't answer; '{NOBODY}': the config's."
        ),
    ],
    config: ConfigOption = None,
) -> None:
    """Say who stands in for a therapist in a crisis."""

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            await emergencies.set_backup(desk, code, None if backup == NOBODY else backup)

    in_office(config, work)
    out.print(f"{code} has the backup {backup}." if backup != NOBODY else f"{code} has the config's backups.")
