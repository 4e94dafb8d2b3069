"""Sending: lease, send with no transaction open, note the outcome. What may have gone is asked about."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot import messages, timetable
from bot.channels.base import (
    Address,
    CannotAskError,
    Channel,
    ChannelError,
    Message,
    NotNowError,
    OutcomeUnknownError,
    Receipt,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)
from bot.service.delivery import Attempt
from storage.records import Note, OutboxState, Outgoing, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.service import Service

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
"""How long a message is one process's; after that its outcome counts as unknown."""

AT_ONCE = 30
"""How many messages are sent in one round. Source: Telegram's limit of about 30 a second."""

ATTEMPTS = 12
"""After so many attempts a message has failed: with the waits below, about three hours."""

_SENDER_PAUSE = timedelta(minutes=5)
_ASK_AGAIN = timedelta(seconds=15)
_CRISIS_WAIT = timedelta(minutes=1)

ASK_FOR = timedelta(minutes=5)
"""How long a network that can't answer is asked about an urgent message; then it goes again."""
_LONGEST_WAIT = timedelta(minutes=30)
_REPEATED = {
    "crisis",
    "question",
    "reminder",
    "together",
    "consent",
    "alert",
    "alarm",
    "remark",
    "note",
    "edit",
}
"""What is sent again where a network can't say whether it was sent; a "thank you" is not worth a double.

An edit made twice changes nothing the second time.
"""

_URGENT = {"crisis", "alert"}

_ANSWERS = {Priority.CRISIS, Priority.REPLY}
"""What somebody waits for at any hour."""

_ANY_HOUR = {"edit", "alarm"}
"""What makes no phone ring, and what operators must know."""

REPEATS = 3
"""How often such a message is sent at most: a network may deliver each and never say so."""


def backoff(attempts: int, jitter: float) -> timedelta:
    """Give the wait before the next attempt: 5 s, 10 s, 20 s … half an hour, up to a quarter more by jitter.

    Args:
        attempts: how many were made, from 1 on.
        jitter: from 0 to 1.
    """
    wait = min(timedelta(seconds=5 << min(attempts - 1, 20)), _LONGEST_WAIT)
    return wait * (1 + jitter / 4)


def decide(outgoing: Outgoing, error: ChannelError, now: datetime, jitter: float) -> Attempt:
    """Decide what becomes of a message that was not simply sent."""
    reason = type(error).__name__
    match error:
        case UnreachableError():
            note = Note(outgoing.id, OutboxState.FAILED, now, reason=reason)
            return Attempt(outgoing, note, unreachable=not error.opted_out, opted_out=error.opted_out)
        case RefusedError():
            return Attempt(outgoing, Note(outgoing.id, OutboxState.FAILED, now, reason=reason))
        case OutcomeUnknownError():
            again = now + _ASK_AGAIN
            return Attempt(
                outgoing, Note(outgoing.id, OutboxState.UNKNOWN, now, reason=reason, not_before=again)
            )
        case NotNowError():
            wait = error.wait * (1 + jitter / 10)
        case SenderFaultError():
            later = now + _SENDER_PAUSE
            note = Note(outgoing.id, OutboxState.WAITING, now, reason=reason, not_before=later)
            return Attempt(outgoing, note, sender_fault=True)
        case _ if outgoing.attempts >= ATTEMPTS:
            return Attempt(outgoing, Note(outgoing.id, OutboxState.FAILED, now, reason=reason))
        case _:
            wait = backoff(outgoing.attempts, jitter)
            if outgoing.priority is Priority.CRISIS:
                wait = min(wait, _CRISIS_WAIT)
    note = Note(outgoing.id, OutboxState.WAITING, now, reason=reason, not_before=now + wait)
    return Attempt(outgoing, note)


@dataclass(slots=True)
class _Halt:
    """A sender that must rest."""

    until: datetime


