"""Which of all workers polls Telegram: one at a time, another within seconds once that one is gone.

Telegram gives updates to whoever polls last and refuses the others, so two pollers would only take them from
one another. Nothing is lost by it: what is not confirmed is given to the next.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.waiting import pause
from storage.seat import Seat, Standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)

TRIES_EVERY = 2.0
"""Seconds after which a worker without the seat tries for it again."""

LOOKS_EVERY = 1.0
"""Seconds after which the one that has it looks whether it still has."""

RESTS = 15.0
"""Seconds for which a worker that can't poll leaves the seat to others."""


class Election:
    """One worker's part in it. Without a seat there is one worker alone, and it polls.

    Attributes:
        standing: whether this worker polls, and if not, why.
        elsewhere: set once another worker was seen to poll.
    """

    def __init__(
        self,
        seat: Seat | None,
        listen: Callable[[asyncio.Event, Callable[[], Awaitable[bool]]], Awaitable[None]],
        *,
        last_poll: Callable[[], datetime | None],
        silence: timedelta,
    ) -> None:
        """Prepare.

        Args:
            seat: what the poller holds; None where no other worker can be.
            listen: polls until an event is set, or until what it asks before each poll says no.
            last_poll: tells when a poll was answered last (aware UTC); None before the first.
            silence: after how long without an answer another worker is to try.
        """
        self.standing: Standing = Standing.NEW
        self.elsewhere = asyncio.Event()
        self._seat = seat
        self._listen = listen
        self._last_poll = last_poll
        self._silence = silence

    async def run(self, stop: asyncio.Event) -> None:
        """Poll whenever it is this worker's turn, until `stop`; then the seat is free at once."""
        if self._seat is None:
            self.standing = Standing.HELD
            await self._listen(stop, _always)
            return
        try:
            while not stop.is_set():
                self._now(await self._seat.take())
                rest = TRIES_EVERY
                if self.standing is Standing.HELD:
                    rest = await self._turn(self._seat, stop)
                await pause(rest, stop)
        finally:
            await self._seat.leave()

    def _now(self, standing: Standing) -> None:
        if standing is self.standing:
            return
        self.standing = standing
        match standing:
            case Standing.HELD:
                log.info("This worker polls Telegram.", action="polls")
            case Standing.SHARED:
                log.error(
                    "No session of this database can hold the poller's lock, so this worker does not poll:"
                    " set database.direct_url to the server itself, or telegram.mode to webhook.",
                    action="polls_not",
                )
            case Standing.TAKEN | Standing.AWAY | Standing.NEW:
                if standing is Standing.TAKEN:
                    self.elsewhere.set()
                log.info("This worker does not poll Telegram.", action="polls_not", standing=standing)

    async def _turn(self, seat: Seat, stop: asyncio.Event) -> float:
        """Poll while the seat is this worker's; returns how many seconds to rest before trying again."""
        leaving = asyncio.Event()
        watching = asyncio.create_task(self._watch(seat, stop, leaving))
        try:
            await self._listen(leaving, seat.held)
        finally:
            watching.cancel()
            (silent,) = await asyncio.gather(watching, return_exceptions=True)
            await seat.leave()
        if not stop.is_set():
            self._now(Standing.AWAY)
        return RESTS if silent is True else 0.0

    async def _watch(self, seat: Seat, stop: asyncio.Event, leaving: asyncio.Event) -> bool:
        """Have polling end as soon as the seat is lost, or polls stay unanswered: then True."""
        began = datetime.now(UTC)
        try:
            while not stop.is_set() and await seat.held():
                if datetime.now(UTC) - max(began, self._last_poll() or began) > self._silence:
                    log.warning("Telegram does not answer here; another worker may try.", action="polls_not")
                    return True
                await pause(LOOKS_EVERY, stop)
        finally:
            leaving.set()
        return False


async def _always() -> bool:
    return True
