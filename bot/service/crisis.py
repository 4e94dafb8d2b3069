"""What follows from danger: help for the writer at once, and an urgent alert at any hour."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from bot import timetable, wording
from bot.ladder import Rung, Step
from bot.plain import storable
from bot.safety import Concern
from bot.service.circle import tell
from bot.service.desk import ToTherapist
from bot.service.stand_ins import circle_of
from scoring.rules import Finding, Severity
from storage.records import AddressState, Alert, Client, Contact, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.languages import Language
    from bot.service.desk import Desk
    from bot.service.stand_ins import Circle
    from storage.records import Therapist

KEPT = 5
"""How many of a client's messages of danger an open alert carries; the inbox has them all."""


async def answer(
    desk: Desk, contact: Contact, words: str, *, answers: Sequence[str] = (), paused: bool | None = None
) -> None:
    """Send the crisis text, and tell whoever can be told.

    Args:
        desk: the transaction's desk.
        contact: who wrote.
        words: what they wrote; the therapist reads it.
        answers: their answers that tell of danger, each with its question; the therapist reads these first.
        paused: whether a check-in pauses, so that the writer learns how it goes on; None: the one that is
            open does.
    """
    client = contact.client
    if client is None:
        desk.help(contact, _text(desk, contact, wording.Telling.NOBODY, None))
        desk.alarm(wording.stranger_in_danger)
        return
    held = await desk.tx.check_ins.hold(client.id) if paused is None else paused
    circle = await circle_of(desk, client.therapist_id)
    text = _text(desk, contact, circle.telling, await _plan(desk, client))
    if held:
        text = f"{text}\n{wording.crisis_pause(desk.language_of(contact))}"
    desk.help(contact, text)
    await _raise(desk, client, circle, said=storable(words), answers=answers)


async def of_form(desk: Desk, client: Client, answers: Sequence[str]) -> None:
    """Do the same for a form that was filled in elsewhere: the text goes to where the client can be reached.

    A client without an address gets none, and the alert says so with the answers.
    """
    heard = await desk.tx.addresses.last_heard(client.id)
    contacts = await desk.tx.addresses.of_clients([client.id])
    known = [one for one in contacts if one.state is AddressState.ACTIVE]
    last = next((one for one in known if heard and one.id == heard[0].id), None)
    contact = last or next(iter(known), None)
    if contact is not None and contact.client is not None:
        await answer(desk, contact, "", answers=answers)
        return
    circle = await circle_of(desk, client.therapist_id)
    told = [*answers, wording.no_text_sent(desk.policy.speak_to(client))]
    await _raise(desk, client, circle, said="", answers=told)


async def text_alone(desk: Desk, contact: Contact) -> None:
    """Send the crisis text where all else failed: it promises nobody."""
    desk.help(contact, _text(desk, contact, wording.Telling.NOBODY, None))


async def alarm_alone(desk: Desk, contact: Contact, words: str) -> None:
    """Keep a crisis of which its therapist could not be told, and tell operators: they pass it on."""
    client = contact.client
    if client is None:
        desk.alarm(wording.stranger_in_danger)
        return
    step = Step(Rung.OPERATORS, desk.now)  # the next tick tells whom it can
    before = await desk.tx.alerts.crisis_of(client.id)
    desk.undeliverable(await _kept(desk, before, _standing(desk, client, step, (storable(words),))))


async def once_more(desk: Desk, client_id: int, telling: wording.Telling) -> None:
    """Send the crisis text again to where a client wrote from last; it answers what they wrote there."""
    heard = await desk.tx.addresses.last_heard(client_id)
    if heard is None or heard[0].client is None:
        return
    contact = heard[0]
    desk.help(contact, _text(desk, contact, telling, await _plan(desk, heard[0].client)))


def _text(desk: Desk, contact: Contact, telling: wording.Telling, plan: str | None) -> str:
    country = contact.client.country if contact.client else desk.policy.country
    return wording.crisis(desk.language_of(contact), desk.policy.house, country, telling, plan=plan)


async def _plan(desk: Desk, client: Client) -> str | None:
    return await desk.tx.people.safety_plan(client.id)


