"""`attune client away`, `attune therapist away`, `attune client schedule`: when somebody is asked, or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated

import typer

from bot.cli.common import ConfigOption, in_office, out, refuse
from bot.cli.people import Code
from bot.service import Service, absences, own_schedules, people
from bot.service.absences import Whose
from bot.service.desk import Desk
from bot.service.own_schedules import Own
from bot.service.people import PeopleError
from bot.service.sessions import By
from bot.settings import Settings

_DAYS = ["%Y-%m-%d"]

First = Annotated[datetime | None, typer.Option("--from", formats=_DAYS, help="The first day: 2026-08-01.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=_DAYS, help="The last day: 2026-08-14.")]
Off = Annotated[bool, typer.Option("--off", help="They are back: what is left of it is dropped.")]

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
    if off or first is None or last is None or last < first:
        refuse("Write --from 2026-08-01 --to 2026-08-14, the first day and the last, or --off alone")
    return first.date(), last.date()


def _away(
    code: str, days: tuple[date, date] | None, find: Callable[[Desk], Awaitable[Whose]], config: ConfigOption
) -> None:
    async def work(service: Service, _settings: Settings) -> str:
        async with service.desk() as desk:
            whose = await find(desk)
            if days is not None:
                count = await absences.begin(desk, whose, days, by=BY)
                return f"{code} is away from {days[0]} to {days[1]}; sessions cancelled: {count}."
            again = await absences.end(desk, whose, by=BY)
            if again is None:
                msg = f"{code} is not away; write --from and --to to say when they are"
                raise PeopleError(msg)
            return f"{code} is back; sessions planned again: {again}."

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

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            await own_schedules.set_own(desk, code, name, own)

    in_office(config, work)
    if off:
        out.print(f"{code} does not get {name}.")
    else:
        out.print(f"{code} gets {name} as the config says." if usual else f"{code} gets {name}.")
