"""`attune alert …`: for when a therapist's phone is gone."""

from __future__ import annotations

from typing import Annotated

import typer

from bot import wording
from bot.cli.common import ConfigOption, in_office, out, refuse, table
from bot.service import Service
from bot.settings import Settings
from storage.records import Alert

app = typer.Typer(help="See alerts, and acknowledge one for a therapist.", no_args_is_help=True)

RECENT = 200


@app.command("list", epilog="Example: attune alert list --all")
def list_alerts(
    config: ConfigOption = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Acknowledged ones too, newest first.")] = False,
) -> None:
    """List the alerts that nobody has acknowledged."""

    async def work(service: Service, _settings: Settings) -> tuple[tuple[Alert, ...], dict[int, str]]:
        async with service.store.reading() as transaction:
            listed = transaction.alerts.recent(RECENT) if every else transaction.alerts.unacknowledged()
            therapists = {one.id: one.code for one in await transaction.people.therapists()}
            return await listed, therapists

    alerts, therapists = in_office(config, work)
    if not alerts:
        out.print("There are no open alerts." if not every else "There are no alerts.")
        return
    rows = table("alert", "client", "therapist", "raised (UTC)", "severity", "found", "acknowledged by")
    for one in alerts:
        rows.add_row(
            str(one.id),
            one.client_code,
            therapists[one.therapist_id],
            f"{one.raised_at:%Y-%m-%d %H:%M}",
            one.severity,
            ", ".join(_found(one)),
            one.acknowledged_by or "",
        )
    out.print(rows)


def _found(alert: Alert) -> list[str]:
    return [
        found.rule
        if found.now is None
        else f"{found.rule} {wording.points(found.was)} to {wording.points(found.now)}"
        if found.was is not None
        else f"{found.rule} {wording.points(found.now)}"
        for found in alert.findings
    ]


@app.command(epilog="Example: attune alert ack 41 --by 'night desk'")
def ack(
    number: Annotated[int, typer.Argument(help="The alert's number.", min=1, max=2**31 - 1)],
    config: ConfigOption = None,
    *,
    by: Annotated[str, typer.Option("--by", help="Who acknowledges it.")] = "administrator",
) -> None:
    """Acknowledge an alert for its therapist."""

    async def work(service: Service, _settings: Settings) -> Alert | None:
        async with service.desk() as desk:
            if await desk.tx.alerts.acknowledge(number, None, by[:32], desk.now):
                desk.audit("administrator", "acknowledged", detail=f"alert {number} by {by}")
                return None
            return await desk.tx.alerts.find(number) or _nothing(number)

    before = in_office(config, work)
    if before is not None:
        refuse(f"Alert {number} was acknowledged before, by {before.acknowledged_by}.", 1)
    out.print(f"Alert {number} is acknowledged.")


def _nothing(number: int) -> Alert:
    refuse(f"There is no alert {number}; see: attune alert list --all")
