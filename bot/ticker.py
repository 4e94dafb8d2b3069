"""The clock: APScheduler runs the ticks and holds no state. What is due stands in the database."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.service import escalation, schedules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.service import Service

log = structlog.get_logger(__name__)

ROUNDS = 20
"""How many full transactions one tick makes at most before it gives way to the next."""


class Ticker:
    """Runs what falls due, every few seconds; a tick never overlaps with itself."""

    def __init__(self, service: Service, after: Callable[[], None], seconds: float = 5) -> None:
        """Keep the service; `after` is called when a tick did something (it wakes the outbox)."""
        self._service = service
        self._after = after
        self._seconds = seconds
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self.failures = 0
        """How many ticks in a row have failed."""

    def start(self) -> None:
        """Begin to tick; the loop must be running."""
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=self._seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more; a tick under way goes on to its end."""
        self._scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """Let danger climb first; then open what is due, close what is over, remind of the rest.

        A failure is logged and counted.
        """
        works = (
            self._service.expire_due,
            self._service.start_due,
            self._service.resume_due,
            self._service.remind_due,
        )
        try:
            did = [
                await _all(self._service.escalate_due, escalation.LIMIT),
                *[await _all(work, schedules.LIMIT) for work in works],
            ]
        except Exception:  # the clock must not stop: the next tick tries again
            self.failures += 1
            log.exception("A tick failed.", action="tick", failures=self.failures)
            return
        self.failures = 0
        if any(did):
            self._after()


async def _all(work: Callable[[], Awaitable[int]], limit: int) -> int:
    """Repeat a bounded piece of work while it comes back full, up to a limit."""
    done = 0
    for _ in range(ROUNDS):
        now = await work()
        done += now
        if now < limit:
            break
    return done
