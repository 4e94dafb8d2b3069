"""What therapists do by message: acknowledge, close, ask what is open, stop and start."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot import wording
from bot.commands import Acknowledge, Close, Command, Decide, ListAlerts, Plan, Reopen, Show
from bot.replies import Steer
from bot.service import answering, booking, decisions, escalation, pictures
from bot.wording.sessions import sessions_help
from scoring.rules import Severity
from storage.records import AddressState, Contact, Therapist

if TYPE_CHECKING:
    from bot.service.desk import Desk
    from storage.records import Alert

EXAMPLE = 41
"""The number in an example of how to close an alert, where none is open."""


async def obey(desk: Desk, contact: Contact, command: Command | None) -> str:
    """Carry out a therapist's command; what is no command is answered with help."""
    match command:
        case Decide():
            return await decisions.decide(desk, contact, command)
        case Plan(planned):
            return await booking.obey(desk, contact, planned)
        case Show(code):
            return await pictures.show(desk, contact, code)
        case Steer() | None:
            await _steer(desk, contact, command)
            return command.value if command else "unclear"
        case _:
            return await _about_alerts(desk, contact, command)


async def _about_alerts(
    desk: Desk, contact: Contact, command: Acknowledge | Close | ListAlerts | Reopen
) -> str:
    match command:
        case Acknowledge(number):
            return await acknowledge(desk, contact, number)
        case Close():
            return await close(desk, contact, command)
        case Reopen(number):
            return await reopen(desk, contact, number)
        case ListAlerts():
            await _list(desk, contact)
            return "alerts"
        case _:
            assert_never(command)


async def _steer(desk: Desk, contact: Contact, steer: Steer | None) -> None:
    """Stop, start, or help."""
    language = desk.language_of(contact)
    if steer is Steer.STOP:
        await leave(desk, contact)
        desk.reply(contact, wording.therapist_stopped(language))
    elif steer is Steer.START:
        await desk.tx.addresses.set_state([contact.id], AddressState.ACTIVE)
        desk.reply(contact, wording.therapist_welcome(language, desk.policy.house))
    elif contact.state is AddressState.ACTIVE:
        desk.reply(contact, f"{wording.therapist_help(language)} {sessions_help(language)}")


async def acknowledge(desk: Desk, contact: Contact, number: int, *, pressed: str | None = None) -> str:
    """Acknowledge an alert, as its therapist or one who was told of it; a crisis as often as they look."""
    therapist = _therapist(contact)
    language = desk.language_of(contact)
    done = await answering.acknowledge(desk, number, answering.therapist(therapist))
    alert = await desk.tx.alerts.find(number, known_to=therapist.id)
    if alert is None:
        desk.reply(contact, wording.no_such_alert(language, number))
        return "ack"
    if pressed is not None:
        desk.edit(contact, pressed, "")
    if done and alert.climb_at is not None:
        minutes = round(desk.policy.ladder.seen_holds.total_seconds() / 60)
        text = wording.seen(language, number, alert.client_code, minutes)
    elif done:
        text = wording.acknowledged(language, number, alert.client_code)
    elif alert.closed_at is not None:
        text = wording.closed_before(language, number, alert.client_code, _by(alert))
    else:
        text = wording.acknowledged_before(language, number, alert.client_code)
    desk.reply(contact, text)
    return "ack"


async def reopen(desk: Desk, contact: Contact, number: int) -> str:
    """Open an alert again: what lasts of it is told again with the next check-in."""
    therapist = _therapist(contact)
    language = desk.language_of(contact)
    done = await desk.tx.alerts.reopen(number, therapist.id, desk.now)
    alert = await desk.tx.alerts.find(number, known_to=therapist.id)
    if alert is None:
        desk.reply(contact, wording.no_such_alert(language, number))
    elif not done and alert.closed_at is not None:
        desk.reply(contact, wording.closed_before(language, number, alert.client_code, _by(alert)))
    elif not done:
        desk.reply(contact, wording.not_reopened(language, number, alert.client_code))
    else:
        desk.audit("therapist", "reopened", therapist=therapist, detail=str(number))
        desk.reply(contact, wording.reopened(language, number, alert.client_code))
    return "reopen"


async def close(desk: Desk, contact: Contact, command: Close) -> str:
    """End an alert with what was done, as its own therapist or one who was told of it; once."""
    therapist = _therapist(contact)
    language = desk.language_of(contact)
    number = command.number
    if number is None or not command.done:
        waiting = [one.id for one in await desk.tx.alerts.open_of(therapist.id) if one.crisis_open]
        desk.reply(contact, wording.close_how(language, number or next(iter(waiting), EXAMPLE)))
        return "unclear"
    done = await answering.close(desk, number, answering.therapist(therapist), command.done)
    alert = await desk.tx.alerts.find(number, known_to=therapist.id)
    if alert is None:
        desk.reply(contact, wording.no_such_alert(language, number))
        return "unclear"
    if not done:
        text = wording.closed_before(language, number, alert.client_code, _by(alert))
    else:
        text = wording.closed(language, number, alert.client_code, crisis=alert.climb_at is not None)
    desk.reply(contact, text)
    return "closed"


def _by(alert: Alert) -> str:
    return (alert.closed_by or "").removeprefix("therapist ")


async def _list(desk: Desk, contact: Contact) -> None:
    therapist = _therapist(contact)
    language = desk.language_of(contact)
    lines = [
        wording.open_alert(
            language,
            one.id,
            one.client_code,
            raised=wording.moment(one.raised_at, therapist.zone),
            urgent=one.severity is Severity.URGENT,
            seen=one.acknowledged_at is not None,
        )
        for one in await desk.tx.alerts.open_of(therapist.id)
    ]
    desk.reply(contact, wording.open_alerts(language, lines))


async def leave(desk: Desk, contact: Contact) -> None:
    """Write to a therapist's address no more; operators learn of alerts that now go nowhere."""
    therapist = _therapist(contact)
    await desk.tx.addresses.set_state([contact.id], AddressState.STOPPED)
    withdrawn = await desk.tx.outbox.withdraw_all([contact.id], ("crisis",), desk.now)
    reached = await desk.reaches(therapist.id, but=contact.id)
    if contact.state is AddressState.ACTIVE and not reached:
        desk.alarm(lambda language: wording.therapist_silent(language, therapist.code))
    for number in sorted(withdrawn):  # one that has failed elsewhere has nowhere left to go
        if alert := await desk.tx.alerts.find(number, lock=True):
            await escalation.undelivered(desk, alert)
    if contact.state is not AddressState.ACTIVE:
        return
    desk.audit("therapist", "opted_out", therapist=therapist)
    if reached:
        return
    unseen = [one.id for one in await desk.tx.alerts.open_of(therapist.id) if one.acknowledged_at is None]
    await desk.tx.alerts.hurry(unseen, desk.now)


def _therapist(contact: Contact) -> Therapist:
    if contact.therapist is None:
        msg = "only a therapist's message comes here"
        raise ValueError(msg)
    return contact.therapist
