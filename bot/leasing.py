"""Taking what may go now: one transaction, in which the budgets of our senders are one worker's alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot import messages
from bot.hours import may_go
from bot.metrics import Metrics
from bot.pace import UNPACED, Due, book
from bot.service import costs
from bot.service.desk import Desk
from storage.ready import Wanted
from storage.records import Outgoing, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.channels.base import Channel
    from bot.pace import Pace
    from bot.service import Service
    from storage.senders import Sender, SenderKey
    from storage.store import Transaction

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=60)
"""How long a message is one process's; after that its outcome counts as unknown."""

AT_ONCE: Final = 30
"""How many messages one round takes of a channel at most, and beside them as many crisis texts."""

_TIDY: Final = timedelta(seconds=1)
"""How often what other processes left behind, and what is too late, is looked for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A message that this process is to send.

    Attributes:
        outgoing: the message.
        at: when it is its turn (aware UTC).
        takes: the time that it takes of its sender's budget.
    """

    outgoing: Outgoing
    at: datetime
    takes: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Room:
    """How much a process can still take on.

    Attributes:
        sends: messages to send, by channel; a channel that is not named takes `AT_ONCE`.
        asks: messages of unknown outcome to ask about.
    """

    sends: Mapping[str, int] = field(default_factory=dict)
    asks: int = AT_ONCE


@dataclass(frozen=True, slots=True)
class Round:
    """What one transaction took.

    Attributes:
        slots: what is to be sent.
        unsure: what is to be asked about.
        postponed: whether something was put off that will go later.
        more: whether more may wait than a budget, or the size of a round, let go.
    """

    slots: tuple[Slot, ...] = ()
    unsure: tuple[Outgoing, ...] = ()
    postponed: bool = False
    more: bool = False

    @property
    def busy(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.slots or self.unsure or self.postponed)


class Leasing:
    """Leases messages within the budgets, and knows which senders rest."""

    def __init__(
        self,
        service: Service,
        channels: Mapping[str, Channel],
        paces: Mapping[str, Pace],
        metrics: Metrics | None = None,
    ) -> None:
        """Keep what it needs; a channel without a pace sends as fast as it can."""
        self._metrics = metrics or Metrics()
        self._service = service
        self._paces = paces
        self._keys: dict[str, SenderKey] = {name: (name, one.account) for name, one in channels.items()}
        self._rests: dict[str, datetime] = {}
        self._halts: dict[str, datetime] = {}
        self._tidied: datetime | None = None

    def rest(self, channel: str, until: datetime) -> None:
        """Let this process send nothing on a channel until a moment, or until `resume`."""
        self._rests[channel] = until

    def resume(self, channel: str) -> None:
        """Let it send there again."""
        self._rests.pop(channel, None)

    async def halt(self, channel: str, until: datetime) -> None:
        """Let a sender rest until a moment, for all workers."""
        self._halts[channel] = max(until, self._halts.get(channel, until))
        async with self._service.store.transaction() as transaction:
            await transaction.senders.halt(self._keys[channel], until)

    def halted_until(self, channel: str, now: datetime) -> datetime | None:
        """Give until when a sender rests, as far as is known here; None where it does not."""
        until = max((rests[channel] for rests in (self._rests, self._halts) if channel in rests), default=now)
        return until if until > now else None

    async def take(self, now: datetime, room: Room) -> Round:
        """Lease what may go at `now` or is to be asked about; others see what this leaves of the budgets."""
        async with self._service.store.transaction() as transaction:
            senders = await transaction.senders.hold(list(self._keys.values()))
            await self._agree_on_halts(transaction, senders, now)
            await self._tidy(transaction, now)
            awake = [name for name in self._keys if self.halted_until(name, now) is None]
            unsure = await transaction.leases.lease_unknown(awake, now, now + LEASE, room.asks)
            desk = Desk(transaction, self._service.policy, now)
            rounds = [
                await self._of(desk, name, senders[self._keys[name]], room.sends.get(name, AT_ONCE))
                for name in awake
            ]
        return Round(
            tuple(slot for one in rounds for slot in one.slots),
            unsure,
            postponed=any(one.postponed for one in rounds),
            more=any(one.more for one in rounds),
        )

    async def _agree_on_halts(
        self, transaction: Transaction, senders: Mapping[SenderKey, Sender], now: datetime
    ) -> None:
        """Let the longer rest hold: as all know it, or as only this process knows it yet."""
        for name, key in self._keys.items():
            known, here = senders[key].halted_until, self._halts.pop(name, None)
            until = max((one for one in (known, here) if one is not None), default=now)
            if until > now:
                self._halts[name] = until
            if here is not None and here > max(known or now, now):
                await transaction.senders.halt(key, here)
            self._metrics.halted(name, now=name in self._halts)

    async def _tidy(self, transaction: Transaction, now: datetime) -> None:
        """See to what other processes left behind, and to what is too late, unless that was just done."""
        if self._tidied is not None and self._tidied <= now < self._tidied + _TIDY:
            return
        if lost := await transaction.leases.lost_leases(now):
            log.warning("Messages were left by a process that ended.", action="lost_leases", count=lost)
            self._metrics.leases_lost(lost)
        await transaction.outbox.lapse(now)
        await transaction.outbox.adopt()
        self._tidied = now

    async def _of(self, desk: Desk, channel: str, sender: Sender, room: int) -> Round:
        """Lease what may go on one channel."""
        pace = self._paces.get(channel, UNPACED)
        budget = pace.at_most(sender.free_at, desk.now)
        most = max(0, min(room, AT_ONCE, budget))
        slack = pace.chat.slack if pace.chat is not None else timedelta()
        ready = await desk.tx.leases.ready(Wanted(channel, desk.now, most, AT_ONCE, slack))
        quiet = self._service.policy.quiet
        hours = {one.id: may_go(one, one.zone, quiet, desk.now) for one in ready}
        later = {one: when for one, when in hours.items() if when > desk.now}
        await desk.tx.leases.postpone(later)
        later |= await costs.hold_back(desk, [one for one in ready if one.id not in later])
        due = _due(pace, (one for one in ready if one.id not in later))
        booking = book(pace, sender.free_at, due, desk.now)
        going = [one for one in ready if one.id in booking.slots]
        taken = await desk.tx.leases.take(going, desk.now, desk.now + LEASE)
        if taken and pace.gap and booking.free_at is not None:
            await desk.tx.senders.book(self._keys[channel], booking.free_at)
        await desk.tx.senders.book_chats(booking.chats)
        takes = {one.id: one.takes for one in due}
        slots = tuple(Slot(one, booking.slots[one.id], takes[one.id]) for one in taken)
        return Round(slots, postponed=bool(later), more=_more(ready, most) and room > 0)


def _due(pace: Pace, ready: Iterable[Outgoing]) -> Sequence[Due]:
    """Say of what may go what it takes of the budgets."""
    return [
        Due(
            one.id,
            one.address_id,
            pace.takes(one.address, messages.unpack(one.body).text),
            urgent=one.priority is Priority.CRISIS,
            chat_free_at=one.chat_free_at,
        )
        for one in ready
    ]


def _more(ready: Sequence[Outgoing], most: int) -> bool:
    """Tell whether as much was ready as was asked for, so that there may be more."""
    return sum(one.priority is not Priority.CRISIS for one in ready) >= most
