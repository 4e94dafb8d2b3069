"""The clock: APScheduler runs the ticks and holds no state. What is due stands in the database."""

from __future__ import annotations

from datetime import UTC
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.health import Health
from bot.service import escalation
from bot.service.desk import LIMIT
from storage.trouble import passing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.service import Service

log = structlog.get_logger(__name__)

ROUNDS = 20
"""How many full transactions one tick makes at most before it gives way to the next."""


class Ticker:
    """Runs what falls due, every few seconds; a tick never overlaps with itself."""

    def __init__(
        self,
        service: Service,
        after: Callable[[], None],
        seconds: float = 5,
        *,
        health: Health | None = None,
    ) -> None:
        """Keep the service; `after` is called when a tick did something (it wakes the outbox)."""
        self._service = service
        self._after = after
        self._seconds = seconds
        self._health = health or Health()
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
        """Let danger climb first; then close what is over, open what is due, remind of the rest.

        A work that fails is logged, and the others go on; a tick in which any failed is counted. Where the
        database is in trouble the rest waits for the next tick: it would wait for it in vain now.
        """
        did, failed, begun = 0, False, monotonic()
        for work, limit in self.works():
            try:
                did += await _all(work, limit)
            except Exception as error:  # the clock must not stop: the next tick tries again
                failed = True
                if self._health.met(error, "ticker") is None:
                    log.exception("A part of a tick failed.", action="tick", work=work.__name__)
                if passing(error):
                    break
        self.failures = self.failures + 1 if failed else 0
        now = None if failed else self._service.clock()
        self._health.metrics.ticked(monotonic() - begun, now)
        if did or failed:  # what failed may have done something first
            self._after()

    def works(self) -> Sequence[tuple[Callable[[], Awaitable[int]], int]]:
        """List what a tick does, in order, each with how much one transaction of it does at most."""
        service = self._service
        works = (
            service.expire_due,
            service.plan_sessions,
            service.start_session_asks,
            service.start_due,
            service.open_put_off,
            service.resume_due,
            service.remind_due,
            service.ask_to_confirm,
        )
        return (
            (service.escalate_due, escalation.LIMIT),
            *((work, LIMIT) for work in works),
            (service.report_missed, LIMIT),
        )


async def _all(work: Callable[[], Awaitable[int]], limit: int) -> int:
    """Repeat a bounded piece of work while it comes back full, up to a limit."""
    done = 0
    for _ in range(ROUNDS):
        now = await work()
        done += now
        if now < limit:
            break
    return done
