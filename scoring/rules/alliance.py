"""The rules that judge alliance: whether the client feels understood and both pull the same way."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from scoring.change import Category, Yardstick
from scoring.instrument import Gauge
from scoring.rules.findings import Course, Finding, Rule, Setup, Severity, pairs, totals_of
from scoring.trajectory import Zone, alliance_zone


@dataclass(frozen=True, slots=True)
class AllianceLow:
    """Find an alliance total below the concern line.

    It is told soon where it is the first, or below the client's own median so far by `unusual` or more:
    whole-number answers put most stable alliances below the line now and then.

    Source: 36.0: OpenFIT. The median rule is this project's own.
    """

    line: int
    unusual: int

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the line, then with the client's own median."""
        *earlier, latest = course.totals
        if latest >= self.line:
            return ()
        unusual = not earlier or statistics.median(earlier) - latest >= self.unusual
        severity = Severity.SOON if unusual else Severity.DIGEST
        return (Finding("alliance_low", severity, None, earlier[-1] if earlier else None, latest),)


@dataclass(frozen=True, slots=True)
class AllianceItemLow:
    """Find the alliance items below their concern line, each a finding.

    Source: 9.0: secondary (ICCE practice). How soon it is told: see `soon_after`.
    """

    line: int
    items: tuple[str, ...]
    soon: int

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Look at each item."""
        severity = soon_after(course, self.items, self.soon)
        return tuple(
            Finding("alliance_item_low", severity, item, was, now)
            for item, was, now in pairs(course, self.items)
            if now < self.line
        )


@dataclass(frozen=True, slots=True)
class AllianceDrop:
    """Find an alliance total that fell since the last session.

    Source: 1.0: the alert table of OpenFIT's documentation. How soon it is told: see `soon_after`.
    """

    fall: int
    items: tuple[str, ...]
    soon: int

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the one before."""
        if course.previous is None or course.previous.total - course.latest.total < self.fall:
            return ()
        severity = soon_after(course, self.items, self.soon)
        return (Finding("alliance_drop", severity, None, course.previous.total, course.latest.total),)


def soon_after(course: Course, items: tuple[str, ...], fall: int) -> Severity:
    """Tell soon where an item or the total fell by so much since the last score, else in the morning.

    Source: 2.0 is this project's own; CLINICAL, Findings: at once for every low item would be noise.
    """
    falls = [was - now for _, was, now in pairs(course, items) if was is not None]
    if course.previous is not None:
        falls.append(course.previous.total - course.latest.total)
    return Severity.SOON if any(one >= fall for one in falls) else Severity.DIGEST


@dataclass(frozen=True, slots=True)
class Strained:
    """Find an alliance that is low or fell, while outcome fell since its previous score.

    It comes first of all that is told soon: the talk about the alliance comes before the one about outcome.

    Source: a fall of 1.0 is this project's own; CLINICAL, Findings.

    Attributes:
        line: an alliance total below this is a concern.
        fall: so is one that fell by this much or more.
        outcome_fall: from this fall of outcome on,
        outcome: as this measures it.
        judges: which of the two the course's scores are of.
    """

    line: int | None
    fall: int | None
    outcome_fall: int
    outcome: Yardstick
    judges: Gauge

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Look at both measures."""
        alliance, outcome = totals_of(course.scores), totals_of(course.beside)
        if self.judges is Gauge.OUTCOME:
            alliance, outcome = outcome, alliance
        if len(outcome) < 2 or self.outcome.gain(*outcome[-2:]) > -self.outcome_fall:  # noqa: PLR2004 (one can't fall)
            return ()
        if alliance_zone(alliance, line=self.line, fall=self.fall) is not Zone.RED:
            return ()
        return (Finding("alliance_strained", Severity.SOON, None, outcome[-2], outcome[-1]),)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Find several highest alliance totals in a row while outcome is unchanged: it may be politeness.

    Source: three in a row is this project's own; CLINICAL, Findings.
    """

    top: int
    run: int
    outcome: Yardstick

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Look at the last totals, and at outcome since its first."""
        last = course.totals[-self.run :]
        if len(last) < self.run or min(last) < self.top:
            return ()
        if self.outcome.category(totals_of(course.beside)) is not Category.UNCHANGED:
            return ()
        return (Finding("alliance_ceiling", Severity.DIGEST, None, last[-2], last[-1]),)


def alliance_low(setup: Setup) -> Rule | None:
    """Make the rule, where there is a line."""
    line = setup.norms.concern_total
    return None if line is None else AllianceLow(line, setup.norms.unusual_fall)


def alliance_item_low(setup: Setup) -> Rule | None:
    """Make the rule, where there is a line for items."""
    line = setup.norms.concern_item
    return None if line is None else AllianceItemLow(line, setup.instrument.items, setup.norms.soon_fall)


def alliance_drop(setup: Setup) -> Rule | None:
    """Make the rule, where there is a fall that is a concern."""
    fall = setup.norms.concern_drop
    return None if fall is None else AllianceDrop(fall, setup.instrument.items, setup.norms.soon_fall)


def strained(setup: Setup) -> Rule | None:
    """Make the rule, where both measures are asked and have the numbers for it."""
    if setup.beside is None:
        return None
    gauge = setup.instrument.gauges
    alliance, outcome = (setup, setup.beside) if gauge is Gauge.ALLIANCE else (setup.beside, setup)
    line, drop, fall = alliance.norms.concern_total, alliance.norms.concern_drop, outcome.norms.strained_fall
    if fall is None or (line is None and drop is None):
        return None
    return Strained(line, drop, fall, outcome.yardstick, gauge)


def ceiling(setup: Setup) -> Rule | None:
    """Make the rule, where outcome is asked too and has a reliable change."""
    if setup.beside is None or setup.beside.yardstick.reliable is None or setup.norms.concern_total is None:
        return None
    return Ceiling(setup.instrument.total_max, setup.norms.ceiling_run, setup.beside.yardstick)
