"""`attune client goal`: what a client wants from therapy, in their own words."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.cli.people import Code
from bot.service import Service
from bot.service import goals as use_cases
from bot.settings import Settings


def add_to(clients: typer.Typer) -> None:
    """Give `attune client` its `goal`."""
    clients.command("goal", epilog='Example: attune client goal AB "sleep through the night"')(goal)


def goal(
    code: Code,
    text: Annotated[str | None, typer.Argument(help="One more goal, in the client's own words.")] = None,
    *,
    end: Annotated[int | None, typer.Option(help="End the goal of this number.")] = None,
    config: ConfigOption = None,
) -> None:
    """Keep a goal of a client, end one, or without either list them. They are asked as the measure goals."""
    if text is not None and end is not None:
        refuse("Give a goal or --end, not both")

    async def work(service: Service, _settings: Settings) -> tuple[str, ...]:
        async with service.desk() as desk:
            if text is not None:
                return await use_cases.add(desk, code, text)
            if end is not None:
                return await use_cases.end(desk, code, end)
            return await use_cases.of(desk, code)

    found = in_office(config, work)
    for number, one in enumerate(found, 1):
        out.print(f"{number}. {one}", markup=False)
    if not found:
        out.print(f"{code} has no goals.")
