"""`attune client …` and `attune therapist …`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter, ValidationError

from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.cli.common import ConfigOption, in_office, out, refuse, table
from bot.service import Service
from bot.service import people as use_cases
from bot.service.people import Invitation
from bot.settings import Settings
from bot.settings.addresses import TextAddress
from bot.settings.values import Country, Language, Zone
from scoring.instrument import AgeGroup
from storage.records import Client, ClientState, Contact, Therapist

clients = typer.Typer(help="Enrol clients, and say who is asked.", no_args_is_help=True)
therapists = typer.Typer(help="Enrol therapists.", no_args_is_help=True)

Code = Annotated[
    str, typer.Argument(help="A short code or initials; messages carry it in place of the name.")
]
Name = Annotated[str, typer.Option(help="The name; it is stored encrypted and never sent.")]
Sms = Annotated[list[str] | None, typer.Option("--sms", help="A number for text messages: +12025550142.")]
WhatsApp = Annotated[
    list[str] | None, typer.Option("--whatsapp", help="A number for WhatsApp: +12025550142.")
]
ZoneOption = Annotated[str | None, typer.Option("--zone", help="Their time zone: Europe/London.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Their language: en.")]


class Asking(StrEnum):
    """How the questions of a check-in are put to a client, whatever the schedule says."""

    ONE = "one"
    TOGETHER = "together"


@clients.command("add", epilog="Example: attune client add AB --therapist KT --sms +12025550142")
def add_client(
    code: Code,
    *,
    therapist: Annotated[str, typer.Option(help="The therapist's code.")],
    name: Name = "",
    sms: Sms = None,
    whatsapp: WhatsApp = None,
    zone: ZoneOption = None,
    language: LanguageOption = None,
    country: Annotated[str | None, typer.Option(help="Their country, for helplines: US.")] = None,
    age_group: Annotated[AgeGroup, typer.Option(help="Which norms apply.")] = AgeGroup.ADULT,
    ask: Annotated[Asking | None, typer.Option(help="All questions together, or one by one.")] = None,
    discreet: Annotated[
        bool, typer.Option("--discreet", help="Their phone is shared: no text says what it is about.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Add a client. Nothing is sent before `attune client invite`.

    Without --language they are written to in the language of their Telegram, or the clinic's.
    """
    addresses = _addresses(sms, whatsapp)

    async def work(service: Service, settings: Settings) -> None:
        clinic = settings.clinic
        client = Client(
            id=0,
            code=code,
            therapist_id=0,
            language="" if language is None else checked(Language, language, "--language"),
            zone=checked(Zone, zone or clinic.zone, "--zone"),
            country=checked(Country, country or clinic.country, "--country"),
            age_group=age_group,
            state=ClientState.INVITED,
            consented_at=None,
            name=name,
            ask=ask,
            discreet=discreet,
        )
        async with service.desk() as desk:
            await use_cases.add_client(desk, client, therapist, addresses)

    in_office(config, work)
    out.print(f"Client {code} was added. Next: attune client invite {code}")


@clients.command("invite", epilog="Example: attune client invite AB")
def invite_client(code: Code, config: ConfigOption = None) -> None:
    """Send the consent question to the numbers known, and print a Telegram link to hand over."""

    async def work(service: Service, settings: Settings) -> tuple[Invitation, str | None, bool, bool]:
        async with service.desk() as desk:
            client = await use_cases.known(desk, code)
            invitation = await use_cases.invite(desk, client=code)
            known = await desk.tx.addresses.of_clients([client.id])
        by_text = any(one.channel == SmsChannel.name for one in known)
        waits = by_text and settings.sms.account_sid is None
        return invitation, await _link(settings, invitation), bool(known), waits

    invitation, link, sent, waits = in_office(config, work)
    _print_invitation(code, invitation, link, sent=sent)
    if waits:
        out.print(
            "No [sms] is configured yet: until it is, nothing goes to a number (attune check).", markup=False
        )


@clients.command("list", epilog="Example: attune client list")
def list_clients(config: ConfigOption = None) -> None:
    """List clients: where they stand, how they are reached, when they are next asked, their ids in logs."""

    async def work(service: Service, _settings: Settings) -> list[tuple[str, ...]]:
        async with service.store.reading() as transaction:
            found = await transaction.people.clients()
            ids = [one.id for one in found]
            contacts = await transaction.addresses.of_clients(ids)
            schedules = await transaction.schedules.of(ids)
            treating = {one.id: one.code for one in await transaction.people.therapists()}
        upcoming: dict[int, datetime] = {}
        for schedule in schedules:
            earlier = upcoming.get(schedule.client_id, schedule.next_due_at)
            upcoming[schedule.client_id] = min(earlier, schedule.next_due_at)
        return [
            (
                one.code,
                treating[one.therapist_id],
                one.state,
                _reached([contact for contact in contacts if contact.client and contact.client.id == one.id]),
                _local(upcoming.get(one.id) if one.state is ClientState.ACTIVE else None, one.zone),
                str(one.id),
            )
            for one in found
        ]

    rows = table("client", "therapist", "state", "reached by", "next asked", "id")
    for row in in_office(config, work):
        rows.add_row(*row)
    out.print(rows)


@clients.command(epilog="Example: attune client ask AB ors")
def ask(
    code: Code,
    measure: Annotated[str, typer.Argument(help="The measure, such as ors.")],
    config: ConfigOption = None,
) -> None:
    """Ask now (in waking hours): a running Attune sends it within seconds."""

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            await use_cases.ask(desk, code, measure)

    in_office(config, work)
    out.print(f"{code} will be asked {measure}; a running Attune sends it.")


