"""Scores for tests, made of their totals or items, and what judges them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from scoring.instrument import RULE_SETS, AgeGroup
from scoring.instruments import INSTRUMENTS
from scoring.rules import Course, Finding, Rule, Setup, judge, rules_for
from scoring.score import Score
from scoring.trajectory import Curve, Polynomial

ORS = INSTRUMENTS["ors"]
SRS = INSTRUMENTS["srs"]

BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)

BESIDE = {"ors": "srs", "srs": "ors"}
"""The measure of the other kind."""

rulesets = st.sampled_from(RULE_SETS)
ages = st.sampled_from(AgeGroup)


def of_items(measure: str, *items: int, week: int = 0) -> Score:
    """Make a score of its items, in tenths."""
    return Score(measure, items, BEGAN + timedelta(weeks=week))


def of_total(measure: str, total: int, week: int = 0) -> Score:
    """Make a score of its total in tenths, spread over four items as evenly as it goes."""
    quarter, rest = divmod(total, 4)
    return of_items(measure, *(quarter + (place < rest) for place in range(4)), week=week)


def series(measure: str, *totals: int) -> tuple[Score, ...]:
    """Make a series of scores of their totals in tenths, a week apart, oldest first."""
    return tuple(of_total(measure, total, week) for week, total in enumerate(totals))


def alone(measure: str, *totals: int) -> tuple[Score, ...]:
    """Make a series of which only the totals are known, as an import may have them."""
    return tuple(of_items(measure, total, week=week) for week, total in enumerate(totals))


def setup(measure: str, ruleset: str = "icce", age: AgeGroup = AgeGroup.ADULT) -> Setup:
    """Give what a measure is judged by where it is asked alone."""
    instrument = INSTRUMENTS[measure]
    return Setup(instrument, instrument.norms[ruleset], age)


def both(measure: str, ruleset: str = "icce", age: AgeGroup = AgeGroup.ADULT) -> Setup:
    """Give what a measure is judged by where the one of the other kind is asked too."""
    return dataclasses.replace(setup(measure, ruleset, age), beside=setup(BESIDE[measure], ruleset, age))


def rules(
    measure: str, ruleset: str = "icce", age: AgeGroup = AgeGroup.ADULT, off: Sequence[str] = ()
) -> tuple[Rule, ...]:
    """Make the rules that judge a measure under a rule set, where both kinds are asked."""
    return rules_for(both(measure, ruleset, age), frozenset(off))


def found(
    rule: str,
    scores: Sequence[Score],
    ruleset: str = "icce",
    age: AgeGroup = AgeGroup.ADULT,
    *,
    beside: Sequence[Score] = (),
) -> list[Finding]:
    """Judge a series by all its rules and keep what one of them found."""
    return by(both(scores[-1].instrument, ruleset, age), rule, scores, beside)


def by(given: Setup, rule: str, scores: Sequence[Score], beside: Sequence[Score] = ()) -> list[Finding]:
    """Judge a series by all the rules of a setup and keep what one of them found."""
    judged = judge(rules_for(given), Course(tuple(scores), tuple(beside)))
    return [one for one in judged if one.rule == rule]


def line(*coefficients: tuple[str, str]) -> Polynomial:
    """Make a line of its coefficients: by power, the value and its change with the first score."""
    return Polynomial(tuple((Decimal(base), Decimal(slope)) for base, slope in coefficients))


def curve(expected: Polynomial, failure: Polynomial | None = None, *, flat: int = 9) -> Curve:
    """Make a curve around a first score of 20.0."""
    return Curve(Decimal(20), flat, expected, failure)


def scores(measure: str, minimum: int = 1, maximum: int = 8) -> st.SearchStrategy[tuple[Score, ...]]:
    """Any series of a measure's scores."""
    items = st.tuples(*[st.integers(0, 100)] * 4)
    return st.lists(items, min_size=minimum, max_size=maximum).map(
        lambda rows: tuple(of_items(measure, *row, week=week) for week, row in enumerate(rows))
    )
