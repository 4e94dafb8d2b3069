"""Telling those who can be told of a client's danger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot import wording
from bot.ladder import Rung
from bot.service.desk import ToTherapist
from storage.records import Priority, Therapist

if TYPE_CHECKING:
    from bot.languages import Language
    from bot.service.desk import Desk, Say
    from bot.service.stand_ins import Circle
    from bot.wording import Occasion
    from storage.records import Alert


async def told_of(desk: Desk, alert: Alert, *, lately: bool = False) -> tuple[int, ...]:
    """List the therapists to whom an alert went or is to go, by id, in the order of the telling.

    `lately`: when it was sent last.
    """
    told = await desk.tx.alerts.told(alert.id, lately=lately)
    return tuple(dict.fromkeys((*told, *desk.being_told(alert))))


async def tell(
    desk: Desk,
    alert: Alert,
    circle: Circle,
    *,
    to: Iterable[Therapist],
    occasion: Occasion,
    words: tuple[str, ...] | None = None,
    priority: Priority = Priority.CRISIS,
) -> None:
    """Send a crisis to therapists, each reading who else was told.

    Args:
        desk: the transaction's desk.
        alert: the crisis, on the rung where it now stands.
        circle: who can be told.
        to: who is told now.
        occasion: why; who hears of it for the first time, for a colleague, reads it as that.
        words: what they read of what was written; None: everything.
        priority: CRISIS goes out at any hour, ALERT in waking hours.
    """
    before = await told_of(desk, alert)
    readers = tuple(to)
    told = tuple(dict.fromkeys((*before, *(one.id for one in readers))))
    for reader in readers:
        others = wording.Others(
            tuple(circle.codes[one] for one in told if one != reader.id), alert.rung >= Rung.OPERATORS
        )
        new = reader.id not in before and reader.id != alert.therapist_id
        why = wording.Occasion.FOR_A_COLLEAGUE if new else occasion
        shown = alert.words if words is None or new else words
        say = _saying(alert, why, shown, others=others, therapist=circle.therapist.code)
        desk.tell(ToTherapist(reader.id, "alert", say, priority, alert))


def _saying(
    alert: Alert, occasion: Occasion, words: tuple[str, ...], *, others: wording.Others, therapist: str
) -> Say:
    def say(language: Language) -> str:
        return wording.crisis_alert(
            language,
            alert.id,
            alert.client_code,
            words=words,
            occasion=occasion,
            therapist=therapist,
            others=others,
        )

    return say
