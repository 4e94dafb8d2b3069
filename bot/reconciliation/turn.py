"""One turn: what a network's list has and we lack is handed on, as if it had come by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bot.channels.base import DeliveryReport, Inbound, Outcome
from bot.service import reconciling

if TYPE_CHECKING:
    from bot.channels.base import Accept
    from bot.service import Service
    from storage.reconciling import Reconciliation

log = structlog.get_logger(__name__)

_SETTLING: Final = timedelta(minutes=10)
"""What is younger may still be on its way by the webhook."""

_REPORTED_LATE: Final = timedelta(days=3)
"""How long after it was sent a network may come to know what became of a message."""

_LONGEST: Final = (reconciling.LEASE - timedelta(minutes=5)).total_seconds()
"""Seconds that fetching and working on a list may take, so that the lease is never outlived."""

_AT_ONCE: Final = 64
"""How many texts are handed on together."""


class Lister(Protocol):
    """A network that keeps a list of messages."""

    @property
    def name(self) -> str:
        """The channel's name."""
        ...

    @property
    def account(self) -> str:
        """Our side of it."""
        ...

    def received_since(self, when: datetime) -> AsyncIterator[Sequence[Inbound]]:
        """Read what came in at or after a moment, a page at a time."""
        ...

    def statuses(self, since: datetime) -> AsyncIterator[Sequence[DeliveryReport]]:
        """Read what became of what was sent from a moment's day on, a page at a time."""
        ...


@dataclass(frozen=True, slots=True)
class Compared:
    """What a turn found: how many texts that had not come, and how many statuses; `since` when it looked."""

    since: datetime
    texts: int
    statuses: int


async def compare(
    service: Service, lister: Lister, accept: Accept, *, since: datetime | None = None, anyway: bool = False
) -> Compared | None:
    """Compare a network's list with what is here, if that is due (or `anyway`); None where it isn't.

    Args:
        service: whose messages they are.
        lister: the network.
        accept: takes what had not come.
        since: from when on (aware UTC); None for where the last turn ended, with an overlap.
        anyway: whether it is done though it is not due, and with what is only just on its way.

    Raises:
        ChannelError: the network gave no list; it is tried again later.
        DBAPIError: the database is in trouble.
        TimeoutError: it took too long.
    """
    began = service.clock()
    async with service.desk() as desk:
        state = await reconciling.begin(desk, lister.name, lister.account, anyway=anyway)
    if state is None:
        return None
    first = since or reconciling.since(state, began)
    try:
        async with asyncio.timeout(_LONGEST):
            until = began if anyway else began - _SETTLING
            texts = await _hand_on(await _missing(service, lister, (first, until)), accept)
            statuses = await _report(service, lister, min(first, began - _REPORTED_LATE))
    except Exception:
        await _failed(service, state)
        raise
    async with service.desk() as desk:
        await reconciling.finish(desk, state, began, texts, first=since)
    said = "A network's list was compared with what is here."
    log.info(said, action="reconciled", channel=lister.name, texts=texts, statuses=statuses)
    return Compared(first, texts, statuses)


async def _missing(service: Service, lister: Lister, span: tuple[datetime, datetime]) -> list[Inbound]:
    """Fetch what came in during some time and never reached us, the oldest first."""
    first, until = span
    found: list[Inbound] = []
    async for page in lister.received_since(first):
        ids = [one.external_id for one in page]
        async with service.store.reading() as transaction:
            unknown = await transaction.reconciling.unknown(lister.name, lister.account, ids)
        found += [one for one in page if one.external_id in unknown and one.at <= until]
    return sorted(found, key=lambda one: one.at)


async def _hand_on(found: Sequence[Inbound], accept: Accept) -> int:
    for start in range(0, len(found), _AT_ONCE):
        await accept(found[start : start + _AT_ONCE])
    return len(found)


async def _report(service: Service, lister: Lister, since: datetime) -> int:
    """Hand on what became of messages of which we only know that they were taken; returns how many."""
    count = 0
    async for page in lister.statuses(since):
        ended = {one.external_id: one for one in page if one.outcome is not Outcome.SENT}
        async with service.store.reading() as transaction:
            unsettled = await transaction.reconciling.unsettled(lister.account, list(ended))
        if news := [ended[one] for one in sorted(unsettled)]:
            await service.reported(news)
        count += len(unsettled)
    return count


async def _failed(service: Service, state: Reconciliation) -> None:
    """Note that a turn failed; where the database is why, its lease runs out by itself."""
    try:
        async with service.desk() as desk:
            await reconciling.fail(desk, state)
    except Exception:  # the fault that ended the turn is what its caller must hear of
        log.exception("A failed comparison could not be noted.", action="reconcile_failed")
