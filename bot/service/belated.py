"""Texts found in a network's list long after they were written: they answer only what was open then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import replies, wording
from bot.channels.base import Keyword, Wrote
from bot.replies import AllPoints, Correction, Expecting, Points, Steer
from bot.service import unasked
from storage.records import AddressState, ClientState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channels.base import Inbound
    from bot.service.desk import Desk
    from bot.service.talk import Heard, Talk
    from storage.records import Client, Contact


async def answer(desk: Desk, heard: Heard, talk: Talk | None, inbound: Inbound) -> str | None:
    """Answer a text that came too late for what it was about; returns how it was read.

    Danger in it has been looked for before.

    Args:
        desk: the transaction's desk.
        heard: who wrote.
        talk: the check-in that is open now.
        inbound: the text.

    Returns:
        None where nothing has overtaken it, so that it is a text like any other.
    """
    contact, client = heard.contact, heard.contact.client
    if client is None or not isinstance(inbound.said, Wrote):
        return None
    wish = _wish(desk, contact, inbound.said)
    undone = {Steer.STOP: "start", Steer.START: "stop"}.get(wish) if wish else None
    if undone is not None and await desk.tx.belated.wished_since(contact.id, inbound.at, [undone]):
        return "overtaken"
    if undone is not None or client.state is not ClientState.ACTIVE:
        return None
    if not await overtaken(desk, contact, talk, inbound.at):
        return None
    return await _answer(desk, heard, client, inbound.said.text)


def _wish(desk: Desk, contact: Contact, wrote: Wrote) -> Steer | None:
    """Tell whether a text says STOP or START."""
    taken = {Keyword.STOP: Steer.STOP}.get(wrote.taken) if wrote.taken else None
    return taken or replies.command(wrote.text, desk.language_of(contact))


async def overtaken(desk: Desk, contact: Contact, talk: Talk | None, at: datetime) -> bool:
    """Tell whether something was put to a client since, or what is open now was not put before."""
    if contact.client is None:
        return False
    before, since = await desk.tx.belated.put(contact.client.id, at)
    if any(one.check_in_id is None or one not in before for one in since):
        return True
    if talk is None:
        return False
    open_at = (talk.check_in.id, talk.conversation.response.position)
    return not any(one.asks(*open_at) for one in before)


async def _answer(desk: Desk, heard: Heard, client: Client, text: str) -> str:
    contact, language = heard.contact, desk.language_of(heard.contact)
    expecting = Expecting(language, remaining=0, answered=1, lexicon=desk.policy.lexicon, held=True)
    reply = replies.read(text, expecting).reply
    if not isinstance(reply, Points | AllPoints | Correction):
        return await unasked.answer(desk, contact, text, reply, inbound_id=heard.inbound_id)
    said = wording.closed_question(language)
    if reply.comment:
        desk.pass_on(client, text)
        told = await desk.reaches(client.therapist_id)
        said = f"{wording.passed_on(language, told=told)} {said}"
    if contact.state is AddressState.ACTIVE:
        desk.reply(contact, said)
    return "overtaken"
