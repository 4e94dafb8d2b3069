"""The expected line for one client, from the best that the site has.

In this order: a curve file that the operator supplies, a model fitted to the site's own closed episodes,
similar past clients, nothing. Where the first score is too high for an expectation there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from scoring.change import Yardstick
from scoring.expected import Expected
from scoring.model import Model
from scoring.past import Past
from scoring.similar import Begun, similar
from scoring.trajectory import Curve


class Basis(StrEnum):
    """What a line rests on."""

    CURVE = "curve"
    MODEL = "model"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a site has to expect by.

    Attributes:
        curve: of the curve file for the client's measure and age group.
        model: fitted to the site's own closed episodes; passed over where it is of another measure or age.
        past: closed episodes of any measure and age group.
    """

    curve: Curve | None = None
    model: Model | None = None
    past: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """The expected line for one client.

    Attributes:
        basis: what it rests on, to be said wherever it is shown.
        points: what is expected at each session from the first on.
        episodes: how many closed episodes it rests on; None where that isn't known (a curve file).
        resolved: with similar clients, what their findings were resolved by, and how often.
    """

    basis: Basis
    points: tuple[Expected, ...]
    episodes: int | None = None
    resolved: tuple[tuple[str, int], ...] = ()


def outlook(
    knowledge: Knowledge, begun: Begun, measured: Yardstick, *, sessions: int, highest: int
) -> Outlook | None:
    """Give the expected line for a client; None where nothing can be expected.

    Args:
        knowledge: what the site has.
        begun: how the client began.
        measured: what the client's totals are measured with.
        sessions: how far the line goes, at least 1.
        highest: the measure's highest total, in tenths.
    """
    if measured.too_high(begun.first):
        return None
    if knowledge.curve is not None:
        return Outlook(Basis.CURVE, _points(_of_curve(knowledge.curve, begun.first, measured), sessions))
    model = knowledge.model
    if model is not None and (model.measure, model.age_group) == (begun.measure, begun.age_group):
        at = _points(lambda session: model.at(begun.first, session), sessions)
        return Outlook(Basis.MODEL, at, model.episodes)
    alike = similar(knowledge.past, begun, highest)
    if alike is None:
        return None
    return Outlook(Basis.SIMILAR, _points(alike.at, sessions), alike.clients, alike.resolved)


def _points(at: Callable[[int], Expected], sessions: int) -> tuple[Expected, ...]:
    return tuple(at(session) for session in range(1, sessions + 1))


def _of_curve(curve: Curve, first: int, measured: Yardstick) -> Callable[[int], Expected]:
    """Give what a curve expects; its failure line is the edge on the bad side, and it knows no other."""

    def at(session: int) -> Expected:
        lines = curve.lines(first, session - 1)
        total = first if lines.expected is None else lines.expected
        if measured.higher_is_better:
            return Expected(session, total, lower=lines.failure)
        return Expected(session, total, upper=lines.failure)

    return at
