"""What this process knows of its database from what it tried, so that trouble is told once and waited out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import Metrics
from bot.waiting import either, pause
from storage.trouble import Trouble, trouble

if TYPE_CHECKING:
    from storage.store import Store

log = structlog.get_logger(__name__)

LOOK_AGAIN = 1.0
"""Seconds between two attempts to write while the database takes no writes."""

HELD_UP = 5.0
"""Seconds after which a part that waits for the database tries for itself."""


class Health:
    """Well, or in which trouble the database is.

    The parts that write tell what they met (`met`); what a write that came to pass says is told by `well`.
    A damaged database stays so until somebody has seen to it and starts the process anew.

    Attributes:
        trouble: what is wrong; None where nothing is known to be.
        metrics: where this process counts.
    """

    def __init__(self, metrics: Metrics | None = None) -> None:
        """Begin well."""
        self.metrics = Metrics() if metrics is None else metrics
        self.trouble: Trouble | None = None
        self._is_well = asyncio.Event()
        self._is_well.set()
        self._is_ill = asyncio.Event()

    def met(self, error: BaseException, part: str) -> Trouble | None:
        """Name the trouble that made a transaction of `part` fail; None where the transaction is to blame."""
        found = trouble(error)
        if found is None:
            return None
        self.metrics.database_failed(part, found)
        if self.trouble not in {found, Trouble.DAMAGED}:
            self._change(found)
            log.error("The database is in trouble.", action="database", trouble=found.value, part=part)
        return found

    def well(self) -> None:
        """Say that something was just written."""
        if self.trouble not in {None, Trouble.DAMAGED}:
            log.info("The database takes writes again.", action="database", was=self.trouble)
            self._change(None)

    def _change(self, now: Trouble | None) -> None:
        self.trouble = now
        self.metrics.in_trouble(now)
        (self._is_ill if now is None else self._is_well).clear()
        (self._is_well if now is None else self._is_ill).set()

    async def hold(self, stop: asyncio.Event) -> None:
        """Wait until the database is well again, or `stop`, or for a few seconds: then try for oneself."""
        await either(self._is_well, stop, HELD_UP)

    async def watch(self, store: Store, stop: asyncio.Event) -> None:
        """While there is trouble, try to write until it is over; until `stop`."""
        while not stop.is_set():
            await either(self._is_ill, stop)
            await pause(LOOK_AGAIN, stop)
            if self.trouble not in {None, Trouble.DAMAGED} and not stop.is_set():
                await self._try(store)

    async def _try(self, store: Store) -> None:
        try:
            await store.try_writing(datetime.now(UTC))
        except SQLAlchemyError as error:
            if self.met(error, "ready") is None:
                log.warning("The database can't be tried.", action="database", fault=type(error).__name__)
        else:
            self.well()
