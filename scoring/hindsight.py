"""How replayed messages go with how the episodes ended, and how many there would have been a week."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scoring.change import Category
from scoring.histories import Ended, Episode
from scoring.instrument import Gauge
from scoring.replay import Replayed, Rulebook, ending, outcome_of, replay
from scoring.rules import RULES

FEW = 15
"""With fewer episodes than this of either ending a share says little.

Source: the least number of cases for a therapist's figures, ACORN; that it is taken here is this project's
own.
"""

EVERY_RULE = frozenset(RULES)

OF_OUTCOME = frozenset(key for key, (gauges, _) in RULES.items() if gauges == {Gauge.OUTCOME})
"""The rules that look at outcome alone."""

OF_ALLIANCE = EVERY_RULE - OF_OUTCOME
"""The rules that look at alliance, or at both."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Foresight:
    """How alerts go with one way of ending.

    Attributes:
        flagged: of the episodes that ended so, those with an alert before the end: the sensitivity.
        calm: of the episodes that ended otherwise, those without one: the specificity.
        leads: for each one flagged, how many scores of the outcome measure followed its first alert.
    """

    flagged: Share
    calm: Share
    leads: tuple[int, ...]

    @property
    def lead(self) -> float | None:
        """The median of the leads, in sessions; None where none was flagged."""
        return statistics.median(self.leads) if self.leads else None

    @property
    def few(self) -> bool:
        """Whether there are too few episodes of either ending to say much."""
        return min(self.flagged.whole, self.calm.whole) < FEW


@dataclass(frozen=True, slots=True)
class Load:
    """How many messages there would have been.

    Attributes:
        alerts: those that come at once.
        notes: those that wait for the morning.
        weeks: calendar weeks in which there was somebody to hear of.
        client_weeks: the same, once for each client.
        busiest: the most alerts of one calendar week.
    """

    alerts: int
    notes: int
    weeks: int
    client_weeks: int
    busiest: int

    def for_clients(self, count: int, messages: int) -> float:
        """Give so many messages a week for so many clients."""
        return count * messages / self.client_weeks


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What one rule found that was news.

    Attributes:
        rule: its key.
        alerts: in how many messages it would by itself have been told at once.
        notes: in how many it would by itself have waited for the morning.
        episodes: in how many episodes.
        ahead: of those that ended deteriorated, in how many it was told at once before the last score.
        lost: of the drop-outs, in how many it was told at once.
        well: of the planned endings that are no deterioration, in how many it was told at once.
    """

    rule: str
    alerts: int
    notes: int
    episodes: int
    ahead: int
    lost: int
    well: int


@dataclass(frozen=True, slots=True)
class Endings:
    """How the episodes ended, by the numbers that the site goes by; each episode by its place.

    Attributes:
        deteriorated: closed, and the last outcome score reliably worse than the first.
        otherwise: closed with two outcome scores or more, and not deteriorated.
        dropped: the client stayed away, with an outcome score at least.
        planned: as agreed, with an outcome score at least.
        unscored: without any outcome score, or with a single one: no change to speak of.
        running: not yet ended.
    """

    deteriorated: frozenset[int]
    otherwise: frozenset[int]
    dropped: frozenset[int]
    planned: frozenset[int]
    unscored: frozenset[int]
    running: frozenset[int]


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What a replay shows.

    Attributes:
        replayed: every episode, in the order given.
        endings: how they ended.
        load: the messages of all.
    """

    replayed: tuple[Replayed, ...]
    endings: Endings
    load: Load

    def of_deterioration(self, rules: frozenset[str] = EVERY_RULE) -> Foresight:
        """Hold alerts of some rules against final deterioration; one with the last score itself is late."""
        return foresight(self.replayed, self.endings.deteriorated, self.endings.otherwise, rules, least=1)

    def of_drop_out(self, rules: frozenset[str] = EVERY_RULE) -> Foresight:
        """Hold alerts of some rules against drop-out, beside planned endings.

        One that comes with the last score is in time: the end is the session that nobody came to.
        """
        return foresight(self.replayed, self.endings.dropped, self.endings.planned, rules, least=0)


