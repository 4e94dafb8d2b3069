"""Durable intake: what arrives is worked on in groups, and whoever brought it waits for the commit.

What arrives while a commit runs is the next group; nothing waits when idle. A group that fails is tried
again one by one, so that one poison message harms nobody else; the poison is kept and operators are told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.channels.base import Inbound
    from bot.service import Service

log = structlog.get_logger(__name__)

GROUP = 64
"""How many messages one transaction takes at most."""

_GONE = (OperationalError, InterfaceError, NoConnectionError)
"""The database can't be reached, or asks to try again: no fault of any message."""


_TRIES = 3
"""How often a group is worked on where other transactions come between."""

_CROSSED = {"40P01", "40001"}
"""PostgreSQL's words for two transactions that wait for one another, or can't be put in an order."""


def _came_between(error: DBAPIError) -> bool:
    """Tell whether another transaction is to blame: tried again, the same work may well be done."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in _CROSSED


def _promise() -> asyncio.Future[None]:
    """Make something to wait for; whoever waits may be gone before it fails."""
    promise = asyncio.get_running_loop().create_future()
    promise.add_done_callback(lambda done: done.cancelled() or done.exception())
    return promise


@dataclass(slots=True, eq=False)
class _Waiting:
    """Something that arrived, and whoever waits for it to be kept."""

    inbound: Inbound
    kept: asyncio.Future[None] = field(default_factory=_promise)


class Inbox:
    """Takes what channels bring and hands it to the service in groups."""

    def __init__(self, service: Service, after: Callable[[], None], group: int = GROUP) -> None:
        """Keep the service; `after` is called when something was kept (it wakes the outbox)."""
        self._service = service
        self._after = after
        self._group = group
        self._queue: deque[_Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def accept(self, items: Sequence[Inbound]) -> None:
        """Take what arrived; returns once it is kept. Whoever is cancelled here takes nothing with them.

        Raises:
            OperationalError: the database can't be reached; nothing was kept, so it must come again.
        """
        if not items:
            return
        mine = [_Waiting(one) for one in items]
        self._queue.extend(mine)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work_all())
        await asyncio.wait([one.kept for one in mine])
        for one in mine:
            one.kept.result()

    async def _work_all(self) -> None:
        """Work until nothing waits, one group after the other."""
        while self._queue:
            group = [self._queue.popleft() for _ in range(min(self._group, len(self._queue)))]
            try:
                await self._work(group)
            finally:
                _fail(group, asyncio.CancelledError())

    async def _work(self, group: list[_Waiting]) -> None:
        try:
            await self._receive([one.inbound for one in group])
        except _GONE as error:
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 (a poison message may raise anything)
            if len(group) > 1:
                for one in group:
                    await self._work([one])
            else:
                await self._poison(group[0], error)
        else:
            self._done(group)

    async def _receive(self, batch: Sequence[Inbound]) -> None:
        """Hand a group to the service, again where another transaction came between."""
        for left in reversed(range(_TRIES)):
            try:
                await self._service.receive(batch)
            except DBAPIError as error:
                if not left or not _came_between(error):
                    raise
                log.info("A group is tried again.", action="again", fault=type(error.orig).__name__)
            else:
                return

    async def _poison(self, one: _Waiting, error: Exception) -> None:
        log.error(
            "A message could not be worked on and is kept.", action="poison", fault=type(error).__name__
        )
        await self._rescue(one)
        try:
            await self._service.keep_poison(one.inbound, type(error).__name__)
        except Exception as worse:  # noqa: BLE001 (whoever brought it must be told, whatever it was)
            _fail([one], worse)
        else:
            self._done([one])

    async def _rescue(self, one: _Waiting) -> None:
        """Answer a cry for help in a message that could not be worked on otherwise."""
        try:
            await self._service.rescue(one.inbound)
        except Exception:  # the message must be kept, whatever else fails
            log.exception("A message could not be searched for danger.", action="rescue")

    def _done(self, group: list[_Waiting]) -> None:
        for one in group:
            if not one.kept.done():
                one.kept.set_result(None)
        self._after()


def _fail(group: list[_Waiting], error: BaseException) -> None:
    for one in group:
        if not one.kept.done():
            one.kept.set_exception(error)
