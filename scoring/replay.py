"""A clinic's past episodes, run through the rules as if their scores had come in one by one.

What is judged, and what of it is news, is exactly what it would be today. What hindsight can't show: what
would have come of it. Nobody was told then, so nobody acted; a course that was flagged might have gone on
the same, and one that wasn't might have been caught otherwise. Unanswered check-ins and what clients wrote
stand in no table of scores, so the rules that speak of them are not replayed.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scoring.change import Category
from scoring.histories import Episode
from scoring.instrument import AgeGroup, Asked, Gauge, Instrument
from scoring.instruments import PAIR
from scoring.news import STANDING, key_of, news, told_by
from scoring.rules import Course, Finding, Rule, Setup, Severity, judge, most_urgent
from scoring.score import Score


class Rulebook(Protocol):
    """What scores are judged by: a site's measures, numbers and rules."""

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The measures, by key."""
        ...

    def of_therapist(self, code: str | None) -> Rulebook:
        """Give what a therapist's clients are judged by."""
        ...

    def beside(self, measure: str, answered: Collection[str]) -> str | None:
        """Name the measure of the other kind that stands beside one."""
        ...

    def setup(self, measure: str, age_group: AgeGroup) -> Setup:
        """Give the numbers that judge a measure."""
        ...

    def judging(
        self, measure: str, age_group: AgeGroup, beside: str | None = None
    ) -> tuple[Setup, tuple[Rule, ...]]:
        """Give the numbers and the rules that judge a measure, beside another; asked for each score."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """A message that the therapist would have had.

    Attributes:
        score: the score that it would have followed.
        severity: how soon: that of the most urgent news in it.
        findings: all that held, what matters most first.
        fresh: those of them that were news.
        left: how many scores of the outcome measure came after it.
    """

    score: Score
    severity: Severity
    findings: tuple[Finding, ...]
    fresh: tuple[Finding, ...]
    left: int

    @property
    def alert(self) -> bool:
        """Whether it would have come at once; all else waits for the morning."""
        return self.severity is not Severity.DIGEST

    def speaks(self, rules: Collection[str], *, alert: bool) -> bool:
        """Tell whether it has news of one of these rules that by itself makes it an alert, or a note."""
        return any(one.rule in rules and (one.severity is not Severity.DIGEST) is alert for one in self.fresh)


@dataclass(frozen=True, slots=True)
class Replayed:
    """An episode, and the messages of which its therapist would have had, oldest first."""

    episode: Episode
    told: tuple[Told, ...]

    @property
    def alerts(self) -> tuple[Told, ...]:
        """The messages that would have come at once."""
        return tuple(one for one in self.told if one.alert)


def replay(episode: Episode, rulebook: Rulebook) -> Replayed:
    """Judge an episode score by score.

    Scores of one moment (a table may know their day only) come in the order in which their measures are
    asked: what is asked before the session before what is asked after it.
    """
    book = rulebook.of_therapist(episode.therapist)
    ordered = sorted(
        episode.scores, key=lambda one: (one.at, book.instruments[one.instrument].asked is Asked.AFTER)
    )
    sessions = outcome_of(episode, book)
    left = sum(one.instrument == sessions for one in ordered)
    bench = _Bench(book, episode.age_group)
    told: list[Told] = []
    for latest in ordered:
        left -= latest.instrument == sessions
        if (message := bench.hear(latest, left)) is not None:
            told.append(message)
    return Replayed(episode, tuple(told))


def outcome_of(episode: Episode, rulebook: Rulebook) -> str | None:
    """Name the outcome measure that an episode has most scores of; of equal ones ORS, or the first by key.

    Its scores count the sessions, and its last says how the episode ended. None where there is no score
    of any outcome measure.
    """
    found = sorted(
        one.instrument
        for one in episode.scores
        if rulebook.instruments[one.instrument].gauges is Gauge.OUTCOME
    )
    counted = [(key, sum(1 for _ in same)) for key, same in itertools.groupby(found)]
    return max(counted, key=lambda pair: (pair[1], pair[0] in PAIR))[0] if counted else None


def ending(episode: Episode, rulebook: Rulebook) -> Category | None:
    """Say what the change from the first to the last outcome score amounts to; None below two scores."""
    measure = outcome_of(episode, rulebook)
    if measure is None:
        return None
    setup = rulebook.of_therapist(episode.therapist).setup(measure, episode.age_group)
    return setup.yardstick.category(episode.totals(measure))


class _Bench:
    """Judges the scores of one episode as they come in, and remembers what was told."""

    def __init__(self, rulebook: Rulebook, age_group: AgeGroup) -> None:
        self._rulebook = rulebook
        self._age_group = age_group
        self._heard: list[Score] = []
        self._told: list[tuple[int, Score, tuple[Finding, ...]]] = []

    def hear(self, latest: Score, left: int) -> Told | None:
        """Take a score, and say what is told of it, if anything."""
        place = len(self._heard)
        other = self._rulebook.beside(latest.instrument, {one.instrument for one in self._heard})
        self._heard.append(latest)
        found = self._held(latest.instrument, other, place)
        fresh = self._fresh(latest, other, found) if found else ()
        if not fresh:
            return None
        self._told.append((place, latest, found))
        return Told(latest, most_urgent(fresh), found, fresh, left)

    def _course(self, measure: str, other: str | None, place: int) -> Course:
        """Give what was known once the score at a place had come in."""
        known = self._heard[: place + 1]
        return Course(
            tuple(one for one in known if one.instrument == measure),
            tuple(one for one in known if one.instrument == other),
        )

    def _fresh(self, latest: Score, other: str | None, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Give what is news of that which was found."""
        setup, _ = self._by(latest.instrument, other)
        places = [place for place, one in enumerate(self._heard) if one.instrument == latest.instrument]
        before = places[-2] if len(places) > 1 else None
        told = told_by(findings for _, one, findings in self._told if one.instrument == latest.instrument)
        lasting = any(one.rule in STANDING and key_of(one) in told for one in found)
        # of what does not last, or was not told, it makes no difference whether it held
        held = self._held(latest.instrument, other, before) if lasting and before is not None else ()
        elsewhere = [
            finding
            for place, one, findings in self._told
            if one.instrument != latest.instrument and before is not None and place > before
            for finding in findings
        ]
        return news(found, frozenset(map(key_of, held)), told, setup.yardstick, elsewhere=elsewhere)

    def _held(self, measure: str, other: str | None, place: int) -> tuple[Finding, ...]:
        """Give all that held with the score at a place."""
        _, rules = self._by(measure, other)
        return judge(rules, self._course(measure, other, place))

    def _by(self, measure: str, other: str | None) -> tuple[Setup, Sequence[Rule]]:
        """Give what judges a measure beside another."""
        return self._rulebook.judging(measure, self._age_group, other)
