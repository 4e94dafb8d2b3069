"""`attune score …`: forms that were filled in elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot import wording
from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.languages import LANGUAGES
from bot.replies import Expecting, Points, read
from bot.service import Service, paper
from bot.settings import Settings

app = typer.Typer(help="Enter scores from paper forms, and from before Attune.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `score` a group of commands."""


@app.command(epilog="Example: attune score add AB ors 5 6.5 4 5 --at 2026-11-02")
def add(
    client: Annotated[str, typer.Argument(help="The client's code.")],
    measure: Annotated[str, typer.Argument(help="The measure, such as ors.")],
    answers: Annotated[list[str], typer.Argument(help="Each item's answer in points, 0 to 10, in order.")],
    *,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="When it was filled in, in the clinic's zone."
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Enter a completed paper form; where it is the latest, the rules judge it as any other."""
    items = [_tenths(answer) for answer in answers]

    async def work(service: Service, settings: Settings) -> tuple[int, str | None]:
        zone = ZoneInfo(settings.clinic.zone)
        filled_in = at.replace(tzinfo=zone).astimezone(UTC) if at else service.clock()
        if filled_in > service.clock():
            refuse("--at lies in the future; write the date on the form, such as 2026-11-02")
        async with service.desk() as desk:
            total = await paper.add_score(desk, client, measure, items, at=filled_in)
        return total, service.policy.instruments[measure].band(total)

    total, band = in_office(config, work)
    called = f" ({band.replace('_', ' ')})" if band else ""
    out.print(f"Kept: {client} {measure} {wording.points(total)}{called}.")


def _tenths(answer: str) -> int:
    reply = read(answer, Expecting(LANGUAGES["en"])).reply
    if not isinstance(reply, Points):
        refuse(f"{answer!r} is no answer; write a number from 0 to 10, such as 7 or 6.5")
    return reply.tenths
