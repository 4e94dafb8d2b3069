"""What a site's own closed episodes say of the way ahead: a fitted log-session model, as a value and a file.

A first score says where clients who began there stand at a later session on average, and between which edges
four of five of them ended. Making a model needs statsmodels (`scoring.fit`); reading and asking one doesn't.

Source for the idea (change by the logarithm of the session, intake severity, one-sided tolerance edges):
Finch, Lambert & Schaalje 2001.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from scoring.expected import Expected, around, to_tenths
from scoring.instrument import AgeGroup
from scoring.trajectory import Lines

FEWEST = 100
"""From so many closed episodes on a model is fitted. Source: this project's own."""

_TENTHS = 10


class ModelError(ValueError):
    """A model's file can't be used; the text says where, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The average course in points: level + severity·d + (growth + growth_severity·d)·log(session).

    d is the first score less the model's centre. It holds from the second session on; at the first the
    expectation is the first score itself. What `level` lies apart from the centre is regression to the mean.
    """

    level: float
    severity: float
    growth: float
    growth_severity: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How clients differ from the average course: variances, and a covariance, in points squared.

    Attributes:
        level: of a client's own level.
        growth: of a client's own growth.
        together: how the two go together.
        noise: of one score around its client's own course.
    """

    level: float
    growth: float
    together: float
    noise: float

    def deviation(self, log_session: float) -> float:
        """Give the standard deviation of a score, in points, of clients with the same first score."""
        own = self.level + 2 * self.together * log_session + self.growth * log_session**2
        return math.sqrt(max(own, 0.0) + self.noise)


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the band ends, in standard deviations from the average course: at d, lower + lower_severity·d.

    They are set by where the last scores of the episodes really lay, not by the normal curve: totals end at
    0.0 and 40.0, episodes end for reasons, and those who begin low differ more in what becomes of them.
    """

    lower: float
    lower_severity: float
    upper: float
    upper_severity: float


@dataclass(frozen=True, slots=True)
class Model:
    """The expected course of one measure's totals for one age group, fitted to a site's closed episodes.

    Attributes:
        measure: the measure's key.
        age_group: whose episodes it was fitted to.
        fitted_on: when.
        episodes: how many closed episodes it rests on.
        centre: the first score in points at which `effects` stand as they are.
        flat: from this session on the course stays where it is: too few episodes went further.
        highest: the highest total of the measure, in tenths.
        higher_is_better: whether a higher total means doing better.
        effects: the average course.
        spread: how clients differ from it.
        edges: where the band ends.
    """

    measure: str
    age_group: AgeGroup
    fitted_on: date
    episodes: int
    centre: float
    flat: int
    highest: int
    higher_is_better: bool
    effects: Effects
    spread: Spread
    edges: Edges

    def at(self, first: int, session: int) -> Expected:
        """Give what is expected of clients with a first total, at a session counted from 1; in tenths."""
        if session <= 1:
            return Expected(1, first, first, first)
        middle, deviation = self.average(first, session), self.spread.deviation(self.log(session))
        d = first / _TENTHS - self.centre
        lower = min(self.edges.lower + self.edges.lower_severity * d, 0.0)
        upper = max(self.edges.upper + self.edges.upper_severity * d, 0.0)
        edges = (middle + lower * deviation, middle + upper * deviation)
        return around(session, (middle, *edges), self.highest)

    def lines(self, first: int, ratings: int) -> Lines:
        """Give the lines at a rating as a curve does; the band's edge on the bad side is the failure line.

        Args:
            first: the first total, in tenths.
            ratings: the number of ratings less one.
        """
        expected = self.at(first, ratings + 1)
        return Lines(expected.total, expected.worst(higher_is_better=self.higher_is_better))

    def forecast(self, totals: Sequence[int], session: int) -> int:
        """Give the total to expect of one client at a session still to come, in tenths.

        Unlike `at` it uses all scores so far: a client's own level and growth are estimated from them and
        drawn towards the average the more, the fewer they are (the best linear unbiased prediction).

        Args:
            totals: the client's totals so far, in tenths, at least the first.
            session: counted from 1; later than the last of `totals`.
        """
        own = _Own.average(self.spread)
        for number, total in enumerate(totals[1:], 2):
            off = total / _TENTHS - self.average(totals[0], number)
            own = own.having_seen(off, self.log(number), self.spread.noise)
        there = own.level + own.growth * self.log(session)
        return to_tenths(self.average(totals[0], session) + there, self.highest)

    def average(self, first: int, session: int) -> float:
        """Give the average course in points, from the second session on."""
        d = first / _TENTHS - self.centre
        effects = self.effects
        growth = effects.growth + effects.growth_severity * d
        return effects.level + effects.severity * d + growth * self.log(session)

    def log(self, session: int) -> float:
        """Give the logarithm of a session, or of the one from which on the course is flat."""
        return math.log(min(session, self.flat))