class Outbox:
    """Sends what the service queued, through the channels there are."""

    def __init__(
        self,
        service: Service,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Keep what it needs; `chance` gives jitter from 0 to 1."""
        self._service = service
        self._channels = channels
        self._clock = clock
        self._chance = chance
        self._halts: dict[str, _Halt] = {}
        self._at_fault: set[str] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that something was queued."""
        self._wake.set()

    def rest(self, channel: str, until: datetime) -> None:
        """Send nothing on a channel until then, or until `resume`."""
        self._halts[channel] = _Halt(until)

    def resume(self, channel: str) -> None:
        """Send on a channel again."""
        self._halts.pop(channel, None)
        self.wake()

    async def run(self, stop: asyncio.Event, poll: float = 1.0) -> None:
        """Send until `stop`; looks at least every `poll` seconds, and at once when woken."""
        while not stop.is_set():
            self._wake.clear()
            try:
                busy = await self.deliver()
            except Exception:  # the loop must not die: what was leased comes back by itself
                log.exception("A round of sending failed.", action="deliver")
                busy = False
            if not busy:
                await _first(self._wake, stop, poll)

    async def deliver(self) -> bool:
        """Send one round; returns whether there was anything to send."""
        now = self._clock()
        channels = self._awake(now)
        async with self._service.store.transaction() as transaction:
            if lost := await transaction.outbox.lost_leases(now):
                log.warning("Messages were left by a process that ended.", action="lost_leases", count=lost)
            await transaction.outbox.lapse(now)
            unsure = await transaction.outbox.lease_unknown(channels, now, now + LEASE, AT_ONCE)
            leased = await transaction.outbox.lease(channels, now, now + LEASE, AT_ONCE)
            later = {one.id: when for one in leased if (when := self._may_go(one, now)) > now}
            await transaction.outbox.postpone(later)
        asked = [self._reconcile(one) for one in unsure]
        attempts = await asyncio.gather(*asked, *(self._send(one) for one in leased if one.id not in later))
        if attempts:
            await self._settle(attempts)
        return bool(attempts or later)

    def _may_go(self, outgoing: Outgoing, now: datetime) -> datetime:
        """Tell when a message may go: what the bot starts may have waited for a network until night."""
        if outgoing.zone is None or outgoing.kind in _ANY_HOUR or outgoing.priority in _ANSWERS:
            return now
        return timetable.waking(now, outgoing.zone, self._service.policy.quiet)

    async def _settle(self, attempts: Sequence[Attempt]) -> None:
        """Write how a round went; operators hear of a sender at fault once, until it sends again."""
        told: list[Attempt] = []
        at_fault = set(self._at_fault)
        for one in attempts:
            new = one.sender_fault and one.outgoing.channel not in at_fault
            told.append(dataclasses.replace(one, sender_fault=new))
            if one.sender_fault:
                at_fault.add(one.outgoing.channel)
        await self._service.settle(told)
        went = {one.outgoing.channel for one in attempts if one.note.external_id is not None}
        self._at_fault = at_fault - went

    async def reclaim(self) -> None:
        """Take back at once what an earlier process left leased: only where no other process can send."""
        async with self._service.store.transaction() as transaction:
            await transaction.outbox.reclaim(self._clock())

    def _awake(self, now: datetime) -> Sequence[str]:
        self._halts = {name: halt for name, halt in self._halts.items() if halt.until > now}
        return [name for name in self._channels if name not in self._halts]

    async def _send(self, outgoing: Outgoing) -> Attempt:
        channel = self._channels[outgoing.channel]
        left = None if outgoing.valid_until is None else outgoing.valid_until - self._clock()
        try:
            message = await self._illustrated(channel, outgoing, messages.unpack(outgoing.body, left))
            receipt = await channel.send(Address(outgoing.address), message)
        except ChannelError as error:
            return self._failed(outgoing, error)
        except Exception as error:
            log.exception(
                "A channel broke while sending.",
                action="send",
                outbox=outgoing.id,
            )
            return self._failed(outgoing, OutcomeUnknownError(type(error).__name__))
        return self._sent(outgoing, receipt)

    async def _illustrated(self, channel: Channel, outgoing: Outgoing, message: Message) -> Message:
        """Put the picture over a message that shows one; where it can't be drawn, the words go alone."""
        shown = messages.picture_of(outgoing.body)
        if shown is None or not channel.pictures:
            return message
        try:
            picture = await self._service.picture(*shown)
        except Exception:  # the words say the same, and must not wait for it
            log.exception("A picture could not be drawn.", action="draw", outbox=outgoing.id)
            return message
        return dataclasses.replace(message, picture=picture)

    async def _reconcile(self, outgoing: Outgoing) -> Attempt:
        """Ask the network about a message that may have been sent."""
        channel = self._channels[outgoing.channel]
        try:
            receipt = await channel.find(
                Address(outgoing.address), messages.unpack(outgoing.body), outgoing.leased_at
            )
        except CannotAskError:
            return self._by_rule(outgoing)
        except SenderFaultError as error:
            return dataclasses.replace(self._unanswered(outgoing, error), sender_fault=True)
        except ChannelError as error:
            return self._unanswered(outgoing, error)
        except Exception as error:
            log.exception("A channel broke when asked.", action="find", outbox=outgoing.id)
            return self._unanswered(outgoing, error)
        return self._again(outgoing) if receipt is None else self._sent(outgoing, receipt)

    def _unanswered(self, outgoing: Outgoing, error: Exception) -> Attempt:
        """Ask again later; what is urgent can't wait for a network's answer for ever."""
        if outgoing.kind in _URGENT and self._clock() - outgoing.leased_at >= ASK_FOR:
            return self._by_rule(outgoing)
        return self._failed(outgoing, OutcomeUnknownError(type(error).__name__))

    def _by_rule(self, outgoing: Outgoing) -> Attempt:
        """Where a network can't be asked: what matters is sent again a few times, the rest counts as sent.

        An alert or a crisis text of which the network never spoke counts as failed, so that operators hear.
        """
        if outgoing.kind in _REPEATED and outgoing.attempts < REPEATS:
            return self._again(outgoing)
        state = OutboxState.FAILED if outgoing.kind in _URGENT else OutboxState.SENT
        return Attempt(outgoing, Note(outgoing.id, state, self._clock(), reason="unconfirmed"))

    def _again(self, outgoing: Outgoing) -> Attempt:
        now = self._clock()
        if outgoing.attempts >= ATTEMPTS:
            return Attempt(outgoing, Note(outgoing.id, OutboxState.FAILED, now, reason="unconfirmed"))
        return Attempt(
            outgoing, Note(outgoing.id, OutboxState.WAITING, now, reason="repeated", not_before=now)
        )

    def _sent(self, outgoing: Outgoing, receipt: Receipt) -> Attempt:
        account = self._channels[outgoing.channel].account
        note = Note(outgoing.id, OutboxState.SENT, self._clock(), account, receipt.external_id)
        return Attempt(outgoing, note)

    def _failed(self, outgoing: Outgoing, error: ChannelError) -> Attempt:
        now = self._clock()
        attempt = decide(outgoing, error, now, self._chance())
        log.warning(
            "A message was not sent.",
            action="send",
            outbox=outgoing.id,
            fault=type(error).__name__,
            state=attempt.note.state,
        )
        if isinstance(error, SenderFaultError) or (isinstance(error, NotNowError) and error.whole_sender):
            self._halts[outgoing.channel] = _Halt(attempt.note.not_before or now)
        return attempt


async def _first(wake: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    """Wait for either event, or so many seconds."""
    waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
