"""What a process says of its own state: of its clock, and of what waits to go out."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App
from bot.channels.base import Message
from bot.connecting import Channels
from bot.limits import Limits
from bot.messages import pack
from bot.settings import Settings
from bot.watch import LATE, Watch
from bot.web.app import Readiness
from storage.records import Draft, Priority
from tests.databases import Engine
from tests.world import CLIENT, World


async def clock_of(world: World, ahead: float) -> tuple[tuple[bool, str] | None, float]:
    """Put the clock so many seconds ahead; give what /readyz and /metrics say of it."""
    world.clock.now = datetime.now(UTC) + timedelta(seconds=ahead)
    watch = Watch(world.service, Limits(), world.channels)
    parts = {name: (ok, said) for name, ok, said in await watch.parts(world.inbox)}

    async def ready() -> Readiness:
        return Readiness(ready=True)

    await watch.numbers(world.inbox, ready, last_poll=None, listed=None)
    number = watch.health.metrics.registry.get_sample_value("attune_clock_ahead_seconds")
    assert number is not None
    return parts.get("clock"), number


@pytest.mark.parametrize(
    ("ahead", "well"), [(0, True), (8, True), (-8, True), (14, False), (-14, False), (3600, False)]
)
async def test_a_clock_that_is_not_the_databases_is_noticed(
    world: World, engine: Engine, ahead: float, well: bool
) -> None:
    part, number = await clock_of(world, ahead)
    if engine == "sqlite":
        assert part is None, "a file has no clock of its own"
        assert math.isnan(number)
    else:
        assert part is not None
        assert part[0] is well, part
        assert part[1].endswith("s beside the database's")
        assert abs(number - ahead) < 4, "a slow machine is given some seconds"


@pytest.mark.parametrize(("priority", "well"), [("question", True), ("reply", False), ("alert", False)])
async def test_only_what_somebody_waits_for_says_that_sending_is_stuck(
    world: World, priority: str, well: bool
) -> None:
    async with world.service.desk() as desk:
        (contact,) = (await desk.tx.addresses.contacts([(world.channel.name, CLIENT)])).values()
        urgency, waits = Priority[priority.upper()], desk.now - LATE - timedelta(seconds=1)
        desk.queue(Draft(contact.id, "reply", urgency, pack(Message("hello")), waits))
    watch = Watch(world.service, Limits(), world.channels)
    parts = {name: (ok, said) for name, ok, said in await watch.parts(world.inbox)}
    assert parts["outbox"][0] is well, parts["outbox"]
    app = App(Settings(), world.service, Channels(others=(world.channel,)))
    readiness = await app.readiness()
    assert ("outbox", well) in [(name, ok) for name, ok, _ in readiness.parts]
    assert readiness.ready, "people are heard all the same"
