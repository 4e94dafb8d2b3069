"""What therapists do by message: acknowledge, ask what is open, stop and start."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot import wording
from bot.commands import Acknowledge, Command, ListAlerts
from bot.replies import Steer
from storage.records import AddressState, Contact, Therapist

if TYPE_CHECKING:
    from bot.service.desk import Desk


async def obey(desk: Desk, contact: Contact, command: Command | None) -> str:
    """Carry out a therapist's command; what is no command is answered with help."""
    match command:
        case Acknowledge(number):
            return await acknowledge(desk, contact, number)
        case ListAlerts():
            await _list(desk, contact)
            return "alerts"
        case Steer.STOP:
            await _stop(desk, contact)
        case Steer.START:
            await desk.tx.people.set_address_state([contact.id], AddressState.ACTIVE)
            desk.reply(contact, wording.therapist_welcome(desk.language_of(contact), desk.policy.house))
        case Steer() | None:
            if contact.state is AddressState.ACTIVE:
                desk.reply(contact, wording.therapist_help(desk.language_of(contact)))
        case _:
            assert_never(command)
    return command.value if command else "unclear"


async def acknowledge(desk: Desk, contact: Contact, number: int, *, pressed: str | None = None) -> str:
    """Acknowledge an alert: once, and only by its own therapist."""
    therapist = _therapist(contact)
    language = desk.language_of(contact)
    done = await desk.tx.alerts.acknowledge(number, therapist.id, f"therapist {therapist.code}", desk.now)
    alert = await desk.tx.alerts.find(number)
    if alert is None or alert.therapist_id != therapist.id:
        desk.reply(contact, wording.no_such_alert(language, number))
        return "ack"
    if pressed is not None:
        desk.edit(contact, pressed, "")
    if done:
        desk.audit("therapist", "acknowledged", therapist=therapist, detail=f"alert {number}")
        text = wording.acknowledged(language, number, alert.client_code)
    else:
        text = wording.acknowledged_before(language, number, alert.client_code)
    desk.reply(contact, text)
    return "ack"


async def _list(desk: Desk, contact: Contact) -> None:
    therapist = _therapist(contact)
    language = desk.language_of(contact)
    lines = [
        wording.open_alert(
            language,
            one.id,
            one.client_code,
            severity=one.severity,
            raised=wording.moment(one.raised_at, therapist.zone),
        )
        for one in await desk.tx.alerts.unacknowledged(therapist.id)
    ]
    desk.reply(contact, wording.open_alerts(language, lines))


async def _stop(desk: Desk, contact: Contact) -> None:
    await leave(desk, contact)
    if contact.channel not in desk.policy.answers_stop:
        desk.reply(contact, wording.therapist_stopped(desk.language_of(contact)))


async def leave(desk: Desk, contact: Contact) -> None:
    """Write to a therapist's address no more; operators learn of alerts that now go nowhere."""
    therapist = _therapist(contact)
    await desk.tx.people.set_address_state([contact.id], AddressState.STOPPED)
    withdrawn = await desk.tx.outbox.withdraw_all([contact.id], (), desk.now)
    if contact.state is not AddressState.ACTIVE:
        return
    desk.audit("therapist", "opted_out", therapist=therapist)
    if await desk.reaches(therapist.id, but=contact.id):
        return
    desk.alarm(lambda language: wording.therapist_silent(language, therapist.code))
    for number in sorted(withdrawn):
        if alert := await desk.tx.alerts.find(number):
            desk.undeliverable(alert)


def _therapist(contact: Contact) -> Therapist:
    if contact.therapist is None:
        msg = "only a therapist's message comes here"
        raise ValueError(msg)
    return contact.therapist
