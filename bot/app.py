"""The composition root: every part put together in one process, started, and drained at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import pace, reloading
from bot.alone import alone
from bot.calendar_reading import CalendarRounds
from bot.channels.base import Channel, ChannelError
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.connecting import Channels, announce, connected
from bot.election import Election
from bot.inbox import Inbox
from bot.office import opened, utc_now
from bot.outbox import Outbox
from bot.reconciliation import ReconciliationRounds
from bot.ticker import Ticker
from bot.waiting import pause
from bot.watch import Watch, limits_of
from bot.web.app import Readiness, build
from bot.web.numbers import alone as numbers_alone
from bot.web.numbers import numbers
from bot.web.serving import listening, serve
from storage.seat import Seat, Standing
from storage.wakes import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from starlette.applications import Starlette

    from bot.service import Service
    from bot.settings import Settings
    from bot.web.webhooks import Endpoint

log = structlog.get_logger(__name__)

_ANNOUNCE_AGAIN = 10.0
"""Seconds between two tries to tell Telegram where we are."""

_CATCHING_UP = timedelta(seconds=10)
"""How long sending on Telegram waits at most for what people wrote there while we were away."""


_DRAINING = 10.0
"""Seconds after which no further round of sending is begun once we are asked to stop.

What is left waits for the other workers, or for the next start; whoever stops processes waits 30 s as a rule.
"""


_NOT_POLLING = {
    Standing.TAKEN: "another worker polls",
    Standing.SHARED: "no session can hold the poller's lock: set database.direct_url",
    Standing.AWAY: "the database can't be asked whose turn it is",
}


_SHOWN_ONLY = frozenset({"outbox", "clock", "calendars", "reconciliation"})
"""Parts of /readyz that are shown and no more: where one is not well, people must be heard all the same."""


@dataclass(slots=True)
class App:
    """A running Attune; without `listening` sockets nothing is to be reached over HTTP.

    Attributes:
        settings: those in force.
        config: the file that they came from; None for the one that `bot.settings.load` finds.
        counting: sockets at which nothing but its numbers is to be reached.
        stop: set to end it.
        reread: set to have the config read again.
    """

    settings: Settings
    service: Service
    channels: Channels
    listening: Sequence[socket.socket] = ()
    config: Path | None = None
    counting: Sequence[socket.socket] = ()
    watch: Watch = field(init=False)
    inbox: Inbox = field(init=False)
    outbox: Outbox = field(init=False)
    ticker: Ticker = field(init=False)
    calendars: CalendarRounds = field(init=False)
    reconciliation: ReconciliationRounds | None = field(init=False)
    election: Election | None = field(init=False)
    listener: Listener | None = field(init=False)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    reread: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Put the parts together."""
        paces = {
            TelegramChannel.name: pace.telegram(self.settings.telegram.messages_per_second),
            SmsChannel.name: pace.sms(self.settings.sms.rate),
        }
        self.watch = Watch(self.service, limits_of(self.settings.limits), self.channels.by_name())
        limits, health = self.watch.limits, self.watch.health
        self.outbox = Outbox(self.service, self.channels.by_name(), utc_now, paces=paces, health=health)
        self.inbox = Inbox(self.service, self.outbox.wake, limits=limits, health=health)
        self.ticker = Ticker(self.service, self.outbox.wake, health=health)
        self.calendars = CalendarRounds(self.service, lambda: self.settings.calendars, self.outbox.wake)
        sms, accept = self.channels.sms, self.inbox.accept_in_turn
        self.reconciliation = None if sms is None else ReconciliationRounds(self.service, sms, accept)
        self.election = self._election()
        store = self.service.store
        direct = store.direct if store.notifies else None
        self.listener = None if direct is None else Listener(direct, store.worker, self.outbox.wake)

    def _election(self) -> Election | None:
        """Make this worker's part in who polls Telegram; none where nobody has to."""
        telegram, direct = self.channels.telegram, self.service.store.direct
        if telegram is None or self.settings.telegram.mode == "webhook":
            return None
        return Election(
            None if direct is None else Seat(direct, f"attune.poller.{telegram.account}"),
            partial(telegram.listen, self.inbox.accept_in_turn),
            last_poll=lambda: telegram.last_poll,
            silence=self._silence,
        )

    @property
    def _silence(self) -> timedelta:
        """After how long without an answer to a poll something is wrong."""
        return timedelta(seconds=3 * self.settings.telegram.poll_seconds + 10)

    async def run(self) -> None:
        """Work until `stop` is set, then finish what was begun."""
        await reloading.begin(self.service, self.settings)
        if self.settings.database.url.startswith("sqlite"):
            await self.outbox.reclaim()  # one process alone uses this file
        self.ticker.start()
        self.calendars.start()
        if self.reconciliation is not None:
            self.reconciliation.start()
        try:
            async with asyncio.TaskGroup() as group:
                if self.listening:
                    group.create_task(serve(web_of(self), self.listening, self.stop))
                if self.counting:
                    page = numbers_alone(_numbers(self))
                    group.create_task(serve(page, self.counting, self.stop))
                if self.election is not None and self.channels.telegram is not None:
                    self.outbox.rest(TelegramChannel.name, utc_now() + _CATCHING_UP)
                    group.create_task(self.election.run(self.stop))
                    group.create_task(self._send_after_hearing(self.channels.telegram, self.election))
                if self.listener is not None:
                    group.create_task(self.listener.run(self.stop))
                if self.settings.telegram.mode == "webhook" and self.channels.telegram is not None:
                    group.create_task(self._announce_until_told(self.channels.telegram))
                group.create_task(self.watch.run(self.stop))
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
                if self.reconciliation is not None:
                    await self.reconciliation.stop()
        finally:
            enough = asyncio.get_running_loop().time() + _DRAINING
            while await self._drain() and asyncio.get_running_loop().time() < enough:
                pass
        log.info("Attune has stopped.", action="stopped")

    async def _announce_until_told(self, telegram: TelegramChannel) -> None:
        """Tell a Telegram that was away where we are, as soon as it is there again."""
        while not telegram.announced:
            await pause(_ANNOUNCE_AGAIN, self.stop)
            if self.stop.is_set():
                return
            try:
                await announce(telegram, self.settings)
            except ChannelError as error:  # the other networks go on being heard
                log.warning("Telegram does not take our webhook.", action="announce", fault=str(error))

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

    async def _send_after_hearing(self, telegram: TelegramChannel, election: Election) -> None:
        """Let sending begin once what waits at Telegram was heard, or is seen to by another worker.

        A question whose sending was cut off is asked again, unless its answer is among what waits.
        """
        heard = asyncio.create_task(telegram.caught_up())
        elsewhere = asyncio.create_task(election.elsewhere.wait())
        stopping = asyncio.create_task(self.stop.wait())
        waits = {heard, elsewhere, stopping}
        patience = _CATCHING_UP.total_seconds()
        await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if heard.done() or elsewhere.done():
            self.outbox.resume(telegram.name)
        for wait in waits:
            wait.cancel()

    async def readiness(self) -> Readiness:
        """Tell whether people are heard and answered here, part by part."""
        parts = [*await self.watch.parts(self.inbox), *self._hearing()]
        parts.append(("ticker", self.ticker.failures == 0, f"{self.ticker.failures} failed ticks in a row"))
        if self.settings.calendars:
            parts.append(await self.calendars.readiness())
        if self.reconciliation is not None:
            parts.append(await self.reconciliation.readiness())
        return Readiness(all(ok for name, ok, _ in parts if name not in _SHOWN_ONLY), tuple(parts))

    async def numbers(self) -> bytes:
        """Give what Prometheus asks for."""
        telegram, sms = self.channels.telegram, self.channels.sms
        return await self.watch.numbers(
            self.inbox,
            self.readiness,
            last_poll=None if telegram is None else telegram.last_poll,
            listed=None if sms is None else (sms.name, sms.account),
        )

    def _hearing(self) -> list[tuple[str, bool, str]]:
        telegram = self.channels.telegram
        if telegram is None:
            return []
        if self.election is None:
            return [] if telegram.announced else [("webhook", False, "Telegram was not told of it yet")]
        if said := _NOT_POLLING.get(self.election.standing):
            return [("poller", self.election.standing is Standing.TAKEN, said)]
        if telegram.refused is not None:
            return [("poller", False, telegram.refused)]
        if telegram.last_poll is None:
            return [("poller", False, "not yet polled")]
        age = utc_now() - telegram.last_poll
        return [("poller", age <= self._silence, f"last poll {age.total_seconds():.0f} s ago")]


