"""What stands in a database, in words that do not change from one run to the next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from bot import messages
from storage import tables as t
from storage.store import driver_url
from tests.faults.installation import CIPHER
from tests.faults.journal import Took

_NUMBER = re.compile(r"\b(Alert|URGENT|ACK|CLOSED|CONCERN)( \(?)\d+")
"""An alert's number in a text: where a transaction came to nothing, its number is used up."""

_DOUBTFUL = ("leased", "unknown")


class Said(NamedTuple):
    """A message: to whom, and what it says but for numbers of alerts."""

    address: str
    text: str


class Answer(NamedTuple):
    """An answer, with the network's id of the message that brought it."""

    client: str
    measure: str
    position: int
    tenths: int | None
    external_id: str


class Alert(NamedTuple):
    """An alert: of whom, about which measure (None: of danger), and what was found."""

    client: str
    measure: str | None
    rules: str
    acknowledged: bool
    rung: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What a database holds.

    Attributes:
        inbound: the ids of what arrived.
        answers: the answers that came by message.
        occurrences: every check-in: client, measure, origin, date, slot, state.
        scores: client, measure and total of each that came by message.
        alerts: every alert.
        outgoing: how often each message was queued.
        doubtful: how often each message is under way, or of unknown outcome.
        unsettled: how often each message has yet to go.
        let_go: how often each message counts as sent though the network never said so.
    """

    inbound: Counter[str]
    answers: Counter[Answer]
    occurrences: Counter[tuple[object, ...]]
    scores: Counter[tuple[object, ...]]
    alerts: Counter[Alert]
    outgoing: Counter[Said]
    doubtful: Counter[Said]
    unsettled: Counter[Said]
    let_go: Counter[Said]


def said(took: Took) -> Said:
    """Give a message that the network took as it can be compared."""
    return Said(took.address, _plain(took.text))


def draw(url: str) -> Picture:
    """Read a database beside, or after, the process that works on it."""
    with _reading(url) as connection:
        check_ins = _check_ins(connection)
        outgoing = list(_outgoing(connection))
        return Picture(
            inbound=Counter(connection.execute(sa.select(t.inbound.c.external_id)).scalars()),
            answers=Counter(_answers(connection)),
            occurrences=Counter(check_ins),
            scores=Counter(_scores(connection)),
            alerts=Counter(_alerts(connection)),
            outgoing=Counter(one for one, _, _ in outgoing),
            doubtful=Counter(one for one, state, _ in outgoing if state in _DOUBTFUL),
            unsettled=Counter(one for one, state, _ in outgoing if state in (*_DOUBTFUL, "waiting")),
            let_go=Counter(one for one, _, reason in outgoing if reason == "unconfirmed"),
        )


@contextmanager
def _reading(url: str) -> Iterator[sa.Connection]:
    parsed = driver_url(url)
    parsed = parsed.set(drivername="sqlite" if parsed.get_backend_name() == "sqlite" else parsed.drivername)
    engine = sa.create_engine(parsed, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _check_ins(connection: sa.Connection) -> list[tuple[object, ...]]:
    one = t.check_ins.c
    chosen = sa.select(t.clients.c.code, one.measure, one.origin, one.local_date, one.slot, one.state)
    return [tuple(row) for row in connection.execute(chosen.select_from(t.check_ins.join(t.clients)))]


def _answers(connection: sa.Connection) -> Iterator[Answer]:
    one = t.answers.c
    chosen = (
        sa.select(t.clients.c.code, t.check_ins.c.measure, one.position, one.tenths, t.inbound.c.external_id)
        .select_from(t.answers.join(t.check_ins).join(t.inbound, t.inbound.c.id == one.inbound_id))
        .join(t.clients, t.clients.c.id == t.check_ins.c.client_id)
    )
    for row in connection.execute(chosen):
        yield Answer(*row)


def _scores(connection: sa.Connection) -> list[tuple[object, ...]]:
    chosen = (
        sa.select(t.clients.c.code, t.scores.c.measure, t.scores.c.total)
        .select_from(t.scores)
        .join(t.check_ins, t.check_ins.c.id == t.scores.c.check_in_id)
        .join(t.clients, t.clients.c.id == t.check_ins.c.client_id)
        .where(t.scores.c.source == "chat")
    )
    return [tuple(row) for row in connection.execute(chosen)]


def _alerts(connection: sa.Connection) -> Iterator[Alert]:
    one = t.alerts.c
    chosen = (
        sa.select(t.clients.c.code, t.check_ins.c.measure, one.findings, one.acknowledged_at, one.rung)
        .select_from(t.alerts.join(t.clients))
        .outerjoin(t.check_ins, t.check_ins.c.id == one.check_in_id)
    )
    for code, measure, findings, acknowledged_at, rung in connection.execute(chosen):
        rules = "+".join(found["rule"] for found in findings)
        yield Alert(code, measure, rules, acknowledged_at is not None, rung)


def _outgoing(connection: sa.Connection) -> Iterator[tuple[Said, str, str | None]]:
    one = t.outbox.c
    chosen = sa.select(t.addresses.c.address, one.body, one.state, one.reason)
    for address, body, state, reason in connection.execute(chosen.select_from(t.outbox.join(t.addresses))):
        text = messages.unpack(CIPHER.open("outbox.body", body)).text
        yield Said(CIPHER.open("addresses.address", address), _plain(text)), state, reason


def _plain(text: str) -> str:
    return _NUMBER.sub(r"\1\2N", text)
