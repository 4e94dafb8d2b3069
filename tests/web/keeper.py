"""An inbox of the simplest kind, for tests of what is handed to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.channels.base import DeliveryReport, Inbound, Wrote


class Keeper:
    """Stands where the inbox stands: keeps what it is given, unless it is told to fail or to wait."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: list[Inbound] = []
        self.reports: list[DeliveryReport] = []
        self.fault: Exception | None = None
        self.asked = asyncio.Event()
        self.may_commit = asyncio.Event()
        self.may_commit.set()

    async def accept(self, arrived: Sequence[Inbound]) -> None:
        """Keep what arrived."""
        await self._commit()
        self.kept.extend(arrived)

    async def report(self, reports: Sequence[DeliveryReport]) -> None:
        """Keep reports."""
        await self._commit()
        self.reports.extend(reports)

    async def _commit(self) -> None:
        self.asked.set()
        await self.may_commit.wait()
        if self.fault is not None:
            raise self.fault

    @property
    def words(self) -> list[str]:
        """What people wrote, as kept."""
        return [each.said.text for each in self.kept if isinstance(each.said, Wrote)]
