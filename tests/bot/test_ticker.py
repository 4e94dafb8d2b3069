"""The clock: every part of a tick has its turn, whatever became of another; each is bounded; none overlap."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.service import Service
from bot.service.desk import LIMIT
from bot.ticker import ROUNDS, Ticker
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

WORKS = (
    "escalate_due",
    "expire_due",
    "plan_sessions",
    "start_session_asks",
    "start_due",
    "open_put_off",
    "resume_due",
    "remind_due",
    "ask_to_confirm",
    "report_missed",
)


class BrokenError(Exception):
    """What a broken part of a tick raises."""


def standing_for(monkeypatch: pytest.MonkeyPatch, work: str, did: int | Exception) -> Callable[[], int]:
    """Let a part of the tick do so much each time, or fail; tells how often it ran."""
    ran = []

    async def stand_in(_: Service) -> int:
        ran.append(work)
        if isinstance(did, Exception):
            raise did
        return did

    monkeypatch.setattr(Service, work, stand_in)
    return lambda: len(ran)


@pytest.mark.parametrize("broken", WORKS)
async def test_a_part_that_fails_keeps_no_other_from_its_turn(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    woken: list[None] = []
    ticker = Ticker(world.service, lambda: woken.append(None))
    ran = {work: standing_for(monkeypatch, work, 1) for work in WORKS}
    ran[broken] = standing_for(monkeypatch, broken, BrokenError())
    await ticker.tick()
    assert {work: count() for work, count in ran.items()} == dict.fromkeys(WORKS, 1)
    assert ticker.failures == 1
    assert woken == [None], "what the others did goes out"
    await ticker.tick()
    assert ticker.failures == 2
    standing_for(monkeypatch, broken, 0)
    await ticker.tick()
    assert ticker.failures == 0


async def test_a_tick_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = standing_for(monkeypatch, "start_due", LIMIT)
    reminded = standing_for(monkeypatch, "remind_due", 0)
    await Ticker(world.service, lambda: None).tick()
    assert ran() == ROUNDS, "it gives way although more is due"
    assert reminded() == 1


async def test_nothing_to_do_wakes_nobody(world: World) -> None:
    woken: list[None] = []
    await Ticker(world.service, lambda: woken.append(None)).tick()
    assert woken == []
    world.clock.now += timedelta(hours=1)
    await Ticker(world.service, lambda: woken.append(None)).tick()
    assert woken == [None]


async def test_ticks_never_overlap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most, began = 0, 0, 0

    async def slow(_: Service) -> int:
        nonlocal under_way, most, began
        began += 1
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1
        return 0

    monkeypatch.setattr(Service, "start_due", slow)
    ticker = Ticker(world.service, lambda: None, seconds=0.02)
    ticker.start()
    while began < 3:  # noqa: ASYNC110 (it is the clock that is waited for)
        await asyncio.sleep(0.01)
    ticker.stop()
    await asyncio.sleep(0.2)
    assert most == 1
