"""A network without wires: it takes every message at once and hands it to whoever looks on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from bot.channels.base import Address, CannotAskError, Message, Receipt


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was sent: its reader's address, its text, and the id that it was given."""

    address: Address
    text: str
    external_id: str


class SimulatedChannel:
    """A channel in memory, as plain as SMS: no buttons, no edits, no pictures. Sending never fails."""

    name: Final = "simulated"
    account: Final = "simulation"
    edits: Final = False
    pictures: Final = False

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._ids = count(1)
        self._taken: list[Taken] = []

    async def send(self, address: Address, message: Message) -> Receipt:
        """Take a message; its id is a running number."""
        receipt = Receipt(f"out-{next(self._ids)}")
        self._taken.append(Taken(address, message.text, receipt.external_id))
        return receipt

    def collect(self) -> list[Taken]:
        """Give what was sent since the last time, oldest first."""
        taken, self._taken = self._taken, []
        return taken

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:  # noqa: ARG002 (a channel is asked so)
        """Say that this network keeps no list: no message of it is ever in doubt.

        Raises:
            CannotAskError: always.
        """
        reason = "a simulated network keeps no list"
        raise CannotAskError(reason)

    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
