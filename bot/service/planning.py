"""Which schedules a client has, and when each falls due next."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot import timetable
from bot.service.desk import LIMIT
from bot.timetable import AfterEnrolment, DaysOff, Every, Occurrence
from storage.records import ClientState, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bot.policy import Policy
    from bot.service.desk import Desk
    from bot.timetable import Routine
    from storage.records import Client
    from storage.store import Transaction


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What a client is asked by the calendar.

    Attributes:
        client: whose plan it is.
        kept: their schedules as they are kept, by name, those that have stopped too.
        away: when they or their therapist are away: first and last local day.
    """

    client: Client
    kept: Mapping[str, Schedule]
    away: tuple[tuple[date, date], ...] = ()

    def routines(self, policy: Policy) -> Iterator[Routine]:
        """Give the client's schedules by the calendar, each as it is theirs."""
        for name, routine in self.all(policy).items():
            if not isinstance(routine.when, timetable.SessionRule):
                yield self._theirs(name, routine)

    def routine(self, name: str, policy: Policy) -> Routine | None:
        """Give the client's schedule of that name, as it is theirs; None where none is by the calendar."""
        found = self.all(policy).get(name)
        if found is None or isinstance(found.when, timetable.SessionRule):
            return None
        return self._theirs(name, found)

    def around_sessions(self, policy: Policy) -> Iterator[Routine]:
        """Give the client's schedules around sessions, each as it is theirs."""
        for name, routine in self.all(policy).items():
            if isinstance(routine.when, timetable.SessionRule):
                yield self._theirs(name, routine)

    def all(self, policy: Policy) -> Mapping[str, Routine]:
        """Give the schedules of the config that the client has, by name."""
        usual = policy.usual_for(self.client)
        given = {name: one.given for name, one in self.kept.items()}
        return {
            name: routine
            for name, routine in policy.routines.items()
            if (given.get(name) is None and name in usual) or given.get(name)
        }

    def _theirs(self, name: str, routine: Routine) -> Routine:
        kept = self.kept.get(name)
        if kept is not None:
            when = None if kept.own_when is None else timetable.read_rule(kept.own_when)
            routine = routine.of_client(when, kept.starts_on, kept.ends_on)
        return routine.without(DaysOff(self.away)) if self.away else routine

    def anchor(self, routine: Routine) -> date | None:
        """Give the date from which a rule counts its days; None where it begins with its next occurrence."""
        if isinstance(routine.when, AfterEnrolment):
            agreed = self.client.consented_at
            return None if agreed is None else timetable.day_of(agreed, self.client.zone)
        kept = self.kept.get(routine.name)
        return kept.local_date if kept is not None and kept.active else None

    def next_of(self, routine: Routine, now: datetime) -> Schedule | None:
        """Plan a schedule's next occurrence; None where none comes and none was planned.

        What is due already stays as it is: it is asked, or reported as missed. What is still to come keeps
        its date and wall time where the rule still has them, whatever the zone, unless another now comes
        before it: a time away has ended, or the rule names more times. Else the next one is planned, on a
        later date than the last that fell due.
        """
        zone, kept = self.client.zone, self.kept.get(routine.name)
        rule = routine.rule(zone)
        if kept is not None and kept.active:
            if kept.rule == rule:
                return kept
            if kept.next_due_at <= now:
                return dataclasses.replace(kept, rule=rule)
            pending = pending_of(kept)
            if same := timetable.moved(routine, pending, zone, anchor=self.anchor(routine)):
                first = self._first(routine, kept, now)
                both = [same] if first is None else [same, first]
                return planned(kept, min(both, key=lambda one: one.due_at), rule)
        later_than = None if kept is None else kept.last_date
        anchor = self.anchor(routine) if isinstance(routine.when, AfterEnrolment) else None
        if kept is not None and _same_rhythm(kept, routine):
            anchor = anchor or kept.local_date
        upcoming = timetable.first(routine, now, zone, anchor=anchor, later_than=later_than)
        if upcoming is not None:
            new = Schedule(0, self.client.id, routine.name, rule, upcoming.local_date, upcoming.due_at)
            return planned(kept or new, upcoming, rule)
        return None if kept is None else dataclasses.replace(kept, active=False, rule=rule)

    def _first(self, routine: Routine, kept: Schedule, now: datetime) -> Occurrence | None:
        """Give the first occurrence from now on, of a rule that goes on counting from the last one."""
        anchor = self.anchor(routine) if isinstance(routine.when, AfterEnrolment) else kept.last_date
        return timetable.first(routine, now, self.client.zone, anchor=anchor, later_than=kept.last_date)


