"""Pictures of clients' trajectories, for therapists who ask for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import charts, wording
from bot.charts import Alerted, Chart, Decided, OwnChart
from bot.service import episodes
from bot.service.decisions import client_of
from bot.service.judging import policy_of
from bot.wording.charts import chart_words, own_words, rests_on
from scoring.instruments import PAIR
from scoring.outlook import Knowledge, outlook
from scoring.past import usable
from scoring.similar import Begun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.languages import Language
    from bot.policy import Policy
    from bot.service.desk import Desk
    from bot.wording.charts import ChartWords
    from scoring.instrument import Instrument
    from scoring.outlook import Outlook
    from scoring.past import Past
    from scoring.rules import Setup
    from scoring.score import Score
    from storage.records import Client, Contact
    from storage.store import Transaction


async def show(desk: Desk, contact: Contact, code: str) -> str:
    """Send a therapist the trajectory of a client of theirs: in words, and as a picture where that shows."""
    therapist, language = contact.therapist, desk.language_of(contact)
    client = await client_of(desk, therapist, code) if therapist is not None else None
    if client is None:
        how = wording.no_such_client(language, code) if code else wording.chart_how(language)
        desk.reply(contact, how)
        return "unclear"
    chart, line = await chart_of(desk.tx, desk.policy, client, language)
    said = [charts.in_text(chart)]
    if line is not None:
        said.append(rests_on(language, line.basis, line.episodes or 0))
    desk.picture(contact, "\n".join(said), client.id)
    desk.audit("therapist", "charted", therapist=therapist, client=client)
    return "chart"


async def chart_of(
    tx: Transaction, policy: Policy, client: Client, language: Language
) -> tuple[Chart, Outlook | None]:
    """Collect all that is on a client's picture, of the latest episode, and what its line rests on."""
    policy = await policy_of(tx, policy, client)
    episode = await episodes.latest(tx, client)
    known = [] if episode is None else [episode.id]
    history = await tx.scores.history(known)
    missed = await tx.silence.unanswered(known)
    outcome, alliance = (policy.instruments[key] for key in PAIR)
    setup = policy.setup(outcome.key, client.age_group)
    norms = alliance.norms[policy.ruleset]
    scores = {one.key: history.get((known[0] if known else 0, one.key), ()) for one in (outcome, alliance)}
    since = min((of[0].at for of in scores.values() if of), default=None)
    line = await _outlook(tx, policy, setup, scores[outcome.key], code=client.code)
    alerts = await tx.alerts.of_clients([client.id])
    began = None if episode is None else episode.opened_at
    decisions = [one for one in await tx.decisions.of(client.id) if began and one.at >= began]
    chart = Chart(
        code=client.code,
        outcome=tuple(scores[outcome.key]),
        alliance=tuple(scores[alliance.key]),
        words=_words(policy, language, outcome, alliance),
        cutoff=setup.yardstick.cutoff,
        concern=norms.concern_total,
        item_concern=norms.concern_item,
        expected=charts.expected_by(line, scores[outcome.key]),
        missed=missed,
        alerts=tuple(
            Alerted(one.raised_at, one.acknowledged_at) for one in alerts if since and one.raised_at >= since
        ),
        decisions=tuple(Decided(one.at, one.words, one.dip_until) for one in decisions),
        zone=client.zone,
        indicative=policy.words(outcome.key, language).ours,
    )
    return chart, line


async def own_chart_of(tx: Transaction, policy: Policy, client: Client) -> OwnChart:
    """Collect what is on a client's own picture, in the client's language, of the latest episode."""
    episode = await episodes.latest(tx, client)
    history = await tx.scores.history([] if episode is None else [episode.id])
    scores = history.get((0 if episode is None else episode.id, PAIR[0]), ())
    return OwnChart(tuple(scores), own_words(policy.speak(client.language)), client.zone)


async def _outlook(
    tx: Transaction, policy: Policy, setup: Setup, scores: Sequence[Score], *, code: str
) -> Outlook | None:
    """Give the expected line, from the best that the site has: similar clients are looked up last."""
    if not scores:
        return None
    measure, age = setup.instrument.key, setup.age_group
    model = policy.models.get((measure, age))
    past: tuple[Past, ...] = ()
    if setup.curve is None and model is None:
        closed = await tx.episodes.closed(measure)
        others = [one for one in closed if one.client != code]
        past = usable(others, setup.instrument, setup.norms, age).past
    first = scores[0]
    return outlook(
        Knowledge(setup.curve, model, past),
        Begun(measure, age, first.total, first.items),
        setup.yardstick,
        sessions=len(scores),
        highest=setup.instrument.total_max,
    )


def _words(policy: Policy, language: Language, outcome: Instrument, alliance: Instrument) -> ChartWords:
    return chart_words(
        language,
        policy.words(outcome.key, language),
        policy.words(alliance.key, language),
        alliance.items,
    )
