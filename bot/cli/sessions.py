"""`attune session …`: sessions planned, moved, cancelled, and marked as missed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from bot import bookings, office
from bot.bookings import Book, Booking, Repeat, Start
from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.cli.people import Code, checked
from bot.cli.session_times import ENGLISH, next_tuesday, noted, start_of
from bot.service import Service, people, session_series, sessions
from bot.service.booking import with_asks
from bot.service.desk import Desk
from bot.service.session_series import series_of
from bot.service.sessions import By, SessionError
from bot.settings import Settings
from bot.settings.values import Zone
from bot.timetable import day_of
from bot.wording import sessions as said
from bot.wording.sessions import Clock
from storage.records import Client
from storage.sessions import Session

app = typer.Typer(help="Plan sessions, and what becomes of them.", no_args_is_help=True)

BY = By("administrator")

ZoneOption = Annotated[str | None, typer.Option("--zone", help="Whose clock; else the therapist's.")]
Minutes = Annotated[int | None, typer.Option(help="How long it takes; else as the config says.")]
On = Annotated[str | None, typer.Option("--on", help='The day it is on: "2026-03-03" or "tue".')]


@app.command("add", epilog='Example: attune session add AB --at "2026-03-03 15:00" --minutes 50')
def add(
    code: Code,
    *,
    at: Annotated[str | None, typer.Option(help='When: "2026-03-03 15:00" or "tue 15:00".')] = None,
    weekly: Annotated[str | None, typer.Option(help='Every week from then on: "tue 15:00".')] = None,
    every: Annotated[str | None, typer.Option(help='Less often: "2 weeks tue 15:00".')] = None,
    minutes: Minutes = None,
    zone: ZoneOption = None,
    config: ConfigOption = None,
) -> None:
    """Plan a session, or one every so many weeks. The same command twice plans nothing more."""
    given = [one for one in (at, weekly and f"weekly {weekly}", every and f"every {every}") if one]
    if len(given) != 1:
        day = next_tuesday(office.utc_now().date())
        refuse(
            f'Say when, in one way: --at "{day} 15:00", --weekly "tue 15:00" or --every "2 weeks tue 15:00"'
        )
    booking = bookings.read(f"session {code} {given[0]}", ENGLISH)
    if minutes is not None and minutes not in bookings.MINUTES:
        refuse("--minutes is 5 to 480")

    async def work(desk: Desk, client: Client, zone: str) -> str:
        if isinstance(booking, Repeat):
            start = start_of(given[0], booking.first, desk.now, zone)
            return await _repeat(desk, client, booking, start, minutes=minutes, zone=zone)
        start = start_of(given[0], booking, desk.now, zone)
        length = timedelta(minutes=_minutes(desk, booking, minutes))
        kept = await sessions.book(desk, client, (start.when, start.when + length), by=BY)
        return await _described(desk, client, kept, zone) + noted(start, zone)

    _with_client(code, zone, config, work)


async def _repeat(
    desk: Desk, client: Client, repeat: Repeat, start: Start, *, minutes: int | None, zone: str
) -> str:
    length = _minutes(desk, repeat.first, minutes)
    series = series_of(client, start, zone=zone, weeks=repeat.weeks, minutes=length)
    kept = await session_series.repeat(desk, client, series, by=BY)
    first = await session_series.next_of(desk, kept)
    text = said.series(
        ENGLISH,
        client.code,
        weeks=kept.weeks,
        first=start.when if first is None else first.starts_at,
        minutes=kept.minutes,
        clock=Clock(zone, desk.now),
    )
    if first is not None:
        text = await with_asks(desk, text, first, language=ENGLISH, clock=Clock(zone, desk.now))
    return text + noted(start, zone)


def _minutes(desk: Desk, booking: Booking | None, minutes: int | None) -> int:
    """Give how long a session takes: as the option says, or the words beside the time, or the config."""
    written = booking.minutes if isinstance(booking, Book) else None
    return minutes or written or round(desk.policy.sessions.length.total_seconds() / 60)


@app.command("list", epilog="Example: attune session list AB")
def list_sessions(
    code: Annotated[str | None, typer.Argument(help="One client; else everybody.")] = None,
    *,
    config: ConfigOption = None,
) -> None:
    """List the sessions that are planned, each on its therapist's clock."""

    async def work(service: Service, _settings: Settings) -> list[str]:
        async with service.desk() as desk:
            found = [await people.known(desk, code)] if code else await desk.tx.people.clients()
            clients = {one.id: one for one in found}
            clocks = {one.id: one.zone for one in await desk.tx.people.therapists()}
            return [
                _line(desk, clients[one.client_id], one, clocks[clients[one.client_id].therapist_id])
                for one in await desk.tx.sessions.of(clients, since=desk.now)
                if one.planned
            ]

    lines = in_office(config, work)
    for line in lines or ["No sessions are planned."]:
        out.print(line)


