"""How fast a sender may send: its budget as one moment, and the slots that messages get out of it.

A sender's budget is the moment at which all that it was given to send will have taken its time. A message is
given out while that moment is at most `AHEAD` away; it goes at that moment, or now where that has passed, and
moves it on by the time that it takes. So messages go one after another, none before its turn, however many
workers there are and whenever they ask; and what nobody asked for is lost, not saved up for a burst. Workers
ask a little ahead, so that a slow database costs nothing of the budget. Their clocks must agree (NTP).

A chat has the same moment of its own, and may be `burst` messages ahead of it. Crisis texts wait for neither:
they go at once, and what follows waits until they are paid for.

Sources: core.telegram.org/bots/faq, "My bot is hitting limits" (a message a second in a chat, with short
bursts; 30 a second in all); twilio.com/docs/messaging, "Understanding Twilio Rate Limits and Message Queues"
(segments a second by type of number, 80 messages a second by WhatsApp).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.segments import segments

AHEAD: Final = timedelta(seconds=0.5)
"""How long before its turn a message may be given out: what comes then waits so long behind it at most."""

_MOST_DEBT = timedelta(minutes=10)
"""No sender waits longer for what it has sent already: one worker's wrong clock must not silence it."""

SEGMENTS_A_SECOND: Final[Mapping[str, float]] = MappingProxyType(
    {"long_code": 1.0, "toll_free": 3.0, "short_code": 10.0}
)
"""What a number of each type may send. A short code has 10 in most countries, up to 100 in some."""

WHATSAPP_A_SECOND: Final = 80.0

_SECOND = timedelta(seconds=1)

_WHATSAPP = "whatsapp:"
"""How an address begins that is reached by WhatsApp; a text is one message there, however long."""

_UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class ChatPace:
    """How fast one chat may be written to.

    Attributes:
        gap: the time a message takes of the chat's budget.
        burst: how many may go together after a rest, 1 or more.
    """

    gap: timedelta = _SECOND
    burst: int = 3

    @property
    def slack(self) -> timedelta:
        """How far its budget may be ahead of the present when it is written to."""
        return self.gap * (self.burst - 1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a sender may send.

    Attributes:
        gap: the time that one message takes of the sender's budget; of a text message, one segment.
        chat: the same for each chat, where the network cares.
        whatsapp: the time that a WhatsApp message takes of the same budget; None where segments are not
            counted and every message takes `gap`.
    """

    gap: timedelta = timedelta()
    chat: ChatPace | None = None
    whatsapp: timedelta | None = None

    def takes(self, address: str, text: str) -> timedelta:
        """Tell how much of the sender's budget a text to an address takes."""
        if self.whatsapp is None:
            return self.gap
        return self.whatsapp if address.startswith(_WHATSAPP) else self.gap * segments(text)

    def at_most(self, free_at: datetime | None, now: datetime) -> int:
        """Tell how many messages may be given out at `now`, each of the least that a message takes."""
        spare = now + AHEAD - _owed(free_at, now)
        if spare < timedelta():
            return 0
        least = self.gap if self.whatsapp is None else min(self.gap, self.whatsapp)
        return spare // least + 1 if least else _UNLIMITED


UNPACED: Final = Pace()
"""Of a network that asks for nothing of the kind, such as the console."""


def telegram(messages_a_second: float) -> Pace:
    """Make the pace of a Telegram bot."""
    return Pace(_SECOND / messages_a_second, ChatPace())


def sms(segments_a_second: float) -> Pace:
    """Make the pace of a Twilio account that sends so many segments a second by text message."""
    return Pace(_SECOND / segments_a_second, whatsapp=_SECOND / WHATSAPP_A_SECOND)


@dataclass(frozen=True, slots=True)
class Due:
    """A message that may go, as far as a budget is concerned.

    Attributes:
        id: its number.
        address_id: the chat it goes to.
        takes: the time it takes of the sender's budget.
        urgent: it waits for no budget.
        chat_free_at: where the chat stands.
    """

    id: int
    address_id: int
    takes: timedelta
    urgent: bool = False
    chat_free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """What was given out.

    Attributes:
        slots: by the messages' ids, when each is to go; in the order in which they were asked for.
        free_at: where the sender stands after it; None where it has sent nothing yet.
        chats: the same by the ids of addresses, where the network cares.
    """

    slots: Mapping[int, datetime] = field(default_factory=dict)
    free_at: datetime | None = None
    chats: Mapping[int, datetime] = field(default_factory=dict)


def book(pace: Pace, free_at: datetime | None, due: Iterable[Due], now: datetime) -> Booking:
    """Give slots to as many messages as may go, in their order; crisis texts get one at once.

    Args:
        pace: how fast the sender may send.
        free_at: where the sender stands.
        due: what may go, most urgent first; of each chat at most one.
        now: the present moment (aware UTC).
    """
    slots: dict[int, datetime] = {}
    chats: dict[int, datetime] = {}
    for one in due:
        owed = _owed(free_at, now)
        if not one.urgent and owed > now + AHEAD:
            continue  # an urgent one may still follow
        slots[one.id] = now if one.urgent else owed
        free_at = owed + one.takes
        if pace.chat is not None:
            chats[one.address_id] = max(one.chat_free_at or now, slots[one.id]) + pace.chat.gap
    return Booking(slots, free_at, chats)


def _owed(free_at: datetime | None, now: datetime) -> datetime:
    """Give the moment at which a budget is free: now, if it was free before."""
    return now if free_at is None else min(max(free_at, now), now + _MOST_DEBT)
