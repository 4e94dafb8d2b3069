"""`attune client away`, `attune therapist away`, `attune client schedule`: when somebody is asked, or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot import timetable
from bot.cli.common import ConfigOption, in_office, in_order, out, refuse
from bot.cli.people import Code
from bot.service import Service, absences, own_schedules, people
from bot.service.absences import Whose
from bot.service.desk import Desk
from bot.service.own_schedules import Own
from bot.service.people import PeopleError
from bot.service.sessions import By
from bot.settings import Settings
from bot.timetable import day_of
from storage.records import ClientState

_DAYS = ["%Y-%m-%d"]

First = Annotated[datetime | None, typer.Option("--from", formats=_DAYS, help="The first day: 2026-08-01.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=_DAYS, help="The last day: 2026-08-14.")]
Off = Annotated[bool, typer.Option("--off", help="End the time away that holds now, or else the next one.")]

BY = By("administrator")


def add_to(clients: typer.Typer, therapists: typer.Typer) -> None:
    """Put these commands beside the others about clients and therapists."""
    clients.command("away", epilog="Example: attune client away AB --from 2026-08-01 --to 2026-08-14")(
        client_away
    )
    therapists.command("away", epilog="Example: attune therapist away KT --from 2026-08-01 --to 2026-08-14")(
        therapist_away
    )
    clients.command("schedule", epilog='Example: attune client schedule AB weekly --when "weekly thu 18:00"')(
        schedule
    )


def client_away(
    code: Code, *, first: First = None, last: Last = None, off: Off = False, config: ConfigOption = None
) -> None:
    """Say when a client is away: they are asked nothing then, and their sessions are cancelled."""

    async def find(desk: Desk) -> Whose:
        client = await people.known(desk, code)
        (therapist,) = (one for one in await desk.tx.people.therapists() if one.id == client.therapist_id)
        return Whose(therapist, client)

    _away(code, _days(first, last, off=off), find, config)


def therapist_away(
    code: Code, *, first: First = None, last: Last = None, off: Off = False, config: ConfigOption = None
) -> None:
    """Say when a therapist is away: their clients are asked nothing then, and sessions are cancelled."""

    async def find(desk: Desk) -> Whose:
        therapist = await desk.tx.people.therapist(code)
        if therapist is None:
            msg = f"there is no therapist {code}; see: attune therapist list"
            raise PeopleError(msg)
        return Whose(therapist)

    _away(code, _days(first, last, off=off), find, config)


def _days(first: datetime | None, last: datetime | None, *, off: bool) -> tuple[date, date] | None:
    """Read the days; None where a time away ends."""
    if off and first is None and last is None:
        return None
    if off or first is None or last is None:
        refuse("Write --from 2026-08-01 --to 2026-08-14, the first day and the last, or --off alone")
    return in_order(first, last)


def _still_to_come(desk: Desk, whose: Whose, days: tuple[date, date]) -> None:
    """Refuse a time away that is wholly over; one that has begun already is sound."""
    today = day_of(desk.now, whose.zone)
    if days[1] < today:
        msg = f"those days are past: write a --to from today on, {today} or later"
        raise PeopleError(msg)


def _away(
    code: str, days: tuple[date, date] | None, find: Callable[[Desk], Awaitable[Whose]], config: ConfigOption
) -> None:
    async def work(service: Service, _settings: Settings) -> str:
        async with service.desk() as desk:
            whose = await find(desk)
            if days is not None:
                _still_to_come(desk, whose, days)
                count = await absences.begin(desk, whose, days, by=BY)
                return f"{code} is away from {days[0]} to {days[1]}; sessions cancelled: {count}."
            back = await absences.end(desk, whose, by=BY)
            if back is None:
                msg = f"{code} is not away; write --from and --to to say when they are"
                raise PeopleError(msg)
            times = " and ".join(f"{first} to {last}" for first, last in back.times)
            return f"{code} is not away any more from {times}; sessions planned again: {back.sessions}."

    out.print(in_office(config, work))


def schedule(
    code: Code,
    name: Annotated[str, typer.Argument(help="A schedule of the config.")],
    *,
    when: Annotated[str | None, typer.Option(help='Times of their own: "weekly thu 18:00".')] = None,
    off: Annotated[bool, typer.Option("--off", help="They don't get it, whatever the config says.")] = False,
    usual: Annotated[bool, typer.Option("--usual", help="As the config says.")] = False,
    first: First = None,
    last: Last = None,
    config: ConfigOption = None,
) -> None:
    """Give a client a schedule, times of their own in it, or take it away."""
    if off + usual > 1 or ((off or usual) and (when, first, last) != (None, None, None)):
        refuse("Write --off or --usual alone, or else --when, --from and --to as needed")
    own = Own(
        given=False if off else None if usual else True,
        when=when,
        starts_on=None if first is None else first.date(),
        ends_on=None if last is None else last.date(),
    )

    async def work(service: Service, _settings: Settings) -> str:
        async with service.desk() as desk:
            await own_schedules.set_own(desk, code, name, own)
            return await _as_it_is_now(desk, code, name)

    out.print(in_office(config, work), markup=False)


async def _as_it_is_now(desk: Desk, code: str, name: str) -> str:
    """Say when a client gets a schedule now, and when next."""
    client = await people.known(desk, code)
    routine, upcoming = await own_schedules.upcoming(desk, client, name)
    if routine is None:
        return f"{code} does not get {name}."
    said = f"{code}: {name}, {routine.when.text}"
    if isinstance(routine.when, timetable.SessionRule):
        return said
    if client.state is not ClientState.ACTIVE:
        return f"{said}; asked nothing now: {code} is {client.state}"
    if upcoming is None:
        return f"{said}; no such time comes any more"
    local = upcoming.astimezone(ZoneInfo(client.zone))
    return f"{said}, next {local:%a} {local.day} {local:%b %H:%M} ({client.zone})"
