"""What the clock brings to a crisis: its next rung, and the silence after it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot import messages, wording
from bot.ladder import Reach, Rung
from bot.service import crisis
from bot.service.circle import tell, told_of
from bot.service.desk import Desk, ToTherapist
from bot.service.stand_ins import circle_of
from scoring.rules import Severity
from storage.records import Priority
from storage.trouble import passing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.service.stand_ins import Circle
    from storage.records import Alert, Therapist

log = structlog.get_logger(__name__)

OVERDUE = timedelta(hours=1)
"""After which time an alert that does not go out, for whatever reason, is told to operators."""

_AGAIN = timedelta(minutes=1)
"""After which time an alert about which something failed has its next turn."""

LIMIT = 100
"""How many crises one transaction moves."""


async def unknown_backups(desk: Desk) -> tuple[str, ...]:
    """Give the codes of the config's backups that are no therapist's."""
    known = {one.code for one in await desk.tx.people.therapists()}
    return tuple(code for code in desk.policy.backups if code not in known)


async def escalate_due(desk: Desk, looked_at: datetime | None) -> int:
    """Move the crises on whose time has come, and tell of clients who fell silent; returns how many.

    Args:
        desk: the transaction's desk.
        looked_at: when this was done before (aware UTC), None where never. An alert that became due since,
            perhaps because nothing ran, is given until the next time to go out before it counts as overdue.
    """
    again = desk.now + _AGAIN
    due = await desk.tx.alerts.to_climb(desk.now, LIMIT)
    for alert in due:
        await _apart(desk, alert, _climb, failed=dataclasses.replace(alert, climb_at=again))
    if looked_at is not None:
        await _tell_of_overdue(desk, min(desk.now - OVERDUE, looked_at))
    silent = await desk.tx.alerts.fallen_silent(desk.now, LIMIT)
    for alert in silent:
        await _apart(desk, alert, _ask_after, failed=dataclasses.replace(alert, silence_at=again))
    return max(len(due), len(silent))


async def _apart(
    desk: Desk, alert: Alert, work: Callable[[Desk, Alert], Awaitable[None]], *, failed: Alert
) -> None:
    """Do something about an alert; where that fails it stands as `failed` and keeps no other waiting."""
    own = Desk(desk.tx, desk.policy, desk.now)
    try:
        async with desk.tx.apart():
            await work(own, alert)
            await own.flush()
    except Exception as error:
        if passing(error):
            raise
        log.exception("An alert could not be moved on; it is tried again.", action="escalate", alert=alert.id)
        await desk.tx.alerts.save(failed)


async def _tell_of_overdue(desk: Desk, before: datetime) -> None:
    """Tell operators, once, of alerts that should have gone out before a moment and may not have."""
    for number in await desk.tx.outcomes.overdue(before, desk.now, LIMIT):
        if late := await desk.tx.alerts.find(number):
            desk.undeliverable(late)


async def _climb(desk: Desk, alert: Alert) -> None:
    circle = await circle_of(desk, alert.therapist_id)
    step = desk.policy.ladder.climb(Rung(alert.rung), alert.acknowledged_at, desk.now, reach=circle.reach)
    if step.rung is None:
        await desk.tx.alerts.save(dataclasses.replace(alert, climb_at=step.at))
        return
    reminding = alert.rung == Rung.OPERATORS
    after = dataclasses.replace(alert, rung=step.rung, climb_at=step.at)
    await desk.tx.alerts.save(after)
    await tell(
        desk,
        after,
        circle,
        to=circle.up_to(step.rung),
        occasion=wording.Occasion.STILL_OPEN,
        priority=Priority.ALERT if reminding else Priority.CRISIS,
    )
    desk.audit("attune", "climbed", detail=f"alert {alert.id} to {step.rung.name.lower()}")
    if step.rung is Rung.OPERATORS:
        await _alarm(desk, after, circle)
        if not reminding:
            telling = wording.Telling.UNCONFIRMED if circle.up_to(step.rung) else wording.Telling.NOBODY
            await crisis.once_more(desk, alert.client_id, telling)


async def _alarm(desk: Desk, alert: Alert, circle: Circle) -> None:
    """Tell the operators that a crisis is at the end of its ladder."""
    told = await told_of(desk, alert)
    codes = [circle.codes[one] for one in told]
    if codes:
        desk.alarm(partial(wording.alert_unclosed, number=alert.id, told=codes))
    else:
        desk.undeliverable(alert)


async def undelivered(desk: Desk, alert: Alert) -> None:
    """Follow up an alert that a network refused for good, unless another address or a colleague has it.

    It goes to whoever stands in, at once where it is of danger. Where it reached nobody, operators are
    alarmed, and a client in a crisis is told to use the helplines. Who has read an earlier message under its
    number has not read the words of the one that is lost.
    """
    if alert.severity is not Severity.URGENT:
        if not await told_of(desk, alert, lately=True) and not await _stood_in(desk, alert):
            desk.undeliverable(alert)
        return
    if alert.closed_at is not None:
        return
    told = await told_of(desk, alert, lately=True)
    circle = await circle_of(desk, alert.therapist_id)
    tried = {*told, *await desk.tx.alerts.tried(alert.id)}
    fresh = tuple(one for one in circle.backups if one.id not in tried)
    if alert.therapist_id in told:
        if alert.rung == Rung.BACKUP and told == (alert.therapist_id,):
            await desk.tx.alerts.hurry([alert.id], desk.now)
    elif fresh:
        await _to_backups(desk, alert, circle, fresh)
    elif not told:
        await _to_nobody(desk, alert)


async def _stood_in(desk: Desk, alert: Alert) -> bool:
    """Send what its therapist should have read to who stands in, where a backup did not fail before."""
    body = await desk.tx.sent.told_with(alert.id)
    tried = await desk.tx.alerts.tried(alert.id)
    if not body or set(tried) - {alert.therapist_id}:
        return False
    text = messages.unpack(body).text
    return await desk.stand_in(alert, lambda _: text, Priority.ALERT)


async def _to_backups(desk: Desk, alert: Alert, circle: Circle, backups: tuple[Therapist, ...]) -> None:
    """Send an alert that missed its therapist to those who stand in."""
    if alert.climb_at is None:
        crisis.tell_concern(desk, alert, circle, to=backups, words=alert.words)
        return
    rung = Rung(max(alert.rung, Rung.BACKUP))
    step = desk.policy.ladder.renewed(rung, Reach(therapist=False, backups=True), desk.now)
    after = dataclasses.replace(alert, rung=rung, climb_at=step.at)
    await desk.tx.alerts.save(after)
    desk.audit("attune", "climbed", detail=f"alert {alert.id} to backup: undelivered")
    await tell(desk, after, circle, to=backups, occasion=wording.Occasion.STILL_OPEN)


async def _to_nobody(desk: Desk, alert: Alert) -> None:
    """Alarm the operators of an alert that reached nobody; the client hears of it once."""
    desk.undeliverable(alert)
    if alert.climb_at is None or alert.rung >= Rung.OPERATORS:
        return
    climb_at = desk.now + desk.policy.ladder.remind_after
    await desk.tx.alerts.save(dataclasses.replace(alert, rung=Rung.OPERATORS, climb_at=climb_at))
    desk.audit("attune", "climbed", detail=f"alert {alert.id} to operators: undelivered")
    before = await told_of(desk, alert)
    telling = wording.Telling.UNCONFIRMED if before else wording.Telling.NOBODY
    await crisis.once_more(desk, alert.client_id, telling)


async def _ask_after(desk: Desk, alert: Alert) -> None:
    """Tell the therapist where a client has written nothing since the crisis, closed or not; once."""
    heard = await desk.tx.addresses.last_heard(alert.client_id)
    if heard is not None and alert.heard_at is not None and heard[1] > alert.heard_at:
        return
    circle = await circle_of(desk, alert.therapist_id)
    since = alert.heard_at or alert.raised_at
    for reader in (circle.therapist,) if circle.reached else circle.backups:
        when = wording.moment(since, reader.zone)
        say = partial(wording.silent, number=alert.id, code=alert.client_code, when=when)
        desk.tell(ToTherapist(reader.id, "note", say, Priority.ALERT))
