"""`attune sms …`: the network for text messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.channels.sms import SmsChannel
from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.inbox import Inbox
from bot.reconciliation import Compared, compare
from bot.service import Service
from bot.settings import Settings

app = typer.Typer(help="Look after text messages.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `sms` a group of commands."""


@app.command(epilog="Example: attune sms reconcile --since 2026-11-02T08:00")
def reconcile(
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="From when on, in UTC; without it, from where the last one ended.",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Fetch texts and statuses that never reached Attune from Twilio's list, now instead of once a day."""

    async def work(service: Service, settings: Settings) -> Compared | None:
        first = None if since is None else since.replace(tzinfo=UTC)
        if settings.sms.account_sid is None:
            refuse("No text messages are configured: set [sms] account_sid and ATTUNE_SMS__AUTH_TOKEN.")
        if first is not None and first > service.clock():
            refuse("--since lies in the future; write a day in the past, such as 2026-11-02")
        channel = await SmsChannel.connect(settings.sms)
        inbox = Inbox(service, lambda: None)
        try:
            return await compare(service, channel, inbox.accept_in_turn, since=first, anyway=True)
        finally:
            await channel.close()

    compared = in_office(config, work)
    if compared is None:
        refuse("Another Attune is at it right now; see its log.", 1)
    out.print(
        f"Compared with Twilio's list since {compared.since:%Y-%m-%d %H:%M} UTC. Texts that had not come:"
        f" {compared.texts}; statuses that had not: {compared.statuses}."
    )
