"""What a tick asks of the database rests on indexes: it reads no table that grows from end to end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ticker import Ticker
from tests.world import World

GROWING = (
    "schedules",
    "check_ins",
    "sessions",
    "session_asks",
    "session_series",
    "alerts",
    "outbox",
    "clients",
)

_SCAN = re.compile(r"SCAN (\w+)(?! USING)")


@pytest.fixture
def engine() -> str:
    """Ask SQLite alone how it goes about it: its plans do not depend on how much there is."""
    return "sqlite"


async def test_a_tick_reads_no_growing_table_from_end_to_end(world: World) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, *statement: Any) -> None:  # noqa: ANN401 (the driver's)
        text, parameters = statement[0], statement[1]
        asked.append((text, parameters[0] if isinstance(parameters, list) else parameters))

    engine = world.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    ticker = Ticker(world.service, lambda: None)
    await ticker.tick()
    world.clock.wait(hours=1)
    await ticker.tick()
    event.remove(engine, "before_cursor_execute", note)
    assert ticker.failures == 0
    assert len(asked) > len(GROWING), "statements were seen"
    async with world.store.engine.connect() as connection:
        for text, parameters in asked:
            if text.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = await _plan(connection, text, parameters)
                scanned = {match[1] for step in plan if (match := _SCAN.match(step))}
                assert not scanned & set(GROWING), f"{text}\n{plan}"


async def _plan(connection: AsyncConnection, text: str, parameters: Any) -> Sequence[str]:  # noqa: ANN401 (the driver's)
    found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
    return [str(row.detail) for row in found]
