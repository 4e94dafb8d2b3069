"""What follows from how messages fared: notes, dead addresses, and alarms for what reached nobody."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot import wording
from bot.channels.base import Cause, SenderFaultError
from bot.retries import ATTEMPTS, Fate, Loss, Retry, Tried, after_report
from bot.service import costs, escalation, opting, rerouting
from bot.service.closing import tell_event
from bot.service.desk import ToTherapist
from storage.records import QUESTIONS, AddressState, Arrived, Note, OutboxState, Outgoing, Priority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.languages import Language
    from bot.service.desk import Desk


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send, and how it ended.

    Attributes:
        outgoing: the message.
        note: how it stands now.
        unreachable: the network refuses the address for good.
        opted_out: the person asked the network for silence.
        barred: operators can mend what keeps us from the address.
        no_answer: the phone did not answer, and is tried once more.
        sender_fault: our own account is at fault, and operators don't know of it yet.
        stalled: it is tried on, but has not gone for long.
        said: why the network refused this message or our account, in the channel's words.
        unsure: nobody will ever know whether it went.
    """

    outgoing: Outgoing
    note: Note
    unreachable: bool = False
    opted_out: bool = False
    barred: bool = False
    no_answer: bool = False
    sender_fault: bool = False
    stalled: bool = False
    said: str = ""
    unsure: bool = False


_KEPT = ("alert", "crisis", "remark", "alarm", rerouting.LOST_ALARM)
"""What is tried all the same at an address that is lost, so that somebody hears of it where it fails."""

_STATES: Mapping[Fate, OutboxState] = MappingProxyType(
    {
        Fate.AGAIN: OutboxState.WAITING,
        Fate.ASK: OutboxState.UNKNOWN,
        Fate.GIVEN_UP: OutboxState.FAILED,
        Fate.TAKEN_AS_SENT: OutboxState.SENT,
    }
)


def tried(outgoing: Outgoing) -> Tried:
    """Give what a decision on a message needs to know of it."""
    crisis = outgoing.priority is Priority.CRISIS
    return Tried(
        outgoing.kind,
        outgoing.attempts,
        crisis=crisis,
        called_before=outgoing.no_answer,
        unsure=outgoing.unsure,
        faulted_before=outgoing.reason == SenderFaultError.__name__,
    )


def following(outgoing: Outgoing, retry: Retry, now: datetime) -> Attempt:
    """Make the attempt of which `retry` was decided, to be written."""
    note = Note(
        outgoing.id,
        _STATES[retry.fate],
        now,
        reason=retry.why,
        not_before=retry.at,
        leased_at=outgoing.leased_at,
    )
    return Attempt(
        outgoing,
        note,
        unreachable=retry.lost is Loss.UNREACHABLE,
        opted_out=retry.lost is Loss.OPTED_OUT,
        barred=retry.barred,
        no_answer=retry.no_answer,
        sender_fault=retry.sender_fault,
        stalled=retry.stalled,
        said=retry.said,
        unsure=retry.unsure,
    )


async def settle(desk: Desk, attempts: Sequence[Attempt]) -> None:
    """Write how attempts ended, and tell whoever must know of those that failed."""
    attempts = await _blaming_once(desk, attempts)
    spent = await costs.newly_sent(desk, attempts)
    early = await desk.tx.outcomes.note([one.note for one in attempts])
    await desk.tx.outcomes.doubt([one.outgoing for one in attempts if one.unsure])
    for one in attempts:
        if one.no_answer and one.note.not_before is not None:
            reason = one.note.reason or ""
            await desk.tx.outcomes.revive(one.outgoing.id, reason, one.note.not_before, called=True)
    await _follow_up(desk, [*attempts, *await _by_report(desk, early)])
    await costs.spend(desk, spent)


