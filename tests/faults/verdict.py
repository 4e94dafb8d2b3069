"""What a walk with kills may differ in from one without, and what it may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.picture import Picture, Said


@dataclass(frozen=True, slots=True)
class Evidence:
    """How things stand: in the database, and at the network.

    Attributes:
        kept: what is in the database.
        sent: how often each message went out.
        acknowledged: the ids of what the network was told that it is kept.
    """

    kept: Picture
    sent: Counter[Said]
    acknowledged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a walk.

    Attributes:
        lost: what should be there and is not.
        doubled: what is there more often than it should be.
        repeated: how many messages went out again of which nobody could know whether they had.
        let_go: how many messages count as sent that nobody could ask about; a "thank you" is not sent twice.
    """

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    repeated: int = 0
    let_go: int = 0


def judge(should: Evidence, kills: Sequence[Evidence], end: Evidence, *, can_be_asked: bool) -> Verdict:
    """Compare a walk with kills with one without.

    Args:
        should: the end of a walk in which nobody died.
        kills: how things stood after each kill.
        end: the end of this walk.
        can_be_asked: whether the network can say what it took: then nothing may go out twice or not at all.
    """
    in_doubt: Counter[Said] = Counter()
    if not can_be_asked:
        for kill in kills:
            in_doubt += kill.kept.doubtful
    let_go = (should.sent - end.sent) & end.kept.let_go & in_doubt
    repeated = (end.sent - should.sent) & in_doubt
    lost = [what for kill in kills for what in _lost_at(kill, should)]
    return Verdict(
        lost=(*lost, *_missing(end, should, let_go)),
        doubled=tuple(_in_excess(end, should, repeated)),
        repeated=repeated.total(),
        let_go=let_go.total(),
    )


def _lost_at(kill: Evidence, should: Evidence) -> Iterator[str]:
    """Find what was promised and not kept, and what was kept in part, at the moment of a kill."""
    kept = kill.kept
    yield from _named("acknowledged, not kept", kill.acknowledged - kept.inbound.keys())
    whole = (one for one in should.kept.answers if one.external_id in kept.inbound)
    yield from _named("its message kept, not the answer", set(whole) - kept.answers.keys())
    scored = {(client, measure) for client, measure, _ in kept.scores}
    alerts = {(one.client, one.measure, one.rules) for one in kept.alerts}
    raised = {(one.client, one.measure, one.rules) for one in should.kept.alerts}
    yield from _named("scored, no alert", {one for one in raised - alerts if one[:2] in scored})
    yield from _named("sent, not kept", kill.sent.keys() - kept.outgoing.keys())


def _missing(end: Evidence, should: Evidence, let_go: Counter[Said]) -> Iterator[str]:
    there, wanted = end.kept, should.kept
    yield from _named("message", (wanted.inbound - there.inbound).elements())
    yield from _named("answer", (wanted.answers - there.answers).elements())
    yield from _named("check-in", (wanted.occurrences - there.occurrences).elements())
    yield from _named("score", (wanted.scores - there.scores).elements())
    yield from _named("alert", (wanted.alerts - there.alerts).elements())
    yield from _named("never sent", (should.sent - end.sent - let_go).elements())
    yield from _named("still to be sent", there.unsettled.elements())


def _in_excess(end: Evidence, should: Evidence, repeated: Counter[Said]) -> Iterator[str]:
    there, wanted = end.kept, should.kept
    yield from _named("message", (there.inbound - wanted.inbound).elements())
    yield from _named("answer", (there.answers - wanted.answers).elements())
    yield from _named("check-in", (there.occurrences - wanted.occurrences).elements())
    yield from _named("score", (there.scores - wanted.scores).elements())
    yield from _named("alert", (there.alerts - wanted.alerts).elements())
    yield from _named("queued", (there.outgoing - wanted.outgoing).elements())
    yield from _named("sent", (end.sent - should.sent - repeated).elements())


def _named(what: str, found: Iterable[Hashable]) -> Iterator[str]:
    for one in found:
        yield f"{what}: {one}"
