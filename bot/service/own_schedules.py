"""Which schedules one client has, and at which times of their own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import timetable
from bot.service import planning, session_sync
from bot.service.people import PeopleError, known
from bot.timetable import day_of
from storage.records import ClientState, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from bot.service.desk import Desk
    from bot.timetable import Quiet, Routine
    from storage.records import Client


@dataclass(frozen=True, slots=True)
class Own:
    """How a client has a schedule.

    Attributes:
        given: True or False where they have it or not, whatever the config says; None: as it says.
        when: their own times ("weekly thu 18:00"); None for the schedule's.
        starts_on: the first local date; None for any.
        ends_on: the last one; None for any.
    """

    given: bool | None = True
    when: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


async def set_own(desk: Desk, code: str, name: str, own: Own) -> None:
    """Give a client a schedule, take it away, or give them times of their own.

    Raises:
        PeopleError: no such client or schedule, times that can't be read, are quiet or of another kind, or an
            end before the start.
    """
    client = await known(desk, code)
    routine = desk.policy.routines.get(name)
    if routine is None:
        msg = f"there is no schedule {name}; known are {', '.join(sorted(desk.policy.routines)) or 'none'}"
        raise PeopleError(msg)
    if own.starts_on is not None and own.ends_on is not None and own.ends_on < own.starts_on:
        msg = f"--to {own.ends_on} lies before --from {own.starts_on}; exchange them"
        raise PeopleError(msg)
    kept = {one.name: one for one in await desk.tx.schedules.of([client.id], stopped=True)}
    changed = dataclasses.replace(
        kept.get(name) or _unplanned(desk, client, name),
        given=own.given,
        own_when=None if own.when is None else _rule(routine, own.when, desk.policy.quiet),
        starts_on=own.starts_on,
        ends_on=own.ends_on,
    )
    await desk.tx.schedules.put([changed])
    if client.state in {ClientState.ACTIVE, ClientState.PAUSED}:
        await planning.plan(desk, [client])
    await session_sync.sync(desk, [client])
    desk.audit("administrator", "changed", client=client, detail=f"schedule {name} {own}")


def _unplanned(desk: Desk, client: Client, name: str) -> Schedule:
    """Make what is kept of a schedule that a client never had: it falls due once it is planned."""
    today = day_of(desk.now, client.zone)
    return Schedule(0, client.id, name, "", today, desk.now, active=False)


async def upcoming(desk: Desk, client: Client, name: str) -> tuple[Routine | None, datetime | None]:
    """Give a schedule as it is the client's, and when it falls due next.

    The first is None where they don't have it, the second where it is not planned.
    """
    plan = (await planning.plans(desk.tx, [client]))[client.id]
    theirs = (*plan.routines(desk.policy), *plan.around_sessions(desk.policy))
    kept = plan.kept.get(name)
    due = kept.next_due_at if kept is not None and kept.active else None
    return next((one for one in theirs if one.name == name), None), due


def _rule(routine: Routine, when: str, quiet: Quiet) -> Mapping[str, object]:
    """Read times of a client's own: the kind, and the times as the config writes them."""
    kind, _, times = when.strip().partition(" ")
    given: Mapping[str, object] = {kind: times}
    try:
        rule = timetable.read_rule(given)
    except timetable.RuleError as error:
        msg = f'--when "{when}" {error.problem}; write the kind and the times, e.g. "weekly thu 18:00"'
        raise PeopleError(msg) from error
    if isinstance(rule, timetable.SessionRule) != isinstance(routine.when, timetable.SessionRule):
        kinds = (
            "before_session or after_session" if isinstance(routine.when, timetable.SessionRule) else "weekly"
        )
        msg = f"schedule {routine.name} asks otherwise; its times begin with {kinds}"
        raise PeopleError(msg)
    if (at := next((one for one in timetable.times(rule) if quiet.holds(one)), None)) is not None:
        msg = (
            f'--when "{when}": {at:%H:%M} is in the quiet hours ({quiet.start:%H:%M} to {quiet.end:%H:%M}),'
            f" so it would always wait for their end; write a time from {quiet.end:%H:%M} on"
        )
        raise PeopleError(msg)
    return given