async def _blaming_once(desk: Desk, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
    """Let operators hear once of an account at fault, whichever workers meet it, until it sends again.

    Where it has sent since it was blamed for the same message, the fault is the address's.
    """
    sent = [one for one in attempts if one.note.external_id is not None]
    await desk.tx.senders.absolve({(one.outgoing.channel, one.note.account or "") for one in sent})
    told: list[Attempt] = []
    for one in attempts:
        if not one.sender_fault:
            told.append(one)
            continue
        reason = one.said or one.note.reason or ""
        new = await desk.tx.senders.blame((one.outgoing.channel, one.note.account or ""), reason)
        if new and _is_the_address(one):
            told.append(_given_up(one))
            continue
        new = new and await desk.tx.senders.news(one.outgoing.channel, reason, desk.now)
        told.append(dataclasses.replace(one, sender_fault=new))
    return told


def _is_the_address(attempt: Attempt) -> bool:
    """Tell whether a message was refused so often as only its address explains, while others go."""
    outgoing, again = attempt.outgoing, attempt.note.state is OutboxState.WAITING
    return again and tried(outgoing).faulted_before and outgoing.attempts >= ATTEMPTS


def _given_up(attempt: Attempt) -> Attempt:
    note = dataclasses.replace(attempt.note, state=OutboxState.FAILED, not_before=None)
    return dataclasses.replace(attempt, note=note, unreachable=True, barred=True, sender_fault=False)


async def reported(desk: Desk, reports: Sequence[Arrived]) -> None:
    """Keep what networks say later of messages that they took, and follow up what failed by it."""
    failed = await desk.tx.outcomes.arrived(reports)
    await _follow_up(desk, await _by_report(desk, failed))


async def _by_report(desk: Desk, failed: Sequence[Outgoing]) -> Sequence[Attempt]:
    """Decide about messages that failed by a report, and let go again what may."""
    causes = await desk.tx.outcomes.causes([one.id for one in failed]) if failed else {}
    attempts: list[Attempt] = []
    for one in failed:
        account, code, cause = causes[one.id]
        jitter = one.id % 16 / 16
        before = dataclasses.replace(tried(one), faulted_before=one.attempts > 1)
        retry = after_report(before, Cause(cause) if cause else None, desk.now, jitter)
        reason = code or retry.why
        if retry.at is not None:
            await desk.tx.outcomes.revive(one.id, reason, retry.at, called=retry.no_answer)
        sender = (one.channel, account)
        if retry.rests and retry.at is not None:
            await desk.tx.senders.halt(sender, retry.at)
        attempt = following(one, dataclasses.replace(retry, why=reason), desk.now)
        new = retry.sender_fault and await desk.tx.senders.blame(sender, reason)
        new = new and await desk.tx.senders.news(one.channel, reason, desk.now)
        attempts.append(dataclasses.replace(attempt, sender_fault=new))
    return attempts


async def _follow_up(desk: Desk, attempts: Sequence[Attempt]) -> None:
    """Tell whoever must know of what failed, or send it elsewhere."""
    known: set[int] = set()
    for one in attempts:
        if (one.unreachable or one.opted_out) and not await _address_lost(desk, one):
            known.add(one.outgoing.id)
        if one.sender_fault:
            desk.alarm(partial(wording.sender_stopped, channel=one.outgoing.channel))
    stalled = [one.outgoing.id for one in attempts if one.stalled]
    late = await desk.tx.outcomes.stalled(stalled, desk.now)
    over = [one for one in attempts if one.note.state is OutboxState.FAILED or one.outgoing.id in late]
    for one in over:
        await _failed(desk, one, anew=one.outgoing.id not in known)
    silent = [one.outgoing for one in attempts if one in over or one.no_answer]
    for number in dict.fromkeys(one.alert_id for one in silent if one.alert_id is not None):
        if alert := await desk.tx.alerts.find(number, lock=True):
            await escalation.undelivered(desk, alert)


async def _failed(desk: Desk, attempt: Attempt, *, anew: bool) -> None:
    """Send elsewhere what must not be lost, or tell operators: a question, a client's words, a crisis text.

    What is tried on is told in the same way; a question that goes elsewhere is not asked here any more.

    `anew`: it is news that the address takes nothing.
    """
    outgoing = attempt.outgoing
    match outgoing.kind:
        case "remark":
            desk.alarm(wording.remark_undeliverable)
        case "crisis":
            if not await rerouting.to_another(desk, outgoing):
                desk.alarm(wording.crisis_undeliverable)
                await _no_crisis_text(desk, outgoing)
        case "alarm" | rerouting.LOST_ALARM:
            await rerouting.alarm_elsewhere(desk, outgoing, anew=anew)
        case kind if kind in QUESTIONS:
            if await rerouting.to_another(desk, outgoing):
                await desk.tx.outbox.withdraw([outgoing.id], desk.now)
            elif not attempt.stalled and not attempt.unreachable and not attempt.opted_out:
                await _not_asked(desk, attempt)
        case _:
            pass


async def _no_crisis_text(desk: Desk, outgoing: Outgoing) -> None:
    """Tell whoever was told of a crisis that its client has no crisis text, which they read was sent."""
    if outgoing.client_id is None or (alert := await desk.tx.alerts.crisis_of(outgoing.client_id)) is None:
        return

    def say(language: Language) -> str:
        return f"{alert.client_code} ({alert.id}): {wording.crisis_undeliverable(language)}"

    for one in await desk.tx.alerts.told(alert.id):
        desk.tell(ToTherapist(one, "note", say, Priority.CRISIS))


async def _not_asked(desk: Desk, attempt: Attempt) -> None:
    """Tell operators, once a day a reason, of a question that a network refuses to take to its client."""
    channel, code = attempt.outgoing.channel, attempt.said or attempt.note.reason or ""
    if await desk.tx.senders.news(channel, code, desk.now):
        desk.alarm(partial(wording.address_barred, channel=channel, code=code))


async def _address_lost(desk: Desk, attempt: Attempt) -> bool:
    """Note that an address takes nothing any more; False where that was known.

    Its questions go to another address of the client's. Without one the therapist is told; operators are,
    where a therapist can't be reached any more, or where they can mend it.
    """
    pair = (attempt.outgoing.channel, attempt.outgoing.address)
    contact = (await desk.tx.addresses.contacts([pair]))[pair]
    if contact.state is not AddressState.ACTIVE:
        return False
    if attempt.opted_out:
        await opting.leave(desk, contact, by="network")
        return True
    await desk.tx.addresses.set_state([contact.id], AddressState.UNREACHABLE)
    waiting = await desk.tx.outbox.questions_to(contact.id)
    await desk.tx.outbox.withdraw_all([contact.id], _KEPT, desk.now)
    if attempt.barred:
        code = attempt.said or attempt.note.reason or ""
        desk.alarm(partial(wording.address_barred, channel=contact.channel, code=code))
    if contact.client is not None:
        desk.audit("network", "unreachable", client=contact.client)
        if other := await rerouting.another_address(desk, contact.client.id, but=[contact.id]):
            for one in waiting:
                rerouting.forward(desk, one, other)
        else:
            await tell_event(desk, contact.client, "unreachable")
    if contact.therapist is not None and not await desk.reaches(contact.therapist.id, but=contact.id):
        desk.alarm(partial(wording.therapist_silent, code=contact.therapist.code))
    return True