@app.command("move", epilog='Example: attune session move AB "2026-03-05 16:00" --on tue')
def move(
    code: Code,
    to: Annotated[str, typer.Argument(help='When it is instead: "2026-03-05 16:00" or "thu 16:00".')],
    *,
    on: On = None,
    zone: ZoneOption = None,
    config: ConfigOption = None,
) -> None:
    """Move the next session, or that of a day. What is asked around it moves along."""
    booking = bookings.read(f"session {code} {to}", ENGLISH)

    async def work(desk: Desk, client: Client, zone: str) -> str:
        start = start_of(to, booking, desk.now, zone)
        session = await _found(desk, client, on, zone=zone, find=sessions.coming)
        times = (start.when, start.when + (session.ends_at - session.starts_at))
        moved = await sessions.move(desk, client, session, times=times, by=BY)
        return await _described(desk, client, moved, zone) + noted(start, zone)

    _with_client(code, zone, config, work)


@app.command("cancel", epilog="Example: attune session cancel AB --on 2026-03-03")
def cancel(code: Code, *, on: On = None, config: ConfigOption = None) -> None:
    """Cancel the next session, or that of a day. Nothing more is asked around it."""

    async def work(desk: Desk, client: Client, zone: str) -> str:
        session = await _found(desk, client, on, zone=zone, find=sessions.coming)
        await sessions.call_off(desk, client, session, by=BY)
        return f"{_line(desk, client, session, zone)}: cancelled"

    _with_client(code, None, config, work)


@app.command("no-show", epilog="Example: attune session no-show AB")
def no_show(code: Code, *, on: On = None, config: ConfigOption = None) -> None:
    """Mark that a client missed the last session, or that of a day. Nothing more is asked about it."""

    async def work(desk: Desk, client: Client, zone: str) -> str:
        session = await _found(desk, client, on, zone=zone, find=sessions.begun, back=6)
        await sessions.no_show(desk, client, session, by=BY)
        return f"{_line(desk, client, session, zone)}: no-show"

    _with_client(code, None, config, work)


@app.command("end", epilog="Example: attune session end AB")
def end(code: Code, *, config: ConfigOption = None) -> None:
    """End a client's series, and cancel what is still to come of it."""

    async def work(desk: Desk, client: Client, _zone: str) -> str:
        count = await session_series.end(desk, client, by=BY)
        if count is None:
            msg = f'{client.code} has no series; see: attune session add {client.code} --weekly "tue 15:00"'
            raise SessionError(msg)
        return f"The series of {client.code} has ended; sessions cancelled: {count}."

    _with_client(code, None, config, work)


def _with_client(
    code: str,
    zone: str | None,
    config: ConfigOption,
    do: Callable[[Desk, Client, str], Awaitable[str]],
) -> None:
    """Do something about a client's sessions, on a given clock or the therapist's; say what came of it."""
    given = None if zone is None else checked(Zone, zone, "--zone")

    async def work(service: Service, _settings: Settings) -> str:
        async with service.desk() as desk:
            client = await people.known(desk, code)
            clocks = {one.id: one.zone for one in await desk.tx.people.therapists()}
            return await do(desk, client, given or clocks[client.therapist_id])

    out.print(in_office(config, work), markup=False)


_Find = Callable[..., Awaitable[Session | None]]


async def _found(
    desk: Desk, client: Client, on: str | None, *, zone: str, find: _Find, back: int = 0
) -> Session:
    """Find the session that is meant."""
    today = day_of(desk.now, zone)
    day: date | None = None
    if on is not None:
        day = bookings.day_meant(on, ENGLISH, today, since=today - timedelta(days=back))
        if day is None:
            msg = f'--on "{on}" is no day; write e.g. {next_tuesday(today)} or tue'
            raise SessionError(msg)
    session = await find(desk, client, day, zone=zone)
    if session is None:
        msg = f"{client.code} has no such session; see: attune session list {client.code}"
        raise SessionError(msg)
    return session


def _line(desk: Desk, client: Client, session: Session, zone: str) -> str:
    times: tuple[datetime, datetime] = (session.starts_at, session.ends_at)
    return said.session(ENGLISH, client.code, times, Clock(zone, desk.now))


async def _described(desk: Desk, client: Client, session: Session, zone: str) -> str:
    """Say when a session is, and when its client is asked around it."""
    line, clock = _line(desk, client, session, zone), Clock(zone, desk.now)
    return await with_asks(desk, line, session, language=ENGLISH, clock=clock)
