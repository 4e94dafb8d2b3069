"""`attune run`, `attune check`, `attune demo`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import demo as demonstration
from bot.app import run as run_app
from bot.cli.common import ConfigOption, err, one_line, out, refuse, settings_of
from bot.comparing import NOT_YET, compare
from bot.office import as_it_is, policy_of
from bot.plan import describe
from bot.settings import Settings
from bot.trial import run as run_trial


def add_to(app: typer.Typer) -> None:
    """Add the commands that stand by themselves."""
    app.command(epilog="Example: attune run --config /etc/attune/config.toml")(run)
    app.command(epilog="Example: attune check --config config.toml")(check)
    app.command(epilog="Example: attune demo --script replies.txt")(demo)


def run(
    config: ConfigOption = None,
    *,
    console: Annotated[
        bool,
        typer.Option("--console", help="Try the config in this terminal, with a database of its own."),
    ] = False,
) -> None:
    """Run everything in one process; Ctrl-C and SIGTERM finish what was begun and stop."""
    settings = settings_of(config)
    with one_line():
        if console:
            asyncio.run(run_trial(settings))
            return
        if settings.telegram.token is None and settings.sms.account_sid is None:
            offered = _offer_console()
            if offered:
                asyncio.run(run_trial(settings))
                return
            refuse(
                "No channel is configured, so nobody can be reached. Set ATTUNE_TELEGRAM__TOKEN (from"
                " @BotFather), or [sms] account_sid and ATTUNE_SMS__AUTH_TOKEN; or: attune run --console"
            )
        asyncio.run(run_app(settings, config=config))


def _offer_console() -> bool:
    """Ask, where there is somebody to ask."""
    if not sys.stdin.isatty():
        return False
    err.print("No Telegram token and no SMS account is configured.")
    return typer.confirm("Try it in this terminal instead, with a database of its own?", default=True)


def check(
    config: ConfigOption = None,
    *,
    diff: Annotated[
        bool,
        typer.Option("--diff", help="Say what it would change in the Attune that works with this database."),
    ] = False,
) -> None:
    """Load the config; say everything that is wrong with it, and otherwise what it will do, in words."""
    settings = settings_of(config)
    if config is None and "ATTUNE_CONFIG" not in os.environ and not Path("config.toml").exists():
        out.print("No config.toml here: these are the defaults and the environment.")
    with one_line():
        lines = asyncio.run(_difference(settings)) if diff else describe(settings, policy_of(settings))
        for line in lines:
            out.print(line, markup=False)


async def _difference(settings: Settings) -> list[str]:
    async with as_it_is(settings) as service:
        return [NOT_YET] if service is None else await compare(service, settings)


def demo(
    script: Annotated[
        Path | None,
        typer.Option("--script", help="Take the client's replies from this file, a line each."),
    ] = None,
) -> None:
    """Show a check-in in this terminal as the client sees it, beside what the therapist receives."""
    raise typer.Exit(demonstration.run(script))
