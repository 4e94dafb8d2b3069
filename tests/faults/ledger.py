"""What is looked for after a run with many workers: what was lost, what was doubled, and what had to be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from bot import messages
from storage.crypto import parse_keyring
from tests.faults.clinic import KEYRING
from tests.faults.crowd import BAD, Crowd, alert_number, out_of_order
from tests.faults.journal import Took

_CIPHER = parse_keyring(KEYRING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened to the processes, by the clock that they go by.

    Attributes:
        killed: when workers were killed, by their process ids.
        crashes: when the database died.
        long: for how many seconds of that clock the outcome of a message may stay unknown after that.
    """

    killed: Mapping[int, datetime]
    crashes: tuple[datetime, ...]
    long: float

    def explains(self, took: Took) -> bool:
        """Tell whether something happened soon after a message was taken, so that nobody noted it."""
        fates = (*self.crashes, *([self.killed[took.process]] if took.process in self.killed else []))
        return any(-1 <= (fate - took.at).total_seconds() <= self.long for fate in fates)


@dataclass(slots=True)
class Found:
    """What was counted, and what was amiss.

    Attributes:
        answers: answers that were acknowledged and are kept.
        alerts: alerts that were raised, sent, and acknowledged.
        sent: messages that the networks took.
        repeated: messages that went out again after a worker or the database died over them.
        let_go: messages that count as sent though no network said so.
        lost: what should be there and is not.
        doubled: what is there more often than it should be.
    """

    answers: int = 0
    alerts: int = 0
    sent: int = 0
    repeated: int = 0
    let_go: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def settled(url: str, now: datetime) -> bool:
    """Tell whether nothing is under way, and nothing waits that could go by `now`."""
    with _reading(url) as connection:
        waits = connection.execute(
            "SELECT 1 FROM outbox WHERE state IN ('leased', 'unknown')"
            " OR state = 'waiting' AND not_before <= %s LIMIT 1",
            [now],
        )
        return waits.fetchone() is None


def examine(url: str, crowd: Crowd, trouble: Trouble) -> Found:
    """Look at everything, once it is quiet."""
    found, taken = Found(), crowd.journal.messages()
    with _reading(url) as connection:
        _heard(connection, crowd, found)
        _answers(connection, crowd, found)
        _alerts(connection, crowd, found)
        _check_ins(connection, found)
        _sent(connection, taken, trouble, found)
    found.lost += [f"in order: {address}" for address in out_of_order(crowd.people, taken)]
    return found


@contextmanager
def _reading(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    with psycopg.connect(url) as connection:
        yield connection


def _heard(connection: psycopg.Connection[TupleRow], crowd: Crowd, found: Found) -> None:
    """See that everything acknowledged is kept, and nothing twice."""
    kept = Counter(one for (one,) in connection.execute("SELECT external_id FROM inbound"))
    found.lost += [f"acknowledged: {one}" for one in crowd.journal.heard() - kept.keys()]
    found.doubled += [f"message: {one}" for one, times in kept.items() if times > 1]


def _answers(connection: psycopg.Connection[TupleRow], crowd: Crowd, found: Found) -> None:
    """See that every answer stands where it belongs, as it was given."""
    rows = connection.execute(
        "SELECT external_id, check_in_id, position, tenths FROM answers"
        " JOIN inbound ON inbound.id = answers.inbound_id"
    )
    kept = {external_id: ((check_in, position), tenths) for external_id, check_in, position, tenths in rows}
    found.answers = len(kept)
    found.lost += [
        f"answer {one}: {kept.get(one)}, not {given}"
        for one, given in crowd.answered.items()
        if kept.get(one) != given
    ]
    found.doubled += [f"answer: {one}" for one in kept.keys() - crowd.answered.keys()]


def _alerts(connection: psycopg.Connection[TupleRow], crowd: Crowd, found: Found) -> None:
    """See that bad news and cries for help were told of, once each, and seen."""
    told = {number for one in crowd.journal.messages() if (number := alert_number(one.text)) is not None}
    alerts = list(connection.execute("SELECT id, check_in_id, acknowledged_at, findings FROM alerts"))
    found.alerts = len(alerts)
    found.lost += [f"alert {number} was not sent" for number, *_ in alerts if number not in told]
    found.lost += [f"alert {number} was not acknowledged" for number, _, seen, _ in alerts if seen is None]
    about = Counter(check_in for _, check_in, _, findings in alerts if findings[0]["rule"] != "crisis")
    found.doubled += [f"alerts about check-in {one}" for one, times in about.items() if times > 1]
    bad = connection.execute(
        "SELECT check_in_id FROM scores WHERE source = 'chat' AND total = %s", [40 * BAD]
    )
    found.lost += [f"alert about check-in {one}" for (one,) in bad if one not in about]
    cries = sum(findings[0]["rule"] == "crisis" for *_, findings in alerts)
    if cries != len(crowd.cries):
        (found.lost if cries < len(crowd.cries) else found.doubled).append(
            f"alerts of danger: {cries}, not {len(crowd.cries)}"
        )


def _check_ins(connection: psycopg.Connection[TupleRow], found: Found) -> None:
    """See that each occurrence was opened once, and that four answers make a score."""
    twice = connection.execute(
        "SELECT client_id, origin, local_date, slot FROM check_ins GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"
    )
    found.doubled += [f"check-in: {one}" for one in twice]
    whole = connection.execute(
        "SELECT check_in_id FROM answers GROUP BY check_in_id HAVING count(tenths) = 4"
        " EXCEPT SELECT check_in_id FROM scores"
    )
    found.lost += [f"score of check-in {one}" for (one,) in whole]


def _sent(
    connection: psycopg.Connection[TupleRow], taken: Iterable[Took], trouble: Trouble, found: Found
) -> None:
    """See that every message went, and none twice but where a death explains it."""
    rows = connection.execute(
        "SELECT addresses.address, outbox.body, outbox.state, outbox.reason, addresses.channel"
        " FROM outbox JOIN addresses ON addresses.id = outbox.address_id"
    )
    queued: Counter[tuple[str, str]] = Counter()
    gone: Counter[tuple[str, str]] = Counter()
    can_be_asked: set[str] = set()
    for address, body, state, reason, channel in rows:
        to = _CIPHER.open("addresses.address", address)
        said = (to, messages.unpack(_CIPHER.open("outbox.body", body)).text)
        queued[said] += 1
        gone[said] += state in {"sent", "delivered"} and reason != "unconfirmed"
        found.let_go += reason == "unconfirmed"
        if state == "failed":
            found.lost.append(f"given up: {said}")
        if channel == "sms":
            can_be_asked.add(to)
    copies: defaultdict[tuple[str, str], list[Took]] = defaultdict(list)
    for one in taken:
        copies[one.address, one.text].append(one)
    found.sent = sum(map(len, copies.values()))
    found.lost += [f"said to be sent: {said}" for said in gone if gone[said] > len(copies[said])]
    found.lost += [f"sent, not kept: {said}" for said in copies.keys() - queued.keys()]
    for said, some in copies.items():
        again = len(some) - queued[said]
        explained = 0 if said[0] in can_be_asked else sum(trouble.explains(one) for one in some)
        found.repeated += max(0, min(again, explained))
        if again > explained:
            found.doubled.append(f"sent {len(some)} times, queued {queued[said]}: {said}")
