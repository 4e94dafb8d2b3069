"""The rounds in which calendars are read: APScheduler starts them, and the database says whose turn it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from bot.calendar_reading.fetching import Fetched, Fetcher, FetchError, read_file
from bot.calendars import CalendarError, Reading, read
from bot.service import calendar_turns
from bot.service.calendar_sessions import span
from bot.service.calendar_turns import ALARMING, Listed, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.service import Service
    from bot.settings import CalendarSettings

log = structlog.get_logger(__name__)

_AT_ONCE = 4
"""How many calendars are fetched at the same time."""

_READING = 120.0
"""Seconds that reading one may take; with fetching this is less than a lease."""


class CalendarRounds:
    """Reads the calendars that are due, every few seconds; a round never overlaps with itself."""

    def __init__(
        self,
        service: Service,
        calendars: Callable[[], Sequence[CalendarSettings]],
        after: Callable[[], None],
        *,
        fetcher: Fetcher | None = None,
        seconds: float = 20,
    ) -> None:
        """Keep the service.

        Args:
            service: what the sessions are kept with.
            calendars: gives the calendars of the config in force.
            after: is called when a round changed something (it wakes the outbox).
            fetcher: what fetches calendars from servers.
            seconds: between two rounds.
        """
        self._service = service
        self._calendars = calendars
        self._after = after
        self._fetcher = fetcher or Fetcher()
        self._seconds = seconds
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._under_way: asyncio.Task[object] | None = None
        self._stamps: dict[str, tuple[int, ...] | None] = {}
        self.failures = 0
        """How many rounds in a row lost a calendar's turn: the database is away, most likely."""

    def start(self) -> None:
        """Begin; the loop must be running."""
        self._scheduler.add_job(
            self.run,
            "interval",
            seconds=self._seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin no more rounds. One under way ends here: what it has not kept yet is read again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        await self._fetcher.close()

    async def run(self) -> None:
        """Read what is due, each by itself: one that fails keeps no other from its turn."""
        self._under_way = asyncio.current_task()
        limit = asyncio.Semaphore(_AT_ONCE)
        try:
            ended = await asyncio.gather(*(self._one(each, limit) for each in self._calendars()))
        finally:
            self._under_way = None
        self.failures = 0 if all(ended) else self.failures + 1

    async def readiness(self) -> tuple[str, bool, str]:
        """Tell whether every calendar can be read, in counts."""
        calendars = self._calendars()
        try:
            async with self._service.store.reading() as transaction:
                known = await transaction.calendars.of([one.name for one in calendars])
        except SQLAlchemyError as error:
            return "calendars", False, type(error).__name__
        failing = [one for one in known if one.failures >= ALARMING]
        said = (
            f"{len(calendars)} listed, {len(failing)} can't be read, {self.failures} failed rounds in a row"
        )
        return "calendars", not failing and not self.failures, said

    async def _one(self, calendar: CalendarSettings, limit: asyncio.Semaphore) -> bool:
        """Read a calendar if it is due; tells whether nothing of ours went wrong."""
        async with limit:
            try:
                if await self._turn(calendar):
                    self._after()
            except Exception:  # the rounds must not stop: the next one tries again
                log.exception("A calendar's turn was lost.", action="calendar_round", calendar=calendar.name)
                return False
        return True

    async def _turn(self, calendar: CalendarSettings) -> bool:
        """Take one calendar's turn, if it is due; tells whether it was."""
        stamp = None if calendar.file is None else await asyncio.to_thread(_stamp, calendar.file)
        touched = stamp is not None and stamp != self._stamps.get(calendar.name)
        async with self._service.desk() as desk:
            turn = await calendar_turns.begin(desk, listed(calendar), anyway=touched)
        if turn is None:
            return False
        self._stamps[calendar.name] = stamp
        try:
            await self._read(calendar, turn)
        except (FetchError, CalendarError) as error:
            why = str(error)
        except Exception:  # told to operators as any other: they alone can have it mended
            log.exception("A calendar's turn failed.", action="calendar_turn", calendar=calendar.name)
            why = "a fault of ours"
        else:
            return True
        async with self._service.desk() as desk:
            await calendar_turns.fail(desk, turn, why)
        return True

    async def _read(self, calendar: CalendarSettings, turn: Turn) -> None:
        """Fetch a calendar, read it, and keep what was found."""
        fetched = await self._fetched(calendar, turn)
        reading = None if fetched is None else await self._reading(fetched, turn)
        async with self._service.desk() as desk:
            if fetched is None or reading is None:
                await calendar_turns.same(desk, turn)
            else:
                await calendar_turns.keep(desk, turn, reading, fetched.seen)

    async def _fetched(self, calendar: CalendarSettings, turn: Turn) -> Fetched | None:
        if turn.fault is not None:
            raise FetchError(turn.fault)
        if calendar.url is not None:
            return await self._fetcher.fetch(calendar.url.get_secret_value(), turn.seen)
        return await read_file(calendar.file or Path(), turn.seen)

    async def _reading(self, fetched: Fetched, turn: Turn) -> Reading:
        """Read a calendar beside everything else.

        Raises:
            CalendarError: it can't be read.
        """
        start, end = span(self._service.policy.sessions, self._service.clock())
        work = asyncio.to_thread(read, fetched.data, turn.codes, start=start, end=end, zone=turn.zone)
        try:
            async with asyncio.timeout(_READING):
                return await work
        except TimeoutError as error:
            msg = "reading it takes too long: publish a shorter time"
            raise CalendarError(msg) from error


def listed(calendar: CalendarSettings) -> Listed:
    """Turn a calendar of the config into what the use cases need of it."""
    url = "" if calendar.url is None else calendar.url.get_secret_value()
    place = url or str(calendar.file)
    return Listed(calendar.name, calendar.therapist, place, timedelta(minutes=calendar.every_minutes))


def _stamp(file: Path) -> tuple[int, ...] | None:
    """Give what shows at a glance that a file has changed; None where it can't be looked at."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
