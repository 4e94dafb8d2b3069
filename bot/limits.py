"""What is too much: rates a minute by whoever causes them, and one line in the log while it lasts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog

if TYPE_CHECKING:
    from bot.metrics import Metrics

log = structlog.get_logger(__name__)

MINUTE = 60.0
"""Seconds over which rates are counted."""

_REMEMBERED = 10_000
"""Of how many sources a rate is kept at most; the one heard of longest ago is forgotten first."""

Key = TypeVar("Key", bound=Hashable)


class Limit(StrEnum):
    """What can be too much.

    QUEUE: messages that wait to be kept. REQUESTS: webhook requests at a time. BODY: bytes of one. SLOW: the
    time that one takes to arrive. FORGED: requests that no network sent, each of which is one too many;
    SOURCE: those of one place. SENDER: messages of one person.
    """

    QUEUE = "queue"
    REQUESTS = "requests"
    BODY = "body"
    SLOW = "slow"
    FORGED = "forged"
    SOURCE = "source"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on it is too much.

    Attributes:
        waiting: messages that wait to be kept, at a time.
        requests: webhook requests that are worked on, at a time.
        forgeries: requests a minute from one place that no network sent.
        texts: messages a minute of one person that are answered.
    """

    waiting: int = 5000
    requests: int = 500
    forgeries: int = 30
    texts: int = 30


class Rates(Generic[Key]):
    """How much each of many sources did within about the last minute.

    Counted over the minute that runs and the one before it, the latter by the part of it that is less than
    a minute ago: two numbers a source, and wrong by no more than a burst within one minute can be uneven.
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        """Begin with nothing heard."""
        self._remembered = remembered
        self._counts: OrderedDict[Key, tuple[int, int, int]] = OrderedDict()

    def so_far(self, key: Key, now: float) -> float:
        """Tell how much it was up to `now`, in seconds of any clock that does not go back."""
        minute, this, before = self._at(key, now)
        return this + before * (1 - (now - minute * MINUTE) / MINUTE)

    def add(self, key: Key, now: float, many: int = 1) -> None:
        """Count something."""
        minute, this, before = self._at(key, now)
        self._counts[key] = (minute, this + many, before)
        self._counts.move_to_end(key)
        if len(self._counts) > self._remembered:
            self._counts.popitem(last=False)

    def _at(self, key: Key, now: float) -> tuple[int, int, int]:
        running = int(now // MINUTE)
        minute, this, before = self._counts.get(key, (running, 0, 0))
        if minute == running:
            return minute, this, before
        return running, 0, this if running == minute + 1 else 0


class Spell:
    """A time in which something happens again and again: from the first to the last before a quiet minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin in quiet; `clock` gives seconds and never goes back."""
        self._clock = clock
        self._last: float | None = None

    def begins(self) -> bool:
        """Note that it happened, and tell whether that is news."""
        now, last = self._clock(), self._last
        self._last = now
        return last is None or now - last > MINUTE


class Refusals:
    """Counts what is over a limit, and logs it once a spell."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        """Keep where it is counted; `clock` gives seconds and never goes back."""
        self._metrics = metrics
        self._spells = {limit: Spell(clock) for limit in Limit}

    def count(self, limit: Limit, many: int = 1) -> None:
        """Count a refusal of which the log hears elsewhere."""
        self._metrics.refused(limit, many)

    def note(self, limit: Limit, many: int = 1) -> None:
        """Count a refusal."""
        self.count(limit, many)
        if self._spells[limit].begins():
            log.warning(
                "More comes than is taken: docs/operations.md says what to do.",
                action="limit",
                limit=limit.value,
            )