def _same_rhythm(kept: Schedule, routine: Routine) -> bool:
    """Tell whether a rule counts the same days: only its time, the zone or the days off have changed."""
    days = routine.times.rpartition(" ")[0] if isinstance(routine.when, Every) else routine.times
    # "every" is how a rule began before rules had a time of day of their own
    return kept.rule.removeprefix("every ").startswith(f"{days} ")


def pending_of(kept: Schedule) -> Occurrence:
    """Give the occurrence that a kept schedule waits for."""
    return Occurrence(kept.local_date, kept.next_due_at, kept.wall)


def planned(
    kept: Schedule, upcoming: Occurrence, rule: str | None = None, *, after: date | None = None
) -> Schedule:
    """Let a schedule wait for an occurrence; `after`: the last date that fell due, where another did."""
    return dataclasses.replace(
        kept,
        rule=kept.rule if rule is None else rule,
        last_date=kept.last_date if after is None else after,
        local_date=upcoming.local_date,
        wall=upcoming.wall,
        next_due_at=upcoming.due_at,
        active=True,
    )


async def plans(tx: Transaction, clients: Sequence[Client]) -> Mapping[int, Plan]:
    """Load the plans of clients, by their ids."""
    ids = [one.id for one in clients]
    kept: dict[int, dict[str, Schedule]] = {one: {} for one in ids}
    for schedule in await tx.schedules.of(ids, stopped=True):
        kept[schedule.client_id][schedule.name] = schedule
    away = await tx.absences.of(ids)
    return {one.id: Plan(one, kept[one.id], away.get(one.id, ())) for one in clients}


async def plan(desk: Desk, clients: Sequence[Client], *, anew: bool = False) -> None:
    """Plan what clients are asked by the calendar.

    Args:
        desk: the transaction's desk.
        clients: those who agreed and are being asked.
        anew: forget what was planned, so that nothing old falls due at once.
    """
    changed = await replanned(desk, clients, anew=anew)
    await desk.tx.schedules.put([after for _, after in changed])


async def replanned(
    desk: Desk, clients: Sequence[Client], *, anew: bool = False
) -> list[tuple[Schedule | None, Schedule]]:
    """Find the schedules that `plan` changes: each as it is kept (None: not at all), and as it is to be."""
    changed: list[tuple[Schedule | None, Schedule]] = []
    for begin in range(0, len(clients), LIMIT):
        for one in (await plans(desk.tx, clients[begin : begin + LIMIT])).values():
            stopped = {name: dataclasses.replace(kept, active=False) for name, kept in one.kept.items()}
            forgotten = {name: dataclasses.replace(kept, rule="") for name, kept in stopped.items()}
            current = dataclasses.replace(one, kept=forgotten) if anew else one
            wanted = {
                routine.name: current.next_of(routine, desk.now) for routine in current.routines(desk.policy)
            }
            after = {**stopped, **{name: new for name, new in wanted.items() if new is not None}}
            changed += [(one.kept.get(name), new) for name, new in after.items() if new != one.kept.get(name)]
    return changed


async def sync(desk: Desk) -> None:
    """Give every client the schedules of the config; one that did not change keeps its next occurrence.

    The transaction holds them all, so that nothing falls due for them meanwhile: what another worker opened
    just before is seen here as opened. Clients are taken some at a time, to hold few in memory at once.
    """
    after = 0
    while ids := await desk.tx.people.asked_after(after, _AT_A_TIME):
        await plan(desk, await desk.tx.people.clients(ids))
        after = ids[-1]


_AT_A_TIME = 500
"""How many clients are planned for together."""


async def asked(tx: Transaction) -> list[Client]:
    """List the clients who agreed and are being asked, or would be but for a break."""
    going = {ClientState.ACTIVE, ClientState.PAUSED}
    return [one for one in await tx.people.clients() if one.state in going]


async def stop(desk: Desk, client: Client) -> None:
    """Let nothing fall due any more for a client."""
    going = await desk.tx.schedules.of([client.id])
    await desk.tx.schedules.put([dataclasses.replace(one, active=False) for one in going])
