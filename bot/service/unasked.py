"""What a client writes when no question is open: words go to the therapist, and nothing is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import replies, wording
from bot.replies import AllPoints, Correction, Later, Points, Reply, Steer, Unclear, Why
from bot.service import breaks, late, opting
from bot.service.closing import go_on
from bot.service.correcting import correct
from storage.records import AddressState, Client, ClientState, Contact

if TYPE_CHECKING:
    from bot.service.desk import Desk

_COURTESIES = ("nothing", "accept", "agree")
"""The lists of a language whose words ask for no answer but a kind one."""


async def answer(desk: Desk, contact: Contact, text: str, reply: Reply, *, inbound_id: int) -> str:
    """Answer what was read with nothing open, START apart; returns the reading as it is kept.

    A correction is meant for the check-in that has just ended, if there is one.
    """
    language, client = desk.language_of(contact), _client(contact)
    match reply:
        case Steer.STOP:
            await opting.leave(desk, contact, confirm=True)
        case Steer.HELP:
            desk.reply(contact, wording.help_text(language, desk.policy.house, client.country))
        case _ if contact.state is not AddressState.ACTIVE:
            desk.pass_on(client, text)
            return "comment"
        case Steer.BREAK if client.state is ClientState.ACTIVE:
            await breaks.take(desk, client, contact)
        case Steer.GO_ON if await _going_on(desk, contact, client):
            pass
        case Steer.SKIP | Steer.BACK | Steer.GO_ON | Steer.BREAK | Later():
            desk.reply(contact, wording.nothing_waiting(language))
        case Correction() if await correct(desk, contact, reply, text, inbound_id=inbound_id):
            pass
        case Points(_, comment) | AllPoints(_, comment) | Correction(_, comment):
            await _not_counted(desk, contact, client, text if comment else "")
        case Unclear(Why.EMPTY):
            desk.reply(contact, wording.text_only(language))
        case _:
            return await _words(desk, contact, client, text)
    return _name(reply)


def _client(contact: Contact) -> Client:
    if contact.client is None:
        msg = "only a client's words come here"
        raise ValueError(msg)
    return contact.client


async def _going_on(desk: Desk, contact: Contact, client: Client) -> bool:
    """Open what waits, or end the client's break; False where there is neither."""
    if await go_on(desk, client, contact):
        return True
    if not await breaks.end(desk, client):
        return False
    desk.reply(contact, wording.started(desk.language_of(contact)))
    return True


async def _not_counted(desk: Desk, contact: Contact, client: Client, words: str) -> None:
    """Say that no number was asked for, or not any more; what was written beside it goes to the therapist."""
    language = desk.language_of(contact)
    said = await late.too_late(desk, contact) or wording.nothing_open(language)
    if words:
        desk.pass_on(client, words)
        told = await desk.reaches(client.therapist_id)
        said = f"{wording.passed_on(language, told=told)} {said}"
    desk.reply(contact, said)


async def _words(desk: Desk, contact: Contact, client: Client, text: str) -> str:
    """Pass words on, but for courtesies."""
    language = desk.language_of(contact)
    if any(replies.says(text, language, name) for name in _COURTESIES):
        desk.reply(contact, wording.all_right(language))
        return "nothing"
    desk.pass_on(client, text)
    told = await desk.reaches(client.therapist_id)
    desk.reply(contact, wording.passed_on(language, told=told))
    return "comment"


def _name(reply: Reply) -> str:
    """Name a reading as `attune read` does."""
    if isinstance(reply, Steer):
        return reply.value
    names = {Points: "score", AllPoints: "scores", Correction: "correction", Later: "later"}
    return names.get(type(reply), "empty")
