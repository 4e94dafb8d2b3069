"""What must be kept of every occurrence: none twice, none early, none lost, each missed one reported."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.timetable import AfterEnrolment, AfterSession, BeforeSession, times
from storage import tables as t
from storage.records import CheckInState, ClientState
from storage.sessions import SessionState
from tests.bot.time.promises import Span
from tests.bot.time.quiet import is_quiet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, time

    from bot.timetable import Routine
    from storage.statements import Row
    from tests.bot.time.stage import Stage

_LIVE = {CheckInState.OPEN, CheckInState.WAITING}
_TAKEN = {*_LIVE, CheckInState.COMPLETE, CheckInState.PARTIAL}

_COUNTED = re.compile(r"kept as missed: (\d+)")


@dataclass(slots=True)
class Ledger:
    """What is remembered of check-ins from one look to the next.

    Attributes:
        stage: the clinic.
        begins: a date before everything.
        states: how each check-in stood at the last look, by id.
        made_by: the rule in force when each was made, as text, by id.
        steady: since which tick nothing was changed for a client, by id.
        floors: the last date that had fallen due by then, by client and schedule.
        alarmed: how many missed check-ins each alarm told of, by its id in the outbox.
        furthest: the latest moment that the clock has shown.
    """

    stage: Stage
    begins: date
    states: dict[int, CheckInState] = field(default_factory=dict)
    made_by: dict[int, str] = field(default_factory=dict)
    steady: dict[int, datetime] = field(default_factory=dict)
    floors: dict[tuple[int, str], date] = field(default_factory=dict)
    alarmed: dict[int, int] = field(default_factory=dict)
    furthest: datetime | None = None

    def unsettled(self, client_id: int | None = None) -> None:
        """Take note that something was changed, for one client or for all: what is promised begins anew."""
        for one in list(self.steady) if client_id is None else [client_id]:
            self.steady.pop(one, None)

    def look(self) -> None:
        """Check what holds at any moment."""
        self.furthest = max(self.furthest or self.stage.now, self.stage.now)
        check_ins = self.stage.rows(sa.select(t.check_ins).order_by(t.check_ins.c.id))
        for one in check_ins:
            self._one(one)
        self._none_twice(check_ins)

    def _one(self, one: Row) -> None:
        """Look at a check-in: it is made, and opened, in its time, and told of if it was missed."""
        before, now = self.states.get(one.id), self.stage.now
        self.states[one.id] = CheckInState(one.state)
        if before is None:
            assert one.due_at <= now, f"check-in {one.id}, due at {one.due_at}, was made at {now}"
            routine = self.stage.service.policy.routines.get(one.origin.partition(":")[2])
            known = routine is not None and one.slot.partition("@")[2] in map(_written, times(routine.when))
            self.made_by[one.id] = routine.when.text if routine is not None and known else ""
        if one.state == CheckInState.OPEN and before is not CheckInState.OPEN and not one.late:
            assert one.due_at <= now, f"check-in {one.id}, due at {one.due_at}, was opened at {now}"

    def _none_twice(self, check_ins: Sequence[Row]) -> None:
        """Hold that nothing is asked twice: by its key, by its day, around its session, or at one time."""
        keys = [(one.client_id, one.origin, one.local_date, one.slot) for one in check_ins]
        assert len(keys) == len(set(keys)), "two check-ins have one key"
        rules: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
        live: defaultdict[tuple[object, ...], int] = defaultdict(int)
        opened: defaultdict[int, int] = defaultdict(int)
        for one in check_ins:
            rules[one.client_id, one.origin, one.local_date, one.measure].add(self.made_by[one.id])
            if one.session_id is not None:
                live[one.session_id, one.measure] += one.state in {*_LIVE, CheckInState.COMPLETE}
            opened[one.client_id] += one.state == CheckInState.OPEN
        for day, by in rules.items():
            assert len(by) == 1, f"{day} was asked by two rules: {by}"
        assert all(count <= 1 for count in live.values()), f"a session is asked about twice: {dict(live)}"
        assert all(count <= 1 for count in opened.values()), f"two are open at once: {dict(opened)}"

    def ticked(self) -> None:
        """Check what holds after a tick: nothing that was promised is lost, and what was missed is told."""
        check_ins = self.stage.rows(sa.select(t.check_ins).order_by(t.check_ins.c.id))
        new = [one for one in check_ins if one.id not in self.states]
        self.look()
        self._told(check_ins, new)
        if self.furthest is None or self.stage.now < self.furthest:
            return  # days that come again after the clock was put back are not asked again
        away = self._away()
        for client in self.stage.rows(sa.select(t.clients).where(t.clients.c.state == ClientState.ACTIVE)):
            theirs = [one for one in check_ins if one.client_id == client.id]
            if (since := self.steady.get(client.id)) is not None:
                self._none_lost(client, theirs, Span(client.zone, self.begins, since, self.stage.now), away)
            else:
                self._settle(client, theirs)
            self.steady[client.id] = self.stage.now

    def _told(self, check_ins: Sequence[Row], new: Sequence[Row]) -> None:
        """Hold that operators were told of everything that was not asked, and of nothing else."""
        assert not any(one.untold for one in check_ins), "something was missed and not told"
        told = self.stage.service.told
        for one in new:
            if one.state == CheckInState.MISSED and one.id not in told:
                alone = one.session_id is not None and self._forbidden(one)
                assert alone, f"check-in {one.id} was missed and not told"
        for row in self.stage.rows(sa.select(t.outbox).where(t.outbox.c.kind == "alarm")):
            if row.id not in self.alarmed:
                body = self.stage.world.store.cipher.open("outbox.body", row.body)
                found = _COUNTED.search(json.loads(body)["text"])
                self.alarmed[row.id] = int(found[1]) if found else 0
        assert sum(self.alarmed.values()) == len(told), "the operators' alarms do not add up"

    def _forbidden(self, one: Row) -> bool:
        """Tell whether quiet hours alone kept a check-in from being asked."""
        (zone,) = self.stage.rows(sa.select(t.clients.c.zone).where(t.clients.c.id == one.client_id))
        return is_quiet(one.due_at, zone.zone, self.stage.service.policy.quiet)

    def _away(self) -> Mapping[int, Sequence[tuple[date, date]]]:
        """Map clients to when they or their therapists are away."""
        found: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
        clients = self.stage.rows(sa.select(t.clients))
        for row in self.stage.rows(sa.select(t.absences)):
            for client in clients:
                if row.client_id == client.id or row.therapist_id == client.therapist_id:
                    found[client.id].append((row.first_day, row.last_day))
        return found

    def _settle(self, client: Row, theirs: Sequence[Row]) -> None:
        """Begin to promise: what has fallen due by now is not asked again on those dates."""
        for name in self.stage.service.policy.routines:
            days = [one.local_date for one in theirs if one.origin == f"schedule:{name}"]
            self.floors.pop((client.id, name), None)
            if days:
                self.floors[client.id, name] = max(days)

    def _none_lost(
        self, client: Row, theirs: Sequence[Row], span: Span, away: Mapping[int, Sequence[tuple[date, date]]]
    ) -> None:
        """Hold that whatever fell due since the last tick is kept, however it stands."""
        kept = {(one.origin, one.local_date, one.slot) for one in theirs}
        self._none_lost_around_sessions(client, theirs, span, away.get(client.id, ()))
        for name, routine in self.stage.service.policy.routines.items():
            if isinstance(routine.when, BeforeSession | AfterSession):
                continue
            floor = self.floors.get((client.id, name))
            off = (*routine.off.ranges, *away.get(client.id, ()))
            for day, wall in span.fallen(routine.when, self._counted_from(client, theirs, routine, floor)):
                if (floor is not None and day <= floor) or _within(day, off):
                    continue
                for measure in routine.measures:
                    slot = f"{measure}@{wall:%H:%M}"
                    assert (f"schedule:{name}", day, slot) in kept, (
                        f"{name} {day} {slot} of {client.code} is lost"
                    )

    def _none_lost_around_sessions(
        self, client: Row, theirs: Sequence[Row], span: Span, off: Sequence[tuple[date, date]]
    ) -> None:
        """Hold the same for what falls due around sessions: asked then, or asked and answered before."""
        planned = sa.and_(t.sessions.c.client_id == client.id, t.sessions.c.state == SessionState.PLANNED)
        for session in self.stage.rows(sa.select(t.sessions).where(planned)):
            for name, routine in self.stage.service.policy.routines.items():
                if not isinstance(routine.when, BeforeSession | AfterSession):
                    continue
                due = span.around(routine.when, session.starts_at, session.ends_at)
                days_off = (*routine.off.ranges, *off)
                if not span.holds(due) or _within(span.day_of(due), days_off):
                    continue
                for measure in routine.measures:
                    kept = [one for one in theirs if (one.session_id, one.measure) == (session.id, measure)]
                    asked = any(one.due_at == due or one.state in _TAKEN for one in kept)
                    assert asked, f"{name} {measure} of session {session.id}, due at {due}, is lost"

    def _counted_from(
        self, client: Row, theirs: Sequence[Row], routine: Routine, floor: date | None
    ) -> date | None:
        """Give the date from which a schedule counts its days, where it is known by what was asked."""
        if isinstance(routine.when, AfterEnrolment):
            agreed: datetime = client.consented_at
            return agreed.astimezone(ZoneInfo(client.zone)).date()
        days = [one.local_date for one in theirs if one.origin == f"schedule:{routine.name}"]
        return max((day for day in days if floor is None or day > floor), default=None)


def _written(wall: time) -> str:
    return f"{wall:%H:%M}"


def _within(day: date, spans: Sequence[tuple[date, date]]) -> bool:
    return any(first <= day <= last for first, last in spans)
