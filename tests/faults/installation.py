"""One process of Attune, put together from its real parts on the network that outlives it."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.channels.base import Address, Inbound, Said
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.service import Service
from bot.ticker import Ticker
from storage import tables as t
from storage.crypto import parse_keyring
from storage.store import Store
from tests.faults.fuse import Fuse
from tests.faults.journal import JournalChannel

if TYPE_CHECKING:
    from bot.policy import Policy
    from tests.faults.walks import Heard

CIPHER = parse_keyring(f"k1 {'A' * 43}=\nindex {'B' * 42}A=\n")

MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""When walks begin: a Monday afternoon, outside of everybody's quiet hours."""

SOON = timedelta(minutes=5)
"""What is to go out within this time, a process waits for; the rest is for another day."""

_IDLE = 5
"""How many seconds in a row something may be overdue."""

_UNSETTLED = (
    sa.select(sa.func.min(t.outbox.c.not_before, type_=t.Utc))
    .where(t.outbox.c.state.in_(["waiting", "unknown"]))
    .where(t.outbox.c.not_before <= sa.bindparam("soon", type_=t.Utc))
)


class Clock:
    """Tells the time that a walk has set; a process that was forked sets it for its parent too."""

    def __init__(self) -> None:
        """Begin on Monday."""
        self._shared = mmap.mmap(-1, 8)
        self.now = MONDAY

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    @property
    def now(self) -> datetime:
        """The time, aware UTC."""
        (seconds,) = struct.unpack("d", self._shared[:8])
        return datetime.fromtimestamp(seconds, UTC)

    @now.setter
    def now(self, moment: datetime) -> None:
        self._shared[:8] = struct.pack("d", moment.timestamp())

    def reach(self, moment: datetime) -> None:
        """Go on to a moment, unless it is over."""
        self.now = max(self.now, moment)


class Installation:
    """The parts of one process.

    Attributes:
        store: its database. It is made once, in the parent, so that no child compiles its statements anew;
            each child connects by itself.
        channel: its only network.
        journal: that network's memory.
        clock: tells the time.
        fuse: counts the places at which it may be killed.
    """

    def __init__(
        self, store: Store, channel: JournalChannel, policy: Policy, *, clock: Clock, fuse: Fuse
    ) -> None:
        """Put them together."""
        self.store = store
        self.channel = channel
        self.journal = channel.journal
        self.clock = clock
        self.fuse = fuse
        self.service = Service(store, policy, clock)
        self.outbox = Outbox(self.service, {channel.name: channel}, clock, chance=lambda: 0.0)
        self.inbox = Inbox(self.service, self.outbox.wake)
        self.ticker = Ticker(self.service, self.outbox.wake)

    async def begin(self) -> None:
        """Do what a process does at its start: one that is alone takes back what the last one was sending."""
        if self.store.engine.dialect.name == "sqlite":
            await self.outbox.reclaim()

    async def hear(self, heard: Sequence[Heard]) -> None:
        """Let the network bring what was not yet acknowledged, acknowledge it, and send what follows."""
        known = self.journal.heard()
        brought = [one for one in heard if one.external_id not in known]
        if brought:
            await self.inbox.accept(
                [self.inbound(one.external_id, one.address, one.said(self)) for one in brought]
            )
            self.fuse.passing("before the network heard that it was kept")
            for one in brought:
                self.journal.acknowledged(one.external_id)
            self.fuse.passing("after the network heard that it was kept")
        await self.send_out()

    async def tick(self) -> None:
        """Do what the clock brings, and send what follows; unlike the ticker, fail where a part fails."""
        for work, _ in self.ticker.works():
            await work()
        await self.send_out()

    async def send_out(self) -> None:
        """Send what may go out now or soon; the clock goes on to where something may.

        What does not go though its time has come is left, to be missed by whoever looks afterwards.
        """
        idle = 0
        while idle < _IDLE and (following := await self._deliver_all()) is not None:
            idle = 0 if following > self.clock.now else idle + 1
            self.clock.reach(max(following, self.clock.now + timedelta(seconds=1)))

    async def _deliver_all(self) -> datetime | None:
        """Send what may go out now, and tell when the next message may."""
        while await self.outbox.deliver():
            pass
        return await self._next()

    async def _next(self) -> datetime | None:
        """Tell when the next message may go, or be asked about, if soon; the test itself asks this."""
        with self.fuse.spared():
            async with self.store.engine.connect() as connection:
                found = await connection.execute(_UNSETTLED, {"soon": self.clock() + SOON})
                following: datetime | None = found.scalar()
                return following

    def inbound(self, external_id: str, address: str, said: Said) -> Inbound:
        """Make something that arrives now, under the network's id for it."""
        over = self.channel
        return Inbound(over.name, over.account, external_id, Address(address), said, self.clock())
