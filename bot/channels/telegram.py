"""The Telegram channel: messages and buttons out, updates in by long polling or by webhook.

Updates are confirmed to Telegram only after they were kept. Telegram holds what is unconfirmed for
24 hours, so a bot that was killed gets it again.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, TelegramError

from bot.channels.base import (
    Accept,
    Address,
    CannotAskError,
    ChannelError,
    Inbound,
    Message,
    Receipt,
    RefusedError,
    SenderFaultError,
    UnreachableError,
)
from bot.channels.telegram_polling import Poller
from bot.channels.telegram_updates import ASKED_FOR, CHANNEL, read_update
from bot.channels.telegram_wire import (
    BotWire,
    Patience,
    is_not_modified,
    keep_token_out_of_logs,
    translated,
)

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from bot.settings import TelegramSettings

PRESSES_REMEMBERED = 1000
"""Presses that wait to be settled; beyond that the oldest button spins until the app gives up."""

_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_log: FilteringBoundLogger = structlog.get_logger()


class TelegramChannel:
    """One bot on Telegram. It must be made, used and closed in one event loop.

    Attributes:
        account: the bot's id.
        username: the bot's name, for links of the form t.me/<username>?start=<token>.
    """

    name: Final = CHANNEL
    edits: Final = True
    pictures: Final = True

    def __init__(
        self, bot: BotWire, settings: TelegramSettings, patience: Patience, username: str = ""
    ) -> None:
        """Wrap a bot that was asked for; `connect` is the way in."""
        self.account: Final = bot.token.partition(":")[0]  # the bot's id, which nobody has to be asked
        self.username: Final = username
        self.announced = False
        """Whether Telegram was told to post updates to us."""
        self._bot = bot
        self._secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
        self._poller = Poller(bot, settings.poll_seconds, patience)
        self._presses: dict[str, str] = {}
        self._settling: set[asyncio.Task[None]] = set()

    @classmethod
    async def connect(
        cls, settings: TelegramSettings, patience: Patience | None = None, *, anyhow: bool = False
    ) -> Self:
        """Ask Telegram who the bot is, and return the channel.

        Where Telegram can't be asked now, `anyhow` returns it all the same, without the bot's username: it
        polls and sends as soon as that is possible.

        The loggers `httpx`, `httpcore` and `telegram` are set to WARNING, because below that they
        write the token and people's words; whoever configures logging later must leave them there.

        Raises:
            SenderFaultError: there is no token, or Telegram refuses it.
            ChannelError: Telegram can't be asked now.
        """
        keep_token_out_of_logs()
        if settings.token is None:
            reason = "No Telegram token is configured."
            raise SenderFaultError(reason)
        patience = patience or Patience()
        bot = BotWire(settings.token.get_secret_value(), settings.api_base, patience)
        try:
            with translated(repeatable=True):
                await bot.initialize()
        except SenderFaultError as fault:
            await bot.shutdown()
            raise SenderFaultError(str(fault)) from None  # the library's error quotes the token
        except ChannelError as error:
            if anyhow:
                _log.warning(
                    "Telegram can't be reached yet.", action="telegram.away", fault=type(error).__name__
                )
                return cls(bot, settings, patience)
            await bot.shutdown()
            raise
        except BaseException:
            await bot.shutdown()
            raise
        return cls(bot, settings, patience, bot.username)

    @property
    def last_poll(self) -> datetime | None:
        """When Telegram last answered a poll (aware UTC); None before the first."""
        return self._poller.last_poll

    async def caught_up(self) -> None:
        """Wait until everything that waited at Telegram when `listen` began was kept."""
        await self._poller.caught_up.wait()

    async def send(self, address: Address, message: Message) -> Receipt:
        """Send a message, or put it in the place of an earlier one; raises as `Channel.send`.

        An edit is never of unknown outcome: made twice, it changes nothing the second time.
        """
        chat = _chat_id(address)
        if message.replaces is not None:
            return await self._replace(chat, message.replaces, message)
        with translated():
            if message.picture is not None:
                sent = await self._bot.send_photo(
                    chat,
                    message.picture,
                    message.text,
                    reply_markup=_keyboard(message),
                    protect_content=message.private,
                )
            else:
                sent = await self._bot.send_message(
                    chat,
                    message.text,
                    reply_markup=_keyboard(message),
                    protect_content=message.private,
                    link_preview_options=_NO_PREVIEW,
                )
        return Receipt(str(sent.message_id))

    async def _replace(self, chat: int, earlier: str, message: Message) -> Receipt:
        """Edit a message of ours; without choices its buttons go, without a text only they do."""
        if not earlier.isdecimal():
            reason = "What this message replaces is not one of Telegram's messages."
            raise RefusedError(reason)
        with translated(repeatable=True):
            try:
                if message.text:
                    await self._bot.edit_message_text(
                        message.text,
                        chat,
                        int(earlier),
                        reply_markup=_keyboard(message),
                        link_preview_options=_NO_PREVIEW,
                    )
                else:
                    await self._bot.edit_message_reply_markup(chat, int(earlier), reply_markup=None)
            except BadRequest as error:
                if not is_not_modified(error):
                    raise
        return Receipt(earlier)

    async def find(self, address: Address, message: Message, since: datetime) -> Receipt | None:
        """Raise CannotAskError: the Bot API keeps no list of what a bot sent."""
        del address, message, since
        reason = "Telegram can't be asked what was sent."
        raise CannotAskError(reason)

    @property
    def refused(self) -> str | None:
        """Why Telegram refuses to be polled, in one sentence: another program polls, say; else None."""
        return self._poller.refused

    async def listen(
        self, accept: Accept, stop: asyncio.Event, may: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        """Poll until `stop` is set, giving what arrives to `accept` and confirming it only afterwards.

        Before each poll `may` is asked whether to; a no ends it too.

        Whatever goes wrong, `accept` included, the same updates are asked for again after a pause.
        A webhook is deleted first, since Telegram refuses polls beside it. Presses are settled. What
        was kept last before `stop` comes once more when polling begins again.
        """
        await self._poller.listen(self._read, accept, self._settle_beside, stop=stop, may=may or _always)

    def read(self, payload: Mapping[str, object]) -> Inbound | None:
        """Read one update that came by webhook; it never raises.

        Returns:
            None for what is none of our business, `Unreadable` for what can't be read.
        """
        return self._read(payload)

    def _read(self, update: object) -> Inbound | None:
        payload = update if isinstance(update, Mapping) else {"update": update}
        reading = read_update(payload, self.account, datetime.now(UTC))
        if reading is None:
            return None
        if reading.press is not None:
            self._presses[reading.inbound.external_id] = reading.press
            if len(self._presses) > PRESSES_REMEMBERED:
                del self._presses[next(iter(self._presses))]
        return reading.inbound

    async def settle(self, inbound: Inbound) -> None:
        """Stop a pressed button's spinning, once the press is kept; for anything else do nothing.

        `listen` does it by itself; a webhook calls it after `accept`. Best effort: a press too old
        to be answered, or a lost answer, harms nobody.
        """
        press = self._presses.pop(inbound.external_id, None)
        if press is None:
            return
        try:
            await self._bot.answer_callback_query(press)
        except TelegramError as error:
            _log.debug(
                "A press could not be answered.",
                action="telegram.unsettled",
                update=inbound.external_id,
                fault=type(error).__name__,
            )

    def _settle_beside(self, arrived: Sequence[Inbound]) -> None:
        """Settle presses while the next poll runs already."""
        for inbound in arrived:
            if inbound.external_id in self._presses:
                task = asyncio.create_task(self.settle(inbound))
                self._settling.add(task)
                task.add_done_callback(self._settling.discard)

    def genuine(self, secret_header: str | None) -> bool:
        """Tell, in constant time, whether a webhook's secret token is ours; without one, nothing is.

        Args:
            secret_header: the request's X-Telegram-Bot-Api-Secret-Token.
        """
        given = (secret_header or "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self._secret.encode()) and bool(self._secret)

    async def set_webhook(self, url: str) -> None:
        """Have Telegram post updates to `url`, with our secret; nothing that waits is dropped.

        Raises:
            SenderFaultError: no secret is configured, or the token is refused.
            RefusedError: Telegram doesn't like the URL.
            ChannelError: not set, or not surely; do it again.
        """
        if not self._secret:
            reason = "A Telegram webhook needs a secret."
            raise SenderFaultError(reason)
        with translated(repeatable=True):
            await self._bot.set_webhook(
                url, allowed_updates=ASKED_FOR, secret_token=self._secret, drop_pending_updates=False
            )
        self.announced = True

    async def delete_webhook(self) -> None:
        """Have Telegram keep updates for polling; raises ChannelError where that is not sure."""
        with translated(repeatable=True):
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def close(self) -> None:
        """Let go of connections, and of presses not yet answered."""
        settling = tuple(self._settling)
        for task in settling:
            task.cancel()
        await asyncio.gather(*settling, return_exceptions=True)
        await self._bot.shutdown()


async def _always() -> bool:
    return True


def _chat_id(address: Address) -> int:
    """Read an address as the number it is; a name ("@someone") would reach a public channel."""
    try:
        return int(address)
    except ValueError:
        reason = "This is no Telegram chat id."
        raise UnreachableError(reason) from None


def _keyboard(message: Message) -> InlineKeyboardMarkup | None:
    if not message.choices:
        return None
    rows = message.choices
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(choice.label, callback_data=choice.data) for choice in row] for row in rows]
    )
