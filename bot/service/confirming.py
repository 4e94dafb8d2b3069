"""Whether a coming session suits its client: asked, and answered."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import messages, replies, timetable, wording
from bot.channels.base import Message
from bot.messages import ConfirmPress
from bot.service import breaks, sessions
from bot.service.opening import first_addresses
from bot.service.sessions import By
from bot.service.shares import ALL, Share, whose
from bot.wording import sessions as said
from bot.wording.sessions import Clock
from storage.records import AddressState, ClientState, Draft, Priority

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.languages import Language
    from bot.service.desk import Desk
    from storage.records import Client, Contact
    from storage.sessions import Session

BUSY = timedelta(hours=1)
"""How long the question waits while it can't be put, and after the end of a check-in or the last answer.

Two things are not asked at once, and thanks may end in a question that is answered "no".
"""


async def ask_to_confirm(desk: Desk, share: Share = ALL) -> int:
    """Ask the clients of coming sessions whether these suit them; returns how many sessions were due."""
    due = await desk.tx.sessions.to_confirm(desk.now, *share)
    if not due:
        return 0
    ids = {one.client_id for one in due}
    clients = await whose(desk, ids)
    addresses = await first_addresses(desk, list(ids))
    free = await _free_from(desk, list(clients.values()))
    changed = []
    for session in due:
        client = clients[session.client_id]
        contact = addresses.get(client.id) if client.state is ClientState.ACTIVE else None
        when = timetable.waking(free.get(client.id, desk.now), client.zone, desk.policy.quiet)
        asked_at = None
        if contact is not None and when == desk.now < session.starts_at:
            desk.question(contact, _question(desk, contact, session, client))
            asked_at = desk.now
            free[client.id] = desk.now + BUSY
        later = when if desk.now < when < session.starts_at else None
        changed.append(dataclasses.replace(session, confirm_at=later, asked_at=asked_at))
    await desk.tx.sessions.change(changed)
    return len(due)


async def _free_from(desk: Desk, clients: Collection[Client]) -> dict[int, datetime]:
    """Map the clients who can't be asked now to when to look again, later than now.

    They are in danger, or take a break, or are being asked something else, or were until a moment ago.
    """
    ids = [one.id for one in clients]
    ended = await desk.tx.late.last_busy(ids, desk.now - BUSY)
    free = {client_id: last + BUSY for client_id, last in ended.items()}
    taken = {one.client_id for one in await desk.tx.check_ins.open_of(ids)}
    taken |= await desk.tx.alerts.in_crisis(ids) | await breaks.resting(desk, clients)
    return free | dict.fromkeys(taken, desk.now + BUSY)


def _question(desk: Desk, contact: Contact, session: Session, client: Client) -> Draft:
    language = desk.language_of(contact)
    text = said.confirm(language, session.starts_at, Clock(client.zone, desk.now))
    buttons = messages.confirm(session.id, session.starts_at, said.confirm_buttons(language))
    return Draft(
        address_id=contact.id,
        kind="confirm",
        priority=Priority.QUESTION,
        body=messages.pack(Message(text, buttons)),
        not_before=desk.now,
        valid_until=session.starts_at,
    )


async def hear(desk: Desk, contact: Contact, client: Client, text: str) -> str | None:
    """Take words as the answer to that question; None where they are none.

    They are only where that question is the last thing that the client was sent, and stands: "no" may be
    meant for anything else that came after it.
    """
    if client.state is not ClientState.ACTIVE or contact.state is not AddressState.ACTIVE:
        return None
    language = desk.language_of(contact)
    fits = replies.says(text, language, "accept")
    if not (fits or replies.says(text, language, "decline")):
        return None
    session = await desk.tx.sessions.unconfirmed(client.id, desk.now)
    if session is None or await desk.tx.alerts.in_crisis([client.id]):
        return None
    body = await desk.tx.sent.last_confirm(client.id)
    if body is None or not _asks_about(body, session):
        return None
    return await _answered(desk, contact, client, session, fits=fits)


def _asks_about(body: str, session: Session) -> bool:
    """Tell whether a question is about a session as it stands: its buttons name both it and its start."""
    presses = [messages.press(one.data) for row in messages.unpack(body).choices for one in row]
    return any(
        isinstance(one, ConfirmPress) and one.session_id == session.id and one.about(session.starts_at)
        for one in presses
    )


async def pressed(
    desk: Desk, contact: Contact, client: Client, press: ConfirmPress, *, message_id: str
) -> str:
    """Take a button as the answer; one of a session that was moved, cancelled or has begun is told so."""
    found = await desk.tx.sessions.by_id([press.session_id])
    session = next((one for one in found if one.client_id == client.id and one.planned), None)
    if session is None or session.starts_at <= desk.now or not press.about(session.starts_at):
        desk.reply(contact, wording.closed_question(desk.language_of(contact)))
        return "stale"
    desk.edit(contact, message_id, "")
    return await _answered(desk, contact, client, session, fits=press.fits)


async def _answered(desk: Desk, contact: Contact, client: Client, session: Session, *, fits: bool) -> str:
    language = desk.language_of(contact)
    if fits:
        await sessions.confirm(desk, client, session)
        desk.reply(contact, said.confirmed(language))
        return "confirmed"
    if desk.policy.sessions.can_cancel:
        await sessions.call_off(desk, client, session, by=By("client"))
        desk.reply(contact, said.called_off(language))
    else:
        desk.audit("client", "session_declined", client=client, detail=sessions.detail_of(session))
        desk.reply(contact, wording.heard(language))
    await _tell(desk, client, session)
    return "declined"


async def _tell(desk: Desk, client: Client, session: Session) -> None:
    """Tell the therapist, on their own clock; operators hear of it where no address of theirs works."""
    clocks = {one.id: Clock(one.zone, desk.now) for one in await desk.tx.people.therapists()}
    clock = clocks[client.therapist_id]
    off = desk.policy.sessions.can_cancel
    tell = said.client_cancelled if off else said.client_cannot_come

    def say(language: Language) -> str:
        return tell(language, client.code, session.starts_at, clock)

    desk.note(client, "remark", say)
