"""What therapists decide about therapies, recorded by message, and shown where scores are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import wording
from bot.days import read_day
from bot.service import episodes
from bot.timetable import day_of
from storage.records import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.commands import Decide
    from bot.service.desk import Desk
    from storage.records import Client, Contact, Therapist


_DAY = timedelta(days=1)

EXAMPLE = "AB"
"""A client's code in an example, where none was written."""


async def decide(desk: Desk, contact: Contact, command: Decide) -> str:
    """Record a decision of a therapist about a client of theirs."""
    therapist, language = contact.therapist, desk.language_of(contact)
    if therapist is None:
        msg = "only a therapist's message comes here"
        raise ValueError(msg)
    client = await client_of(desk, therapist, command.code)
    if not command.words or (command.until is not None and not command.until):
        desk.reply(contact, wording.decide_how(language, command.code or EXAMPLE))
        return "unclear"
    if client is None:
        desk.reply(contact, wording.no_such_client(language, command.code))
        return "unclear"
    today = day_of(desk.now, therapist.zone)
    until = None if command.until is None else read_day(command.until, language.code, today)
    if command.until is not None and (until is None or until < today):
        desk.reply(contact, wording.decide_how(language, client.code))
        return "unclear"
    decision = Decision(client.id, therapist.id, command.words, desk.now, until)
    await desk.tx.decisions.add(decision)
    desk.audit("therapist", "decided", therapist=therapist, client=client)
    desk.reply(contact, wording.decided(language, client.code, decision.words, until))
    return "decided"


async def client_of(desk: Desk, therapist: Therapist, code: str) -> Client | None:
    """Find a therapist's own client by code, as written or in capitals; None where there is none."""
    for written in dict.fromkeys((code, code.upper())):
        client = await desk.tx.people.client(written)
        if client is not None and client.therapist_id == therapist.id:
            return client
    return None


async def expected_dips(desk: Desk, clients: Sequence[Client]) -> Mapping[int, Decision]:
    """Map clients to the decision by which lower scores are expected of them today, the episode's latest."""
    if not clients:
        return {}
    # a therapist's today may be the day before
    days = await desk.tx.decisions.expecting_dips([one.id for one in clients], desk.now.date() - _DAY)
    if not days:
        return {}
    zones = {one.id: one.zone for one in await desk.tx.people.therapists()}
    began = await episodes.began(desk.tx, {one.client_id for one in days})
    return {
        one.client_id: one
        for one in days
        if one.client_id in began
        and one.at >= began[one.client_id]
        and one.expects_dip(day_of(desk.now, zones[one.therapist_id]))
    }
