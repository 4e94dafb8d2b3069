"""Writers of one process on SQLite, one after the other, in the order in which they came.

SQLite itself lets whoever asks at the right moment go first: while two others write in turn, a third that
only looks now and then may wait until it gives up. Under a burst of ten thousand check-ins replies did.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import TimeoutError as NoTurnError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """A queue of writers."""

    def __init__(self, patience: float) -> None:
        """Let nobody wait longer than so many seconds."""
        self._patience = patience
        self._turn = asyncio.Lock()  # who waits for it is let in in order

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Wait for the turn to write, and have it until left.

        Raises:
            NoTurnError: those before us took too long, or this waits for itself.
        """
        try:
            async with asyncio.timeout(self._patience):
                await self._turn.acquire()
        except TimeoutError as error:
            msg = "others of this process have been writing for too long"
            raise NoTurnError(msg) from error
        try:
            yield
        finally:
            self._turn.release()
