"""A config beside the one in force, in words: what it would change, and for how many clients."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from bot.changes import changes, snapshot
from bot.office import operators_of
from bot.service import asking, planning
from bot.service.desk import LIMIT, Desk
from bot.timetable import AfterSession, Away, Routine, SessionRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.changes import Snapshot
    from bot.policy import Policy
    from bot.service import Service
    from bot.service.planning import Plan
    from bot.settings import Settings
    from storage.records import CheckIn, Client, Schedule
    from storage.store import Transaction

NOT_YET = (
    "This config names a database in which nothing is in force yet: attune run puts all of it in force there."
    " If database.url was changed: that needs a restart, and until then Attune keeps to the old one."
)
NOTHING = "Nothing would change."

_MOVES = {
    "moves": "the next check-in of {clients} moves",
    "begins": "begins for {clients}",
    "ends": "ends for {clients}",
}
"""What becomes of a client's schedule, and how it is said."""

_AROUND = ("before session ", "after session ")
"""How the rules around sessions begin."""


async def compare(service: Service, settings: Settings) -> list[str]:
    """Say what a config would change in a running Attune, a line at a time; nothing is changed.

    Args:
        service: on the database, with the choices that follow from the config.
        settings: the config.
    """
    async with service.store.reading() as transaction:
        applied = await transaction.applied.latest()
        desk = Desk(transaction, service.policy, service.clock())
        clients = await planning.asked(transaction)
        moved = await planning.replanned(desk, clients)
        around = await _around_sessions(desk, clients, {} if applied is None else applied[0])
        unfinished = await transaction.check_ins.unfinished(lock=False)
        operators = await _operators(transaction, settings)
    gone = [one for one in unfinished if not asking.still_asked(service.policy, one)]
    if applied is None:
        said = [NOT_YET]
    else:
        said = [str(change) for change in changes(applied[0], snapshot(settings))]
    moves = Counter(
        (after.name, move) for before, after in moved if (move := _move(before, after)) is not None
    )
    return [*said, *operators, *_in_words(moves + around), *_withdrawn(gone)] or [NOTHING]


async def _operators(transaction: Transaction, settings: Settings) -> list[str]:
    """Say how many operators are new or gone; who they are is nobody else's business."""
    known = {(one.channel, one.address) for one in await transaction.addresses.of_operators()}
    wanted = set(operators_of(settings))
    counts = {"new": len(wanted - known), "gone": len(known - wanted)}
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    return [f"operators: {', '.join(parts)}"] if parts else []


async def _around_sessions(
    desk: Desk, clients: Sequence[Client], applied: Snapshot
) -> Counter[tuple[str, str]]:
    """Count the clients for whom each schedule around sessions begins or ends: no next date of it is kept."""
    earlier = _earlier(desk.policy, applied)
    found: Counter[tuple[str, str]] = Counter()
    for begin in range(0, len(clients), LIMIT):
        for one in (await planning.plans(desk.tx, clients[begin : begin + LIMIT])).values():
            before, after = (_names_around(one, policy) for policy in (earlier, desk.policy))
            found.update((name, "ends") for name in before - after)
            found.update((name, "begins") for name in after - before)
    return found


def _names_around(plan: Plan, policy: Policy) -> set[str]:
    return {name for name, one in plan.all(policy).items() if isinstance(one.when, SessionRule)}


def _earlier(policy: Policy, applied: Snapshot) -> Policy:
    """Give who had which schedules around sessions by the config in force; how far from them is not told."""
    routines, programmes = {}, {}
    for section, keys in applied.items():
        kind, _, rest = section.partition(" ")
        if kind == "schedules" and str(keys.get("when")).startswith(_AROUND):
            shape = AfterSession(Away())
            routines[rest] = Routine(rest, (), shape, default=bool(keys.get("default", True)))
        elif section.startswith("programmes.") and isinstance(names := keys.get("schedules"), list | tuple):
            programmes[section.removeprefix("programmes.")] = tuple(names)
    return dataclasses.replace(policy, routines=routines, programmes=programmes)


def _in_words(moves: Counter[tuple[str, str]]) -> Iterator[str]:
    """Say for how many clients each schedule begins, moves or ends."""
    for (name, move), count in sorted(moves.items()):
        clients = "1 client" if count == 1 else f"{count} clients"
        yield f"schedules {name}: {_MOVES[move].format(clients=clients)}"


def _move(before: Schedule | None, after: Schedule) -> str | None:
    was = before is not None and before.active
    if was != after.active:
        return "ends" if was else "begins"
    if before is None or not was or before.next_due_at == after.next_due_at:
        return None
    return "moves"


def _withdrawn(gone: Iterable[CheckIn]) -> Iterator[str]:
    """Say how many check-ins would be taken back because their measure is gone, or is another by now."""
    for measure, count in sorted(Counter(one.measure for one in gone).items()):
        check_ins = "1 open check-in" if count == 1 else f"{count} open check-ins"
        yield f"{check_ins} of {measure} would be withdrawn: the measure is gone, or asks something else"
