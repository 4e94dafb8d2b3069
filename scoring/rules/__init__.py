"""The alert rules: what in a series of scores a therapist should hear of, and how soon.

A rule is a value: it is made with its numbers and asked about the latest score and the earlier ones of
the open episode, oldest first. Adding a rule is one class and one entry in `RULES`.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from scoring.instrument import AgeGroup, Gauge, Instrument, Norms
from scoring.score import Score

POINT = 10
"""One point, in tenths."""


class Severity(StrEnum):
    """How soon a therapist should hear: at once at any hour, at once in waking hours, or in the morning."""

    URGENT = "urgent"
    SOON = "soon"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule saw.

    Attributes:
        rule: the rule's key (stable: it is stored, configured and translated).
        severity: how soon to tell.
        item: the item it is about, or None for the total.
        was: the earlier value in tenths that it is measured from, or None where there is none.
        now: the latest value in tenths; None where the finding is not about a score.
    """

    rule: str
    severity: Severity
    item: str | None = None
    was: int | None = None
    now: int | None = None


Rule = Callable[[Score, Sequence[Score]], tuple[Finding, ...]]
"""Asked about (the latest score, the earlier ones oldest first)."""


@dataclass(frozen=True, slots=True)
class Deterioration:
    """Find a total reliably worse than the first of the episode.

    Source: CLINICAL, Findings: last - first <= -reliable; reliable change as its rule set says.
    """

    reliable: int

    def __call__(self, latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
        """Compare the latest total with the first."""
        if not earlier or earlier[0].total - latest.total < self.reliable:
            return ()
        return (Finding("deterioration", Severity.SOON, None, earlier[0].total, latest.total),)


@dataclass(frozen=True, slots=True)
class Drop:
    """Find a total that fell by a reliable change or more since the last check-in."""

    reliable: int

    def __call__(self, latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
        """Compare the latest total with the one before."""
        if not earlier or earlier[-1].total - latest.total < self.reliable:
            return ()
        return (Finding("drop", Severity.SOON, None, earlier[-1].total, latest.total),)


@dataclass(frozen=True, slots=True)
class CrossedBelow:
    """Find a total that came into the clinical range from out of it.

    Source: the side that the cutoff itself is on differs: OpenFIT's alert table, bluewinginc.
    """

    cutoff: int
    cutoff_is_functional: bool

    def __call__(self, latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
        """Compare the sides of the cutoff on which the last two totals lie."""
        if not earlier or self._clinical(earlier[-1].total) or not self._clinical(latest.total):
            return ()
        return (Finding("crossed_below", Severity.SOON, None, earlier[-1].total, latest.total),)

    def _clinical(self, total: int) -> bool:
        return total < self.cutoff if self.cutoff_is_functional else total <= self.cutoff


@dataclass(frozen=True, slots=True)
class AllianceLow:
    """Find an alliance total below the concern line.

    It is told soon where it is the first, or a point or more below the client's own median so far:
    whole-number answers put most stable alliances below the line now and then.

    Source: 36.0: OpenFIT. The median rule is this project's own.
    """

    line: int

    def __call__(self, latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
        """Compare the latest total with the line, then with the client's own median."""
        if latest.total >= self.line:
            return ()
        was = earlier[-1].total if earlier else None
        unusual = not earlier or statistics.median(one.total for one in earlier) - latest.total >= POINT
        severity = Severity.SOON if unusual else Severity.DIGEST
        return (Finding("alliance_low", severity, None, was, latest.total),)


@dataclass(frozen=True, slots=True)
class AllianceItemLow:
    """Find the alliance items below their concern line, each a finding.

    Source: 9.0: secondary (ICCE practice). Told soon from a fall of 2.0 on: this project's own.
    """

    line: int
    items: tuple[str, ...]

    def __call__(self, latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
        """Look at each item."""
        previous = earlier[-1] if earlier else None
        return tuple(
            Finding("alliance_item_low", _by_fall(was, now), item, was, now)
            for item, was, now in _pairs(self.items, previous, latest)
            if now < self.line
        )


@dataclass(frozen=True, slots=True)
class AllianceDrop:
    """Find an alliance total that fell by a point or more since the last session.

    Source: 1.0: the alert table of OpenFIT's documentation.
    """

    fall: int

    def __call__(self, latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
        """Compare the latest total with the one before."""
        if not earlier or earlier[-1].total - latest.total < self.fall:
            return ()
        severity = _by_fall(earlier[-1].total, latest.total)
        return (Finding("alliance_drop", severity, None, earlier[-1].total, latest.total),)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a rule is made with: the measure, its norms, and whose norms apply."""

    instrument: Instrument
    norms: Norms
    age_group: AgeGroup


def _deterioration(setup: Setup) -> Rule | None:
    reliable = setup.norms.reliable_change
    return None if reliable is None else Deterioration(reliable)


def _drop(setup: Setup) -> Rule | None:
    reliable = setup.norms.reliable_change
    return None if reliable is None else Drop(reliable)


def _crossed_below(setup: Setup) -> Rule | None:
    cutoff = setup.norms.cutoff.get(setup.age_group)
    return None if cutoff is None else CrossedBelow(cutoff, setup.norms.cutoff_is_functional)


def _alliance_low(setup: Setup) -> Rule | None:
    line = setup.norms.concern_total
    return None if line is None else AllianceLow(line)


def _alliance_item_low(setup: Setup) -> Rule | None:
    line = setup.norms.concern_item
    return None if line is None else AllianceItemLow(line, setup.instrument.items)


def _alliance_drop(setup: Setup) -> Rule | None:
    fall = setup.norms.concern_drop
    return None if fall is None else AllianceDrop(fall)


Table = Mapping[str, tuple[Gauge, Callable[[Setup], Rule | None]]]
"""Rules by key: which measures each judges, and what makes it (None where the norms lack its number)."""

RULES: Table = MappingProxyType(
    {
        "deterioration": (Gauge.OUTCOME, _deterioration),
        "drop": (Gauge.OUTCOME, _drop),
        "crossed_below": (Gauge.OUTCOME, _crossed_below),
        "alliance_low": (Gauge.ALLIANCE, _alliance_low),
        "alliance_drop": (Gauge.ALLIANCE, _alliance_drop),
        "alliance_item_low": (Gauge.ALLIANCE, _alliance_item_low),
    }
)
"""Every rule, in the order in which findings are told."""


def rules_for(setup: Setup, off: frozenset[str] = frozenset(), table: Table = RULES) -> tuple[Rule, ...]:
    """Make the rules that judge a measure, without those switched off by key."""
    made = (
        make(setup)
        for key, (gauge, make) in table.items()
        if gauge is setup.instrument.gauges and key not in off
    )
    return tuple(rule for rule in made if rule is not None)


def judge(rules: Sequence[Rule], latest: Score, earlier: Sequence[Score]) -> tuple[Finding, ...]:
    """Ask every rule; what is most urgent comes first, then in the order of the table.

    Args:
        rules: from `rules_for`.
        latest: the score just completed.
        earlier: the scores of the same measure in the open episode before it, oldest first.
    """
    found = [finding for rule in rules for finding in rule(latest, earlier)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


@dataclass(frozen=True, slots=True)
class ItemChange:
    """How one item stands against the score before, in tenths; `was` is None at a first score."""

    item: str
    was: int | None
    now: int


def most_fallen(instrument: Instrument, latest: Score, previous: Score | None) -> ItemChange | None:
    """Name the item that fell most since the previous score; at a first score, the lowest item.

    Returns:
        None where no item fell. Of equal ones the first asked.
    """
    pairs = _pairs(instrument.items, previous, latest)
    if previous is None:
        item, _, now = min(pairs, key=lambda pair: pair[2])
        return ItemChange(item, None, now)
    fallen = [ItemChange(item, was, now) for item, was, now in pairs if was is not None and was > now]
    return max(fallen, key=lambda change: (change.was or 0) - change.now, default=None)


def _pairs(
    items: tuple[str, ...], previous: Score | None, latest: Score
) -> tuple[tuple[str, int | None, int], ...]:
    before: tuple[int | None, ...] = previous.items if previous else (None,) * len(items)
    return tuple(zip(items, before, latest.items, strict=True))


def _by_fall(was: int | None, now: int) -> Severity:
    """Tell soon of a fall of 2.0 or more, else in the morning. This project's own: see CLINICAL, Findings."""
    return Severity.SOON if was is not None and was - now >= 2 * POINT else Severity.DIGEST
