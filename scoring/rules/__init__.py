"""The alert rules: what in a series of scores a therapist should hear of, and how soon.

A rule is a value: it is made with its numbers and asked about the course of an open episode. Adding a rule
is one class and one entry in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from scoring.instrument import Gauge, Instrument
from scoring.rules import alliance, outcome
from scoring.rules.findings import Course, Finding, Rule, Setup, Severity, pairs
from scoring.rules.risk import crisis
from scoring.rules.silence import silence
from scoring.score import Score

__all__ = [
    "RULES",
    "Course",
    "Finding",
    "ItemChange",
    "Rule",
    "Setup",
    "Severity",
    "by_urgency",
    "crisis",
    "judge",
    "most_fallen",
    "most_urgent",
    "rules_for",
    "silence",
]

Table = Mapping[str, tuple[frozenset[Gauge], Callable[[Setup], Rule | None]]]
"""Rules by key: which measures each judges, and what makes it (None where the norms lack its number)."""

_OUTCOME = frozenset({Gauge.OUTCOME})
_ALLIANCE = frozenset({Gauge.ALLIANCE})

RULES: Table = MappingProxyType(
    {
        "alliance_strained": (_OUTCOME | _ALLIANCE, alliance.strained),
        "deterioration": (_OUTCOME, outcome.deterioration),
        "drop": (_OUTCOME, outcome.drop),
        "below_best": (_OUTCOME, outcome.below_best),
        "off_track": (_OUTCOME, outcome.off_track),
        "no_improvement": (_OUTCOME, outcome.no_improvement),
        "crossed_below": (_OUTCOME, outcome.crossed_below),
        "item_drop": (_OUTCOME, outcome.item_drop),
        "sawtooth": (_OUTCOME, outcome.sawtooth_found),
        "alliance_low": (_ALLIANCE, alliance.alliance_low),
        "alliance_drop": (_ALLIANCE, alliance.alliance_drop),
        "alliance_item_low": (_ALLIANCE, alliance.alliance_item_low),
        "alliance_ceiling": (_ALLIANCE, alliance.ceiling),
        "recovered": (_OUTCOME, outcome.recovered),
        "improved": (_OUTCOME, outcome.improved),
    }
)
"""Every rule that judges scores, in the order in which findings are told."""


def rules_for(setup: Setup, off: frozenset[str] = frozenset(), table: Table = RULES) -> tuple[Rule, ...]:
    """Make the rules that judge a measure, without those switched off by key."""
    made = (
        make(setup)
        for key, (gauges, make) in table.items()
        if setup.instrument.gauges in gauges and key not in off
    )
    return tuple(rule for rule in made if rule is not None)


def judge(rules: Sequence[Rule], course: Course) -> tuple[Finding, ...]:
    """Ask every rule (from `rules_for`); what is most urgent comes first, then in the order of the table."""
    return by_urgency(finding for rule in rules for finding in rule(course))


def most_urgent(findings: Iterable[Finding]) -> Severity:
    """Give the severity of the most urgent of at least one finding."""
    return min((one.severity for one in findings), key=list(Severity).index)


def by_urgency(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings: what is most urgent first, otherwise as they come."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


@dataclass(frozen=True, slots=True)
class ItemChange:
    """How one item stands against the score before, in tenths; `was` is None at a first score."""

    item: str
    was: int | None
    now: int


def most_fallen(instrument: Instrument, latest: Score, previous: Score | None) -> ItemChange | None:
    """Name the item that got worse by most since the previous score; at a first score, the worst item.

    Returns:
        None where no item got worse, or only totals are known. Of equal ones the first asked.
    """
    sign = 1 if instrument.higher_is_better else -1
    known = pairs(Course((latest,) if previous is None else (previous, latest)), instrument.items)
    if previous is None:
        lowest = min(known, key=lambda pair: sign * pair[2], default=None)
        return None if lowest is None else ItemChange(lowest[0], None, lowest[2])
    fallen = [ItemChange(item, was, now) for item, was, now in known if was is not None]
    worse = [one for one in fallen if sign * (one.now - (one.was or 0)) < 0]
    return max(worse, key=lambda change: sign * ((change.was or 0) - change.now), default=None)
