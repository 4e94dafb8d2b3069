"""A small clinic for the demo: the real service on a database of its own, and a clock that leaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from bot.channels.base import Address, Choice, Inbound, Message, Pressed, Said, SentMedia, Wrote
from bot.channels.console import ConsoleChannel
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.policy import Policy
from bot.service import Service, paper, people
from bot.timetable import Quiet, Routine, Weekly, morning
from bot.wording import House
from scoring.instrument import AgeGroup
from storage.crypto import load_or_make
from storage.migrations import upgrade
from storage.records import AddressState, Alert, CheckIn, Client, ClientState, Therapist
from storage.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scoring.score import Score

CLIENT = "AB"
THERAPIST = "T1"
ZONE = "UTC"

_ADDRESSES = {CLIENT: Address("client"), THERAPIST: Address("therapist")}
_MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_HOURS_OPEN = timedelta(hours=48)
_THURSDAY = 3
_BRACKETS = re.compile(r"\[(press )?([^\]]+)\]")

ROUTINES = (
    Routine("before-session", ("ors",), Weekly(((_THURSDAY, time(10)),)), expires_after=_HOURS_OPEN),
    Routine("after-session", ("srs",), Weekly(((_THURSDAY, time(12)),)), expires_after=_HOURS_OPEN),
)
"""What is asked on the day of the session, an hour before it and just after it."""

SESSION = time(11)
"""When the session is, on the same day."""

# Six weeks that go well, high enough for middling answers to stand out. Tenths, in the order of the items.
_PAST = (
    ((70, 74, 73, 75), (93, 92, 94, 93)),
    ((68, 71, 71, 71), (95, 94, 96, 95)),
    ((66, 73, 70, 69), (95, 94, 94, 95)),
    ((74, 78, 76, 76), (97, 95, 96, 97)),
    ((78, 80, 79, 79), (97, 97, 98, 97)),
    ((82, 85, 82, 83), (98, 97, 97, 98)),
)


@dataclass(slots=True)
class Clock:
    """Tells the demo's time, which leaps."""

    now: datetime = _MONDAY

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def pass_by(self, time_passed: timedelta) -> None:
        """Let some time pass."""
        self.now += time_passed


Show = Callable[[str, datetime, Message], None]
"""Shows a message on the phone of the person whose code is given, at the demo's time."""