@dataclass(frozen=True, slots=True)
class _Own:
    """What is known of how one client's level and growth lie off the average: means and (co)variances."""

    level: float
    growth: float
    var_level: float
    var_growth: float
    together: float

    @classmethod
    def average(cls, spread: Spread) -> Self:
        """Begin with what is known of any client."""
        return cls(0.0, 0.0, spread.level, spread.growth, spread.together)

    def having_seen(self, off: float, log_session: float, noise: float) -> _Own:
        """Learn from one score that lies `off` the average course, all in points (a Kalman update)."""
        to_level = self.var_level + self.together * log_session
        to_growth = self.together + self.var_growth * log_session
        variance = to_level + to_growth * log_session + noise
        surprise = off - self.level - self.growth * log_session
        return _Own(
            self.level + to_level / variance * surprise,
            self.growth + to_growth / variance * surprise,
            self.var_level - to_level**2 / variance,
            self.var_growth - to_growth**2 / variance,
            self.together - to_level * to_growth / variance,
        )


def dumps(model: Model) -> str:
    """Write a model as the text of its file (JSON)."""
    return json.dumps(dataclasses.asdict(model), indent=2, default=str) + "\n"


def loads(text: str, source: str) -> Model:
    """Read a model from the text of its file; `source` names it in an error.

    Raises:
        ModelError: it is no model.
    """
    try:
        table = json.loads(text)
        return _model(table)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        detail = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        msg = f"{source} is no fitted model ({detail}); make one with `attune model fit`"
        raise ModelError(msg) from error


def _model(table: object) -> Model:
    given = _table(table, Model)
    episodes, flat, highest = (_whole(given, key) for key in ("episodes", "flat", "highest"))
    better = given["higher_is_better"]
    if not isinstance(better, bool):
        msg = "higher_is_better must be true or false"
        raise TypeError(msg)
    return Model(
        measure=_text(given, "measure"),
        age_group=AgeGroup(_text(given, "age_group")),
        fitted_on=date.fromisoformat(_text(given, "fitted_on")),
        episodes=episodes,
        centre=_number(given, "centre"),
        flat=flat,
        highest=highest,
        higher_is_better=better,
        effects=Effects(**_numbers(given["effects"], Effects)),
        spread=Spread(**_numbers(given["spread"], Spread)),
        edges=Edges(**_numbers(given["edges"], Edges)),
    )


def _table(value: object, kind: type[Model | Effects | Spread | Edges]) -> Mapping[str, object]:
    """Take an object that has just the fields of a value."""
    if not isinstance(value, Mapping):
        msg = f"{kind.__name__.lower()} must be an object"
        raise TypeError(msg)
    known = {one.name for one in dataclasses.fields(kind)}
    if unknown := sorted(value.keys() - known):
        msg = f"unknown key {unknown[0]!r}"
        raise ValueError(msg)
    return {name: value[name] for name in sorted(known)}


def _numbers(value: object, kind: type[Effects | Spread | Edges]) -> dict[str, float]:
    given = _table(value, kind)
    return {key: _number(given, key) for key in given}


def _number(table: Mapping[str, object], key: str) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        msg = f"{key} must be a number"
        raise TypeError(msg)
    return float(value)


def _whole(table: Mapping[str, object], key: str) -> int:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"{key} must be a whole number from 1 on"
        raise TypeError(msg)
    return value


def _text(table: Mapping[str, object], key: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        msg = f"{key} must be a text"
        raise TypeError(msg)
    return value
