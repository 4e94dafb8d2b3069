"""The rules that judge outcome: whether life gets better, worse, or neither."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.change import Category, Yardstick, sawtooth
from scoring.rules.findings import Course, Finding, Rule, Setup, Severity, pairs
from scoring.trajectory import Curve, Zone, lines, outcome_zone


@dataclass(frozen=True, slots=True)
class Deterioration:
    """Find a total reliably worse than the first of the episode: last - first <= -reliable."""

    yardstick: Yardstick

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the first."""
        totals = course.totals
        if self.yardstick.category(totals) is not Category.DETERIORATED:
            return ()
        return (Finding("deterioration", Severity.SOON, None, totals[0], totals[-1]),)


@dataclass(frozen=True, slots=True)
class Drop:
    """Find a total that fell by a reliable change or more since the last check-in."""

    yardstick: Yardstick

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the one before."""
        pair = course.totals[-2:]
        if self.yardstick.category(pair) is not Category.DETERIORATED:
            return ()
        return (Finding("drop", Severity.SOON, None, *pair),)


@dataclass(frozen=True, slots=True)
class BelowBest:
    """Find a total reliably below the client's own best, where it is no deterioration since the first."""

    yardstick: Yardstick

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the best, then with the first."""
        totals = course.totals
        best, last = self.yardstick.best(totals), totals[-1]
        fell = self.yardstick.category((best, last)) is Category.DETERIORATED
        if not fell or self.yardstick.category(totals) is Category.DETERIORATED:
            return ()
        return (Finding("below_best", Severity.SOON, None, best, last),)


@dataclass(frozen=True, slots=True)
class OffTrack:
    """Find a series that is red by a curve; measured from where it was expected."""

    yardstick: Yardstick
    curve: Curve

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the lines."""
        totals = course.totals
        at = lines(self.curve, self.yardstick, totals)
        if at.expected is None or outcome_zone(self.yardstick, totals, at) is not Zone.RED:
            return ()
        return (Finding("off_track", Severity.SOON, None, at.expected, totals[-1]),)


@dataclass(frozen=True, slots=True)
class NoImprovement:
    """Find a client who began in the clinical range and is no reliable change better at given scores.

    Source: at the 3rd and the 6th is this project's own; CLINICAL, Findings.
    """

    yardstick: Yardstick
    at: tuple[int, ...]

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the latest total with the first, at those scores alone."""
        totals = course.totals
        if len(totals) not in self.at or not self.yardstick.clinical(totals[0]):
            return ()
        if self.yardstick.category(totals) not in {Category.UNCHANGED, Category.DETERIORATED}:
            return ()
        return (Finding("no_improvement", Severity.SOON, None, totals[0], totals[-1]),)


@dataclass(frozen=True, slots=True)
class CrossedBelow:
    """Find a total that came into the clinical range from out of it."""

    yardstick: Yardstick

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the sides of the cutoff on which the last two totals lie."""
        if course.previous is None:
            return ()
        was, now = course.totals[-2:]
        if self.yardstick.clinical(was) or not self.yardstick.clinical(now):
            return ()
        return (Finding("crossed_below", Severity.SOON, None, was, now),)


@dataclass(frozen=True, slots=True)
class ItemDrop:
    """Find the items that fell since the previous score, each a finding.

    Source: 2.0 is this project's own; CLINICAL, Findings.
    """

    fall: int
    items: tuple[str, ...]
    yardstick: Yardstick

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Look at each item."""
        return tuple(
            Finding("item_drop", Severity.DIGEST, item, was, now)
            for item, was, now in pairs(course, self.items)
            if was is not None and self.yardstick.gain(was, now) <= -self.fall
        )


@dataclass(frozen=True, slots=True)
class SawtoothFound:
    """Find a series that has newly become a sawtooth. Source: OpenFIT; see `scoring.change.sawtooth`."""

    move: int
    changes: int
    ratings: int

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Count the teeth with the latest total, and without it."""
        totals = course.totals
        if not self._flags(totals) or self._flags(totals[:-1]):
            return ()
        return (Finding("sawtooth", Severity.DIGEST, None, totals[-2], totals[-1]),)

    def _flags(self, totals: tuple[int, ...]) -> bool:
        return sawtooth(totals, move=self.move, changes=self.changes, ratings=self.ratings).flagged


@dataclass(frozen=True, slots=True)
class Progress:
    """Find that a client has newly improved or recovered: good news is news too.

    Who recovered before and is now only improved has not newly improved.
    """

    yardstick: Yardstick
    category: Category

    def __call__(self, course: Course) -> tuple[Finding, ...]:
        """Compare the category with the latest total with the one without it."""
        totals = course.totals
        before = self.yardstick.category(totals[:-1])
        if self.yardstick.category(totals) is not self.category or before in {
            self.category,
            Category.RECOVERED,
        }:
            return ()
        return (Finding(str(self.category), Severity.DIGEST, None, totals[0], totals[-1]),)


def deterioration(setup: Setup) -> Rule | None:
    """Make the rule, where there is a reliable change."""
    return None if setup.norms.reliable_change is None else Deterioration(setup.yardstick)


def drop(setup: Setup) -> Rule | None:
    """Make the rule, where there is a reliable change."""
    return None if setup.norms.reliable_change is None else Drop(setup.yardstick)


def below_best(setup: Setup) -> Rule | None:
    """Make the rule, where there is a reliable change."""
    return None if setup.norms.reliable_change is None else BelowBest(setup.yardstick)


def off_track(setup: Setup) -> Rule | None:
    """Make the rule, where there is a curve."""
    return None if setup.curve is None else OffTrack(setup.yardstick, setup.curve)


def no_improvement(setup: Setup) -> Rule | None:
    """Make the rule, where there are a reliable change and a cutoff."""
    given = setup.yardstick
    known = given.reliable is not None and given.cutoff is not None
    return NoImprovement(given, setup.norms.no_improvement_at) if known else None


def crossed_below(setup: Setup) -> Rule | None:
    """Make the rule, where there is a cutoff for the age group."""
    return None if setup.yardstick.cutoff is None else CrossedBelow(setup.yardstick)


def item_drop(setup: Setup) -> Rule | None:
    """Make the rule, where the measure says from which fall of an item on."""
    fall = setup.norms.item_drop
    return None if fall is None else ItemDrop(fall, setup.instrument.items, setup.yardstick)


def sawtooth_found(setup: Setup) -> Rule | None:
    """Make the rule, where the measure says what a large move is."""
    norms = setup.norms
    if norms.sawtooth_move is None:
        return None
    return SawtoothFound(norms.sawtooth_move, norms.sawtooth_changes, norms.sawtooth_ratings)


def improved(setup: Setup) -> Rule | None:
    """Make the rule, where there is a reliable change."""
    known = setup.norms.reliable_change is not None
    return Progress(setup.yardstick, Category.IMPROVED) if known else None


def recovered(setup: Setup) -> Rule | None:
    """Make the rule, where there are a reliable change and a cutoff."""
    given = setup.yardstick
    known = given.reliable is not None and given.cutoff is not None
    return Progress(given, Category.RECOVERED) if known else None
