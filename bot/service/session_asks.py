"""What is asked around each session, and what becomes of it when the session changes."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import messages, timetable, wording
from bot.service import planning
from bot.service.opening import open_waiting
from bot.timetable import BeforeSession
from storage.records import CheckInState, ClientState
from storage.sessions import SessionAsk, SessionState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.policy import Policy
    from bot.service.closing import Ended
    from bot.service.desk import Desk
    from bot.service.planning import Plan
    from bot.timetable import Occurrence, Routine
    from storage.records import CheckIn, Client
    from storage.sessions import Session

_LIVE = (CheckInState.OPEN, CheckInState.WAITING)

_AT_ONCE = timedelta(minutes=15)
"""What was asked already is not asked again for a session's new end if that were sooner than this.

This project's own.
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """A session before and after; `before` is None for a new one, and may be the same as `after`."""

    before: Session | None
    after: Session

    @property
    def anew(self) -> bool:
        """Whether it is at another time or planned again: what was asked may count no more."""
        before, after = self.before, self.after
        if before is None or not after.planned:
            return False
        return not before.planned or (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)

    @property
    def off(self) -> bool:
        """Whether it has just ceased to take place."""
        return self.before is not None and self.before.planned and not self.after.planned

    @property
    def unasks(self) -> bool:
        """Whether nobody is to be asked any more if it suits them: it is off, or starts at another time."""
        before = self.before
        if before is None or before.asked_at is None:
            return False
        return self.off or before.starts_at != self.after.starts_at

    def leaves(self, routine: Routine, asked: SessionAsk, new: Occurrence, now: datetime) -> bool:
        """Tell whether what a schedule has asked already still holds, unanswered as it may be.

        It does where it would be asked at the same moment, and is over at the same; and where only the end
        of the session changes, and it would be asked again at once.
        """
        before = self.before
        if before is None or not before.planned:
            return False
        if before.starts_at == self.after.starts_at:
            return new.due_at == asked.due_at or new.due_at <= now + _AT_ONCE
        return new.due_at == asked.due_at and not isinstance(routine.when, BeforeSession)


@dataclass(slots=True)
class _Work:
    """What is to be written for some sessions."""

    asks: list[SessionAsk] = dataclasses.field(default_factory=list)
    dropped: list[SessionAsk] = dataclasses.field(default_factory=list)
    withdrawn: list[CheckIn] = dataclasses.field(default_factory=list)
    sessions: list[Session] = dataclasses.field(default_factory=list)


async def settle(desk: Desk, changed: Sequence[Changed], clients: Mapping[int, Client]) -> None:
    """Write how sessions stand, and bring what is asked around them in line.

    What was asked for another time and is unanswered is withdrawn, and asked anew; what was answered, if
    only in part, stays and is not asked again. Nothing is asked around a session that doesn't take place.

    Args:
        desk: the transaction's desk.
        changed: the sessions, kept already; those that did not change too, where schedules may have.
        clients: whose they are, by id.
    """
    unasked = await _withdraw_confirming(desk, changed)
    changed = [one if one.after.id not in unasked else _never_asked(one) for one in changed]
    touched = {one.after.client_id: clients[one.after.client_id] for one in changed}
    plans = await planning.plans(desk.tx, list(touched.values()))
    asks = await desk.tx.sessions.asks([one.after.id for one in changed])
    check_ins: defaultdict[int, list[CheckIn]] = defaultdict(list)
    for one in await desk.tx.check_ins.of_sessions(
        [each.after.id for each in changed if each.anew or each.off]
    ):
        check_ins[one.session_id or 0].append(one)
    work = _Work()
    for each in changed:
        _one(
            desk,
            each,
            work,
            plan=plans[each.after.client_id],
            kept=asks.get(each.after.id, ()),
            asked=check_ins,
        )
    await desk.tx.sessions.change(work.sessions)
    await desk.tx.sessions.put_asks(work.asks, work.dropped)
    await _withdraw(desk, work.withdrawn, touched)


def _one(
    desk: Desk,
    changed: Changed,
    work: _Work,
    *,
    plan: Plan,
    kept: Sequence[SessionAsk],
    asked: Mapping[int, Sequence[CheckIn]],
) -> None:
    """Decide what is to be written for one session."""
    after, theirs = changed.after, asked.get(changed.after.id, ())
    over = (*_LIVE, CheckInState.EXPIRED) if changed.anew else _LIVE  # a late answer would be to the old time
    stays = set(_left(desk, changed, plan, kept)) if changed.anew else set()
    if changed.anew or changed.off:
        work.withdrawn += [
            one
            for one in theirs
            if one.state in over and not one.marks and (one.measure, one.due_at) not in stays
        ]
    wanted = dict(_wanted(desk, changed, plan, kept=kept, asked=theirs))
    work.asks += [ask for name, ask in wanted.items() if ask not in kept]
    work.dropped += [one for one in kept if not one.done and one.name not in wanted]
    again = any(one.done and one.name in wanted and not wanted[one.name].done for one in kept)
    after = dataclasses.replace(after, revision=after.revision + again)
    if after != changed.before:
        work.sessions.append(after)


def _left(
    desk: Desk, changed: Changed, plan: Plan, kept: Sequence[SessionAsk]
) -> Iterator[tuple[str, datetime]]:
    """Give what was asked around a session and still holds: the measure, and when it fell due."""
    by_name = {one.name: one for one in kept if one.done}
    for routine, occurrence in around(desk.policy, plan, changed.after):
        asked = by_name.get(routine.name)
        if asked is not None and changed.leaves(routine, asked, occurrence, desk.now):
            yield from ((measure, asked.due_at) for measure in routine.measures)


