"""What a text shows beside its answer: another danger than to the writer's life, and thoughts of leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot import wording
from bot.plain import storable
from bot.service import crisis
from bot.service.desk import Desk, ToTherapist
from bot.service.judging import policy_for
from scoring.rules import Finding, Severity
from storage.records import Client, Contact, Priority

if TYPE_CHECKING:
    from bot.languages import Language
    from bot.safety import Signs

ONCE_IN = timedelta(hours=24)
"""How often a therapist is told that the same client thinks of leaving."""


async def notice(desk: Desk, contact: Contact, words: str, signs: Signs) -> bool:
    """Follow up what a text shows that is no crisis; tells whether the therapist was told of leaving."""
    if signs.crisis:
        return False
    if signs.concern is not None:
        await crisis.concern(desk, contact, words, signs.concern)
    client = contact.client
    if not signs.leaving or client is None or client.consented_at is None:
        return False
    return await _leaving(desk, client, words)


async def _leaving(desk: Desk, client: Client, words: str) -> bool:
    """Alert the therapist of a client who writes of stopping, pausing or changing; once a day."""
    rule = "leaving"
    if rule in (await policy_for(desk, client)).off or await desk.tx.alerts.raised(
        client.id, rule, desk.now - ONCE_IN
    ):
        return False
    alert = await desk.raise_alert(client, Severity.SOON, [Finding(rule, Severity.SOON)], None)

    def say(language: Language) -> str:
        told = wording.leaving(language, client.code, storable(words))
        return f"{told} {wording.acknowledge_with(language, alert.id)}"

    desk.remark(client, words, None, told=True)
    desk.tell(ToTherapist(client.therapist_id, "alert", say, Priority.ALERT, alert))
    return True
