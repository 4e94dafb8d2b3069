"""A config beside the one in force, in words: what it would change, and for how many clients."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.changes import changes, snapshot
from bot.office import operators_of
from bot.service import asking, planning
from bot.service.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.service import Service
    from bot.settings import Settings
    from storage.records import CheckIn, Schedule
    from storage.store import Transaction

NOT_YET = "Nothing is in force here yet: attune run puts all of this config in force."
NOTHING = "Nothing would change."

_MOVES = {
    "moves": "the next check-in of {clients} moves",
    "begins": "begins for {clients}",
    "ends": "ends for {clients}",
}
"""What becomes of a client's schedule, and how it is said."""


async def compare(service: Service, settings: Settings) -> list[str]:
    """Say what a config would change in a running Attune, a line at a time; nothing is changed.

    Args:
        service: on the database, with the choices that follow from the config.
        settings: the config.
    """
    async with service.store.reading() as transaction:
        applied = await transaction.applied.latest()
        desk = Desk(transaction, service.policy, service.clock())
        moved = await planning.replanned(desk, await planning.asked(transaction))
        unfinished = await transaction.check_ins.unfinished(lock=False)
        operators = await _operators(transaction, settings)
    gone = [one for one in unfinished if not asking.still_asked(service.policy, one)]
    if applied is None:
        said = [NOT_YET]
    else:
        said = [str(change) for change in changes(applied[0], snapshot(settings))]
    return [*said, *operators, *_moves(moved), *_withdrawn(gone)] or [NOTHING]


async def _operators(transaction: Transaction, settings: Settings) -> list[str]:
    """Say how many operators are new or gone; who they are is nobody else's business."""
    known = {(one.channel, one.address) for one in await transaction.people.addresses_of(operators=True)}
    wanted = set(operators_of(settings))
    counts = {"new": len(wanted - known), "gone": len(known - wanted)}
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    return [f"operators: {', '.join(parts)}"] if parts else []


def _moves(moved: Sequence[tuple[Schedule | None, Schedule]]) -> Iterator[str]:
    """Say for how many clients each schedule begins, moves or ends."""
    found = Counter(
        (after.name, move) for before, after in moved if (move := _move(before, after)) is not None
    )
    for (name, move), count in sorted(found.items()):
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
