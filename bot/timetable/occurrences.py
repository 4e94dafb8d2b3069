"""The times at which a schedule falls due: at most one per local date and wall time."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import dropwhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.timetable.clocks import day_of, exists, moment
from bot.timetable.days_off import DaysOff
from bot.timetable.rules import AfterEnrolment, AfterSession, Away, BeforeSession, Every, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY = timedelta(days=1)
_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Routine:
    """One schedule of the config, or a client's own version of it.

    Attributes:
        name: its key.
        measures: what is asked, in this order.
        when: the rule by which it falls due.
        reminders: how long after it opened an unanswered check-in is reminded of, each time; in order.
        expires_after: how long it stays open.
        late_by: how late it is asked at most, after a time in which nothing was sent; later it is missed.
        answers_late: how long after its end an answer still counts, and is marked late.
        default: whether clients of no programme get it.
        together: whether all questions of a measure are put in one message.
        start: the first local date on which it falls due; None for any.
        end: the last one; None for any.
        off: the days on which it does not.
    """

    name: str
    measures: tuple[str, ...]
    when: Rule
    reminders: tuple[timedelta, ...] = ()
    expires_after: timedelta = timedelta(hours=48)
    late_by: timedelta = timedelta(hours=24)
    answers_late: timedelta = timedelta(hours=24)
    default: bool = True
    together: bool = False
    start: date | None = None
    end: date | None = None
    off: DaysOff = field(default_factory=DaysOff)

    def rule(self, zone: str) -> str:
        """Write when it falls due, so that a change can be seen by comparing."""
        whole = f"{self.when.text} {self.start} {self.end} {self.off.text} {zone}"
        return f"{self.times} {zone} {hashlib.sha256(whole.encode()).hexdigest()[:16]}"

    @property
    def times(self) -> str:
        """The part of the rule that names its times, cut where it is long: what `rule` begins with."""
        return self.when.text[:60]

    def over_at(self, due_at: datetime, session_starts: datetime | None = None) -> datetime:
        """Give when a check-in is over that falls due then; before a session, at its start at the latest."""
        over = due_at + self.expires_after
        if session_starts is not None and isinstance(self.when, BeforeSession):
            return min(over, max(session_starts, due_at))
        return over

    def of_client(self, when: Rule | None, start: date | None, end: date | None) -> Routine:
        """Give a client's own version: another rule, and a narrower time, where they have them."""
        if when is None and start is None and end is None:
            return self
        starts = [one for one in (self.start, start) if one is not None]
        ends = [one for one in (self.end, end) if one is not None]
        return dataclasses.replace(
            self, when=when or self.when, start=max(starts, default=None), end=min(ends, default=None)
        )

    def without(self, off: DaysOff) -> Routine:
        """Give the same without some more days: a client's holidays, or the therapist's."""
        return dataclasses.replace(self, off=self.off | off)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a schedule falls due.

    Attributes:
        local_date: its date on the client's clock; with `wall` it names the occurrence.
        due_at: the moment (aware UTC).
        wall: the wall time that the rule names, also where a clock change skips it.
    """

    local_date: date
    due_at: datetime
    wall: time = time()


@dataclass(frozen=True, slots=True)
class Passed:
    """What became due: what is still asked, what is too late for that, and what comes next, if anything."""

    asked: Occurrence | None
    missed: tuple[Occurrence, ...]
    upcoming: Occurrence | None


def between(
    routine: Routine, days: tuple[date, date], zone: str, *, anchor: date | None = None
) -> Iterator[Occurrence]:
    """Give the occurrences from a local date to another, both included, in order of time.

    Args:
        routine: a schedule with a rule of its own, not one by sessions.
        days: the first date and the last.
        zone: the client's zone.
        anchor: from which date a rule counts its days; the first one where none is given.
    """
    first_day, last_day = days
    # From the day before on: what a gap over midnight brings together belongs to the day before.
    midnight = datetime.combine(first_day - _DAY, time())
    for one in _from(routine, midnight - _A_MINUTE, zone, anchor or first_day):
        if one.local_date > last_day:
            return
        if one.local_date >= first_day:
            yield one


def first(
    routine: Routine, now: datetime, zone: str, *, anchor: date | None = None, later_than: date | None = None
) -> Occurrence | None:
    """Give the first occurrence after `now`, and on a date later than one; None where none comes.

    Without an anchor days are counted from the first date on which the wall time is still to come.
    """
    today = day_of(now, zone)
    start = datetime.combine(today - _DAY, time())
    begins = anchor or _beginning(routine.when, now, zone, later_than)
    for one in _from(routine, start, zone, begins):
        if one.due_at > now and (later_than is None or one.local_date > later_than):
            return one
    return None


def _beginning(rule: Rule, now: datetime, zone: str, later_than: date | None) -> date:
    """Find the date from which to count days."""
    today = day_of(now, zone)
    if not isinstance(rule, Every):
        return today
    soonest = today if moment(today, rule.at, zone) > now else today + _DAY
    return soonest if later_than is None else max(soonest, later_than + _DAY)


def following(
    routine: Routine, last: Occurrence, zone: str, *, anchor: date | None = None
) -> Occurrence | None:
    """Give the occurrence after another; None where none comes."""
    return next(_after(routine, last, zone, anchor), None)


def _after(routine: Routine, last: Occurrence, zone: str, anchor: date | None) -> Iterator[Occurrence]:
    wall = datetime.combine(last.local_date, last.wall)
    coming = _from(routine, wall, zone, anchor or last.local_date)
    return dropwhile(lambda one: one.due_at <= last.due_at, coming)


def moved(
    routine: Routine, pending: Occurrence, zone: str, *, anchor: date | None = None
) -> Occurrence | None:
    """Find the same date and wall time under another zone or rule; None where the rule has no such."""
    day = pending.local_date
    same = between(routine, (day, day), zone, anchor=anchor or day)
    return next((one for one in same if one.wall == pending.wall), None)


@lru_cache(maxsize=4096)
def passed(
    routine: Routine, pending: Occurrence, now: datetime, zone: str, *, anchor: date | None = None
) -> Passed:
    """Part what is due by now: the latest is asked, unless it is later than the schedule allows.

    What fell on a day off that was not known to be one is neither asked nor missed. Where what was pending
    comes from an earlier rule, the present one begins on the next date: no date is asked by both.

    The last answers are kept: at a full hour many clients are asked by one rule in one zone.
    """
    if pending.due_at > now:
        return Passed(None, (), pending)
    due, upcoming = [] if routine.off.holds(pending.local_date) else [pending], None
    for one in _after(routine, pending, zone, anchor):
        if one.local_date == pending.local_date and moved(routine, pending, zone, anchor=anchor) is None:
            continue
        if one.due_at > now:
            upcoming = one
            break
        due.append(one)
    if not due:
        return Passed(None, (), upcoming)
    latest = due.pop()
    if now - latest.due_at > routine.late_by:
        return Passed(None, (*due, latest), upcoming)
    return Passed(latest, tuple(due), upcoming)


def around_session(rule: Rule, starts_at: datetime, ends_at: datetime, zone: str) -> Occurrence | None:
    """Give when a session's check-in falls due; None for a rule that asks by the calendar.

    One that is to come so many days away at a wall time comes a day further away where it would otherwise
    come too late to be before the session, or too early to be after it.
    """
    match rule:
        case BeforeSession(Away(minutes, None)):
            return _when(starts_at - timedelta(minutes=minutes), zone)
        case BeforeSession(Away(_, int() as days, wall)):
            day = day_of(starts_at, zone) - days * _DAY
            due = _at(day, wall, zone)
            return due if due.due_at < starts_at else _at(day - _DAY, wall, zone)
        case AfterSession(Away(minutes, None)):
            return _when(ends_at + timedelta(minutes=minutes), zone)
        case AfterSession(Away(_, int() as days, wall)):
            day = day_of(ends_at, zone) + days * _DAY
            due = _at(day, wall, zone)
            return due if due.due_at >= ends_at else _at(day + _DAY, wall, zone)
        case _:
            return None


def _at(day: date, wall: time, zone: str) -> Occurrence:
    return Occurrence(day, moment(day, wall, zone), wall)


def _when(due: datetime, zone: str) -> Occurrence:
    local = due.astimezone(ZoneInfo(zone))
    return Occurrence(
        local.date(), due.astimezone(UTC), local.time().replace(second=0, microsecond=0, fold=0)
    )


def _from(routine: Routine, after: datetime, zone: str, anchor: date) -> Iterator[Occurrence]:
    """Give what comes after a wall time, in order; two wall times that fall on one moment are one."""
    rule = routine.when
    if isinstance(rule, BeforeSession | AfterSession):
        return
    if routine.start is not None:
        after = max(after, datetime.combine(routine.start, time()) - _A_MINUTE)
        anchor = anchor if isinstance(rule, AfterEnrolment) else max(anchor, routine.start)
    place, latest = ZoneInfo(zone), None
    for wall in rule.walls(after, anchor):
        day = wall.date()
        if routine.end is not None and day > routine.end:
            return
        if routine.off.holds(day):
            continue
        due = moment(day, wall.time(), zone)
        if due != latest and (due.astimezone(place).date() == day or exists(day, zone)):
            latest = due
            yield Occurrence(day, due, wall.time())
