"""Messages under way: each in a task of its own, settled in groups as they land.

A slow message holds up nobody: the next is begun beside it. What lands while a group is being written is the
next group.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from storage.trouble import passing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    from bot.sending import Outcome

log = structlog.get_logger(__name__)

_PAUSE: Final = 1.0
"""Seconds between two tries to write how messages fared, while the database is away."""


class Flight:
    """What this process has under way."""

    def __init__(self, settle: Callable[[Sequence[Outcome]], Awaitable[None]]) -> None:
        """Keep what writes how messages fared."""
        self._settle = settle
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._landed: list[Outcome] = []
        self._writing: asyncio.Task[None] | None = None
        self._ending = False

    @property
    def under_way(self) -> Mapping[str, int]:
        """How many are under way, by what they were launched as."""
        return self._under_way

    def launch(self, what: str, attempt: Coroutine[None, None, Outcome]) -> None:
        """Begin one attempt; it counts as `what` until it lands."""
        self._under_way[what] += 1
        task = asyncio.create_task(self._fly(what, attempt))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fly(self, what: str, attempt: Coroutine[None, None, Outcome]) -> None:
        try:
            outcome = await attempt
        finally:
            self._under_way[what] -= 1
        self._landed.append(outcome)  # by now this may be another list than when it was launched
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """Write until nothing has landed that is not written, one group after the other."""
        while self._landed:
            group, self._landed = self._landed, []
            await self._write(group)

    async def _write(self, group: Sequence[Outcome]) -> None:
        """Write how a group fared; what is at fault itself is left alone, and its lease runs out."""
        while True:
            try:
                await self._settle(group)
            except Exception as error:
                if passing(error) and not self._ending:
                    log.warning("The database takes no word of what was sent.", action="settle")
                    await asyncio.sleep(_PAUSE)
                    continue
                if len(group) == 1 or passing(error):
                    log.exception("How messages fared was not kept.", action="settle", count=len(group))
                    return
                for one in group:
                    await self._write([one])
            return

    async def end(self) -> None:
        """Wait until everything has landed and is written."""
        self._ending = True
        while self._tasks or (self._writing is not None and not self._writing.done()):
            await asyncio.wait({*self._tasks, *([self._writing] if self._writing is not None else [])})

    async def abandon(self) -> None:
        """Stop at once: leases run out, and what was under way is asked about."""
        tasks = [*self._tasks, *([self._writing] if self._writing is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
