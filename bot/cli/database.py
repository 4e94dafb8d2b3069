"""`attune db …`."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.common import ConfigOption, one_line, out, settings_of
from bot.office import store_of
from storage import migrations

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `db` a group of commands."""


@app.command(epilog="Example: attune db upgrade --config config.toml")
def upgrade(config: ConfigOption = None) -> None:
    """Bring the database to the form that this Attune needs."""
    settings = settings_of(config)

    async def work() -> tuple[str | None, migrations.Form]:
        store = store_of(settings)
        try:
            before, _ = await migrations.upgrade(store.engine)
            return before, await migrations.form(store.engine)
        finally:
            await store.close()

    with one_line():
        before, after = asyncio.run(work())
    if after.ahead:
        out.print(f"A newer Attune has upgraded the database ({after.revision}); nothing was changed.")
    elif before == after.revision:
        out.print(f"The database is up to date ({before}).")
    else:
        out.print(f"The database was upgraded from {before or 'nothing'} to {after.revision}.")
