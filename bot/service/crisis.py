"""What follows from danger: help for the writer at once, and an urgent alert at any hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import wording
from bot.plain import storable
from bot.service.desk import ToTherapist
from scoring.rules import Finding, Severity
from storage.records import Client, Contact, Priority

if TYPE_CHECKING:
    from bot.languages import Language
    from bot.service.desk import Desk


async def answer(desk: Desk, contact: Contact, words: str, *, paused: bool = False) -> None:
    """Send the crisis text, and tell whoever can be told.

    Args:
        desk: the transaction's desk.
        contact: who wrote.
        words: what they wrote; the therapist reads it.
        paused: whether a check-in pauses, so that the writer learns how it goes on.
    """
    language = desk.language_of(contact)
    country = contact.client.country if contact.client else desk.policy.country
    told = contact.client is not None and await desk.reaches(contact.client.therapist_id)
    text = wording.crisis(language, desk.policy.house, country, told=told)
    if paused:
        text = f"{text}\n{wording.crisis_pause(language)}"
    desk.help(contact, text)
    if contact.client is not None:
        await _tell_therapist(desk, contact.client, words)
    else:
        desk.alarm(wording.stranger_in_danger)


async def _tell_therapist(desk: Desk, client: Client, words: str) -> None:
    alert = await desk.raise_alert(client, Severity.URGENT, [Finding("crisis", Severity.URGENT)], None)

    def say(language: Language) -> str:
        return wording.crisis_alert(language, alert.id, client.code, storable(words))

    desk.remark(client, words, None, told=True)
    desk.tell(ToTherapist(client.therapist_id, "alert", say, Priority.CRISIS, alert))
