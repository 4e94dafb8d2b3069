"""Sending: lease, send with no transaction open, note the outcome. What may have gone is asked about.

`bot.leasing` takes what may go, `bot.sending` sends it, `bot.flight` has many under way at once.
"""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog

from bot.flight import Flight
from bot.health import Health
from bot.leasing import LEASE, Leasing, Room, Round
from bot.sending import Sending, Unsent
from bot.waiting import either
from storage.records import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.channels.base import Channel
    from bot.pace import Pace
    from bot.sending import Outcome
    from bot.service import Service

__all__ = ["LEASE", "Outbox"]

log = structlog.get_logger(__name__)

UNDER_WAY: Final = 40
"""How many messages one process has under way on a channel at most, crisis texts not counted.

A channel has some 60 connections; what is left of them is for crisis texts and for answers to webhooks.
"""

_EVERY: Final = 0.25
"""Seconds between two rounds while more waits than a budget lets go."""

_APART: Final = 0.05
"""Seconds between two rounds at least: what is queued meanwhile goes together."""

_ASKING: Final = "asking"
_CRISIS: Final = "crisis"


class Outbox:
    """Sends what the service queued, through the channels there are."""

    def __init__(
        self,
        service: Service,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
        *,
        paces: Mapping[str, Pace] | None = None,
        health: Health | None = None,
    ) -> None:
        """Keep what it needs; `chance` gives jitter from 0 to 1, `paces` says how fast a channel may send."""
        self._service = service
        self._channels = channels
        self._clock = clock
        self._health = health or Health()
        self._leasing = Leasing(service, channels, paces or {}, self._health.metrics)
        self._sending = Sending(service, channels, self._leasing, clock=clock, chance=chance)
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that something was queued."""
        self._wake.set()

    def rest(self, channel: str, until: datetime) -> None:
        """Let this process send nothing on a channel until then, or until `resume`."""
        self._leasing.rest(channel, until)

    def resume(self, channel: str) -> None:
        """Let it send on a channel again."""
        self._leasing.resume(channel)
        self.wake()

    async def run(self, stop: asyncio.Event, poll: float = 1.0) -> None:
        """Send until `stop`; looks at least every `poll` seconds, and at once when woken.

        A round does not wait for the one before: a slow message holds up only what goes to the same person.
        """
        flight = Flight(self._settle)
        try:
            while not stop.is_set():
                self._wake.clear()
                more = await self._launch(flight, stop)
                await asyncio.sleep(_APART)
                await either(self._wake, stop, _EVERY if more else poll)
            await flight.end()
        finally:
            await flight.abandon()

    async def _launch(self, flight: Flight, stop: asyncio.Event) -> bool:
        """Begin one round; returns whether the next should follow soon. Waits out a database in trouble."""
        try:
            taken = await self._leasing.take(self._clock(), _room(flight))
        except Exception as error:  # the loop must not die: what was leased comes back by itself
            if self._health.met(error, "outbox") is None:
                log.exception("A round of sending failed.", action="deliver")
            else:
                await self._health.hold(stop)
            return False
        for slot in taken.slots:
            urgent = slot.outgoing.priority is Priority.CRISIS
            flight.launch(_CRISIS if urgent else slot.outgoing.channel, self._sending.send(slot))
        for outgoing in taken.unsure:
            flight.launch(_ASKING, self._sending.ask(outgoing))
        return taken.busy or taken.more

    async def deliver(self) -> bool:
        """Send one round to its end; returns whether there was anything to send."""
        taken = await self._leasing.take(self._clock(), Room())
        outcomes = await self._attempts(taken)
        if outcomes:
            await self._settle(outcomes)
        return taken.busy

    async def _attempts(self, taken: Round) -> Sequence[Outcome]:
        asked = [self._sending.ask(one) for one in taken.unsure]
        return await asyncio.gather(*asked, *(self._sending.send(one) for one in taken.slots))

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write how messages fared; the next in line to the same people may go then."""
        unsent = [(one.outgoing, one.until) for one in outcomes if isinstance(one, Unsent)]
        if unsent:
            async with self._service.store.transaction() as transaction:
                await transaction.leases.give_back(unsent)
        if attempts := [one for one in outcomes if not isinstance(one, Unsent)]:
            await self._service.settle(attempts)
            self._health.metrics.tried(attempts)
        self.wake()

    async def reclaim(self) -> None:
        """Take back at once what an earlier process left leased: only where no other process can send."""
        async with self._service.store.transaction() as transaction:
            await transaction.leases.reclaim(self._clock())


def _room(flight: Flight) -> Room:
    """Tell what else may be begun beside what is under way."""
    under_way = flight.under_way
    sends = {name: max(0, UNDER_WAY - count) for name, count in under_way.items() if name != _ASKING}
    return Room(sends, max(0, UNDER_WAY - under_way.get(_ASKING, 0)))
