"""Long polling that confirms nothing before it was kept.

python-telegram-bot's own polling confirms updates as soon as they are in its memory: killed then,
the bot never sees them again. Here the offset moves only after `accept` has returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.base import Accept, Inbound
from bot.channels.telegram_updates import ASKED_FOR, next_offset
from bot.channels.telegram_wire import BotWire, Patience, wait_of
from bot.waiting import pause

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

T = TypeVar("T")

_log: FilteringBoundLogger = structlog.get_logger()


class Poller:
    """Asks one bot's updates of Telegram, again and again, whatever happens.

    Attributes:
        last_poll: when Telegram last answered a poll (aware UTC); None before the first.
        caught_up: set once everything that had waited at Telegram was kept.
        refused: in one sentence, why Telegram refuses to be polled, as it did last; None where it does not.
    """

    def __init__(self, bot: BotWire, hold: int, patience: Patience) -> None:
        """Prepare; `hold` is for how many seconds Telegram holds a poll that finds nothing."""
        self.last_poll: datetime | None = None
        self.caught_up = asyncio.Event()
        self.refused: str | None = None
        self._bot = bot
        self._hold = hold
        self._patience = patience
        self._webhook_deleted = False
        self._offset: int | None = None

    async def listen(
        self,
        read: Callable[[object], Inbound | None],
        accept: Accept,
        kept: Callable[[Sequence[Inbound]], None],
        *,
        stop: asyncio.Event,
        may: Callable[[], Awaitable[bool]],
    ) -> None:
        """Poll until `stop` is set or `may` says no; after a fault, wherever it was, ask for the same again.

        Args:
            read: reads one update; it never raises.
            accept: keeps what a poll brought; only its return confirms that to Telegram.
            kept: hears of it afterwards, before the next poll; it must not wait.
            stop: ends it: a poll is given up, an `accept` under way is awaited.
            may: asked before each poll, whether it is still ours to poll.
        """
        self._webhook_deleted = False
        self._offset = self.last_poll = None  # another may have polled meanwhile
        self.caught_up.clear()
        failures = 0
        while not stop.is_set() and await may():
            try:
                arrived = await self._fetch(read, accept, stop)
            except TelegramError as error:
                failures += 1
                await self._after(error, failures, stop)
            except Exception as error:  # noqa: BLE001 - the loop outlives whatever keeping meets
                failures += 1
                _log.error(  # without its traceback, which could quote what a person wrote
                    "Updates from Telegram could not be kept; asking for them again.",
                    action="telegram.not_kept",
                    fault=type(error).__name__,
                    failures=failures,
                )
                await pause(self._patience.pause(failures), stop)
            else:
                failures = 0
                kept(arrived)

    async def _fetch(
        self, read: Callable[[object], Inbound | None], accept: Accept, stop: asyncio.Event
    ) -> tuple[Inbound, ...]:
        updates = await _unless(stop, self._updates())
        if not updates:
            return ()
        offset = next_offset(updates)
        if offset is None:
            reason = "A poll brought updates without ids."
            raise NetworkError(reason)
        arrived = tuple(inbound for update in updates if (inbound := read(update)) is not None)
        if arrived:
            await accept(arrived)
        self._offset = offset
        return arrived

    async def _updates(self) -> list[object]:
        """Poll once. Telegram refuses polls beside a webhook, so that is deleted before the first."""
        if not self._webhook_deleted:
            await self._bot.delete_webhook(drop_pending_updates=False)
            self._webhook_deleted = True
        hold = self._hold if self.caught_up.is_set() else 0
        updates = await self._bot.raw_updates(self._offset, ASKED_FOR, hold)
        self.last_poll = datetime.now(UTC)
        self.refused = None
        if not updates:
            self.caught_up.set()
            # All before the offset is confirmed, so it has done its work. Kept, it would do harm:
            # after a quiet week ids start anew, perhaps lower, and it would confirm those unseen.
            self._offset = None
        return updates

    async def _after(self, error: TelegramError, failures: int, stop: asyncio.Event) -> None:
        wait = self._patience.pause(failures)
        self.refused = _sentence(error) if isinstance(error, Conflict | InvalidToken) else None
        if isinstance(error, RetryAfter):
            wait = max(wait, wait_of(error).total_seconds())
        _log.warning(
            _sentence(error),
            action="telegram.not_polled",
            fault=type(error).__name__,
            failures=failures,
            wait=wait,
        )
        await pause(wait, stop)


def _sentence(error: TelegramError) -> str:
    match error:
        case Conflict():
            return "Another program polls Telegram with this bot's token, or set a webhook for it."
        case InvalidToken():
            return "Telegram does not accept the bot's token; nothing can come in."
        case _:
            return "Telegram could not be polled; trying again."


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do `work`, or give it up and return None as soon as `stop` is set."""
    working = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopped.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)
