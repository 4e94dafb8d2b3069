"""`attune client chart`: a client's trajectory as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import charts
from bot.charts import DARK, LIGHT, Form
from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.cli.people import Code
from bot.service import Service, people, pictures
from bot.settings import Settings


def add_to(clients: typer.Typer) -> None:
    """Give `attune client` its `chart`."""
    clients.command("chart", epilog="Example: attune client chart AB --own --out AB.png")(chart)


def chart(
    code: Code,
    *,
    file: Annotated[Path, typer.Option("--out", help="The file to write: a .png or an .svg.")],
    own: Annotated[
        bool, typer.Option("--own", help="The client's own version: plain words, no cutoff, no alerts.")
    ] = False,
    dark: Annotated[bool, typer.Option("--dark", help="For a dark background.")] = False,
    config: ConfigOption = None,
) -> None:
    """Draw a client's trajectory, for the therapist or, with --own, to look at with the client."""
    suffix = file.suffix.removeprefix(".").lower()
    if suffix not in set(Form):
        refuse(f"--out {file}: name a file that ends in {' or '.join(f'.{one}' for one in Form)}")

    async def work(service: Service, _settings: Settings) -> bytes:
        policy = service.policy
        async with service.desk() as desk:
            client = await people.known(desk, code)
            drawn: charts.Chart | charts.OwnChart
            if own:
                drawn = await pictures.own_chart_of(desk.tx, policy, client)
            else:
                drawn, _ = await pictures.chart_of(desk.tx, policy, client, policy.speak(None))
            desk.audit("administrator", "charted", client=client)
        return await charts.drawn(drawn, Form(suffix), DARK if dark else LIGHT)

    written = in_office(config, work)
    try:
        file.write_bytes(written)
    except OSError as error:
        refuse(f"{file}: {error.strerror}; name a file in a folder that can be written to")
    out.print(f"Written to {file}.", markup=False)
