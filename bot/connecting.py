"""The channels that are configured, and the way to them when a process begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.channels.base import Channel, ChannelError, RefusedError, SenderFaultError
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Channels:
    """The channels that are configured."""

    telegram: TelegramChannel | None = None
    sms: SmsChannel | None = None
    others: tuple[Channel, ...] = ()

    def by_name(self) -> dict[str, Channel]:
        """Map each channel's name to it."""
        found = [one for one in (self.telegram, self.sms, *self.others) if one is not None]
        return {one.name: one for one in found}


async def connected(settings: Settings, others: Sequence[Channel] = ()) -> Channels:
    """Connect to what is configured; `others` are there already.

    Raises:
        SenderFaultError: a network refuses our credentials.
        RefusedError: Telegram does not take our webhook.
    """
    return Channels(await _telegram(settings), await _sms(settings), tuple(others))


async def _telegram(settings: Settings) -> TelegramChannel | None:
    """Connect to Telegram; where it is away, the other networks are heard all the same."""
    if settings.telegram.token is None:
        return None
    telegram = await TelegramChannel.connect(settings.telegram, anyhow=True)
    if settings.telegram.mode == "webhook":
        try:
            await announce(telegram, settings)
        except ChannelError:
            await telegram.close()
            raise
    return telegram


async def announce(telegram: TelegramChannel, settings: Settings) -> None:
    """Have Telegram call us; a Telegram that is away now is told later."""
    try:
        await telegram.set_webhook(f"{settings.server.public_url}/telegram")
    except (SenderFaultError, RefusedError):
        raise
    except ChannelError as error:
        log.warning("Telegram can't be told yet where we are.", action="announce", fault=type(error).__name__)


async def _sms(settings: Settings) -> SmsChannel | None:
    if settings.sms.account_sid is None:
        return None
    public_url = settings.server.public_url
    return await SmsChannel.connect(settings.sms, None if public_url is None else str(public_url))
