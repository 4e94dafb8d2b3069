"""Judging a score that came in: by whose numbers, what holds with it, and what held before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoring.instrument import Gauge
from scoring.news import key_of
from scoring.rules import Course, Finding, ItemChange, judge, most_fallen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from bot.policy import Policy
    from bot.service.desk import Desk
    from scoring.news import Key
    from scoring.rules import Rule, Setup
    from scoring.score import Score
    from storage.records import Client
    from storage.store import Transaction


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a score.

    Attributes:
        latest: the score.
        setup: what it was judged by.
        found: all that holds with it, what matters most first.
        held: what held with the score before.
        fallen: by measure, the item that got worse by most.
        since: when the first score of the series was given.
        before: when the one before the latest was; that of the latest where it is the first.
    """

    latest: Score
    setup: Setup
    found: tuple[Finding, ...]
    held: frozenset[Key]
    fallen: Mapping[Gauge, ItemChange | None]
    since: datetime
    before: datetime


def episode_of(
    history: Mapping[tuple[int, str], Sequence[Score]], episode_id: int
) -> Mapping[str, Sequence[Score]]:
    """Give the scores of one episode by measure."""
    return {measure: scores for (episode, measure), scores in history.items() if episode == episode_id}


async def policy_for(desk: Desk, client: Client) -> Policy:
    """Give the policy by which a client is judged: the site's, or their therapist's own."""
    return await policy_of(desk.tx, desk.policy, client)


async def policy_of(tx: Transaction, policy: Policy, client: Client) -> Policy:
    """Do the same without a desk, from the site's policy."""
    return (await policies_of(tx, policy, [client]))[client.id]


async def policies_of(tx: Transaction, policy: Policy, clients: Collection[Client]) -> Mapping[int, Policy]:
    """Give the policies by which clients are judged, by the clients' ids, from the site's policy."""
    if not policy.therapists or not clients:
        return {one.id: policy for one in clients}
    codes = {one.id: one.code for one in await tx.people.therapists()}
    return {one.id: policy.of_therapist(codes.get(one.therapist_id)) for one in clients}


def judged(policy: Policy, client: Client, latest: Score, earlier: Mapping[str, Sequence[Score]]) -> Verdict:
    """Ask the rules about a score.

    Args:
        policy: by which the client is judged.
        client: whose.
        latest: the score.
        earlier: the earlier scores of the open episode, by measure, oldest first: all of them, as there are
            rules that look at the first, the best, the median and the number of scores.
    """
    measure = latest.instrument
    other = policy.beside(measure, earlier.keys())
    setup, rules = policy.judging(measure, client.age_group, other)
    beside = tuple(earlier[other]) if other else ()
    scores = (*earlier.get(measure, ()), latest)
    series = [(setup.instrument, scores)]
    if setup.beside is not None:
        series.append((setup.beside.instrument, beside))
    return Verdict(
        latest=latest,
        setup=setup,
        found=judge(rules, Course(scores, beside)),
        held=_held_before(rules, scores, beside),
        fallen={one.gauges: most_fallen(one, of[-1], of[-2] if len(of) > 1 else None) for one, of in series},
        since=scores[0].at,
        before=scores[-2 if len(scores) > 1 else -1].at,
    )


def _held_before(
    rules: Sequence[Rule], scores: tuple[Score, ...], beside: tuple[Score, ...]
) -> frozenset[Key]:
    """Give what held with the score before, by what was known of the other measure then."""
    if len(scores) == 1:
        return frozenset()
    known = tuple(one for one in beside if one.at <= scores[-2].at)
    return frozenset(map(key_of, judge(rules, Course(scores[:-1], known))))
