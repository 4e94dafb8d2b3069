"""One message on its way: sent, or asked about; no transaction is open meanwhile."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog

from bot import messages, retries
from bot.channels.base import (
    Address,
    CannotAskError,
    Channel,
    ChannelError,
    Message,
    OutcomeUnknownError,
    Receipt,
)
from bot.service.delivery import Attempt, following, tried
from storage.records import Note, OutboxState, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.leasing import Leasing, Slot
    from bot.service import Service
    from storage.records import Outgoing

log = structlog.get_logger(__name__)

_CATCHING_UP: Final = 0.9
"""How much of the time that a message takes passes before the next one, where both are late."""

_HELD_UP: Final = 0.25
"""Seconds that a message waits longer at most, because those before it were late."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that was not tried: its sender had to rest before its turn came, and rests until then."""

    outgoing: Outgoing
    until: datetime


Outcome = Attempt | Unsent


class Sending:
    """Sends what was leased, each message by itself, and says how it ended. It never raises."""

    def __init__(
        self,
        service: Service,
        channels: Mapping[str, Channel],
        leasing: Leasing,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        """Keep what it needs; `chance` gives jitter from 0 to 1."""
        self._service = service
        self._channels = channels
        self._leasing = leasing
        self._now = clock
        self._chance = chance
        self._turns: dict[str, float] = {}

    async def send(self, slot: Slot) -> Outcome:
        """Send a message when it is its turn."""
        outgoing = slot.outgoing
        channel = self._channels[outgoing.channel]
        await self._turn(slot)
        if (until := self._leasing.halted_until(outgoing.channel, self._now())) is not None:
            return Unsent(outgoing, until)
        left = None if outgoing.valid_until is None else outgoing.valid_until - self._now()
        try:
            message = await self._illustrated(channel, outgoing, messages.unpack(outgoing.body, left))
            receipt = await channel.send(Address(outgoing.address), message)
        except ChannelError as error:
            return await self._failed(outgoing, error)
        except Exception as error:
            log.exception("A channel broke while sending.", action="send", outbox=outgoing.id)
            return await self._failed(outgoing, OutcomeUnknownError(type(error).__name__))
        return self._sent(outgoing, receipt)

    async def _turn(self, slot: Slot) -> None:
        """Wait until it is a message's turn; a process that was held up does not catch up all at once."""
        await asyncio.sleep(max(0.0, (slot.at - self._now()).total_seconds()))
        if slot.outgoing.priority is Priority.CRISIS:
            return
        now = asyncio.get_running_loop().time()
        turn = min(max(now, self._turns.get(slot.outgoing.channel, now)), now + _HELD_UP)
        self._turns[slot.outgoing.channel] = turn + _CATCHING_UP * slot.takes.total_seconds()
        await asyncio.sleep(turn - now)

    async def ask(self, outgoing: Outgoing) -> Outcome:
        """Ask the network about a message that may have been sent."""
        channel = self._channels[outgoing.channel]
        now = self._now()
        try:
            receipt = await channel.find(
                Address(outgoing.address), messages.unpack(outgoing.body), outgoing.leased_at
            )
        except CannotAskError:
            return following(outgoing, retries.unconfirmed(tried(outgoing), now), now)
        except ChannelError as error:
            return self._unanswered(outgoing, error)
        except Exception as error:
            log.exception("A channel broke when asked.", action="find", outbox=outgoing.id)
            return self._unanswered(outgoing, error)
        if receipt is None:
            return following(outgoing, retries.not_there(tried(outgoing), now), now)
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

    def _unanswered(self, outgoing: Outgoing, error: Exception) -> Attempt:
        """Ask again later; what is urgent can't wait for a network's answer for ever."""
        now = self._now()
        retry = retries.unanswered(tried(outgoing), error, outgoing.leased_at, now)
        log.warning("A network did not say what became of a message.", action="find", outbox=outgoing.id)
        return self._blaming(following(outgoing, retry, now))

    def _sent(self, outgoing: Outgoing, receipt: Receipt) -> Attempt:
        account = self._channels[outgoing.channel].account
        note = Note(outgoing.id, OutboxState.SENT, self._now(), account, receipt.external_id)
        return Attempt(outgoing, note)

    async def _failed(self, outgoing: Outgoing, error: ChannelError) -> Attempt:
        now = self._now()
        retry = retries.after(tried(outgoing), error, now, self._chance())
        log.warning(
            "A message was not sent.", action="send", outbox=outgoing.id, fault=retry.why, fate=retry.fate
        )
        if retry.rests:
            await self._halt(outgoing.channel, retry.at or now)
        return self._blaming(following(outgoing, retry, now))

    async def _halt(self, channel: str, until: datetime) -> None:
        """Let the sender rest at once, here and everywhere."""
        try:
            await self._leasing.halt(channel, until)
        except Exception:  # it rests here; how the message fared must be noted all the same
            log.exception(
                "Other workers could not be told that a sender rests.", action="halt", channel=channel
            )

    def _blaming(self, attempt: Attempt) -> Attempt:
        """Say whose fault it was, where an account of ours is at fault."""
        if not attempt.sender_fault:
            return attempt
        account = self._channels[attempt.outgoing.channel].account
        return dataclasses.replace(attempt, note=dataclasses.replace(attempt.note, account=account))
