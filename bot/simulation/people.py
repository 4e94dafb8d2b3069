"""Somebody's side of a simulation: what they have heard so far, and what they mean to do next."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from bot.simulation.acts import Deed, Heard, Question

if TYPE_CHECKING:
    from bot.policy import Policy
    from bot.simulation.caseload import Somebody
    from storage.tally import Went

_TOGETHER = "together"


@dataclass(slots=True)
class Ear:
    """What one person has heard so far: how often each item was put, and how often each alert was told."""

    check_ins: dict[int, int] = field(default_factory=dict)
    put: Counter[tuple[int, int]] = field(default_factory=Counter)
    told: Counter[int] = field(default_factory=Counter)

    def hear(self, went: Went, policy: Policy, *, at: datetime, week: int) -> Heard:
        """Take in a message."""
        told = 0
        if went.alert_id is not None:
            told = self.told[went.alert_id]
            self.told[went.alert_id] += 1
        return Heard(went.kind, at, week, self._question(went, policy), went.alert_id, told)

    def _question(self, went: Went, policy: Policy) -> Question | None:
        if went.check_in_id is None or went.position is None or went.measure is None:
            return None
        measure = policy.instruments[went.measure]
        item = (went.check_in_id, went.position)
        before = self.put[item]
        self.put[item] += 1
        number = self.check_ins.setdefault(went.check_in_id, len(self.check_ins) + 1)
        items = len(measure.items) - went.position if went.kind == _TOGETHER else 1
        return Question(measure, went.position, items, number, before)


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """What somebody means to do, and when; what was planned first is done first."""

    at: datetime
    number: int
    who: Somebody = field(compare=False)
    what: str | Deed = field(compare=False)


class Plans:
    """What everybody means to do, in the order of time."""

    def __init__(self) -> None:
        """Begin with nothing planned."""
        self._heap: list[Planned] = []
        self._numbers = count(1)

    def add(self, who: Somebody, heard: Heard) -> None:
        """Let somebody decide what to do about a message."""
        for act in who.hear(heard):
            self.put(who, heard.at + act.after, act.what)

    def put(self, who: Somebody, at: datetime, what: str | Deed) -> None:
        """Plan something for somebody."""
        heapq.heappush(self._heap, Planned(at, next(self._numbers), who, what))

    def next(self) -> datetime | None:
        """Tell when somebody does something next."""
        return self._heap[0].at if self._heap else None

    def due(self, now: datetime) -> Sequence[Planned]:
        """Take out everything that is done now."""
        found = []
        while self._heap and self._heap[0].at <= now:
            found.append(heapq.heappop(self._heap))
        return found
