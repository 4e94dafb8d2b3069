"""What the clock brings to a check-in that is open: its reminders, what was put off, and its end."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot import timetable
from bot.service import asking, costs
from bot.service.closing import Ended, close
from bot.service.opening import first_addresses, had_enough
from bot.service.shares import ALL, Share, whose
from bot.service.telling import tell_of_silence
from storage.records import CheckInState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from bot.service.desk import Desk
    from storage.records import CheckIn, Client, Contact

log = structlog.get_logger(__name__)

IN_TOUCH = timedelta(hours=1)
"""How long after an answer a client is not reminded of the next question. This project's own."""

_TWO_DAYS = timedelta(days=2)


async def remind_due(desk: Desk, share: Share = ALL) -> int:
    """Remind of open check-ins whose answer is awaited; returns how many reminders were due.

    In quiet hours, and while the client is answering, a reminder waits. It is left out while a crisis is
    open, where something about the check-in has not gone out yet, or where the client has had enough
    messages today: then the next of the ladder comes.
    """
    due = await desk.tx.reminders.due(desk.now, *share)
    if not due:
        return 0
    known = await _Known.of(desk, due)
    upcoming: dict[int, datetime | None] = {}
    sent: list[int] = []
    for check_in in due:
        waits = known.waits_until(check_in)
        if waits is not None:
            upcoming[check_in.id] = waits if waits < check_in.expires_at else None
            continue
        upcoming[check_in.id] = _next(check_in, desk.now)
        contact = known.contacts.get(check_in.client_id)
        if contact is not None and known.may_be_reminded(check_in):
            language = desk.language_of(contact)
            desk.question(contact, asking.reminding(desk.policy, language, check_in, desk.now))
            sent.append(check_in.id)
    await desk.tx.reminders.put(upcoming)
    await desk.tx.reminders.sent(sent, desk.now)
    return len(due)


@dataclass(frozen=True, slots=True)
class _Known:
    """What decides whether clients are reminded now; by the client's id, or the check-in's."""

    desk: Desk
    clients: Mapping[int, Client]
    contacts: Mapping[int, Contact]
    in_crisis: Collection[int]
    unsent: Collection[int]
    answered_at: Mapping[int, datetime]
    begun: Mapping[int, tuple[datetime, ...]]

    @classmethod
    async def of(cls, desk: Desk, due: Sequence[CheckIn]) -> _Known:
        """Load it for some check-ins."""
        ids, theirs = [one.id for one in due], {one.client_id for one in due}
        return cls(
            desk,
            clients=await whose(desk, theirs),
            contacts=await first_addresses(desk, list(theirs)),
            in_crisis=await desk.tx.alerts.in_crisis(theirs),
            unsent=await desk.tx.outbox.unsent(ids),
            answered_at=await desk.tx.reminders.answered_at(ids),
            begun=await desk.tx.openings.begun(theirs, desk.now - _TWO_DAYS),
        )

    def waits_until(self, check_in: CheckIn) -> datetime | None:
        """Give until when a reminder waits; None where it may go now."""
        now, zone = self.desk.now, self.clients[check_in.client_id].zone
        answered = self.answered_at.get(check_in.id)
        earliest = now if answered is None else max(now, answered + IN_TOUCH)
        when = timetable.waking(earliest, zone, self.desk.policy.quiet)
        return when if when > now else None

    def may_be_reminded(self, check_in: CheckIn) -> bool:
        """Tell whether nothing stands against a reminder at this time of day."""
        client = self.clients[check_in.client_id]
        quietly = check_in.held or client.id in self.in_crisis or check_in.id in self.unsent
        enough = had_enough(self.desk, client, self.begun.get(client.id, ()))
        return not quietly and not enough and check_in.expires_at > self.desk.now


def _next(check_in: CheckIn, now: datetime, *, spare: timedelta | None = None) -> datetime | None:
    """Give when a check-in is reminded of next, by its ladder."""
    if check_in.opened_at is None:
        return None
    steps = [timedelta(minutes=one) for one in check_in.reminders]
    return timetable.next_reminder(
        steps, check_in.opened_at, now, expires_at=check_in.expires_at, spare=spare
    )


async def resume_due(desk: Desk, share: Share = ALL) -> int:
    """Put the questions again that were put off until now; returns how many.

    The question itself reminds: a reminder that would come soon after it is left out.
    """
    due = await desk.tx.reminders.put_off_until(desk.now, *share)
    clients = await whose(desk, {one.client_id for one in due})
    addresses = await first_addresses(desk, list(clients))
    await desk.tx.reminders.put({one.id: _after_resuming(one, desk.now) for one in due})
    for check_in in due:
        contact = addresses.get(check_in.client_id)
        when = timetable.waking(desk.now, clients[check_in.client_id].zone, desk.policy.quiet)
        if contact is not None and when < check_in.expires_at:
            language = desk.language_of(contact)
            desk.question(contact, asking.resuming(desk.policy, language, check_in, when))
    return len(due)


def _after_resuming(check_in: CheckIn, now: datetime) -> datetime | None:
    still = check_in.remind_at
    if still is not None and still > now + timetable.PUT_OFF:
        return still
    return _next(check_in, now, spare=timetable.PUT_OFF)


async def expire_due(desk: Desk, share: Share = ALL) -> int:
    """Close the check-ins whose time is over, keeping what was answered; returns how many."""
    due = await desk.tx.check_ins.to_expire(desk.now, *share)
    if not due:
        return 0
    clients = await whose(desk, {one.client_id for one in due})
    kept = await desk.tx.costs.kept_from([one.id for one in due])
    never = kept | await desk.tx.outbox.never_asked([one.id for one in due])
    closed = [dataclasses.replace(one, state=_ending(one, asked=one.id not in never)) for one in due]
    await desk.tx.check_ins.update(closed, desk.now)
    await desk.tx.outbox.withdraw_questions([one.id for one in closed], desk.now)
    ended = [
        Ended(one, asking.response_of(desk.policy, one), clients[one.client_id], None, one.state)
        for one in closed
    ]
    await close(desk, ended)
    silent = [(one.client, one.check_in) for one in ended if one.state is CheckInState.EXPIRED]
    await tell_of_silence(desk, [(client, one) for client, one in silent if not one.late])
    _note_missed(desk, [one for one in ended if one.state is CheckInState.MISSED])
    await costs.tell_kept_from(desk, len(kept))
    return len(due)


def _note_missed(desk: Desk, missed: Sequence[Ended]) -> None:
    """Keep in the log and the audit trail what was over before it could be asked.

    It is nobody's silence and no time without ticks, so nobody is written to as if it were.
    """
    for one in missed:
        detail = f"{one.check_in.measure} due {one.check_in.due_at:%Y-%m-%dT%H:%MZ}"
        desk.audit("attune", "missed_waiting", client=one.client, check_in_id=one.check_in.id, detail=detail)
    if missed:
        log.warning(
            "Check-ins were over before they could be asked.",
            action="missed_waiting",
            count=len(missed),
            check_in_ids=[one.check_in.id for one in missed],
        )


def _ending(check_in: CheckIn, *, asked: bool) -> CheckInState:
    """Tell how a check-in ends whose time is over; one that was never `asked` is nobody's silence."""
    if check_in.marks:
        return CheckInState.PARTIAL
    if check_in.state is CheckInState.WAITING or not asked:
        return CheckInState.MISSED
    return CheckInState.EXPIRED
