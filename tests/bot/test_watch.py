"""What a process says of its own state: here, of its clock; the other parts have tests of their own."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from bot.limits import Limits
from bot.watch import Watch
from bot.web.app import Readiness
from tests.databases import Engine
from tests.world import World


async def clock_of(world: World, ahead: float) -> tuple[tuple[bool, str] | None, float]:
    """Put the clock so many seconds ahead; give what /readyz and /metrics say of it."""
    world.clock.now = datetime.now(UTC) + timedelta(seconds=ahead)
    watch = Watch(world.service, Limits())
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
