"""A clinic with a calendar that it reads, for tests."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.calendar_reading import CalendarRounds
from bot.settings import CalendarSettings
from storage.calendars import CalendarState
from tests.bot.test_sessions import AFTER, BEFORE, TUESDAY, choices
from tests.bot.written_calendars import calendar
from tests.fakes.calendars import CalendarServer
from tests.world import OPERATOR, World, opened

DAY = timedelta(days=1)
EVERY = timedelta(minutes=30)

NOTHING = calendar().encode()
"""A calendar without an event."""


def event(start: datetime, *, uid: str = "1", title: str = "AB", more: str = "") -> str:
    """Write an event of fifty minutes."""
    return f"UID:{uid} | SUMMARY:{title} | DTSTART:{start:%Y%m%dT%H%M%SZ} | DURATION:PT50M{more}"


def daily(count: int) -> list[str]:
    """Write as many single events, one a day from Tuesday on."""
    return [event(TUESDAY + number * DAY, uid=f"day {number}") for number in range(count)]


@dataclasses.dataclass(slots=True)
class Clinic:
    """A world with one calendar on a server, and what reads it."""

    world: World
    server: CalendarServer
    rounds: CalendarRounds

    def has(self, *events: str) -> None:
        """Let the calendar have these events, and no other."""
        self.server.body = calendar(*events).encode()

    async def read(self, *events: str, after: timedelta = EVERY) -> None:
        """Let time pass, and a round read the calendar; where events are given, it has these from now on."""
        if events:
            self.has(*events)
        self.world.clock.now += after
        await self.rounds.run()
        await self.world.send_out()

    async def sessions(self) -> list[str]:
        """List the sessions that are to take place: whose, and when they start."""
        async with self.world.store.reading() as tx:
            codes = {one.id: one.code for one in await tx.people.clients()}
            found = await tx.sessions.of(codes)
        return [f"{codes[one.client_id]} {one.starts_at:%m-%d %H:%M}" for one in found if one.planned]

    async def state(self) -> CalendarState:
        """Tell how the reading of the calendar stands."""
        async with self.world.store.reading() as tx:
            (state,) = await tx.calendars.of(["kt"])
        return state

    def alarms(self) -> list[str]:
        """List what operators were told of the calendar, from "kt" on."""
        sent = [one.message.text for one in self.world.channel.sent if one.address == OPERATOR]
        return [text.partition("calendar kt ")[2] for text in sent if "calendar kt" in text]


def listed(**given: object) -> CalendarSettings:
    """Write a calendar as the config lists it."""
    written = {"name": "kt", "therapist": "T1", "every_minutes": 30, **given}
    return CalendarSettings.model_validate(written)


def rounds_of(world: World, calendar: CalendarSettings) -> CalendarRounds:
    """Give what reads a calendar, as one worker has it."""
    return CalendarRounds(world.service, lambda: [calendar], lambda: None)


@asynccontextmanager
async def clinic_with(
    url: str, calendar: Callable[[str], CalendarSettings] | None = None
) -> AsyncIterator[Clinic]:
    """Open a clinic that asks before and after each session, and reads the calendar of its therapist."""
    written = calendar or (lambda at: listed(url=at))
    async with opened(url, choices=choices(BEFORE, AFTER)) as world, CalendarServer(NOTHING) as server:
        rounds = rounds_of(world, written(server.url))
        yield Clinic(world, server, rounds)
        await rounds.stop()
