"""Durable intake: what arrives is worked on in groups, and whoever brought it waits for the commit.

What arrives while a commit runs is the next group; nothing waits when idle. A group that fails is tried
again one by one, so that one poison message harms nobody else; the poison is kept and operators are told.
A database in trouble is no poison: nothing is kept, nothing acknowledged, and the network brings it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DBAPIError

from bot.crossings import TRIES, came_between
from bot.health import Health
from bot.limits import Limit, Limits, Refusals
from storage.trouble import passing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.channels.base import Inbound
    from bot.service import Service

log = structlog.get_logger(__name__)

GROUP = 64
"""How many messages one transaction takes at most."""

SHARE = 16
"""How many of one person a group takes at most while others wait."""


class FullError(Exception):
    """More waits to be kept than is taken; it must come again."""


class StoppedError(Exception):
    """The process ends, and what waited was not kept; it must come again."""


def _promise() -> asyncio.Future[None]:
    """Make something to wait for; whoever waits may be gone before it fails."""
    promise = asyncio.get_running_loop().create_future()
    promise.add_done_callback(lambda done: done.cancelled() or done.exception())
    return promise


@dataclass(slots=True, eq=False)
class _Waiting:
    """Something that arrived, when by a clock of its own, and whoever waits for it to be kept."""

    inbound: Inbound
    since: float = field(default_factory=monotonic)
    kept: asyncio.Future[None] = field(default_factory=_promise)


class Inbox:
    """Takes what channels bring and hands it to the service in groups."""

    def __init__(
        self,
        service: Service,
        after: Callable[[], None],
        group: int = GROUP,
        *,
        limits: Limits | None = None,
        health: Health | None = None,
    ) -> None:
        """Keep the service; `after` is called when something was kept (it wakes the outbox)."""
        self._service = service
        self._after = after
        self._group = group
        self._limits = limits or Limits()
        self._health = health or Health()
        self._refusals = Refusals(self._health.metrics, monotonic)
        self._queue: deque[_Waiting] = deque()
        self._room = asyncio.Condition()
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many messages wait for their transaction."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether no more is taken for now."""
        return len(self._queue) >= self._limits.waiting

    def oldest(self) -> float:
        """For how many seconds the first of them has waited."""
        return monotonic() - self._queue[0].since if self._queue else 0.0

    async def accept(self, items: Sequence[Inbound]) -> None:
        """Take what arrived; returns once it is kept. Whoever is cancelled here takes nothing with them.

        Raises:
            FullError: too much waits already.
            DBAPIError: the database is in trouble (`storage.trouble`).
            StoppedError: the process ends.

        After any of these nothing of it can be counted on to be kept, so it must come again.
        """
        if not items:
            return
        if self.full:
            self._refusals.note(Limit.QUEUE, len(items))
            raise FullError
        mine = [_Waiting(one) for one in items]
        self._queue.extend(mine)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work_all())
        await asyncio.wait([one.kept for one in mine])
        for one in mine:
            one.kept.result()

    async def accept_in_turn(self, items: Sequence[Inbound]) -> None:
        """Do the same, but wait for room: whoever fetches for themselves fetches no more meanwhile."""
        async with self._room:
            await self._room.wait_for(lambda: not self.full)
        await self.accept(items)

    async def _work_all(self) -> None:
        """Work until nothing waits, one group after the other."""
        group: list[_Waiting] = []
        try:
            while self._queue:
                group = self._next()
                await self._work(group)
                async with self._room:
                    self._room.notify_all()
        finally:  # nothing is left over but where this was cancelled
            _fail([*group, *self._queue], StoppedError())
            self._queue.clear()

    def _next(self) -> list[_Waiting]:
        """Take the next group, in order, of nobody more than their share while others wait behind them."""
        if len(self._queue) <= self._group:
            group = list(self._queue)
            self._queue.clear()
            return group
        group, shares = [], Counter[tuple[str, str]]()
        passed: list[_Waiting] = []
        while self._queue and len(group) < self._group:
            one = self._queue.popleft()
            sender = (one.inbound.channel, one.inbound.address)
            shares[sender] += 1
            (group if shares[sender] <= SHARE else passed).append(one)
        self._queue.extendleft(reversed(passed))
        return group

    async def _work(self, group: list[_Waiting]) -> None:
        begun = monotonic()
        try:
            await self._receive([one.inbound for one in group])
        except Exception as error:  # noqa: BLE001 (a poison message may raise anything)
            await self._after_fault(group, error)
        else:
            self._done(group, begun)

    async def _after_fault(self, group: list[_Waiting], error: Exception) -> None:
        """Leave a group to come again where the database is to blame; else find out which message is.

        Where something kept is damaged, it may be that of one person: nobody else's words wait for that.
        """
        self._health.met(error, "inbox")
        if passing(error):
            self._not_kept(group, error)
        elif len(group) == 1:
            await self._poison(group[0], error)
        else:
            for place, one in enumerate(group):
                await self._work([one])
                fault = _fault(one)
                if fault is not None and passing(fault):
                    self._not_kept(group[place + 1 :], fault)  # they would wait for it in vain too
                    return

    async def _receive(self, batch: Sequence[Inbound]) -> None:
        """Hand a group to the service, again where another transaction came between."""
        for left in reversed(range(TRIES)):
            try:
                await self._service.receive(batch)
            except DBAPIError as error:
                if not left or not came_between(error):
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
            self._health.met(worse, "inbox")
            self._not_kept([one], worse)
        else:
            self._health.metrics.poison()
            self._done([one], monotonic())

    async def _rescue(self, one: _Waiting) -> None:
        """Answer a cry for help in a message that could not be worked on otherwise."""
        try:
            await self._service.rescue(one.inbound)
        except Exception:  # the message must be kept, whatever else fails
            log.exception("A message could not be searched for danger.", action="rescue")

    def _done(self, group: list[_Waiting], begun: float) -> None:
        now = monotonic()
        self._health.well()
        self._health.metrics.arrived(
            (one.inbound.channel for one in group), [now - one.since for one in group], now - begun
        )
        for one in group:
            if not one.kept.done():
                one.kept.set_result(None)
        self._after()

    def _not_kept(self, group: list[_Waiting], error: Exception) -> None:
        self._health.metrics.not_kept(len(group))
        _fail(group, error)


def _fault(one: _Waiting) -> Exception | None:
    """Give what kept a message from being kept, once it was worked on."""
    fault = one.kept.exception() if one.kept.done() and not one.kept.cancelled() else None
    return fault if isinstance(fault, Exception) else None


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for one in group:
        if not one.kept.done():
            one.kept.set_exception(error)
