"""What every command shares: the config option, opening the database, and errors said in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.alone import AlreadyRunningError
from bot.channels.base import ChannelError
from bot.office import NotUpgradedError, opened
from bot.service import Service
from bot.service.people import PeopleError
from bot.service.sessions import SessionError
from bot.settings import ConfigError, Settings, load
from bot.web.serving import ListenError
from storage.copying import CopyError
from storage.crypto import KeyringError, SealError

T = TypeVar("T")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The config file; without it ATTUNE_CONFIG, else ./config.toml."),
]

USAGE = 2
"""The exit status of a command that was used wrongly, or whose config is wrong."""

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def refuse(text: str, status: int = USAGE) -> NoReturn:
    """Say one line on stderr and end the command.

    Raises:
        typer.Exit: always, with `status`.
    """
    err.print(text, markup=False)
    raise typer.Exit(status)


def in_order(first: datetime, last: datetime) -> tuple[date, date]:
    """Give the days of --from and --to, both included.

    Raises:
        typer.Exit: the first day is after the last.
    """
    if last < first:
        refuse(f"--to {last.date()} lies before --from {first.date()}: exchange them")
    return first.date(), last.date()


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what a person can mend into one clear line and exit status 2; no traceback."""
    try:
        yield
    except ConfigError as error:
        for fault in error.faults:
            err.print(str(fault), markup=False)
        raise typer.Exit(USAGE) from None
    except (
        PeopleError,
        SessionError,
        KeyringError,
        NotUpgradedError,
        SealError,
        AlreadyRunningError,
        CopyError,
    ) as error:
        refuse(str(error))
    except ChannelError as error:
        refuse(f"The network said no: {error}", 1)
    except ListenError as error:
        refuse(f"The web server {error}", 1)
    except SQLAlchemyError as error:
        refuse(f"The database can't be used ({type(error).__name__}): see database.url", 1)


def settings_of(config: Path | None) -> Settings:
    """Load the settings and set up the logs."""
    with one_line():
        settings = load(config)
    logs.configure(settings.logs)
    return settings


def in_office(config: Path | None, work: Callable[[Service, Settings], Awaitable[T]]) -> T:
    """Open the database, do the work in it, and close it."""
    settings = settings_of(config)

    async def do() -> T:
        async with opened(settings) as service:
            return await work(service, settings)

    with one_line():
        return asyncio.run(do())


def table(*columns: str) -> Table:
    """Make a table as the commands print it."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made
