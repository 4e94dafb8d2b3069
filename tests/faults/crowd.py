"""People on networks that outlive every worker: they answer what they are asked, and the network insists."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bot import messages
from bot.messages import AckPress, AnswerPress
from tests.faults.journal import Acknowledged, Journal, Took
from tests.faults.worker import Event

Question = tuple[int, int]
"""A check-in, and the place of one of its questions."""

CRY = "I want to end my life"

_INSISTS = 1.5
"""Seconds after which the network brings again what was not acknowledged."""

_TWICE = 0.05
"""The share of what the network brings to two workers at once."""

_CRIES = 0.1
"""The share of questions to which somebody in despair answers with a cry for help."""

BAD, GOOD = 2, 10
"""What is answered, in turn from one check-in to the next: each bad one is news to the therapist."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a network; whoever is in `despair` cries for help at some time, and is silent then."""

    address: str
    channel: str
    despair: bool = False


@dataclass(slots=True)
class Crowd:
    """Everybody.

    Attributes:
        people: clients and therapists, by their address.
        journal: what the networks took.
        chance: what is drawn from.
        answered: by the network's id, which question was answered, and how.
        cries: the ids of cries for help, by who cried.
        acknowledging: by the network's id, which alert is acknowledged.
        pending: what was brought and not acknowledged, with when it is brought again.
        tired: whether questions are left unanswered from now on.
    """

    people: dict[str, Person]
    journal: Journal
    chance: random.Random
    answered: dict[str, tuple[Question, int]] = field(default_factory=dict)
    cries: dict[str, str] = field(default_factory=dict)
    acknowledging: dict[str, int] = field(default_factory=dict)
    pending: dict[str, tuple[Event, float]] = field(default_factory=dict)
    tired: bool = False
    _seen: set[Question | int] = field(default_factory=set)
    _check_ins: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _later: list[tuple[float, Event]] = field(default_factory=list)
    _events: int = 0

    def step(self, now: float, bring: Callable[[Event], None]) -> None:
        """Read what arrived, answer what is ripe, and bring again what nobody acknowledged.

        Args:
            now: the time, in seconds.
            bring: hands an event to a worker, any of them; it may be lost.
        """
        for line in self.journal.news():
            if isinstance(line, Acknowledged):
                self.pending.pop(line.external_id, None)
            else:
                self._read(self.people[line.address], line, now)
        ripe = [event for when, event in self._later if when <= now]
        self._later = [(when, event) for when, event in self._later if when > now]
        again = [event for event, when in self.pending.values() if when <= now]
        for event in (*ripe, *again):
            self.pending[event.external_id] = (event, now + _INSISTS)
            for _ in range(1 + (self.chance.random() < _TWICE)):
                bring(event)

    @property
    def quiet(self) -> bool:
        """Whether nobody has anything more to say, and everything said was acknowledged."""
        return not self.pending and not self._later

    def _read(self, person: Person, took: Took, now: float) -> None:
        """Read a message once: a second copy of it changes nothing."""
        presses = {press: data for data in took.choices if (press := messages.press(data)) is not None}
        asked = next((one for one in presses if isinstance(one, AnswerPress)), None)
        if asked is not None:
            self._answer(person, took, asked, now)
        for press, data in presses.items():
            if isinstance(press, AckPress) and press.alert_id not in self._seen:
                self._seen.add(press.alert_id)
                written = f"ACK {press.alert_id}"
                event = self._event(person, took, written, data)
                self.acknowledging[event.external_id] = press.alert_id
                self._say(event, now)

    def _answer(self, person: Person, took: Took, asked: AnswerPress, now: float) -> None:
        question = (asked.check_in_id, asked.position)
        if self.tired or question in self._seen or person.address in self.cries.values():
            return
        self._seen.add(question)
        if person.despair and self.chance.random() < _CRIES:
            cry = self._event(person, took, CRY, None)
            self.cries[cry.external_id] = person.address
            self._say(cry, now)
            return
        known = self._check_ins[person.address]
        if asked.check_in_id not in known:
            known.append(asked.check_in_id)
        mark = GOOD if known.index(asked.check_in_id) % 2 else BAD
        data = f"a:{asked.check_in_id}:{asked.position}:{mark * 10}"
        event = self._event(person, took, str(mark), data)
        self.answered[event.external_id] = (question, mark * 10)
        self._say(event, now)

    def _event(self, person: Person, took: Took, written: str, data: str | None) -> Event:
        """Press the button where there is one to be seen, else write."""
        self._events += 1
        number = f"event-{self._events}"
        if data is None or person.channel == "sms":
            return Event(number, person.channel, person.address, written)
        return Event(number, person.channel, person.address, data, str(took.number))

    def _say(self, event: Event, now: float) -> None:
        self._later.append((now + self.chance.uniform(0, 0.5), event))


def out_of_order(people: Iterable[str], taken: Sequence[Took]) -> list[str]:
    """Find the people who were asked a later question before an earlier one, by their addresses."""
    asked: defaultdict[str, list[Question]] = defaultdict(list)
    for one in taken:
        for data in one.choices[:1]:
            press = messages.press(data)
            if isinstance(press, AnswerPress):
                question = (press.check_in_id, press.position)
                if question not in asked[one.address]:
                    asked[one.address].append(question)
    return [address for address in people if asked[address] != sorted(asked[address])]


def alert_number(text: str) -> int | None:
    """Find which alert a message tells of."""
    found = re.search(r"ACK (\d+)", text)
    return int(found[1]) if found else None
