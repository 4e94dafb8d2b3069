"""How people come in: invitations, consent, and strangers."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import replies, wording
from bot.replies import Steer
from bot.service import opting, planning, speaking
from storage.records import AddressState, Client, ClientState, Contact

if TYPE_CHECKING:
    from bot.service.desk import Desk

INVITATION_DAYS = 14
"""How long an invitation holds."""

_TOLD_EVERY = timedelta(days=30)
"""How often a stranger gets the one line."""

_TOKEN = re.compile(r"/start\s+([A-Za-z0-9_-]{16,64})\s*")


def token_in(text: str) -> str | None:
    """Find the invitation in what Telegram sends when an invitation's link is opened."""
    match = _TOKEN.fullmatch(text.strip())
    return match.group(1) if match else None


async def by_invitation(desk: Desk, contact: Contact, token: str, spoken: str | None = None) -> str:
    """Give an address to the person whose invitation came from it; `spoken`: the network's language tag."""
    language = desk.language_of(contact)
    invited = await desk.tx.invites.use(token, desk.now)
    if invited is None:
        if contact.client or contact.therapist:  # opened twice, or long ago: they are in
            await welcome(desk, contact)
        else:
            desk.reply(contact, wording.invitation_unknown(language))
        return "invitation"
    client_id, therapist_id = invited
    if not await desk.tx.addresses.give(
        contact.channel, contact.address, client_id=client_id, therapist_id=therapist_id
    ):
        await desk.tx.invites.give_back(token)
        desk.reply(contact, wording.address_taken(language))
        return "invitation"
    await desk.tx.addresses.set_state([contact.id], AddressState.ACTIVE)
    if client_id is not None:
        await desk.tx.addresses.agree_at(contact.id, desk.now)
    pair = (contact.channel, contact.address)
    known = (await desk.tx.addresses.contacts([pair]))[pair]
    code = desk.policy.spoken(spoken)
    if known.client is not None and not known.client.language and code is not None:
        client = await speaking.speak(desk, known.client, code, by="network")
        known = dataclasses.replace(known, client=client)
    await welcome(desk, known)
    return "invitation"


async def welcome(desk: Desk, contact: Contact) -> None:
    """Greet somebody who came in: a client is asked for consent, a therapist learns what comes."""
    language = desk.language_of(contact)
    if contact.therapist is not None:
        desk.audit("therapist", "joined", therapist=contact.therapist)
        desk.reply(contact, wording.therapist_welcome(language, desk.policy.house))
    elif contact.client is not None and contact.client.state is ClientState.INVITED:
        desk.consent(contact, answering=True)
    elif contact.client is not None:
        desk.reply(contact, wording.started(language))


async def before_consent(desk: Desk, contact: Contact, client: Client, text: str) -> str:
    """Answer what an invited client writes: only AGREE, to a text that was shown, is consent."""
    language = desk.language_of(contact)
    steer = replies.command(text, language)
    if steer is Steer.STOP:
        await opting.leave(desk, contact, confirm=True)
        return steer
    shown = await desk.tx.sent.consent_shown(contact.id)
    if shown and replies.says(text, language, "agree"):
        return await agree(desk, contact, client)
    if steer is Steer.HELP:
        desk.reply(contact, wording.help_text(language, desk.policy.house, client.country))
    elif steer is Steer.START:
        await opting.come_back(desk, contact)
        desk.consent(contact, answering=True)
    elif contact.state is not AddressState.ACTIVE:
        return "comment"
    elif (shown or not client.discreet) and replies.says(text, language, "decline"):
        return await decline(desk, contact, client)
    elif replies.says(text, language, "nothing"):
        desk.reply(contact, wording.all_right(language))
    else:
        desk.consent(contact, again=shown, answering=True)
    return "consent"


async def agree(desk: Desk, contact: Contact, client: Client, *, pressed: str | None = None) -> str:
    """Keep a client's consent, open the episode and plan the schedules."""
    if await desk.tx.people.consent(client.id, desk.policy.consent_version, desk.now):
        await desk.tx.people.open_episode(client.id, desk.now)
        await planning.plan(desk, [dataclasses.replace(client, consented_at=desk.now)], anew=True)
        desk.audit("client", "consented", client=client, detail=desk.policy.consent_version)
        desk.note(client, "note", lambda language: wording.agreed(language, client.code))
    await desk.tx.addresses.set_state([contact.id], AddressState.ACTIVE)
    await desk.tx.addresses.agree_at(contact.id, desk.now)
    language = desk.language_of(contact)
    if pressed is not None:
        desk.edit(contact, pressed, "")
    desk.reply(contact, wording.consent_given(language))
    return "consent"


async def decline(desk: Desk, contact: Contact, client: Client, *, pressed: str | None = None) -> str:
    """Accept a no: nothing is asked, and the therapist knows."""
    language = desk.language_of(contact)
    if pressed is not None:
        desk.edit(contact, pressed, "")
    desk.audit("client", "declined", client=client)
    desk.note(client, "note", lambda language: wording.declined(language, client.code))
    desk.reply(contact, wording.consent_declined(language))
    return "consent"


async def from_stranger(desk: Desk, contact: Contact, text: str) -> str:
    """Answer somebody who is neither a client nor a therapist; an operator may stop and start alarms."""
    language = desk.language_of(contact)
    match replies.command(text, language):
        case Steer.STOP:
            await opting.leave(desk, contact, confirm=contact.operator)
            return "stop"
        case Steer.START:
            return await start_stranger(desk, contact)
        case Steer.HELP if contact.operator:
            desk.reply(contact, wording.operator_help(language))
            return "help"
        case _:
            return await greet_stranger(desk, contact)


async def start_stranger(desk: Desk, contact: Contact) -> str:
    """Write again to somebody unknown, or to an operator, who had said STOP."""
    await opting.come_back(desk, contact)
    if contact.operator:
        desk.reply(contact, wording.operator_welcome(desk.language_of(contact)))
        return "start"
    return await greet_stranger(desk, dataclasses.replace(contact, state=AddressState.ACTIVE))


async def greet_stranger(desk: Desk, contact: Contact) -> str:
    """Answer somebody unknown with one polite line, once a month, and never after STOP."""
    told = contact.told_at is not None and desk.now - contact.told_at < _TOLD_EVERY
    if not told and contact.state is AddressState.ACTIVE and not contact.operator:
        await desk.tx.addresses.note_told([contact.id], desk.now)
        desk.reply(
            contact, wording.stranger(desk.language_of(contact), desk.policy.house, desk.policy.country)
        )
    return "stranger"
