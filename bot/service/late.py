"""Answers that come after their check-in was over: some still count, and the others are answered kindly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import replies, timetable, wording
from bot.conversation import GIVE_UP_AFTER
from bot.replies import AllPoints, Points
from bot.service import asking, breaks
from bot.service.talk import talk_of
from bot.wording.sessions import Clock
from storage.records import AddressState, Asked, CheckInState, ClientState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.messages import AnswerPress
    from bot.service.batch import Batch
    from bot.service.desk import Desk
    from bot.service.talk import Talk
    from storage.records import CheckIn, Client, Contact


async def said(batch: Batch, contact: Contact, text: str) -> Talk | None:
    """Open the check-in again that a text still answers, where nothing else is open; None where none is."""
    found = await _answerable(batch.desk, contact, named=False)
    if found is None:
        return None
    talk, check_in = found
    reply = replies.read(text, talk.conversation.expecting()).reply
    return await _reopen(batch, talk, check_in) if isinstance(reply, Points | AllPoints) else None


async def pressed(batch: Batch, contact: Contact, press: AnswerPress) -> Talk | None:
    """Do the same for a button of its open question, whatever the client was sent since: it names it."""
    found = await _answerable(batch.desk, contact, named=True)
    if found is None:
        return None
    talk, check_in = found
    asked = (check_in.id, talk.conversation.response.position)
    return await _reopen(batch, talk, check_in) if (press.check_in_id, press.position) == asked else None


async def too_late(desk: Desk, contact: Contact, *, check_in_id: int | None = None) -> str | None:
    """Give what to say to an answer for which the check-in asked last has been over for too long.

    Args:
        desk: the transaction's desk.
        contact: where it came from.
        check_in_id: the check-in that it is meant for, where that is known.

    Returns:
        None where the last one did not end unanswered, or another is meant.
    """
    client = contact.client
    last = await desk.tx.late.last_asked(client.id) if client else None
    if client is None or last is None or not _ran_out(last) or check_in_id not in {None, last.id}:
        return None
    return wording.over(
        desk.language_of(contact), await _upcoming(desk, client), Clock(client.zone, desk.now)
    )


async def _answerable(desk: Desk, contact: Contact, *, named: bool) -> tuple[Talk, CheckIn] | None:
    """Find the check-in that may still be answered, taken up as if it were open, and as it stands.

    `named`: the answer says which check-in it is for, as a button does and a number does not.
    """
    client = contact.client
    if client is None or client.state is not ClientState.ACTIVE or contact.state is not AddressState.ACTIVE:
        return None
    last = await desk.tx.late.last_asked(client.id)
    if last is None or not await _counts(desk, client, last):
        return None
    if await _spared(desk, client) or not (named or await desk.tx.sent.last_put(client.id) == last.id):
        return None
    asked = (await desk.tx.sent.asked([last.id])).get(last.id, Asked())
    talk = talk_of(desk, last.reopened(), client, asked)
    return (talk, last) if talk.conversation.shown and not talk.conversation.response.done else None


async def _counts(desk: Desk, client: Client, last: CheckIn) -> bool:
    """Tell whether an answer to a check-in that is over still counts."""
    if not _ran_out(last) or last.late_until is None or desk.now >= last.late_until:
        return False
    episodes = await desk.tx.people.episodes([client.id])
    current = episodes.get(client.id) == last.episode_id and asking.still_asked(desk.policy, last)
    return current and not await desk.tx.late.followed(last)


async def _spared(desk: Desk, client: Client) -> bool:
    """Tell whether a client is to be asked nothing now: the next question would follow the answer."""
    return bool(await desk.tx.alerts.in_crisis([client.id]) or await breaks.resting(desk, [client]))


def _ran_out(last: CheckIn) -> bool:
    """Tell whether a check-in ended because its time was over, and not as the client or the bot wished."""
    by_time = last.closed_at is not None and last.closed_at >= last.expires_at
    ended = last.state in {CheckInState.EXPIRED, CheckInState.PARTIAL}
    return ended and by_time and not last.held and last.refusals < GIVE_UP_AFTER


async def _reopen(batch: Batch, talk: Talk, check_in: CheckIn) -> Talk:
    await batch.desk.tx.late.reopen(check_in)
    batch.take_up(talk)
    batch.desk.audit("client", "answered_late", client=talk.client, check_in_id=check_in.id)
    return talk


async def _upcoming(desk: Desk, client: Client) -> datetime | None:
    """Find when a client is asked next; None where that isn't known."""
    if client.state is not ClientState.ACTIVE:
        return None
    moments = [one.next_due_at for one in await desk.tx.schedules.of([client.id])]
    moments += await desk.tx.sessions.asked_from(client.id)
    coming = min((one for one in moments if one > desk.now), default=None)
    return None if coming is None else timetable.waking(coming, client.zone, desk.policy.quiet)
