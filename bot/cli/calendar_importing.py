"""`attune session import`: sessions out of a calendar's file, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from bot.calendar_reading import FetchError
from bot.calendar_reading.fetching import read_file
from bot.calendars import CalendarError, Reading, read
from bot.cli.common import ConfigOption, in_office, out, refuse, table
from bot.service import Service, calendar_sessions
from bot.service.calendar_sessions import Of, TakenIn
from bot.service.desk import Desk
from bot.service.people import PeopleError
from bot.settings import Settings
from storage.records import Client, ClientState, Therapist

SOURCE = "calendar:"
"""Where its sessions say that they come from: a calendar without a name, as no listed one is."""


class _Undone(Exception):  # noqa: N818 (nothing went wrong)
    """Ends a transaction of which nothing is to be kept."""


def add_to(sessions: typer.Typer) -> None:
    """Add the command to `attune session`."""
    epilog = "Example: attune session import sessions.ics --therapist KT --dry-run"
    sessions.command("import", epilog=epilog)(import_sessions)


def import_sessions(
    file: Annotated[Path, typer.Argument(help="An iCalendar file (.ics), as calendar programs export it.")],
    *,
    therapist: Annotated[str, typer.Option("--therapist", help="Whose clients it is read for.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be kept, and keep nothing.")
    ] = False,
    gone: Annotated[
        bool,
        typer.Option("--gone", help="Cancel coming sessions of earlier imports that this file lacks."),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Plan the sessions of a therapist's clients as a calendar has them.

    Clients are found by their codes in the titles of events; nothing else is read or kept. The file can be
    imported again: what it moved is moved, and what it cancelled is cancelled.
    """

    async def work(service: Service, _settings: Settings) -> tuple[Reading, TakenIn]:
        data = await _content(file)
        whose, clients = await _people(service, therapist)
        reading = await _read(service, data, whose, [one.code for one in clients])
        of = Of(SOURCE, [one for one in clients if one.state is not ClientState.CLOSED])
        async with _kept(service, dry_run=dry_run) as desk:
            await desk.tx.holds.clients_of(whose.id)
            taken = await calendar_sessions.take_in(desk, of, reading, believed=True, calling_off=gone)
        return reading, taken

    _show(*in_office(config, work), dry_run=dry_run)


@asynccontextmanager
async def _kept(service: Service, *, dry_run: bool) -> AsyncIterator[Desk]:
    """Open a transaction and a desk on it, of which a dry run keeps nothing."""
    with suppress(_Undone):
        async with service.desk() as desk:
            yield desk
            if dry_run:
                raise _Undone


async def _content(file: Path) -> bytes:
    try:
        fetched = await read_file(file)
    except FetchError as error:
        refuse(f"The calendar can't be imported: {error}")
    return b"" if fetched is None else fetched.data


async def _people(service: Service, code: str) -> tuple[Therapist, Sequence[Client]]:
    """Find a therapist and their clients."""
    async with service.store.reading() as transaction:
        whose = await transaction.people.therapist(code)
        if whose is None:
            msg = f"there is no therapist {code}; see: attune therapist list"
            raise PeopleError(msg)
        return whose, await transaction.people.clients(therapist_id=whose.id)


async def _read(service: Service, data: bytes, whose: Therapist, codes: Sequence[str]) -> Reading:
    start, end = calendar_sessions.span(service.policy.sessions, service.clock())
    try:
        return await asyncio.to_thread(read, data, codes, start=start, end=end, zone=whose.zone)
    except CalendarError as error:
        refuse(f"The calendar can't be imported: {error}")


def _show(reading: Reading, taken: TakenIn, *, dry_run: bool) -> None:
    rows = table("client", "new", "changed", "cancelled")
    for code, kept in taken.by_client.items():
        rows.add_row(code, str(kept.added), str(kept.changed), str(kept.cancelled))
    out.print(rows)
    if reading.ambiguous:
        out.print(f"Left out, because their titles name more than one client: {reading.ambiguous}.")
    if reading.unreadable:
        out.print(f"Left out, because they can't be read: {reading.unreadable}.")
    if taken.held_back:
        out.print(f"Planned by earlier imports and not in this file, but not cancelled: {taken.missing}.")
    figures = f"{taken.added} new sessions, {taken.changed} changed, {taken.cancelled} cancelled"
    out.print(f"A dry run, nothing was kept: {figures}." if dry_run else f"Kept: {figures}.")
