"""What follows from how messages fared: notes, dead addresses, and alarms for what reached nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot import wording
from bot.service import escalation, opting
from bot.service.closing import tell_event
from storage.records import AddressState, Note, OutboxState, Outgoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.desk import Desk


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send, and how it ended.

    Attributes:
        outgoing: the message.
        note: how it stands now.
        unreachable: the network refuses the address for good.
        opted_out: the person asked the network for silence.
        sender_fault: our own account is at fault, and operators don't know of it yet.
    """

    outgoing: Outgoing
    note: Note
    unreachable: bool = False
    opted_out: bool = False
    sender_fault: bool = False


async def settle(desk: Desk, attempts: Sequence[Attempt]) -> None:
    """Write how attempts ended, and tell whoever must know of those that failed."""
    reported = await desk.tx.outbox.note([one.note for one in attempts])
    for one in attempts:
        if one.unreachable or one.opted_out:
            await _address_lost(desk, one)
        if one.sender_fault:
            desk.alarm(partial(wording.sender_stopped, channel=one.outgoing.channel))
    failed = [one.outgoing for one in attempts if one.note.state is OutboxState.FAILED]
    for outgoing in (*failed, *reported):
        _failed(desk, outgoing)
    numbers = dict.fromkeys(one.alert_id for one in (*failed, *reported) if one.alert_id is not None)
    for number in numbers:
        if alert := await desk.tx.alerts.find(number, lock=True):
            await escalation.undelivered(desk, alert)


def _failed(desk: Desk, outgoing: Outgoing) -> None:
    """Tell operators of what must not be lost in silence: a client's words, a crisis text."""
    if outgoing.kind == "remark":
        desk.alarm(wording.remark_undeliverable)
    if outgoing.kind == "crisis":
        desk.alarm(wording.crisis_undeliverable)


async def _address_lost(desk: Desk, attempt: Attempt) -> None:
    """Note once that an address takes nothing any more; tell the therapist, or operators of a therapist's."""
    found = await desk.tx.people.contacts([(attempt.outgoing.channel, attempt.outgoing.address)])
    contact = found[attempt.outgoing.channel, attempt.outgoing.address]
    if contact.state is not AddressState.ACTIVE:
        return
    if attempt.opted_out:
        await opting.leave(desk, contact, by="network")
        return
    await desk.tx.people.set_address_state([contact.id], AddressState.UNREACHABLE)
    await desk.tx.outbox.withdraw_all([contact.id], ("alert", "crisis", "remark"), desk.now)
    if contact.client is not None:
        desk.audit("network", "unreachable", client=contact.client)
        await tell_event(desk, contact.client, "unreachable")
    if contact.therapist is not None and not await desk.reaches(contact.therapist.id, but=contact.id):
        desk.alarm(partial(wording.therapist_silent, code=contact.therapist.code))
