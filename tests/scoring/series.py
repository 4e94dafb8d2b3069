"""Scores for tests, made of their totals or items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from scoring.instrument import AgeGroup
from scoring.instruments import INSTRUMENTS
from scoring.rules import Finding, Rule, Setup, judge, rules_for
from scoring.score import Score

ORS = INSTRUMENTS["ors"]
SRS = INSTRUMENTS["srs"]

BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)


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


def rules(
    measure: str, ruleset: str = "icce", age: AgeGroup = AgeGroup.ADULT, off: Sequence[str] = ()
) -> tuple[Rule, ...]:
    """Make the rules that judge a measure under a rule set."""
    instrument = INSTRUMENTS[measure]
    return rules_for(Setup(instrument, instrument.norms[ruleset], age), frozenset(off))


def found(
    rule: str, scores: Sequence[Score], ruleset: str = "icce", age: AgeGroup = AgeGroup.ADULT
) -> list[Finding]:
    """Judge a series by all its rules and keep what one of them found."""
    judged = judge(rules(scores[-1].instrument, ruleset, age), scores[-1], scores[:-1])
    return [one for one in judged if one.rule == rule]


def scores(measure: str, minimum: int = 1, maximum: int = 8) -> st.SearchStrategy[tuple[Score, ...]]:
    """Any series of a measure's scores."""
    items = st.tuples(*[st.integers(0, 100)] * 4)
    return st.lists(items, min_size=minimum, max_size=maximum).map(
        lambda rows: tuple(of_items(measure, *row, week=week) for week, row in enumerate(rows))
    )
