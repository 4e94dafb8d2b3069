"""Judging a score that came in: what holds, what of it is news, and the one alert that names it all."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import wording
from bot.service.decisions import expected_dip
from bot.service.desk import ToTherapist
from scoring.guidance import WHOLE, Suggestion, suggestions
from scoring.instrument import Gauge
from scoring.instruments import PAIR
from scoring.news import key_of, news, told_by
from scoring.rules import Course, Finding, ItemChange, Severity, judge, most_fallen, most_urgent, silence
from storage.records import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.languages import Guidance, Language
    from bot.policy import Policy
    from bot.service.desk import Desk, Say
    from scoring.news import Key
    from scoring.rules import Rule, Setup
    from scoring.score import Score
    from storage.records import Alert, CheckIn, Client, Decision
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
    if not policy.therapists:
        return policy
    known = await tx.people.therapists()
    code = next((one.code for one in known if one.id == client.therapist_id), None)
    return policy.of_therapist(code)


async def judged(
    desk: Desk, client: Client, latest: Score, earlier: Mapping[str, Sequence[Score]]
) -> Verdict:
    """Ask the rules about a score.

    Args:
        desk: the transaction's desk.
        client: whose.
        latest: the score.
        earlier: the earlier scores of the open episode, by measure, oldest first.
    """
    policy = await policy_for(desk, client)
    measure = latest.instrument
    other = policy.beside(measure, earlier.keys())
    setup = policy.setup(measure, client.age_group, other)
    rules = policy.rules(measure, client.age_group, other)
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


async def tell_of_score(
    desk: Desk, client: Client, verdict: Verdict, *, check_in_id: int, late: bool = False
) -> Alert | None:
    """Tell the therapist of what was found, where some of it is news; returns the alert raised.

    `late`: the answers came after the check-in's end, and the alert says so.
    """
    if not verdict.found:
        return None
    fresh = await _fresh(desk, client, verdict, check_in_id)
    if not fresh:
        return None
    alert = await desk.raise_alert(client, most_urgent(fresh), verdict.found, check_in_id)
    outcome = verdict.setup.instrument.gauges is Gauge.OUTCOME
    dip = await expected_dip(desk, client) if outcome else None
    _tell(desk, client, alert, _words_of(desk, client, verdict, alert=alert, fresh=fresh, dip=dip, late=late))
    return alert


async def _fresh(desk: Desk, client: Client, verdict: Verdict, check_in_id: int) -> Sequence[Finding]:
    """Give what was found and the therapist has not been told of."""
    own, others = await _alerts_of(desk, client, verdict.latest.instrument)
    standing = [one for one in own if one.raised_at >= verdict.since and one.check_in_id != check_in_id]
    told = told_by(_not_reopened(standing))
    since = _not_reopened([one for one in others if one.raised_at >= verdict.before])
    elsewhere = [found for findings in since for found in findings]
    return news(verdict.found, verdict.held, told, verdict.setup.yardstick, elsewhere=elsewhere)


def _not_reopened(alerts: Sequence[Alert]) -> Sequence[Sequence[Finding]]:
    """Give what the alerts told, without what the therapist has since asked to be told again of."""
    again: dict[Key, datetime] = {}
    for one in alerts:
        if one.reopened_at is not None:
            again |= {
                key: max(one.reopened_at, again.get(key, one.reopened_at))
                for key in map(key_of, one.findings)
            }
    return [
        [found for found in one.findings if one.raised_at >= again.get(key_of(found), one.raised_at)]
        for one in alerts
        if one.reopened_at is None
    ]


async def _alerts_of(desk: Desk, client: Client, measure: str) -> tuple[Sequence[Alert], Sequence[Alert]]:
    """List a client's alerts of one measure, and of others."""
    alerts = await desk.tx.alerts.of_clients([client.id])
    asked = await desk.tx.check_ins.by_id([one.check_in_id for one in alerts if one.check_in_id is not None])
    of_measure = {one.id for one in asked if one.measure == measure}
    own = [one for one in alerts if one.check_in_id in of_measure]
    return own, [one for one in alerts if one not in own]