async def _raise(
    desk: Desk, client: Client, circle: Circle, *, said: str, answers: Sequence[str] = ()
) -> None:
    """Raise one alert a crisis: while it is open, new danger goes out under its number, with the new words.

    Whoever had seen it has not seen that, so it climbs on from where it stands.
    """
    await desk.tx.people.client(client.code, lock=True)  # of two messages at once only one raises
    before = await desk.tx.alerts.crisis_of(client.id)
    ladder = desk.policy.ladder
    words = tuple(filter(None, (*map(storable, answers), said)))
    if before is None:
        step = ladder.first(circle.reach, desk.now)
    else:
        step = ladder.renewed(Rung(before.rung), circle.reach, desk.now)
    alert = await _kept(desk, before, _standing(desk, client, step, words))
    if said:
        desk.remark(client, said, None, told=True)
    desk.audit("client", "crisis", client=client, detail=f"alert {alert.id}")
    occasion = wording.Occasion.FIRST if before is None else wording.Occasion.MORE
    rung = Rung(alert.rung)
    await tell(desk, alert, circle, to=circle.up_to(rung), occasion=occasion, words=words)
    if not circle.up_to(rung):
        desk.undeliverable(alert)


async def _kept(desk: Desk, before: Alert | None, alert: Alert) -> Alert:
    """Keep a crisis: as a new one, or under the number of the one that is open, behind that one's words."""
    if before is None:
        return await desk.tx.alerts.add(alert)
    renewed = dataclasses.replace(
        alert,
        id=before.id,
        raised_at=before.raised_at,
        therapist_id=before.therapist_id,
        words=(*before.words, *alert.words)[-KEPT:],
    )
    await desk.tx.alerts.save(renewed)
    return renewed


def _standing(desk: Desk, client: Client, step: Step, words: tuple[str, ...]) -> Alert:
    silence = desk.now + desk.policy.ladder.silence_after
    return Alert(
        id=0,
        client_id=client.id,
        client_code=client.code,
        therapist_id=client.therapist_id,
        check_in_id=None,
        severity=Severity.URGENT,
        findings=(Finding("crisis", Severity.URGENT),),
        raised_at=desk.now,
        rung=step.rung or Rung.THERAPIST,
        climb_at=step.at,
        words=words,
        heard_at=desk.now,
        silence_at=timetable.waking(silence, client.zone, desk.policy.quiet),
    )


async def concern(desk: Desk, contact: Contact, words: str, about: Concern) -> bool:
    """Tell the therapist of another danger, at any hour, and the client where to turn where there is a text.

    Returns:
        Whether the writer was answered: they need no other word that it was passed on.

    Nothing pauses and nothing climbs. While nobody has seen an alert of the same danger, new words go out
    under its number. It is for clients and strangers: a therapist may be writing of a client.
    """
    client = contact.client
    if client is None:
        return contact.therapist is None and _turn(desk, contact, wording.Telling.NOBODY, about)
    circle = await circle_of(desk, client.therapist_id)
    answered = _turn(desk, contact, circle.telling, about)
    alert = await _concern_alert(desk, client, Finding("concern", Severity.URGENT, about.value), words)
    desk.remark(client, words, None, told=True)
    readers = (circle.therapist,) if circle.reached else circle.backups
    tell_concern(desk, alert, circle, to=readers, words=(storable(words),))
    if not readers:
        desk.undeliverable(alert)
    return answered


def tell_concern(
    desk: Desk, alert: Alert, circle: Circle, *, to: Iterable[Therapist], words: tuple[str, ...]
) -> None:
    """Send an alert of another danger to therapists."""
    about = Concern(str(alert.findings[0].item))

    def say(language: Language, therapist: str) -> str:
        return wording.concern_alert(
            language, alert.id, alert.client_code, about=about, words=words, therapist=therapist
        )

    for reader in to:
        of_another = "" if reader.id == alert.therapist_id else circle.therapist.code
        told = partial(say, therapist=of_another)
        desk.tell(ToTherapist(reader.id, "alert", told, Priority.CRISIS, alert))


def _turn(desk: Desk, contact: Contact, telling: wording.Telling, about: Concern) -> bool:
    country = contact.client.country if contact.client else desk.policy.country
    text = wording.concern(desk.language_of(contact), desk.policy.house, country, telling, about=about)
    if text is not None:
        desk.help(contact, text)
    return text is not None


async def _concern_alert(desk: Desk, client: Client, finding: Finding, words: str) -> Alert:
    """Give the alert of this danger that nobody has seen yet, with the new words, or a new one."""
    await desk.tx.people.client(client.code, lock=True)
    for alert in await desk.tx.alerts.of_clients([client.id]):
        if finding in alert.findings and alert.acknowledged_at is None and alert.closed_at is None:
            more = dataclasses.replace(alert, words=(*alert.words, words)[-KEPT:])
            await desk.tx.alerts.save(more)
            return more
    return await desk.tx.alerts.add(
        Alert(
            id=0,
            client_id=client.id,
            client_code=client.code,
            therapist_id=client.therapist_id,
            check_in_id=None,
            severity=Severity.URGENT,
            findings=(finding,),
            raised_at=desk.now,
            words=(words,),
        )
    )
