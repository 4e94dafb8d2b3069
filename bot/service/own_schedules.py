"""Which schedules one client has, and at which times of their own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import timetable
from bot.service import planning, session_sync
from bot.service.people import PeopleError, known
from bot.service.session_sync import day_of
from storage.records import ClientState, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.service.desk import Desk
    from bot.timetable import Routine
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
        PeopleError: no such client or schedule, times that can't be read or are of another kind, or an end
            before the start.
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
        own_when=None if own.when is None else _rule(routine, own.when),
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


def _rule(routine: Routine, when: str) -> Mapping[str, object]:
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
    return given
