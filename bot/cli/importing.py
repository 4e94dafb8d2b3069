"""`attune score import`: a client's scores from before Attune."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.common import ConfigOption, in_office, out, table
from bot.cli.replaying import read_table
from bot.service import Service, importing
from bot.service.placing import Placed
from bot.settings import Settings


def add_to(scores: typer.Typer) -> None:
    """Add the command to `attune score`."""
    scores.command("import", epilog="Example: attune score import old.csv --dry-run")(import_scores)


def import_scores(
    file: Annotated[
        str, typer.Argument(help="A table of past scores, as docs/replay.md shows it; - for stdin.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be kept, and keep nothing.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Keep clients' scores from before Attune: all of them, or none where one can't be taken.

    They join the client's open episode, or make closed ones where the column ended says so. They are marked
    as imported; no rule judges them, and nobody is asked or told anything. What is kept already is passed
    over, so that a file can be imported again.
    """
    partial = 0

    async def work(service: Service, _settings: Settings) -> tuple[Placed, ...]:
        nonlocal partial
        histories = read_table(file, service.policy.instruments)
        partial = histories.partial
        async with service.desk() as desk:
            placed = await importing.place(desk, histories.episodes)
            if not dry_run:
                await importing.take_in(desk, placed)
        return placed

    placed = in_office(config, work)
    rows = table("client", "episode", "into", "new", "here already")
    for one in placed:
        rows.add_row(one.client.code, one.number, _into(one), str(len(one.new)), str(one.known))
    out.print(rows)
    if partial:
        out.print(f"Forms without all answers, which are no scores and are left out: {partial}.")
    new = sum(len(one.new) for one in placed)
    if dry_run:
        out.print(f"A dry run: {new} scores would be kept, and none was.")
    else:
        out.print(f"Kept: {new} scores, marked as imported. Nobody is asked or told anything.")


def _into(one: Placed) -> str:
    if one.episode is None:
        return f"a past episode ({one.ending})"
    return "the open episode" if one.episode.closed_at is None else f"a past episode ({one.episode.ending})"
