"""A network's own list, compared with what is here: whose turn it is, and how a turn ended."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot import wording
from storage.calendars import Lease

if TYPE_CHECKING:
    from datetime import datetime

    from bot.service.desk import Desk
    from storage.reconciling import Reconciliation

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(days=1)
"""How often a list is compared."""

LEASE: Final = timedelta(minutes=30)
"""How long a worker has an account's list for itself: longer than a turn may take."""

_OVERLAP: Final = timedelta(hours=2)
"""How far back of the last time a turn begins: a list, too, may come by a message late."""

_FURTHEST: Final = timedelta(days=30)
"""How far back a turn looks at most by itself, however long nothing was compared."""

_RETRY: Final = timedelta(minutes=15)
_PATIENCE: Final = timedelta(hours=4)


async def begin(desk: Desk, channel: str, account: str, *, anyway: bool = False) -> Reconciliation | None:
    """Take an account's list for this worker alone, if it is due (or `anyway`) and nobody else has it."""
    lease = Lease(LEASE, EVERY)
    return await desk.tx.reconciling.claim((channel, account), desk.now, lease, anyway=anyway)


def since(state: Reconciliation, now: datetime) -> datetime:
    """Give from when on a list is to be compared."""
    return max(state.through - _OVERLAP, now - _FURTHEST)


async def finish(
    desk: Desk, state: Reconciliation, began: datetime, found: int, *, first: datetime | None = None
) -> None:
    """Note that a list was compared; operators are told of texts that had not come.

    What lies between the last time and `first`, where that is later, is left for the next turn, which is due
    as it was.

    Args:
        desk: the transaction's desk.
        state: how it stood when the turn began.
        began: when that was.
        found: how many texts had not come.
        first: from when on somebody had it compared; None where it was from the last time on.
    """
    if found:
        desk.alarm(partial(wording.found_in_list, count=found))
    if await desk.tx.reconciling.held(state):
        whole = first is None or first <= state.through
        due_at, through = (began + EVERY, began) if whole else (state.due_at, state.through)
        await desk.tx.reconciling.put(
            dataclasses.replace(state, due_at=due_at, through=through, leased_until=None, failures=0)
        )


async def fail(desk: Desk, state: Reconciliation) -> None:
    """Note that a list could not be compared: it is tried again, at ever longer intervals."""
    if not await desk.tx.reconciling.held(state):
        return
    wait = min(_RETRY * 2 ** min(state.failures, 10), _PATIENCE)
    failures = state.failures + 1
    log.warning("A network's list could not be compared.", action="reconcile_failed", failures=failures)
    await desk.tx.reconciling.put(
        dataclasses.replace(state, due_at=desk.now + wait, leased_until=None, failures=failures)
    )
