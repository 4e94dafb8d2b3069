"""Clients who are asked one after another, and answer on their phones as people do."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_world import ChatMessage

THERAPISTS = 40
CLIENTS_EACH = 30
HOURS_A_WEEK = 30
"""A busy clinic: so many therapists with so many clients each, who come once a week, all in so many hours."""

BUSY = 5
"""How many such clinics there are at once."""

REPLIES = 8
"""A session is two forms of four questions: one before it and one after it."""

PATIENCE = 120.0
"""Seconds for the next question to come, after which it counts as never."""

_THINKING = (1.0, 12.0)
_AS_TEXT = 0.3
"""How many answers are written; the others are pressed."""


def sessions_an_hour(busy: int = BUSY) -> float:
    """Tell how many sessions an hour has: all therapists at work, each client once a week."""
    return busy * THERAPISTS * CLIENTS_EACH / HOURS_A_WEEK


@dataclass(slots=True)
class Load:
    """What people did so far.

    Attributes:
        waits: seconds from each reply to what the bot wrote next, since they were last taken.
        replies: how many replies there were.
        silent: how many waited in vain.
    """

    telegram: FakeTelegram
    waits: list[float] = field(default_factory=list)
    replies: int = 0
    silent: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    async def answer(self, chat: int) -> None:
        """Let one client answer whatever the bot asks, until all questions are through."""
        seen = 0
        for _ in range(REPLIES):
            question = await self._next(chat, seen)
            if question is None:
                return
            seen = len(self.telegram.from_bot(chat))
            await asyncio.sleep(self.chance.uniform(*_THINKING))
            began = time.perf_counter()
            self._reply(chat, question)
            self.replies += 1
            if await self._next(chat, seen) is None:
                return
            self.waits.append(time.perf_counter() - began)

    async def _next(self, chat: int, seen: int) -> ChatMessage | None:
        """Wait for what the bot writes behind the first `seen` messages."""
        try:
            await self.telegram.until(lambda: len(self.telegram.from_bot(chat)) > seen, PATIENCE)
        except TimeoutError:
            self.silent += 1
            return None
        return self.telegram.from_bot(chat)[-1]

    def _reply(self, chat: int, question: ChatMessage) -> None:
        marks = list(_marks(question))
        if marks and self.chance.random() > _AS_TEXT:
            self.telegram.press(chat, question.message_id, self.chance.choice(marks))
        else:
            self.telegram.write(chat, f"{self.chance.randrange(101) / 10}")


def _marks(question: ChatMessage) -> Iterator[str]:
    """Give what the buttons from 0 to 10 carry."""
    return (one.data for row in question.keyboard for one in row if one.label.isdigit())
