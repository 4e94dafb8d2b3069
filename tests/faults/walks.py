"""What processes are killed in: the walks of a check-in, an answer, an acknowledgement, a cry for help."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from bot.channels.base import Pressed, Said, Wrote
from bot.policy import Policy
from bot.service import paper, people
from bot.timetable import Quiet, Routine, Weekly
from bot.wording import House
from scoring.instrument import AgeGroup
from storage.records import Client, ClientState, Therapist
from tests.faults.installation import Installation
from tests.faults.journal import Took

ANNA, BERT = "+15550101", "+15550102"
"""The clients AB and CD."""

IDA, UNA = "+15550103", "+15550104"
"""The therapist of both, KT, and the backup, UM."""

OPERATOR = "+15550105"

_WEEKLY = Routine("weekly", ("ors", "srs"), Weekly(((0, time(18)),)), (timedelta(hours=24),))

_BAD_DAY = ("4", "3", "5", "2")


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that somebody does, under the network's id for it.

    On a network with buttons the first one is pressed of theirs whose data matches `press`, else `text` is
    written, with the number of the alert that they were told of in place of "{alert}".
    """

    external_id: str
    address: str
    text: str
    press: str | None = None

    def said(self, world: Installation) -> Said:
        """Say it as the network brings it."""
        seen = [one for one in world.journal.messages() if one.address == self.address]
        if self.press is None or not world.channel.edits:
            return Wrote(self.text.replace("{alert}", _first_alert(seen)))
        return next(
            Pressed(data, str(one.number))
            for one in seen
            for data in one.choices
            if re.fullmatch(self.press, data)
        )


def _first_alert(seen: Sequence[Took]) -> str:
    return next((found[1] for one in seen if (found := re.search(r"ACK (\d+)", one.text))), "")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing of a walk, so long after its beginning: people do something, or else the clock ticks."""

    after: timedelta
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk.

    Attributes:
        name: what it is called.
        prepare: brings the installation to where the walk begins.
        acts: what then happens, one after the other.
    """

    name: str
    prepare: Callable[[Installation], Awaitable[None]]
    acts: Sequence[Act]


def policy(*, edits: bool) -> Policy:
    """Make the choices of Elm Street clinic; `edits` says whether its network replaces messages."""
    return Policy(
        House("Elm Street clinic"),
        Quiet(time(21), time(8)),
        {_WEEKLY.name: _WEEKLY},
        edits=frozenset({"telegram"}) if edits else frozenset(),
        backups=("UM",),
    )


async def _staffed(world: Installation) -> None:
    """Bring an empty database to where two clients of one therapist have agreed, each with an older form."""
    channel = world.channel.name
    async with world.service.desk() as desk:
        await people.add_therapist(desk, Therapist(0, "UM", "en", "UTC", "Dr Una Mills"), [(channel, UNA)])
        await people.add_therapist(desk, Therapist(0, "KT", "en", "UTC", "Dr Ida Quimby"), [(channel, IDA)])
    await world.service.sync([(channel, OPERATOR)])
    for code, address in (("AB", ANNA), ("CD", BERT)):
        async with world.service.desk() as desk:
            invited, adult = ClientState.INVITED, AgeGroup.ADULT
            person = Client(0, code, 0, "en", "UTC", "US", adult, invited, None, "Alma Brightwater")
            await people.add_client(desk, person, "KT", [(channel, address)])
        await world.inbox.accept([world.inbound(f"{code} agrees", address, Pressed("agree", "0"))])
        await world.send_out()
        async with world.service.desk() as desk:
            await paper.add_score(desk, code, "ors", [80] * 4, at=world.clock() - timedelta(days=7))


async def _asked(world: Installation) -> None:
    """Go on to where both are asked; Bert is at the last question, and another measure waits for him."""
    await _staffed(world)
    for code in ("AB", "CD"):
        async with world.service.desk() as desk:
            await people.ask(desk, code, "ors")
        await world.send_out()
    async with world.service.desk() as desk:
        await people.ask(desk, "CD", "srs")
    for number, mark in enumerate(_BAD_DAY[:-1]):
        await world.hear([Heard(f"CD answers {number}", BERT, mark)])


async def _alerted(world: Installation) -> None:
    """Go on to where the therapist has an alert."""
    await _asked(world)
    await world.hear([Heard("CD answers last", BERT, _BAD_DAY[-1])])


_AT_ONCE = timedelta(minutes=1)
_LATER = timedelta(minutes=4)

WALKS = (
    Walk("a schedule falls due", _staffed, (Act(timedelta(hours=1)),)),
    Walk(
        "answers arrive",
        _asked,
        (
            Act(
                _AT_ONCE,
                (
                    Heard("first of AB", ANNA, "7", r"a:\d+:0:70"),
                    Heard("last of CD", BERT, "2", r"a:\d+:3:20"),
                ),
            ),
            Act(_LATER, (Heard("second of AB", ANNA, "6.5, slept badly"),)),
        ),
    ),
    Walk(
        "an alert is acknowledged",
        _alerted,
        (
            Act(_AT_ONCE, (Heard("seen", IDA, "ACK {alert}", r"ack:\d+"),)),
            Act(_LATER, (Heard("seen again", IDA, "ACK {alert}"),)),
        ),
    ),
    Walk(
        "a cry for help",
        _asked,
        (
            Act(_AT_ONCE, (Heard("cry", ANNA, "I want to end my life"),)),
            Act(timedelta(minutes=20)),
            Act(timedelta(minutes=25), (Heard("seen", IDA, "ACK {alert}", r"ack:\d+"),)),
        ),
    ),
)
