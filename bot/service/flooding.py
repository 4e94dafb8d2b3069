"""Who writes more than is answered: what they write is kept and searched for danger, and that is all."""

from __future__ import annotations

from collections import Counter, OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import replies, safety, wording
from bot.channels.base import Edited, Keyword, Left, Returned, Unreadable, Wrote
from bot.limits import Rates
from bot.replies import Steer
from storage.records import AddressState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.channels.base import Inbound
    from bot.service.batch import Batch
    from storage.records import Contact

TEXTS = 30
"""How many messages a minute of one person are answered: more than anybody types."""

A_WHILE = timedelta(minutes=1)
"""How long somebody who writes more is not answered again."""

_REMEMBERED = 10_000

Pair = tuple[str, str]
"""(channel, address)"""

Answer = tuple[str, str, str]
"""(channel, address, what was answered: "crisis", "concern" or "too many")"""


class Floods:
    """How much each person wrote to this process lately, counted once it is kept."""

    def __init__(self, texts: int = TEXTS, refused: Callable[[int], None] = lambda _: None) -> None:
        """Begin with nothing heard; `refused` is told how many of a batch were over the limit."""
        self._texts = texts
        self._refused = refused
        self._rates = Rates[Pair]()
        self._answered: OrderedDict[Answer, datetime] = OrderedDict()

    def begin(self, now: datetime) -> Flood:
        """Begin to count a batch; nothing of it is remembered before `end`."""
        return Flood(self, now)

    def end(self, flood: Flood) -> None:
        """Remember a batch that was kept."""
        for pair, many in flood.came.items():
            self._rates.add(pair, flood.now.timestamp(), many)
        for answer in flood.answered:
            self._answered[answer] = flood.now
            self._answered.move_to_end(answer)
        while len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        if flood.over:
            self._refused(flood.over)

    def is_over(self, pair: Pair, more: int, now: datetime) -> bool:
        """Tell whether `more` messages on top of those before are too many."""
        return more + self._rates.so_far(pair, now.timestamp()) > self._texts

    def was_given(self, answer: Answer, now: datetime) -> bool:
        """Tell whether somebody was given this answer within the last while although they wrote too much."""
        last = self._answered.get(answer)
        return last is not None and last <= now < last + A_WHILE


class Flood:
    """What one batch adds.

    Attributes:
        now: the moment of the batch (aware UTC).
        came: how many messages came of each person.
        answered: who is given which answer although they wrote too much.
        over: how many messages were too many.
    """

    def __init__(self, floods: Floods, now: datetime) -> None:
        """Begin with nothing."""
        self.now = now
        self.came: Counter[Pair] = Counter()
        self.answered: set[Answer] = set()
        self.over = 0
        self._floods = floods

    def is_over(self, contact: Contact, inbound: Inbound) -> bool:
        """Count a message, and tell whether it is one too many.

        Therapists and operators are few and known, and what they write may be ACK: they are not counted.
        Nor is what a network says by itself.
        """
        known = contact.therapist is not None or contact.operator
        if known or isinstance(inbound.said, Left | Returned | Unreadable):
            return False
        pair = (contact.channel, contact.address)
        self.came[pair] += 1
        over = self._floods.is_over(pair, self.came[pair], self.now)
        self.over += over
        return over

    def may_answer(self, contact: Contact, what: str) -> bool:
        """Tell whether somebody who wrote too much may be given this answer, which they then are."""
        answer = (contact.channel, contact.address, what)
        if answer in self.answered or self._floods.was_given(answer, self.now):
            return False
        self.answered.add(answer)
        return True


def surplus(batch: Batch, flood: Flood, contact: Contact, inbound: Inbound) -> str | None:
    """Deal with a message that is one too many; None where it is worked on all the same.

    That is so of danger, the first of its kind in a while, and always of the wish for silence. Strangers are
    told nothing.
    """
    desk, said = batch.desk, inbound.said
    if isinstance(said, Wrote | Edited):
        signs = safety.look(said.text, desk.policy.lexicon)
        if signs.crisis or signs.concern is not None:
            danger = "crisis" if signs.crisis else "concern"
            return None if flood.may_answer(contact, danger) else danger
        if _asks_for_silence(batch, contact, said):
            return None
    client = contact.client
    if client is None or contact.state is not AddressState.ACTIVE:
        return "too_many"
    if flood.may_answer(contact, "too many"):
        language, country = desk.language_of(contact), client.country
        desk.reply(contact, wording.too_many(language, desk.policy.house, country))
    return "too_many"


def _asks_for_silence(batch: Batch, contact: Contact, said: Wrote | Edited) -> bool:
    if isinstance(said, Wrote) and said.taken is Keyword.STOP:
        return True
    return replies.command(said.text, batch.desk.language_of(contact)) is Steer.STOP
