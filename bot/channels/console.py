"""A terminal in place of a network, for `attune demo` and for trying things out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Final, NamedTuple

from bot.channels.base import Address, ChannelError, Message, Receipt

_REMEMBERED = 1000


class _Shown(NamedTuple):
    at: datetime
    address: Address
    message: Message
    receipt: Receipt


class ConsoleChannel:
    """Shows each message to whoever looks on. What is typed is handed to the inbox by the caller."""

    name: Final = "console"
    account: Final = "console"
    edits: Final = False
    pictures: Final = False

    def __init__(self, show: Callable[[Address, Message], None]) -> None:
        """Show messages by calling `show`, buttons and all."""
        self._show = show
        self._ids = count(1)
        self._shown: deque[_Shown] = deque(maxlen=_REMEMBERED)

    async def send(self, address: Address, message: Message) -> Receipt:
        """Show `message`; its id is a running number.

        Raises:
            ChannelError: the terminal is gone.
        """
        try:
            self._show(address, message)
        except OSError as error:
            msg = "the terminal took no message"
            raise ChannelError(msg) from error
        receipt = Receipt(str(next(self._ids)))
        self._shown.append(_Shown(datetime.now(UTC), address, message, receipt))
        return receipt

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:
        """Look through the last thousand messages that were shown."""
        for shown in self._shown:
            if shown.at >= since and (shown.address, shown.message) == (address, message):
                return shown.receipt
        return None

    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
