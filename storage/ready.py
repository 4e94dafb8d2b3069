"""Which messages may go out now: per address only the head of its line, most urgent first.

It is looked up along an index of what waits, by channel, priority and moment. SQLite looks up each priority
by itself, and so never reads what waits for its moment, however much of it there is. PostgreSQL would plan
such a statement for longer than it takes to pass over that part of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from storage import tables as t
from storage.records import OutboxState, Priority

UNSETTLED = (OutboxState.WAITING, OutboxState.LEASED, OutboxState.UNKNOWN)

_NOW = sa.bindparam("now", type_=t.Utc)
_CHATS = sa.bindparam("chats", type_=t.Utc)
_SOON = sa.bindparam("soon", type_=t.Utc)

RETRIED = timedelta(hours=1)
"""What is tried again within this time keeps its place; what was put off for longer holds up nobody."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a process asks for to send.

    Attributes:
        channel: on which network.
        now: the present moment (aware UTC).
        most: how many messages at most.
        crises: how many crisis texts at most, beside those.
        slack: how far a chat's budget may be ahead of the present for it to be written to.
    """

    channel: str
    now: datetime
    most: int
    crises: int
    slack: timedelta = timedelta()

    @property
    def parameters(self) -> dict[str, object]:
        """Give the parameters of `READY`."""
        return {
            "channel": self.channel,
            "now": self.now,
            "chats": self.now + self.slack,
            "soon": self.now + RETRIED,
            "most": self.most,
            "crises": self.crises,
        }


def _blocked() -> sa.ColumnElement[bool]:
    """Say that something of the same address goes before a message."""
    ahead = t.outbox.alias("ahead")
    earlier = sa.or_(
        ahead.c.priority < t.outbox.c.priority,
        sa.and_(ahead.c.priority == t.outbox.c.priority, ahead.c.id < t.outbox.c.id),
    )
    return sa.exists().where(
        ahead.c.address_id == t.outbox.c.address_id,
        ahead.c.state.in_(UNSETTLED),
        sa.or_(
            ahead.c.state == OutboxState.LEASED,
            sa.and_(
                ahead.c.state == OutboxState.UNKNOWN,
                ahead.c.priority <= t.outbox.c.priority,
                t.outbox.c.priority != Priority.CRISIS,
            ),
            sa.and_(
                ahead.c.state == OutboxState.WAITING,
                earlier,
                sa.or_(
                    ahead.c.not_before <= _NOW,
                    sa.and_(
                        ahead.c.attempts > 0,
                        ahead.c.not_before <= _SOON,
                        t.outbox.c.priority != Priority.CRISIS,
                    ),
                ),
            ),
        ),
    )


def _among(priorities: Sequence[Priority]) -> sa.Select[tuple[int, int, datetime]]:
    """Select what may go of some priorities; of crisis texts, whatever the budget of their chat is."""
    crisis = priorities[0] is Priority.CRISIS
    first = sa.literal(int(priorities[0]), sa.Integer, literal_execute=True)
    alone = len(priorities) == 1
    free = sa.true() if crisis else t.addresses.c.free_at.is_(None) | (t.addresses.c.free_at <= _CHATS)
    return (
        sa.select(t.outbox.c.id, t.outbox.c.priority, t.outbox.c.not_before)
        .join(t.addresses, t.addresses.c.id == t.outbox.c.address_id)
        .where(
            t.outbox.c.state == OutboxState.WAITING,
            t.outbox.c.channel == sa.bindparam("channel"),
            t.outbox.c.priority == first if alone else t.outbox.c.priority >= first,
            t.outbox.c.not_before <= _NOW,
            t.outbox.c.valid_until.is_(None) | (t.outbox.c.valid_until > _NOW),
            free,
            ~_blocked(),
        )
        .order_by(t.outbox.c.priority, t.outbox.c.not_before, t.outbox.c.id)
        .limit(sa.bindparam("crises" if crisis else "most", type_=sa.Integer))
        # Whoever writes a row that refers to an address or a message need not wait for it, nor it for them.
        .with_for_update(skip_locked=True, key_share=True, of=[t.outbox, t.addresses])
    )


def _ready(*groups: Sequence[Priority]) -> sa.CompoundSelect[tuple[int, int, datetime]]:
    """Put together what may go of each group of priorities, most urgent first."""
    every = [_among(group).subquery(f"from_{group[0].name.lower()}") for group in groups]
    chosen = sa.union_all(*(sa.select(one.c.id, one.c.priority, one.c.not_before) for one in every))
    return chosen.order_by("priority", "not_before", "id")


READY = {
    "sqlite": _ready(*((one,) for one in Priority)),
    "postgresql": _ready((Priority.CRISIS,), tuple(Priority)[1:]),
}
"""Built once, by the database's name: it is asked for many times a second."""
