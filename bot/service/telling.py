"""Telling therapists of scores, and of silence: what of it is news, and the one alert that names it all."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import wording
from bot.service.decisions import expected_dips
from bot.service.desk import ToTherapist
from bot.service.judging import episode_of, policies_of
from scoring.guidance import WHOLE, Suggestion, suggestions
from scoring.instrument import Gauge
from scoring.instruments import PAIR
from scoring.news import key_of, news, told_by
from scoring.rules import Finding, Severity, most_urgent, silence
from storage.records import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.languages import Guidance, Language
    from bot.service.desk import Desk, Say
    from bot.service.judging import Verdict
    from scoring.news import Key
    from storage.records import Alert, CheckIn, Client, Decision


@dataclass(frozen=True, slots=True)
class Judged:
    """A score that was judged.

    Attributes:
        client: whose.
        check_in_id: which check-in it is of.
        verdict: what the rules say of it.
        late: whether the answers came after the check-in's end; the alert says so.
    """

    client: Client
    check_in_id: int
    verdict: Verdict
    late: bool = False


async def tell_of_score(desk: Desk, judged: Judged) -> Alert | None:
    """Tell the therapist of what was found, where some of it is news; returns the alert raised."""
    raised = await tell_of_scores(desk, [judged])
    return raised[0] if raised else None


async def tell_of_scores(desk: Desk, judged: Sequence[Judged]) -> tuple[Alert, ...]:
    """Do the same with scores of several clients, one of each; returns the alerts raised, in this order."""
    some = [one for one in judged if one.verdict.found]
    if not some:
        return ()
    told = await _told(desk, some)
    news_of = [(one, fresh) for one in some if (fresh := _fresh(one, told[one.client.id]))]
    alerts = await desk.raise_alerts(
        [
            desk.alert(one.client, most_urgent(fresh), one.verdict.found, one.check_in_id)
            for one, fresh in news_of
        ]
    )
    dips = await expected_dips(desk, [one.client for one, _ in news_of if _of_outcome(one.verdict)])
    for (one, fresh), alert in zip(news_of, alerts, strict=True):
        dip = dips.get(one.client.id) if _of_outcome(one.verdict) else None
        _tell(desk, one.client, alert, _words_of(desk, one, alert, fresh=fresh, dip=dip))
    return alerts


def _of_outcome(verdict: Verdict) -> bool:
    return verdict.setup.instrument.gauges is Gauge.OUTCOME


async def _told(desk: Desk, some: Sequence[Judged]) -> Mapping[int, Sequence[tuple[Alert, str | None]]]:
    """List the alerts of clients, oldest first, each with the measure that it is about, by client.

    Those before the first score of the series are of no matter: see `_fresh`.
    """
    since = min(one.verdict.since for one in some)
    found: defaultdict[int, list[tuple[Alert, str | None]]] = defaultdict(list)
    for alert, measure in await desk.tx.alerts.by_measure({one.client.id for one in some}, since):
        found[alert.client_id].append((alert, measure))
    return found


def _fresh(judged: Judged, alerts: Sequence[tuple[Alert, str | None]]) -> Sequence[Finding]:
    """Give what was found and the therapist has not been told of, by their alerts with the measures."""
    verdict = judged.verdict
    own = [one for one, measure in alerts if measure == verdict.latest.instrument]
    others = [one for one, measure in alerts if measure != verdict.latest.instrument]
    standing = [
        one for one in own if one.raised_at >= verdict.since and one.check_in_id != judged.check_in_id
    ]
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


async def tell_of_silence(desk: Desk, unanswered: Sequence[tuple[Client, CheckIn]]) -> None:
    """Tell therapists of clients who have just left so many check-ins in a row unanswered; once a run.

    Args:
        desk: the transaction's desk.
        unanswered: the clients, each with the check-in that has just ended without an answer.
    """
    by_client = {client.id: (client, check_in) for client, check_in in unanswered}
    episodes = [one.episode_id for _, one in by_client.values()]
    runs = await desk.tx.silence.unanswered_in_a_row(episodes)
    history = await desk.tx.scores.history(episodes)
    policies = await policies_of(desk.tx, desk.policy, [client for client, _ in by_client.values()])
    for client, check_in in by_client.values():
        policy = policies[client.id]
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
    desk: Desk, judged: Judged, alert: Alert, *, fresh: Sequence[Finding], dip: Decision | None
) -> Say:
    client, verdict = judged.client, judged.verdict
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
            late=judged.late,
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