@dataclass(slots=True)
class Clinic:
    """One therapist with one client, each with a phone.

    Attributes:
        service: the use cases, the same that `attune run` runs.
        inbox: takes what both write.
        outbox: sends what is queued.
        clock: the demo's time.
        pressable: the buttons under the last message to each person that had some, and its number.
    """

    service: Service
    inbox: Inbox
    outbox: Outbox
    clock: Clock
    pressable: dict[str, tuple[str, Sequence[Choice]]] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, show: Show) -> AsyncIterator[Self]:
        """Open the clinic on a fresh database in `folder`."""
        cipher, _ = load_or_make(folder / "attune.keys")
        store = Store.open(f"sqlite:///{folder / 'attune.db'}", cipher)
        try:
            await upgrade(store.engine)
            yield cls._on(store, show)
        finally:
            await store.close()

    @classmethod
    def _on(cls, store: Store, show: Show) -> Self:
        codes = {address: code for code, address in _ADDRESSES.items()}
        clock = Clock()
        service = Service(store, _policy(), clock)
        numbers = count(1)

        def shown(address: Address, message: Message) -> None:
            number = str(next(numbers))
            if message.choices:
                clinic.pressable[codes[address]] = (number, [one for row in message.choices for one in row])
            show(codes[address], clock.now, message)

        outbox = Outbox(service, {"console": ConsoleChannel(shown)}, clock)
        clinic = cls(service, Inbox(service, outbox.wake), outbox, clock)
        return clinic

    async def begin(self) -> None:
        """Add the therapist and the client, and invite the client."""
        async with self.service.desk() as desk:
            therapist = Therapist(0, THERAPIST, "en", ZONE)
            await people.add_therapist(desk, therapist, [("console", _ADDRESSES[THERAPIST])])
            client = Client(0, CLIENT, 0, "en", ZONE, "US", AgeGroup.ADULT, ClientState.INVITED, None)
            await people.add_client(desk, client, THERAPIST, [("console", _ADDRESSES[CLIENT])])
            await people.invite(desk, client=CLIENT)
        await self.deliver()

    async def enter_past(self) -> int:
        """Enter the paper forms of the weeks before, as an administrator does; returns how many weeks."""
        (schedule, *_) = await self._schedules()
        for weeks, (outcome, alliance) in zip(range(len(_PAST), 0, -1), _PAST, strict=True):
            at = schedule - weeks * _WEEK
            async with self.service.desk() as desk:
                await paper.add_score(desk, CLIENT, "ors", outcome, at=at)
                await paper.add_score(desk, CLIENT, "srs", alliance, at=at + timedelta(hours=2))
        await self.deliver()
        return len(_PAST)

    async def wait_for_next(self) -> CheckIn | None:
        """Let the clock leap to when the next check-in falls due, and open it."""
        self.clock.now = max(self.clock.now, (await self._schedules())[0])
        await self.service.start_due()
        await self.deliver()
        return await self.open_check_in()

    async def wait_for_morning(self) -> None:
        """Let the clock leap to the next morning, when what could wait is told."""
        self.clock.now = morning(self.clock.now, ZONE, self.service.policy.quiet)
        await self.deliver()

    async def say(self, code: str, text: str) -> None:
        """Bring what somebody wrote, as a network would, and send what follows from it.

        "[photo]" stands for something that is not text, "[press 7]" for a button of the last message.
        """
        said = self._said(code, text)
        inbound = Inbound(
            "console", "console", f"demo-{next(self._ids)}", _ADDRESSES[code], said, self.clock.now
        )
        await self.inbox.accept([inbound])
        await self.deliver()

    def _said(self, code: str, text: str) -> Said:
        match = _BRACKETS.fullmatch(text)
        if match is None:
            return Wrote(text)
        if not match.group(1):
            return SentMedia(match.group(2))
        number, choices = self.pressable.get(code, ("", ()))
        pressed = next((one for one in choices if one.label == match.group(2)), None)
        return Pressed(pressed.data, number) if pressed else Wrote(match.group(2))

    async def deliver(self) -> None:
        """Send everything that may go out now."""
        while await self.outbox.deliver():
            pass

    async def client(self) -> Client:
        """Read the client's record."""
        async with self.service.store.reading() as transaction:
            (client,) = await transaction.people.clients()
        return client

    async def stopped(self) -> bool:
        """Tell whether the client wants no messages."""
        client = await self.client()
        async with self.service.store.reading() as transaction:
            (contact,) = await transaction.addresses.of_clients([client.id])
        return contact.state is AddressState.STOPPED

    async def open_check_in(self) -> CheckIn | None:
        """Read the check-in that is open, with its answers so far."""
        client = await self.client()
        async with self.service.store.reading() as transaction:
            found = await transaction.check_ins.open_of([client.id])
        return found[0] if found else None

    async def scores(self, measure: str) -> tuple[Score, ...]:
        """Read every score of a measure, oldest first."""
        client = await self.client()
        async with self.service.store.reading() as transaction:
            episodes = await transaction.people.episodes([client.id])
            history = await transaction.scores.history(episodes.values())
        return history.get((episodes.get(client.id, 0), measure), ())

    async def alerts(self) -> tuple[Alert, ...]:
        """Read every alert, oldest first."""
        client = await self.client()
        async with self.service.store.reading() as transaction:
            return await transaction.alerts.of_clients([client.id])

    async def _schedules(self) -> list[datetime]:
        client = await self.client()
        async with self.service.store.reading() as transaction:
            return sorted(one.next_due_at for one in await transaction.schedules.of([client.id]))


def _policy() -> Policy:
    return Policy(
        House("Elm Street Clinic", contact="the front desk, 555-0100"),
        Quiet(time(21), time(8)),
        MappingProxyType({one.name: one for one in ROUTINES}),
    )
