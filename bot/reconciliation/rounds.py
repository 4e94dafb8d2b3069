"""The rounds in which lists are compared: APScheduler starts them, and the database says whose turn it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.base import ChannelError
from bot.reconciliation.turn import compare

if TYPE_CHECKING:
    from bot.channels.base import Accept
    from bot.reconciliation.turn import Lister
    from bot.service import Service

log = structlog.get_logger(__name__)


class ReconciliationRounds:
    """Sees every few minutes whether a network's list is due; a round never overlaps with itself."""

    def __init__(self, service: Service, lister: Lister, accept: Accept, *, seconds: float = 300) -> None:
        """Keep what it needs.

        Args:
            service: whose messages they are.
            lister: the network.
            accept: takes what had not come.
            seconds: between two rounds.
        """
        self._service = service
        self._lister = lister
        self._accept = accept
        self._seconds = seconds
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._under_way: asyncio.Task[object] | None = None

    def start(self) -> None:
        """Begin, with a first round at once; the loop must be running."""
        self._scheduler.add_job(
            self.run,
            "interval",
            seconds=self._seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin no more rounds; one under way is broken off, and done anew once its lease is over."""
        under_way = self._under_way
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if under_way is not None:
            under_way.cancel()
            await asyncio.wait([under_way])

    async def run(self) -> None:
        """Compare the list if it is due; a failure is noted, and tried again when it is due again."""
        self._under_way = asyncio.current_task()
        try:
            await compare(self._service, self._lister, self._accept)
        except (ChannelError, TimeoutError) as error:
            log.warning("A network's list did not come.", action="reconcile", fault=type(error).__name__)
        except Exception:  # the rounds must not stop: the next one tries again
            log.exception("A network's list could not be compared.", action="reconcile")
        finally:
            self._under_way = None

    async def readiness(self) -> tuple[str, bool, str]:
        """Tell up to when nothing can be missing, and how often it failed since."""
        try:
            async with self._service.store.reading() as transaction:
                known = await transaction.reconciling.of(self._lister.name, self._lister.account)
        except SQLAlchemyError as error:
            return "reconciliation", False, type(error).__name__
        if known is None:
            return "reconciliation", True, "not yet compared"
        said = f"compared through {known.through:%Y-%m-%dT%H:%MZ}, {known.failures} failures in a row"
        return "reconciliation", known.failures == 0, said