async def run(settings: Settings, others: Sequence[Channel] = (), *, config: Path | None = None) -> None:
    """Run Attune until it is asked to stop (Ctrl-C, SIGTERM); SIGHUP has it read `config` again.

    Raises:
        AlreadyRunningError: another process works on the same SQLite file.
        ListenError: the web server's port is taken, or is not ours to take.
        SenderFaultError: a network refuses our credentials.
        RefusedError: Telegram does not take our webhook.
    """
    server = settings.server
    with (
        alone(settings.database.url),
        listening(server.host, server.port) as sockets,
        _counting(settings) as counting,
    ):
        async with opened(settings) as service:
            channels = await connected(settings, others)
            await _run(App(settings, service, channels, sockets, config, counting))


def _counting(settings: Settings) -> contextlib.AbstractContextManager[Sequence[socket.socket]]:
    """Hold the port of the numbers, where they have one."""
    own = settings.metrics
    return contextlib.nullcontext(()) if own.port is None else listening(own.host, own.port, "metrics")


async def _run(app: App) -> None:
    try:
        with _signals(app):
            await app.run()
    finally:
        for channel in app.channels.by_name().values():
            await channel.close()


def web_of(app: App) -> Starlette:
    """Build what an app serves over HTTP."""
    return build(
        accept=app.inbox.accept,
        report=app.watch.reported,
        readiness=app.readiness,
        telegram=app.channels.telegram,
        sms=app.channels.sms,
        gate=app.watch.gate,
        numbers=None if app.settings.metrics.token is None else _numbers(app),
    )


def _numbers(app: App) -> Endpoint:
    token = app.settings.metrics.token
    return numbers(app.numbers, None if token is None else token.get_secret_value())


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
