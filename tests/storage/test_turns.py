"""Writers of one process have their turns in the order in which they came, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import TimeoutError as NoTurnError

from storage.trouble import Trouble, trouble
from storage.turns import Turns


async def test_turns_come_in_order() -> None:
    turns, order = Turns(5), list[int]()

    async def write(number: int) -> None:
        async with turns.next():
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*map(write, range(20)))
    assert order == list(range(20))


async def test_two_who_write_without_a_pause_keep_no_third_waiting() -> None:
    turns, stop = Turns(5), asyncio.Event()
    ahead = 0

    async def write_on() -> None:
        nonlocal ahead
        while not stop.is_set():
            async with turns.next():
                ahead += 1
                await asyncio.sleep(0)

    busy = [asyncio.create_task(write_on()) for _ in range(2)]
    await asyncio.sleep(0.01)
    before = ahead
    async with turns.next():
        assert ahead - before <= 2
    stop.set()
    await asyncio.gather(*busy)


async def test_who_waits_too_long_is_told_that_the_database_is_held() -> None:
    turns = Turns(0.01)
    async with turns.next():
        with pytest.raises(NoTurnError) as refused:
            async with turns.next():
                pass
    assert trouble(refused.value) is Trouble.LOCKED
    async with turns.next():
        pass  # whoever gave up holds nothing


async def test_who_is_cancelled_while_waiting_holds_nothing() -> None:
    turns = Turns(5)
    async with turns.next():
        waiting = asyncio.create_task(turns.next().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with turns.next():
        pass
