"""Judging a whole case: everything that the numbers say of one client.

It judges numbers and knows nothing of wording, of who was told before, or of what a therapist decided.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.change import Sawtooth, Yardstick, sawtooth
from scoring.guidance import Suggestion, suggestions
from scoring.instrument import RULE_SETS, AgeGroup, Gauge, Instrument, Norms
from scoring.instruments import INSTRUMENTS
from scoring.rules import (
    RULES,
    Course,
    Finding,
    ItemChange,
    Setup,
    by_urgency,
    crisis,
    judge,
    most_fallen,
    rules_for,
    silence,
)
from scoring.rules.findings import totals_of
from scoring.score import Score
from scoring.trajectory import Curve, Lines, Zone, alliance_zone, lines, outcome_zone


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one client's open episode.

    Attributes:
        outcome: the scores of the outcome measure, oldest first.
        alliance: the scores of the alliance measure, oldest first.
        ruleset: whose numbers judge.
        age_group: whose norms apply.
        missed: how many check-ins in a row went unanswered, up to now.
        curve: the expected trajectory, if there is one.
    """

    outcome: tuple[Score, ...] = ()
    alliance: tuple[Score, ...] = ()
    ruleset: str = RULE_SETS[0]
    age_group: AgeGroup = AgeGroup.ADULT
    missed: int = 0
    curve: Curve | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the numbers say, all in tenths.

    Attributes:
        measured: what the outcome was measured with.
        lines: where the outcome is expected now.
        outcome_zone: how the outcome stands.
        alliance_zone: how the alliance stands.
        sawtooth: of the outcome.
        findings: all that hold for the latest scores, what matters most first.
        suggestions: what to talk about, alliance first.
    """

    measured: Yardstick
    lines: Lines
    outcome_zone: Zone
    alliance_zone: Zone
    sawtooth: Sawtooth
    findings: tuple[Finding, ...]
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Assessor:
    """What judges cases: a pair of measures, one of each kind, with their numbers."""

    outcome: Instrument
    alliance: Instrument

    def setups(self, case: Case) -> tuple[Setup, Setup]:
        """Give what the outcome is judged by, and what the alliance is."""
        bare = Setup(self.alliance, self.alliance.norms[case.ruleset], case.age_group)
        norms = self.outcome.norms[case.ruleset]
        outcome = Setup(self.outcome, norms, case.age_group, bare, case.curve)
        return outcome, dataclasses.replace(bare, beside=outcome)

    def judge(self, case: Case) -> Judged:
        """Say everything that the numbers say of a case."""
        outcome, alliance = self.setups(case)
        totals, sessions = totals_of(case.outcome), totals_of(case.alliance)
        at = lines(case.curve, outcome.yardstick, totals)
        findings = _findings(case, outcome, alliance)
        line, fall = alliance.norms.concern_total, alliance.norms.concern_drop
        return Judged(
            measured=outcome.yardstick,
            lines=at,
            outcome_zone=outcome_zone(outcome.yardstick, totals, at),
            alliance_zone=alliance_zone(sessions, line=line, fall=fall),
            sawtooth=_sawtooth(totals, outcome.norms),
            findings=findings,
            suggestions=suggestions(findings, _fallen(case, outcome, alliance)),
        )


def _findings(case: Case, outcome: Setup, alliance: Setup) -> tuple[Finding, ...]:
    """Judge both measures by the rules of each; what both find counts once."""
    found: list[Finding] = []
    if case.outcome:
        found += _danger(outcome.instrument, case.outcome[-1])
        found += judge(rules_for(outcome), Course(case.outcome, case.alliance))
    if case.alliance:
        found += judge(rules_for(alliance), Course(case.alliance, case.outcome))
    found += silence(case.missed, totals_of(case.alliance), alliance.norms)
    order = {rule: place for place, rule in enumerate(RULES)}
    ordered = sorted(dict.fromkeys(found), key=lambda one: order.get(one.rule, len(order)))
    return by_urgency(ordered)


def _danger(instrument: Instrument, latest: Score) -> tuple[Finding, ...]:
    """Look at the risk items; where only a total is known, no item is."""
    return crisis(instrument, latest.items) if len(latest.items) == len(instrument.items) else ()


def _fallen(case: Case, *setups: Setup) -> Mapping[Gauge, ItemChange | None]:
    scores = {Gauge.OUTCOME: case.outcome, Gauge.ALLIANCE: case.alliance}
    return {
        one.instrument.gauges: most_fallen(one.instrument, of[-1], of[-2] if len(of) > 1 else None)
        for one in setups
        if (of := scores[one.instrument.gauges])
    }


def _sawtooth(totals: Sequence[int], norms: Norms) -> Sawtooth:
    if norms.sawtooth_move is None:
        return Sawtooth()
    return sawtooth(
        totals, move=norms.sawtooth_move, changes=norms.sawtooth_changes, ratings=norms.sawtooth_ratings
    )


DEFAULT = Assessor(INSTRUMENTS["ors"], INSTRUMENTS["srs"])
"""Judges by ORS and SRS."""