async def tell_of_silence(desk: Desk, unanswered: Sequence[tuple[Client, CheckIn]]) -> None:
    """Tell therapists of clients who have just left so many check-ins in a row unanswered; once a run.

    Args:
        desk: the transaction's desk.
        unanswered: the clients, each with the check-in that has just ended without an answer.
    """
    by_client = {client.id: (client, check_in) for client, check_in in unanswered}
    episodes = [one.episode_id for _, one in by_client.values()]
    runs = await desk.tx.check_ins.unanswered_in_a_row(episodes)
    history = await desk.tx.check_ins.history(episodes)
    for client, check_in in by_client.values():
        policy = await policy_for(desk, client)
        known = episode_of(history, check_in.episode_id)
        outcome, alliance = PAIR
        alliance = policy.beside(outcome, known.keys()) or alliance
        norms = policy.setup(alliance, client.age_group).norms
        run = runs[check_in.episode_id]
        if run != norms.missed_in_a_row:
            continue
        totals = [one.total for one in known.get(alliance, ())]
        found = [one for one in silence(run, totals, norms) if one.rule not in policy.off]
        if found:
            alert = await desk.raise_alert(client, found[0].severity, found, check_in.id)
            _tell(desk, client, alert, _silent(desk, client, check_in.measure, alert))


def _silent(desk: Desk, client: Client, measure: str, alert: Alert) -> Say:
    keys = suggestions(alert.findings, {})

    def say(language: Language) -> str:
        return wording.alert(
            language,
            alert.id,
            client.code,
            words=dataclasses.replace(desk.policy.words(measure, language), ours=False),
            found=alert.findings,
            fresh=alert.findings,
            change=None,
            guidance=guidance(language, keys),
        )

    return say


def _tell(desk: Desk, client: Client, alert: Alert, say: Say) -> None:
    later = alert.severity is Severity.DIGEST
    priority = Priority.DIGEST if later else Priority.ALERT
    desk.tell(ToTherapist(client.therapist_id, "alert", say, priority, alert, wait_until_morning=later))


def _words_of(
    desk: Desk,
    client: Client,
    verdict: Verdict,
    *,
    alert: Alert,
    fresh: Sequence[Finding],
    dip: Decision | None,
    late: bool,
) -> Say:
    rises = not verdict.setup.instrument.higher_is_better
    keys = [_turned(key) if rises else key for key in suggestions(fresh, verdict.fallen)]

    def say(language: Language) -> str:
        words = desk.policy.words(verdict.latest.instrument, language)
        asked = desk.policy.words(verdict.latest.instrument, desk.policy.speak_to(client))
        ours = asked.ours or client.discreet
        return wording.alert(
            language,
            alert.id,
            client.code,
            words=dataclasses.replace(words, ours=ours),
            found=verdict.found,
            fresh=fresh,
            change=verdict.fallen.get(verdict.setup.instrument.gauges),
            guidance=guidance(language, [_unclaimed(key) for key in keys] if ours else keys),
            dip=wording.dip_expected(language, dip.dip_until, dip.words) if dip and dip.dip_until else "",
            late=late,
            higher_is_better=verdict.setup.instrument.higher_is_better,
        )

    return say


def _turned(key: Suggestion) -> Suggestion:
    """Talk of more trouble, and not of lower answers, where higher is worse."""
    return ("symptoms", WHOLE) if key[0] == Gauge.OUTCOME and key[1] not in _EITHER_WAY else key


_EITHER_WAY = frozenset({"plateau", "sawtooth", "improved", "recovered"})
"""The suggestions of outcome that hold whichever way a measure runs."""


def _unclaimed(key: Suggestion) -> Suggestion:
    """Talk of improvement where recovery is not claimed: with wording of our own the cutoff is indicative."""
    return ("outcome", "improved") if key == ("outcome", "recovered") else key


def guidance(language: Language, keys: Sequence[Suggestion]) -> Guidance:
    """Give the first suggestion that a language has words for; the general one where it has none."""
    for table, entry in keys:
        for key in ((table, entry), (table, WHOLE)):
            if (words := language.guidance.get(key)) is not None:
                return words
    return language.guidance["outcome", WHOLE]
