"""What every channel offers, and the values that pass between a network and the rest.

A channel knows its network and nothing of check-ins. What it raises names the caller's next move,
not what the vendor called the fault.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

Address = NewType("Address", str)
"""Where a person is reached on one network: a Telegram chat id, "+15550100", "whatsapp:+15550100"."""

TEXT_LIMIT = 4096
"""Characters a text may have on the way in or out.

Source: core.telegram.org/bots/api#sendmessage.
"""

DATA_LIMIT = 64
"""Bytes that a button may carry. Source: core.telegram.org/bots/api#inlinekeyboardbutton."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it shows, and what its press brings back (ASCII, at most 64 bytes)."""

    label: str
    data: str

    def __post_init__(self) -> None:
        """Refuse data that a network would cut."""
        if not self.data.isascii() or not 1 <= len(self.data) <= DATA_LIMIT:
            msg = f"a button's data must be 1 to {DATA_LIMIT} ASCII characters"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way out.

    Attributes:
        text: what the person reads, at most 4,096 characters; "" with `replaces` leaves the earlier text
            as it is and takes its buttons away.
        choices: rows of buttons; a channel without buttons leaves them out.
        private: ask the network to forbid forwarding and saving, where it can.
        replaces: the network's id of an earlier message of ours whose text and buttons this one
            takes the place of. Only channels that say `edits` are given one.
        valid_for: how long the network may go on trying to deliver it.
        picture: a PNG that stands over the text, which then has at most 1,024 characters; a channel without
            pictures leaves it out.
    """

    text: str
    choices: tuple[tuple[Choice, ...], ...] = ()
    private: bool = False
    replaces: str | None = None
    valid_for: timedelta | None = None
    picture: bytes | None = None

    def replacing(self, external_id: str) -> Message:
        """Give this message the place of an earlier one."""
        return dataclasses.replace(self, replaces=external_id)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network's word that it took a message, with the id it gave."""

    external_id: str


class Keyword(StrEnum):
    """A word by which people govern whether they are written to, and which a network may act on itself."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Wrote:
    """A person wrote a text (a caption and a typed command are texts too).

    Attributes:
        text: what they wrote.
        taken: what the network took the text for: it has acted on it and answered it by itself.
    """

    text: str
    taken: Keyword | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """A person changed a text that they had sent before.

    Attributes:
        text: how it reads now.
        sent_at: when it was sent at first (aware UTC), where the network says so.
    """

    text: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A person pressed a button: its data, and the id of the message that it hung on."""

    data: str
    message_id: str


@dataclass(frozen=True, slots=True)
class SentMedia:
    """A person sent something that is not text; `kind` is the network's word ("photo", "voice")."""

    kind: str


@dataclass(frozen=True, slots=True)
class Left:
    """The network says that this person does not want our messages: blocked, or opted out there."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The network says that this person takes messages again."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something came that this channel can't read; kept whole, so that a person can look at it."""

    raw: str


Said = Wrote | Edited | Pressed | SentMedia | Left | Returned | Unreadable


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that arrived, told apart by (channel, account, external_id), never by its text.

    Attributes:
        channel: the channel's name.
        account: our side of it: the bot's id, the account's id.
        external_id: the network's id of this event.
        address: who sent it.
        said: what they did.
        at: when the network says it happened (aware UTC), or when it reached us.
        language: the sender's language as the network knows it ("en", "de-AT"), if it does.
        listed: whether it never reached us and was found in the network's list afterwards: it can't answer
            what was asked since `at`.
    """

    channel: str
    account: str
    external_id: str
    address: Address
    said: Said
    at: datetime
    language: str | None = None
    listed: bool = False


class Outcome(StrEnum):
    """What a network later reports of a message it took."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a message that was taken did not arrive, by what follows: what `send` would have raised, later.

    OPTED_OUT, UNREACHABLE and BARRED are an `UnreachableError`, NO_ANSWER a `NoAnswerError`, BUSY a
    `NotNowError` of the whole sender, SENDER_FAULT a `SenderFaultError`.
    """

    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    BARRED = "barred"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    SENDER_FAULT = "sender_fault"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A network's later word on a message: may come twice, in any order, before our own commit.

    Attributes:
        code: the vendor's error code, where `outcome` is FAILED ("30003").
        cause: what follows from that; None: this one message is lost, and nothing else follows.
    """

    channel: str
    account: str
    external_id: str
    outcome: Outcome
    at: datetime
    code: str | None = None
    cause: Cause | None = None


Accept = Callable[[Sequence[Inbound]], Awaitable[None]]
"""Takes what arrived and returns once it is kept; only then may the network be told so."""

Report = Callable[[Sequence[DeliveryReport]], Awaitable[None]]
"""Takes delivery reports and returns once they are kept."""


class ChannelError(Exception):
    """Not sent; try again with patience. Its text holds no address and no words of anyone."""


class NotNowError(ChannelError):
    """Refused for now; try again after `wait`. Where `whole_sender`, nothing else may go before."""

    def __init__(self, reason: str, wait: timedelta, *, whole_sender: bool = False) -> None:
        """Keep how long to wait."""
        super().__init__(reason)
        self.wait = wait
        self.whole_sender = whole_sender


class NoAnswerError(NotNowError):
    """The network can't reach the phone; try once more after `wait`, then give the address up."""


class OutcomeUnknownError(ChannelError):
    """May have been sent; ask the network before sending again."""


class UnreachableError(ChannelError):
    """Refused for good; do not try this address again.

    `opted_out`: the person asked for it. `barred`: not the number but what lies between is to blame (a
    filter, a region that is not enabled), which operators can look after.
    """

    def __init__(self, reason: str, *, opted_out: bool = False, barred: bool = False) -> None:
        """Keep whether this was the person's own wish, and whether operators can mend it."""
        super().__init__(reason)
        self.opted_out = opted_out
        self.barred = barred


class RefusedError(ChannelError):
    """This one message is refused for good (too long, malformed, nothing to edit); the address is fine."""


class SenderFaultError(ChannelError):
    """Our own account is at fault; stop sending on it and tell operators."""


class CannotAskError(ChannelError):
    """This network can't be asked whether it sent a message."""


class Channel(Protocol):
    """One way of reaching people."""

    @property
    def name(self) -> str:
        """The channel's name in addresses, settings and logs."""
        ...

    @property
    def account(self) -> str:
        """Our side: the bot's id, the account's id. Ids of messages are unique within it."""
        ...

    @property
    def edits(self) -> bool:
        """Whether a message of ours can be replaced after it was sent."""
        ...

    @property
    def pictures(self) -> bool:
        """Whether pictures are shown."""
        ...

    async def send(self, address: Address, message: Message) -> Receipt:
        """Hand `message` over and return the network's id for it.

        Raises:
            UnreachableError: refused for good; do not try this address again.
            NotNowError: refused for now; try again after `wait`.
            OutcomeUnknownError: may have been sent; ask the network before sending again.
            RefusedError: this message can never be sent.
            SenderFaultError: our account is at fault; stop this sender.
            ChannelError: not sent; try again with patience.
        """
        ...

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:
        """Ask the network for a message that may have been sent at or after `since`.

        Returns:
            Its receipt, or None where the network is sure that it was not sent.

        Raises:
            CannotAskError: this network keeps no list.
            ChannelError: no answer now; ask again later.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
