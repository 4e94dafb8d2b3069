"""A network whose memory outlives every process: a file, to which each adds a line for what it took."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from bot.channels.base import Address, CannotAskError, Channel, Message, Receipt


@dataclass(frozen=True, slots=True)
class Took:
    """A message that the network took.

    Attributes:
        number: where it stands in the file; as text, the network's id of it.
        address: to whom.
        text: what it says; "" where an earlier message only loses its buttons.
        choices: what its buttons bring back.
        replaces: the id of the message whose place it took, if any.
        at: when, by the clock of the process.
        process: which process handed it over.
    """

    number: int
    address: str
    text: str
    choices: tuple[str, ...]
    replaces: str | None
    at: datetime
    process: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a process told the network that it has kept; the network does not bring it again."""

    number: int
    external_id: str
    process: int


Line = Took | Acknowledged


class Journal:
    """The file. A line is written by one call of the system, so a killed process leaves a whole one or none.

    Nothing is forced to the disk: it is processes that die here, not the machine.
    """

    def __init__(self, file: Path) -> None:
        """Open the file, for reading from its beginning and for adding at its end."""
        self._file = file
        self._adding = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._read = 0

    def __enter__(self) -> Self:
        """Do nothing: it is open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._adding)

    def took(self, address: str, message: Message, at: datetime) -> int:
        """Keep a message; returns its number."""
        kept: dict[str, object] = {
            "address": address,
            "text": message.text,
            "choices": [one.data for row in message.choices for one in row],
            "replaces": message.replaces,
            "at": at.isoformat(),
        }
        return self._add(kept)

    def acknowledged(self, external_id: str) -> None:
        """Keep that something was acknowledged."""
        self._add({"acknowledged": external_id})

    def _add(self, line: dict[str, object]) -> int:
        """Add a line; two processes never get the same number: the system lets one write after the other."""
        os.write(self._adding, json.dumps({**line, "process": os.getpid()}).encode() + b"\n")
        return os.lseek(self._adding, 0, os.SEEK_CUR)

    def lines(self) -> list[Line]:
        """Read everything so far, oldest first."""
        return list(_lines(self._file.read_bytes(), 0))

    def news(self) -> list[Line]:
        """Read what was added since the last call, oldest first."""
        with self._file.open("rb") as opened:
            opened.seek(self._read)
            added = opened.read()
        whole = added[: added.rfind(b"\n") + 1]
        found = list(_lines(whole, self._read))
        self._read += len(whole)
        return found

    def messages(self) -> list[Took]:
        """Give what was taken so far, oldest first."""
        return [one for one in self.lines() if isinstance(one, Took)]

    def heard(self) -> frozenset[str]:
        """Give the ids of what was acknowledged so far."""
        return frozenset(one.external_id for one in self.lines() if isinstance(one, Acknowledged))


def _lines(written: bytes, start: int) -> Iterator[Line]:
    """Read lines that begin at an offset in the file; a line's number is where it ends."""
    end = start
    for line in written.splitlines(keepends=True):
        end += len(line)
        kept = json.loads(line)
        if "acknowledged" in kept:
            yield Acknowledged(end, kept["acknowledged"], kept["process"])
            continue
        at = datetime.fromisoformat(kept.pop("at"))
        yield Took(number=end, at=at, choices=tuple(kept.pop("choices")), **kept)


class JournalChannel:
    """A channel to that network: one that can be asked what it took, like Twilio, or not, like Telegram."""

    pictures = False

    def __init__(
        self,
        name: str,
        journal: Journal,
        clock: Callable[[], datetime],
        passing: Callable[[str], None] = lambda _place: None,
    ) -> None:
        """Keep what it needs.

        Args:
            name: "telegram", or "sms", which can be asked and edits nothing.
            journal: the network's memory.
            clock: tells the time.
            passing: called with the name of each place at which a process may be killed.
        """
        self.name = name
        self.account = f"{name}-account"
        self.edits = name == "telegram"
        self.journal = journal
        self._clock = clock
        self._passing = passing

    async def send(self, address: Address, message: Message) -> Receipt:
        """Hand a message over: at two places the process may be killed, before it is taken and after."""
        self._passing("before the network took a message")
        number = self.journal.took(address, message, self._clock())
        self._passing(TAKEN)
        return Receipt(message.replaces or str(number))

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:
        """Look through what was taken, the latest first."""
        if self.edits:
            reason = "this network keeps no list"
            raise CannotAskError(reason)
        self._passing("before the network was asked")
        found = [
            one
            for one in self.journal.messages()
            if (one.address, one.text) == (address, message.text) and one.at >= since
        ]
        self._passing("after the network was asked")
        return Receipt(str(found[-1].number)) if found else None

    async def close(self) -> None:
        """Do nothing: the journal is closed by whoever opened it."""


TAKEN = "after the network took a message"
"""Where a killed process leaves a message of which nobody knows whether it went."""


def _is_a_channel(channel: JournalChannel) -> Channel:
    """Let mypy hold the two together."""
    return channel
