"""The networks that the contract is tried on: what each can say, and how it is made to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

from pydantic import SecretStr

from bot.channels.base import TEXT_LIMIT, Address, Message
from bot.channels.console import ConsoleChannel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_wire import Patience
from bot.settings import SmsSettings, TelegramSettings
from tests.channels.contract import Arrived, Network, Trouble
from tests.fakes import telegram as fake_telegram
from tests.fakes import twilio as fake_twilio
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, WHATSAPP, FakeTwilio
from tests.fakes.twilio_rules import BODY_LIMIT

PUBLIC_URL = "https://clinic.example"
"""What the bot is known as to the world."""

PATIENT = 10.0
"""Seconds until a channel under test gives up waiting: none of these troubles is told by the clock."""


class ConsoleNetwork(Network):
    """A terminal, which can do nothing but go away."""

    longest = TEXT_LIMIT
    buttons = True
    can_be_asked = True

    def __init__(self) -> None:
        """Look on."""
        super().__init__(ConsoleChannel(self._show), Address("you"))
        self._seen: list[Arrived] = []
        self._gone = False

    def _show(self, address: Address, message: Message) -> None:
        if self._gone:
            raise BrokenPipeError
        labels = tuple(choice.label for row in message.choices for choice in row)
        self._seen.append(Arrived(address, message.text, labels))

    def arrived(self) -> Sequence[Arrived]:
        """Give what was shown."""
        return self._seen

    async def arrange(self, trouble: Trouble) -> None:
        """Close the terminal, for the one trouble there is."""
        assert trouble is Trouble.NO_CONNECTION
        self._gone = True


class TwilioNetwork(Network):
    """Twilio: by text message, or by WhatsApp."""

    longest = BODY_LIMIT
    buttons = False
    can_be_asked = True

    CODES: ClassVar[dict[Trouble, int]] = {
        Trouble.UNREACHABLE: 21211,
        Trouble.THROTTLED: 20429,
        Trouble.SENDER_FAULT: 20003,
    }

    def __init__(self, channel: SmsChannel, twilio: FakeTwilio, address: Address) -> None:
        """Watch a fake Twilio."""
        super().__init__(channel, address)
        self._twilio = twilio

    def arrived(self) -> Sequence[Arrived]:
        """Give what Twilio took."""
        return [Arrived(Address(each.to), each.body) for each in self._twilio.sent]

    async def arrange(self, trouble: Trouble) -> None:
        """Make Twilio fail, or the person opt out."""
        match trouble:
            case Trouble.SWALLOWED:
                self._twilio.fail_next(fake_twilio.Fault(status=500))
            case Trouble.ANSWER_LOST:
                self._twilio.fail_next(fake_twilio.Fault(status=500, accepts=True))
            case Trouble.OPTED_OUT:
                self._twilio.opt_out(self.address)
            case Trouble.NO_CONNECTION:
                await self._twilio.stop()
            case Trouble.TOO_LONG:
                pass
            case _:
                self._twilio.fail_next(fake_twilio.Fault(code=self.CODES[trouble]))


class TelegramNetwork(Network):
    """Telegram, with one person who has pressed Start."""

    longest = TEXT_LIMIT
    buttons = True
    can_be_asked = False

    FAULTS: ClassVar[dict[Trouble, fake_telegram.Fault]] = {
        Trouble.THROTTLED: fake_telegram.Fault.TOO_MANY,
        Trouble.SWALLOWED: fake_telegram.Fault.BAD_GATEWAY,
        Trouble.ANSWER_LOST: fake_telegram.Fault.GARBAGE,
        Trouble.SENDER_FAULT: fake_telegram.Fault.UNAUTHORIZED,
    }

    def __init__(self, channel: TelegramChannel, telegram: FakeTelegram, chat: int) -> None:
        """Watch a fake Telegram."""
        super().__init__(channel, Address(str(chat)))
        self._telegram = telegram
        self._chat = chat

    def arrived(self) -> Sequence[Arrived]:
        """Give what the bot wrote, as it stands now."""
        return [
            Arrived(self.address, each.text, each.labels)
            for each in self._telegram.chats.get(self._chat, ())
            if each.from_bot
        ]

    async def arrange(self, trouble: Trouble) -> None:
        """Make Telegram fail, or the person block the bot, or be gone."""
        match trouble:
            case Trouble.OPTED_OUT:
                self._telegram.block(self._chat)
            case Trouble.UNREACHABLE:
                del self._telegram.chats[self._chat]
            case Trouble.TOO_LONG:
                pass
            case _:
                self._telegram.fail_next("sendMessage", self.FAULTS[trouble])


def sms_settings(api_base: str, timeout: float = PATIENT) -> SmsSettings:
    """Give settings for the account of the fake Twilio."""
    return SmsSettings(
        account_sid=ACCOUNT,
        auth_token=SecretStr(TOKEN),
        from_number=NUMBER,
        whatsapp_from=WHATSAPP,
        api_base=api_base,
        timeout=timeout,
    )


@asynccontextmanager
async def on_twilio(address: str) -> AsyncIterator[TwilioNetwork]:
    """Connect a channel to a fake Twilio of its own."""
    async with FakeTwilio() as twilio:
        channel = await SmsChannel.connect(sms_settings(twilio.api_base), PUBLIC_URL)
        try:
            yield TwilioNetwork(channel, twilio, Address(address))
        finally:
            await channel.close()


@asynccontextmanager
async def on_telegram(chat: int) -> AsyncIterator[TelegramNetwork]:
    """Connect a channel to a fake Telegram of its own, where `chat` has pressed Start."""
    async with FakeTelegram() as telegram:
        telegram.write(chat, "/start")
        settings = TelegramSettings(token=SecretStr(telegram.token), api_base=telegram.base_url)
        channel = await TelegramChannel.connect(settings, Patience(answer=PATIENT))
        try:
            yield TelegramNetwork(channel, telegram, chat)
        finally:
            await channel.close()
