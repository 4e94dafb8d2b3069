"""`attune alert …`: for when a therapist's phone is gone."""

from __future__ import annotations

from typing import Annotated

import typer

from bot import wording
from bot.cli.common import ConfigOption, in_office, out, refuse, table
from bot.service import Service, answering
from bot.service.answering import Who
from bot.settings import Settings
from storage.records import Alert

app = typer.Typer(help="See alerts, and acknowledge or close one for a therapist.", no_args_is_help=True)

RECENT = 200


@app.command("list", epilog="Example: attune alert list --all")
def list_alerts(
    config: ConfigOption = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that are done with too, newest first.")] = False,
) -> None:
    """List what nobody has acknowledged, and alerts of danger that nobody has closed."""

    async def work(service: Service, _settings: Settings) -> tuple[tuple[Alert, ...], dict[int, str]]:
        async with service.store.reading() as transaction:
            listed = transaction.alerts.recent(RECENT) if every else transaction.alerts.open_of()
            therapists = {one.id: one.code for one in await transaction.people.therapists()}
            return await listed, therapists

    alerts, therapists = in_office(config, work)
    if not alerts:
        out.print("There are no open alerts." if not every else "There are no alerts.")
        return
    rows = table("alert", "client", "therapist", "raised (UTC)", "severity", "found", "seen by", "closed by")
    for one in alerts:
        rows.add_row(
            str(one.id),
            one.client_code,
            therapists[one.therapist_id],
            f"{one.raised_at:%Y-%m-%d %H:%M}",
            one.severity,
            ", ".join(_found(one)),
            one.acknowledged_by or "",
            one.closed_by or "",
        )
    out.print(rows)


def _found(alert: Alert) -> list[str]:
    return [
        (f"{found.rule} ({found.item})" if found.item else found.rule)
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
            done = await answering.acknowledge(desk, number, Who(None, by))
            return None if done else await desk.tx.alerts.find(number) or _nothing(number)

    before = in_office(config, work)
    if before is not None:
        refuse(_done_before(before), 1)
    out.print(f"Alert {number} is acknowledged. One of danger climbs on until it is closed.")


@app.command(
    epilog="Example: attune alert close 41 --by 'night desk' --what 'spoke on the phone, safe tonight'"
)
def close(
    number: Annotated[int, typer.Argument(help="The alert's number.", min=1, max=2**31 - 1)],
    config: ConfigOption = None,
    *,
    by: Annotated[str, typer.Option("--by", help="Who closes it.")],
    what: Annotated[str, typer.Option("--what", help="What was done; whoever was told of it reads this.")],
) -> None:
    """Close an alert with what was done; check-ins that waited for it go on."""
    if not by.strip() or not what.strip():
        refuse("say who closes it with --by, and what was done with --what")

    async def work(service: Service, _settings: Settings) -> Alert | None:
        async with service.desk() as desk:
            done = await answering.close(desk, number, Who(None, by), what)
            return None if done else await desk.tx.alerts.find(number) or _nothing(number)

    before = in_office(config, work)
    if before is not None:
        refuse(_done_before(before), 1)
    out.print(f"Alert {number} is closed.")


def _done_before(alert: Alert) -> str:
    if alert.closed_by is not None:
        return f"Alert {alert.id} was closed before, by {alert.closed_by}."
    return f"Alert {alert.id} was acknowledged before, by {alert.acknowledged_by}."


def _nothing(number: int) -> Alert:
    refuse(f"There is no alert {number}; see: attune alert list --all")
