"""`attune db …`."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.common import ConfigOption, one_line, out, settings_of
from bot.office import cipher_of, database_url
from storage import migrations
from storage.store import Store

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `db` a group of commands."""


@app.command(epilog="Example: attune db upgrade --config config.toml")
def upgrade(config: ConfigOption = None) -> None:
    """Bring the database to the form that this Attune needs."""
    settings = settings_of(config)

    async def work() -> tuple[str | None, str]:
        store = Store.open(database_url(settings), cipher_of(settings))
        try:
            return await migrations.upgrade(store.engine)
        finally:
            await store.close()

    with one_line():
        before, after = asyncio.run(work())
    if before == after:
        out.print(f"The database is up to date ({after}).")
    else:
        out.print(f"The database was upgraded from {before or 'nothing'} to {after}.")
