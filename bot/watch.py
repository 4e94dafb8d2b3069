"""What a process says of itself: whether it can do its work (/readyz), and in numbers (/metrics)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from bot.health import Health
from bot.limits import Limit, Limits, Refusals
from bot.service.flooding import Floods
from bot.web.gate import Gate
from storage.records import Priority

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from bot.channels.base import DeliveryReport
    from bot.inbox import Inbox
    from bot.service import Service
    from bot.settings import LimitSettings
    from bot.web.app import Readiness
    from storage.depths import Depths

LATE = timedelta(minutes=5)
"""What somebody waits for and could have gone out this long ago says that sending is stuck."""

_AWAITED = (Priority.CRISIS, Priority.ALERT, Priority.REPLY)
"""What somebody waits for; questions that all fall due at one hour may take longer."""

APART = timedelta(seconds=10)
"""So far two clocks may differ: what one worker leases for a minute is nobody else's for long enough."""

SOON = 5.0
"""Seconds within which a database answers that is to be relied on."""

Part = tuple[str, bool, str]
"""A part of the process: its name, whether it is well, and what there is to say."""


def limits_of(settings: LimitSettings) -> Limits:
    """Turn settings into what is too much."""
    return Limits(
        waiting=settings.messages_waiting,
        requests=settings.requests_at_once,
        forgeries=settings.forgeries_a_minute,
        texts=settings.texts_a_minute,
    )


class Watch:
    """What one process knows of its own state. There is one, and its parts share it.

    Attributes:
        limits: what is too much.
        health: how the database is, and where everything is counted.
        gate: lets webhook requests in.
    """

    def __init__(self, service: Service, limits: Limits, channels: Collection[str]) -> None:
        """Begin well; the service learns how much of one person is answered. `channels` are served here."""
        self.limits = limits
        self._channels = channels
        self.health = Health()
        metrics, clock = self.health.metrics, asyncio.get_running_loop().time
        self.gate = Gate(limits, metrics, clock)
        self._service = service
        refusals = Refusals(metrics, clock)
        service.floods = Floods(limits.texts, lambda many: refusals.note(Limit.SENDER, many))

    async def run(self, stop: asyncio.Event) -> None:
        """Find out when a database in trouble takes writes again; until `stop`."""
        await self.health.watch(self._service.store, stop)

    async def reported(self, reports: Sequence[DeliveryReport]) -> None:
        """Keep delivery reports; a database that takes none is noted."""
        try:
            await self._service.reported(reports)
            self.health.metrics.reported(reports)
        except SQLAlchemyError as error:
            self.health.met(error, "reports")
            raise

    async def parts(self, inbox: Inbox) -> list[Part]:
        """Tell how the database, the inbox and the outbox are."""
        found = await self._depths()
        state = self.health.trouble or ("answers" if found else f"no answer within {SOON:.0f} s")
        waits = f"{inbox.waiting} wait to be kept, the first for {inbox.oldest():.0f} s"
        known: list[Part] = [
            ("database", found is not None and self.health.trouble is None, state),
            ("inbox", not inbox.full, waits),
        ]
        if found is not None:
            lines = found.waiting
            age = max((line.oldest for one, line in lines.items() if one in _AWAITED), default=timedelta())
            many = sum(line.many for line in lines.values())
            said = f"what is awaited waits {age.total_seconds():.0f} s, {many} wait in all"
            if found.stranded:
                said += f", {found.stranded} for a network that is not configured here"
            known.append(("outbox", age <= LATE, said))
            if found.clock is not None:
                ahead = self._ahead(found.clock)
                said = f"{ahead.total_seconds():+.1f} s beside the database's"
                known.append(("clock", abs(ahead) <= APART, said))
        return known

    async def numbers(
        self,
        inbox: Inbox,
        readiness: Callable[[], Awaitable[Readiness]],
        *,
        last_poll: datetime | None,
        listed: tuple[str, str] | None,
    ) -> bytes:
        """Write every number as of now.

        Args:
            inbox: of this process.
            readiness: whether it can do its work.
            last_poll: when Telegram last answered a poll of this process (aware UTC).
            listed: the channel and account whose list is compared with what is kept.
        """
        metrics = self.health.metrics
        metrics.waits(inbox.waiting, inbox.oldest())
        metrics.polled(last_poll)
        found = await self._depths(listed)
        metrics.show(found, ready=(await readiness()).ready)
        metrics.clock(self._ahead(found.clock) if found and found.clock else None)
        return metrics.text()

    def _ahead(self, clock: datetime) -> timedelta:
        """Tell how far our clock is ahead of the database's, which was just asked."""
        return self._service.clock() - clock

    async def _depths(self, listed: tuple[str, str] | None = None) -> Depths | None:
        """Count what is on its way out; None where the database does not answer soon."""
        try:
            async with asyncio.timeout(SOON), self._service.store.reading() as transaction:
                compared = None if listed is None else await transaction.reconciling.of(*listed)
                self.health.metrics.reconciled(None if compared is None else compared.through)
                return await transaction.depths(self._service.clock(), self._channels)
        except SQLAlchemyError as error:
            self.health.met(error, "ready")
        except TimeoutError:
            return None
        return None
