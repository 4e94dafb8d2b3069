"""A network inside the test: it keeps what is sent, and fails as it is told."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Address, CannotAskError, Channel, ChannelError, Message, Receipt

_MADE = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that reached somebody, under the id that the network gave it."""

    address: Address
    message: Message
    external_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """Raise this instead of giving a receipt, to whomever or only `to` somebody.

    `arrived` says whether the message went out all the same.
    """

    error: Exception
    arrived: bool = False
    to: str | None = None


class MemoryChannel:
    """A channel without a network.

    Attributes:
        sent: what reached people, oldest first; a test may clear it.
        count: how much ever reached people: the number in the latest id.
        faults: what the next calls of `send` raise, first one first.
        always: what every `send` to an address raises.
        asked: the messages that `find` was called with.
        find_faults: what the next calls of `find` raise, first one first.
        tried: the texts that `send` was called with.
        door: closed, it keeps every `send` waiting before anything goes out.
        knocked: set by every `send`.
    """

    def __init__(
        self,
        name: str = "memory",
        *,
        clock: Callable[[], datetime],
        edits: bool = False,
        pictures: bool = False,
        can_be_asked: bool = True,
    ) -> None:
        """Begin with nothing sent."""
        self.name = name
        self.account = f"{name}-account"
        self.edits = edits
        self.pictures = pictures
        self._can_be_asked = can_be_asked
        self._clock = clock
        self.sent: list[Sent] = []
        self.count = 0
        self._made = next(_MADE)
        self.faults: list[Lost] = []
        self.always: dict[Address, ChannelError] = {}
        self.asked: list[Message] = []
        self.find_faults: deque[Exception] = deque()
        self.tried: list[str] = []
        self.door = asyncio.Event()
        self.door.set()
        self.knocked = asyncio.Event()

    async def send(self, address: Address, message: Message) -> Receipt:
        """Keep a message and number it, or fail as told."""
        self.tried.append(message.text)
        self.knocked.set()
        await self.door.wait()
        if error := self.always.get(address):
            raise error
        lost = next((one for one in self.faults if one.to in {None, address}), None)
        if lost is None:
            return self._keep(address, message)
        self.faults.remove(lost)
        if lost.arrived:
            self._keep(address, message)
        raise lost.error

    def _keep(self, address: Address, message: Message) -> Receipt:
        self.count += 1
        external_id = message.replaces or self.id_of(self.count)
        self.sent.append(Sent(address, message, external_id, self._clock()))
        return Receipt(external_id)

    def id_of(self, number: int) -> str:
        """Give the id of the first message, the second …; no two networks of a test run share one."""
        return f"{self.name}-{self._made}-{number}"

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:
        """Look through what reached people, the latest first."""
        if not self._can_be_asked:
            reason = "this network keeps no list"
            raise CannotAskError(reason)
        self.asked.append(message)
        if self.find_faults:
            raise self.find_faults.popleft()
        for one in reversed(self.sent):
            if (one.address, one.message.text) == (address, message.text) and one.at >= since:
                return Receipt(one.external_id)
        return None

    async def close(self) -> None:
        """Do nothing."""

    def texts(self, address: str) -> list[str]:
        """Give what one person received, oldest first."""
        return [one.message.text for one in self.sent if one.address == address]


def _is_a_channel(channel: MemoryChannel) -> Channel:
    """Let mypy hold the two together."""
    return channel