def endings_of(episodes: Sequence[Episode], rulebook: Rulebook) -> Endings:
    """Say how episodes ended."""
    closed = {place for place, one in enumerate(episodes) if one.closed}
    scored = {place for place in closed if outcome_of(episodes[place], rulebook) is not None}
    categories = {place: ending(episodes[place], rulebook) for place in closed}
    return Endings(
        deteriorated=frozenset(p for p, found in categories.items() if found is Category.DETERIORATED),
        otherwise=frozenset(
            p for p, found in categories.items() if found not in {None, Category.DETERIORATED}
        ),
        dropped=frozenset(p for p in scored if episodes[p].ended is Ended.DROPPED),
        planned=frozenset(p for p in scored if episodes[p].ended is Ended.PLANNED),
        unscored=frozenset(p for p, found in categories.items() if found is None),
        running=frozenset(range(len(episodes))) - closed,
    )


def look_back(episodes: Sequence[Episode], rulebook: Rulebook, endings: Endings | None = None) -> Hindsight:
    """Replay episodes, and hold what would have been told against how they ended.

    Args:
        episodes: of which clinic ever.
        rulebook: what judges the scores.
        endings: how they ended, where that is not to be judged by the same numbers: to compare numbers,
            what is to be foreseen has to stay the same.
    """
    ended = endings_of(episodes, rulebook) if endings is None else endings
    replayed = tuple(replay(one, rulebook) for one in episodes)
    return Hindsight(replayed, ended, load_of(replayed))


def foresight(
    replayed: Sequence[Replayed],
    ended_so: Iterable[int],
    otherwise: Iterable[int],
    rules: frozenset[str],
    *,
    least: int,
) -> Foresight:
    """Hold alerts against a way of ending.

    Args:
        replayed: every episode.
        ended_so: the places of those that ended so.
        otherwise: the places of those that ended otherwise.
        rules: of which rules an alert must have news that is to be told at once.
        least: how many scores of the outcome measure must follow an alert for it to come before the end.
    """

    def first(place: int) -> int | None:
        """Give how many scores followed the first alert that came in time; None where none did."""
        alerts = (one for one in replayed[place].told if one.left >= least and one.speaks(rules, alert=True))
        return next((one.left for one in alerts), None)

    leads = [first(place) for place in sorted(ended_so)]
    calm = [first(place) is None for place in otherwise]
    found = tuple(lead for lead in leads if lead is not None)
    return Foresight(Share(len(found), len(leads)), Share(sum(calm), len(calm)), found)


def load_of(replayed: Iterable[Replayed]) -> Load:
    """Count the messages of some episodes, and the weeks that these ran.

    A client counts in every calendar week (Monday to Sunday, UTC) from the first score's to the last's.
    """
    by_week: Counter[int] = Counter()
    weeks: set[int] = set()
    client_weeks = notes = 0
    for one in replayed:
        first, last = (
            _week(score.at.toordinal()) for score in (one.episode.scores[0], one.episode.scores[-1])
        )
        weeks.update(range(first, last + 1))
        client_weeks += last + 1 - first
        by_week.update(_week(told.score.at.toordinal()) for told in one.alerts)
        notes += len(one.told) - len(one.alerts)
    return Load(by_week.total(), notes, len(weeks), client_weeks, max(by_week.values(), default=0))


def _week(day: int) -> int:
    """Give a day's calendar week by number: the first of all days was a Monday."""
    return (day - 1) // 7


def by_therapist(replayed: Sequence[Replayed]) -> Mapping[str, Load]:
    """Count the messages of each therapist whose code is known."""
    codes = sorted({one.episode.therapist for one in replayed} - {""})
    return {code: load_of(one for one in replayed if one.episode.therapist == code) for code in codes}


def rule_counts(replayed: Sequence[Replayed], endings: Endings) -> tuple[RuleCount, ...]:
    """Say what each rule found, in the order in which findings are told."""
    return tuple(_rule_count(rule, replayed, endings) for rule in RULES)


def _rule_count(rule: str, replayed: Sequence[Replayed], endings: Endings) -> RuleCount:
    alerts = [[told for told in one.told if told.speaks({rule}, alert=True)] for one in replayed]
    notes = [[told for told in one.told if told.speaks({rule}, alert=False)] for one in replayed]
    return RuleCount(
        rule,
        alerts=sum(map(len, alerts)),
        notes=sum(map(len, notes)),
        episodes=sum(bool(one or other) for one, other in zip(alerts, notes, strict=True)),
        ahead=sum(any(told.left for told in alerts[place]) for place in endings.deteriorated),
        lost=sum(bool(alerts[place]) for place in endings.dropped),
        well=sum(bool(alerts[place]) for place in endings.planned - endings.deteriorated),
    )
