"""The composition root: every part put together in one process, started, and drained at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import reloading
from bot.alone import alone
from bot.calendar_reading import CalendarRounds
from bot.channels.base import Channel, ChannelError, RefusedError, SenderFaultError
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.inbox import Inbox
from bot.office import opened, utc_now
from bot.outbox import Outbox
from bot.ticker import Ticker
from bot.web.app import Readiness, build
from bot.web.serving import listening, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from starlette.applications import Starlette

    from bot.service import Service
    from bot.settings import Settings

log = structlog.get_logger(__name__)

LATE = timedelta(minutes=5)
"""A message that could have gone out this long ago says that sending is stuck."""

_CONNECT_PAUSES = (1, 2, 5, 10, 20, 30)

_CATCHING_UP = timedelta(seconds=10)
"""How long sending on Telegram waits at most for what people wrote there while we were away."""


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


@dataclass(slots=True)
class App:
    """A running Attune; without `listening` sockets nothing is to be reached over HTTP.

    Attributes:
        settings: those in force.
        config: the file that they came from; None for the one that `bot.settings.load` finds.
        stop: set to end it.
        reread: set to have the config read again.
    """

    settings: Settings
    service: Service
    channels: Channels
    listening: Sequence[socket.socket] = ()
    config: Path | None = None
    inbox: Inbox = field(init=False)
    outbox: Outbox = field(init=False)
    ticker: Ticker = field(init=False)
    calendars: CalendarRounds = field(init=False)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    reread: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Put the parts together."""
        self.outbox = Outbox(self.service, self.channels.by_name(), utc_now)
        self.inbox = Inbox(self.service, self.outbox.wake)
        self.ticker = Ticker(self.service, self.outbox.wake)
        self.calendars = CalendarRounds(self.service, lambda: self.settings.calendars, self.outbox.wake)

    async def run(self) -> None:
        """Work until `stop` is set, then finish what was begun."""
        await reloading.begin(self.service, self.settings)
        if self.settings.database.url.startswith("sqlite"):
            await self.outbox.reclaim()  # one process alone uses this file
        self.ticker.start()
        self.calendars.start()
        try:
            async with asyncio.TaskGroup() as group:
                if self.listening:
                    group.create_task(serve(_web(self), self.listening, self.stop))
                if self.channels.telegram is not None and self.settings.telegram.mode == "poll":
                    self.outbox.rest(TelegramChannel.name, utc_now() + _CATCHING_UP)
                    group.create_task(self.channels.telegram.listen(self.inbox.accept, self.stop))
                    group.create_task(self._send_after_hearing(self.channels.telegram))
                group.create_task(self.outbox.run(self.stop))
                group.create_task(self._reload_when_asked())
                log.info(
                    "Attune is running.",
                    action="running",
                    channels=sorted(self.channels.by_name()),
                    schedules=len(self.settings.schedules),
                )
                await self.stop.wait()
                self.reread.set()  # nobody waits for it any more
                self.ticker.stop()
                await self.calendars.stop()
        finally:
            while await self._drain():
                pass
        log.info("Attune has stopped.", action="stopped")

    async def _reload_when_asked(self) -> None:
        """Read the config again, once for all that asked meanwhile; answers and sending go on beside it."""
        while True:
            await self.reread.wait()
            self.reread.clear()
            if self.stop.is_set():
                return
            try:
                self.settings = await reloading.read_again(self.service, self.settings, self.config)
            except Exception:  # what was in force stays so, and people go on being heard
                log.exception("The config could not be put in force.", action="reload")
            self.outbox.wake()

    async def _drain(self) -> bool:
        """Send what was just queued; what can't go now is kept."""
        try:
            return await self.outbox.deliver()
        except SQLAlchemyError as error:
            log.warning("What was left to send waits.", action="drain", fault=type(error).__name__)
            return False

    async def _send_after_hearing(self, telegram: TelegramChannel) -> None:
        """Let sending begin once what waits at Telegram was heard.

        A question whose sending was cut off is asked again, unless its answer is among what waits.
        """
        heard = asyncio.create_task(telegram.caught_up())
        stopping = asyncio.create_task(self.stop.wait())
        patience = _CATCHING_UP.total_seconds()
        await asyncio.wait({heard, stopping}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if heard.done():
            self.outbox.resume(telegram.name)
        heard.cancel()
        stopping.cancel()

    async def readiness(self) -> Readiness:
        """Tell whether the database answers, Telegram is heard and messages go out."""
        parts = [*await self._sending(), *self._hearing()]
        parts.append(("ticker", self.ticker.failures == 0, f"{self.ticker.failures} failed ticks in a row"))
        ready = all(ok for _, ok, _ in parts)
        if self.settings.calendars:
            # A calendar's server that is down keeps nobody from being heard: it is shown, and no more.
            parts.append(await self.calendars.readiness())
        return Readiness(ready, tuple(parts))

    async def _sending(self) -> list[tuple[str, bool, str]]:
        now = utc_now()
        try:
            async with self.service.store.reading() as transaction:
                oldest = await transaction.outbox.oldest_waiting(now)
        except SQLAlchemyError as error:
            return [("database", False, type(error).__name__)]
        age = timedelta() if oldest is None else now - oldest
        waits = f"oldest message waits {age.total_seconds():.0f} s"
        return [("database", True, "answers"), ("outbox", age <= LATE, waits)]

    def _hearing(self) -> list[tuple[str, bool, str]]:
        telegram = self.channels.telegram
        if telegram is None or self.settings.telegram.mode == "webhook":
            return []
        if telegram.last_poll is None:
            return [("poller", False, "not yet polled")]
        age = utc_now() - telegram.last_poll
        limit = timedelta(seconds=3 * self.settings.telegram.poll_seconds + 10)
        return [("poller", age <= limit, f"last poll {age.total_seconds():.0f} s ago")]


async def run(settings: Settings, others: Sequence[Channel] = (), *, config: Path | None = None) -> None:
    """Run Attune until it is asked to stop (Ctrl-C, SIGTERM); SIGHUP has it read `config` again.

    Raises:
        AlreadyRunningError: another process works on the same SQLite file.
        ListenError: the web server's port is taken, or is not ours to take.
        SenderFaultError: a network refuses our credentials.
        RefusedError: Telegram does not take our webhook.
    """
    server = settings.server
    with alone(settings.database.url), listening(server.host, server.port) as sockets:
        async with opened(settings) as service:
            channels = Channels(await _telegram(settings), await _sms(settings), tuple(others))
            await _run(App(settings, service, channels, sockets, config))


async def _run(app: App) -> None:
    try:
        with _signals(app):
            await app.run()
    finally:
        for channel in app.channels.by_name().values():
            await channel.close()


async def _telegram(settings: Settings) -> TelegramChannel | None:
    """Connect to Telegram, with patience: it may be away while we start."""
    if settings.telegram.token is None:
        return None
    for pause in _CONNECT_PAUSES:
        try:
            return await _connected(settings)
        except (SenderFaultError, RefusedError):
            raise
        except ChannelError as error:
            log.warning("Telegram can't be reached yet.", action="connect", fault=type(error).__name__)
            await asyncio.sleep(pause)
    return await _connected(settings)


async def _connected(settings: Settings) -> TelegramChannel:
    telegram = await TelegramChannel.connect(settings.telegram)
    if settings.telegram.mode == "webhook":
        try:
            await telegram.set_webhook(f"{settings.server.public_url}/telegram")
        except ChannelError:
            await telegram.close()
            raise
    return telegram


async def _sms(settings: Settings) -> SmsChannel | None:
    if settings.sms.account_sid is None:
        return None
    public_url = settings.server.public_url
    return await SmsChannel.connect(settings.sms, None if public_url is None else str(public_url))


def _web(app: App) -> Starlette:
    return build(
        accept=app.inbox.accept,
        report=app.service.reported,
        readiness=app.readiness,
        telegram=app.channels.telegram,
        sms=app.channels.sms,
    )


@contextlib.contextmanager
def _signals(app: App) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM ask for a drained stop, a second one end at once, and SIGHUP reload."""
    loop = asyncio.get_running_loop()

    def asked(which: signal.Signals) -> None:
        log.info("Stopping: finishing what was begun.", action="stopping", signal=which.name)
        app.stop.set()
        loop.remove_signal_handler(which)

    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, asked, which)
    loop.add_signal_handler(signal.SIGHUP, app.reread.set)
    try:
        yield
    finally:
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(which)
