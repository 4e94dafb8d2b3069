"""`attune db …`."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.alone import alone
from bot.cli.common import ConfigOption, one_line, out, refuse, settings_of
from bot.office import NotUpgradedError, database_url, store_of
from storage import copying, migrations

if TYPE_CHECKING:
    from storage.store import Store

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


ToOption = Annotated[
    Path, typer.Option("--to", help="The config of the empty database: the same as now but for [database].")
]


@app.command(epilog="Example: attune db copy --config config.toml --to postgresql.toml")
def copy(to: ToOption, config: ConfigOption = None) -> None:
    """Copy everything into another, empty database, and read it back. Stop every `attune run` first."""
    now, then = settings_of(config), settings_of(to)
    if database_url(now) == database_url(then):
        refuse(f"both configs name one database: give {to} another database.url")

    async def work() -> int:
        source, target = store_of(now), store_of(then)
        try:
            await _refuse_old(source)
            await migrations.upgrade(target.engine)
            return sum((await copying.copy(source, target)).values())
        finally:
            await source.close()
            await target.close()

    with one_line(), ExitStack() as held:
        for settings in (now, then):
            held.enter_context(alone(database_url(settings)))
        rows = asyncio.run(work())
    out.print(
        f"{rows} rows were copied, read back and found the same. Run Attune with {to} from now on."
        " The database before was left as it is: nothing may write to it any more.",
        markup=False,
    )


async def _refuse_old(store: Store) -> None:
    form = await migrations.form(store.engine)
    if form.revision != form.newest:
        at = form.revision or "nothing"
        msg = f"the database is at {at} and this Attune copies {form.newest} only: attune db upgrade first"
        raise NotUpgradedError(msg)