@clients.command(epilog="Example: attune client pause AB")
def pause(code: Code, config: ConfigOption = None) -> None:
    """Ask nothing until `attune client resume`; what is open is withdrawn."""

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            await use_cases.pause(desk, code)

    in_office(config, work)
    out.print(f"{code} is paused.")


@clients.command(epilog="Example: attune client resume AB")
def resume(code: Code, config: ConfigOption = None) -> None:
    """Ask again. A closed client starts a new episode."""

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            await use_cases.resume(desk, code)

    in_office(config, work)
    out.print(f"{code} will be asked again.")


@clients.command(epilog="Example: attune client close AB --ending planned")
def close(
    code: Code,
    config: ConfigOption = None,
    *,
    ending: Annotated[str, typer.Option(help="How it ended: planned, unplanned, transferred.")] = "planned",
) -> None:
    """End a client's episode: nothing is asked any more, everything is kept."""
    if ending not in {"planned", "unplanned", "transferred"}:
        refuse("--ending is planned, unplanned or transferred")

    async def work(service: Service, _settings: Settings) -> None:
        async with service.desk() as desk:
            await use_cases.close(desk, code, ending)

    in_office(config, work)
    out.print(f"{code} is closed.")


@therapists.command("add", epilog="Example: attune therapist add KT --sms +12025550142")
def add_therapist(
    code: Code,
    *,
    name: Name = "",
    sms: Sms = None,
    whatsapp: WhatsApp = None,
    zone: ZoneOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Add a therapist. Alerts go to every number given, and to Telegram once the invitation is opened."""
    addresses = _addresses(sms, whatsapp)

    async def work(service: Service, settings: Settings) -> None:
        therapist = Therapist(
            id=0,
            code=code,
            language=checked(Language, language or settings.clinic.language, "--language"),
            zone=checked(Zone, zone or settings.clinic.zone, "--zone"),
            name=name,
        )
        async with service.desk() as desk:
            await use_cases.add_therapist(desk, therapist, addresses)

    in_office(config, work)
    out.print(f"Therapist {code} was added.")
    out.print(f"For alerts on Telegram, where a bot is configured: attune therapist invite {code}")


@therapists.command("invite", epilog="Example: attune therapist invite KT")
def invite_therapist(code: Code, config: ConfigOption = None) -> None:
    """Print a Telegram link for a therapist to open."""

    async def work(service: Service, settings: Settings) -> tuple[Invitation, str | None]:
        async with service.desk() as desk:
            invitation = await use_cases.invite(desk, therapist=code)
        return invitation, await _link(settings, invitation)

    _print_invitation(code, *in_office(config, work), sent=False)


@therapists.command("list", epilog="Example: attune therapist list")
def list_therapists(config: ConfigOption = None) -> None:
    """List therapists: how they are reached, and how many alerts wait for them."""

    async def work(service: Service, _settings: Settings) -> list[tuple[str, ...]]:
        async with service.store.reading() as transaction:
            found = await transaction.people.therapists()
            contacts = await transaction.addresses.of_therapists([one.id for one in found])
            waiting = [one.therapist_id for one in await transaction.alerts.open_of()]
        return [
            (
                one.code,
                _reached([each for each in contacts if each.therapist and each.therapist.id == one.id]),
                str(waiting.count(one.id)),
            )
            for one in found
        ]

    rows = table("therapist", "reached by", "open alerts")
    for row in in_office(config, work):
        rows.add_row(*row)
    out.print(rows)


def _addresses(sms: list[str] | None, whatsapp: list[str] | None) -> list[tuple[str, str]]:
    plain = [checked(TextAddress, number, "--sms") for number in sms or ()]
    over_whatsapp = [f"whatsapp:{checked(TextAddress, number, '--whatsapp')}" for number in whatsapp or ()]
    return [("sms", address) for address in (*plain, *over_whatsapp)]


def checked(kind: object, value: str, option: str) -> str:
    """Check a value as the settings would, and refuse it in one line."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)  # type: ignore[arg-type] # an Annotated alias is no type to mypy
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        why = error.errors(include_url=False)[0]["msg"].removeprefix(": ")
        refuse(f"{option}: {why}")


async def _link(settings: Settings, invitation: Invitation) -> str | None:
    """Make the link that a person opens in Telegram; None where no bot is configured."""
    if settings.telegram.token is None:
        return None
    channel = await TelegramChannel.connect(settings.telegram)
    try:
        return f"https://t.me/{channel.username}?start={invitation.token}"
    finally:
        await channel.close()


def _print_invitation(code: str, invitation: Invitation, link: str | None, *, sent: bool) -> None:
    if sent:
        out.print(f"The consent question goes to {code}'s number; a running Attune sends it in waking hours.")
    if link is not None:
        out.print(f"Hand this link to {code}; it works once, until {invitation.expires_at:%d %B %Y}:")
        typer.echo(link)  # whole, on a line of its own
    elif not sent:
        refuse(
            f"{code} has no number, and no Telegram bot is configured for a link: add ATTUNE_TELEGRAM__TOKEN"
        )


def _reached(contacts: list[Contact]) -> str:
    return ", ".join(
        one.channel if one.state.value == "active" else f"{one.channel} ({one.state})" for one in contacts
    )


def _local(when: datetime | None, zone: str) -> str:
    return "" if when is None else f"{when.astimezone(ZoneInfo(zone)):%a %d %b %H:%M} {zone}"