def _wanted(
    desk: Desk, changed: Changed, plan: Plan, *, kept: Sequence[SessionAsk], asked: Sequence[CheckIn]
) -> Iterator[tuple[str, SessionAsk]]:
    """Give what is asked around a session: what has been done already as it is kept."""
    session, by_name = changed.after, {one.name: one for one in kept}
    answered = {one.measure for one in asked if one.marks or one.state is CheckInState.COMPLETE}
    for routine, occurrence in around(desk.policy, plan, session) if session.planned else ():
        new = SessionAsk(session.id, routine.name, occurrence.local_date, occurrence.due_at)
        before = by_name.get(routine.name)
        fresh = changed.before is None or changed.anew
        last = desk.now - routine.late_by if fresh else desk.now
        again = (
            changed.anew
            and before is not None
            and not answered.issuperset(routine.measures)
            and not changed.leaves(routine, before, occurrence, desk.now)
        )
        if before is not None and before.done and not again:
            yield routine.name, before
        elif before is not None and not fresh and before.due_at <= desk.now:
            yield routine.name, before  # due already: it is asked, or reported as missed
        elif new.due_at >= last:
            yield routine.name, new
        elif before is not None and before.done:
            yield routine.name, before


def around(policy: Policy, plan: Plan, session: Session) -> Iterator[tuple[Routine, Occurrence]]:
    """Give the client's schedules around a session that fall due for it, and when each does."""
    for routine in plan.around_sessions(policy):
        found = timetable.around_session(routine.when, session.starts_at, session.ends_at, plan.client.zone)
        if found is None or routine.off.holds(found.local_date):
            continue
        early = routine.start is not None and found.local_date < routine.start
        late = routine.end is not None and found.local_date > routine.end
        if not (early or late):
            yield routine, found


async def _withdraw_confirming(desk: Desk, changed: Sequence[Changed]) -> Collection[int]:
    """Ask no more whether a session suits that does not take place then; returns those sessions' ids."""
    about = {one.after.id: one.before for one in changed if one.unasks and one.before is not None}
    if not about:
        return ()
    gone: dict[int, int] = {}
    for number, body in await desk.tx.outbox.confirming({one.client_id for one in about.values()}):
        for choice in (one for row in messages.unpack(body).choices for one in row):
            press = messages.press(choice.data)
            if isinstance(press, messages.ConfirmPress) and press.session_id in about:
                gone[number] = press.session_id
    await desk.tx.outbox.withdraw(gone, desk.now)
    return frozenset(gone.values())


def _never_asked(changed: Changed) -> Changed:
    return dataclasses.replace(changed, after=dataclasses.replace(changed.after, asked_at=None))


async def _withdraw(desk: Desk, gone: Sequence[CheckIn], clients: Mapping[int, Client]) -> None:
    """Ask no more what was asked for a session as it was; pass on what its client wrote meanwhile."""
    if not gone:
        return
    ids = [one.id for one in gone]
    over = [dataclasses.replace(one, state=CheckInState.WITHDRAWN) for one in gone]
    await desk.tx.check_ins.update(over, desk.now)
    await desk.tx.outbox.withdraw_questions(ids, desk.now)
    await desk.keep_remarks()
    said: defaultdict[int, list[str]] = defaultdict(list)
    for remark in await desk.tx.inbox.untold(ids, desk.now):
        said[remark.client_id].append(remark.text)
    for client_id, words in said.items():
        _pass_on(desk, clients[client_id], tuple(words))


def _pass_on(desk: Desk, client: Client, words: tuple[str, ...]) -> None:
    desk.note(client, "remark", lambda language: wording.remarks(language, client.code, words))


async def go_on(desk: Desk, clients: Mapping[int, Client]) -> None:
    """Ask what waited behind something that is asked no more."""
    await open_waiting(desk, {one.id: one for one in clients.values() if one.state is ClientState.ACTIVE})


def confirm_at(policy: Policy, session: Session, client: Client, now: datetime) -> datetime | None:
    """Find when a client is asked to confirm a session: in waking hours; None where they are not."""
    before = policy.sessions.confirm_before
    if before is None or not session.planned or session.asked_at is not None:
        return None
    wanted = session.starts_at - before
    if wanted <= now:
        return session.confirm_at  # about to be asked, or never
    when = timetable.waking(wanted, client.zone, policy.quiet)
    return when if when < session.starts_at else None


async def not_held(desk: Desk, ended: Sequence[Ended]) -> None:
    """Mark the sessions that clients say did not take place, and ask nothing more about them."""
    said = {
        one.check_in.session_id: one.client
        for one in ended
        if one.state is CheckInState.WITHDRAWN and one.words and one.check_in.session_id is not None
    }
    held = [
        one
        for one in (await desk.tx.sessions.by_id(said) if said else ())
        if one.planned and one.starts_at <= desk.now
    ]
    changed = [Changed(one, dataclasses.replace(one, state=SessionState.NO_SHOW)) for one in held]
    await settle(desk, changed, {one.client_id: said[one.id] for one in held})
    for one in held:
        desk.audit("client", "session_no_show", client=said[one.id], detail=str(one.id))
