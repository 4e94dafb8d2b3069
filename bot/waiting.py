"""Waiting for what may come first: an event, another, or the end of some seconds."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Wait so many seconds, or until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def either(one: asyncio.Event, other: asyncio.Event, seconds: float | None = None) -> None:
    """Wait for either event, or so many seconds."""
    waits = [asyncio.ensure_future(event.wait()) for event in (one, other)]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
