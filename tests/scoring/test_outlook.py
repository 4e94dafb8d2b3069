"""The expected line from the best that a site has: a curve file, a fitted model, similar clients, nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from scoring.change import Yardstick, yardstick
from scoring.expected import Expected
from scoring.histories import Ended, Episode
from scoring.instrument import AgeGroup
from scoring.outlook import Basis, Knowledge, Outlook, outlook
from scoring.past import Past, Usable, usable
from scoring.similar import Begun, similar
from scoring.trajectory import Curve, Polynomial
from tests.scoring.series import ORS, series
from tests.scoring.test_model import MODEL

ADULT = AgeGroup.ADULT
NORMS = ORS.norms["icce"]
MEASURED = yardstick(ORS, NORMS, ADULT)
BEGUN = Begun("ors", ADULT, 150)
NONE = Decimal(0)
CURVE = Curve(
    centre=Decimal(15),
    flat=9,
    expected=Polynomial(((Decimal(15), Decimal(1)), (Decimal(2), NONE))),
    failure=Polynomial(((Decimal(15), Decimal(1)), (Decimal(-1), NONE))),
)
PAST = tuple(Past(f"C{n}", "ors", ADULT, (150, 160 + n), resolved=("changed focus",)) for n in range(24))


def look(
    curve: Curve | None = None, past: tuple[Past, ...] = (), *, known: bool = False, begun: Begun = BEGUN
) -> Outlook | None:
    """Ask for a line of three sessions; `known`: there is a fitted model."""
    knowledge = Knowledge(curve, MODEL if known else None, past)
    return outlook(knowledge, begun, MEASURED, sessions=3, highest=400)


def test_a_curve_file_comes_first() -> None:
    points = (Expected(1, 150, 150), Expected(2, 170, 140), Expected(3, 190, 130))
    assert look(CURVE, PAST, known=True) == Outlook(Basis.CURVE, points)


def test_a_curve_without_a_failure_line_has_no_edge() -> None:
    found = look(replace(CURVE, failure=None))
    assert found is not None
    assert found.points == (Expected(1, 150), Expected(2, 170), Expected(3, 190))


def test_where_higher_is_worse_the_failure_line_is_the_upper_edge() -> None:
    worse = Yardstick(higher_is_better=False)
    found = outlook(Knowledge(CURVE), BEGUN, worse, sessions=2, highest=400)
    assert found is not None
    assert found.points == (Expected(1, 150, None, 150), Expected(2, 170, None, 140))


def test_then_a_fitted_model() -> None:
    points = tuple(MODEL.at(150, session) for session in (1, 2, 3))
    assert look(past=PAST, known=True) == Outlook(Basis.MODEL, points, 120)


@pytest.mark.parametrize(
    "begun",
    [replace(BEGUN, age_group=AgeGroup.CHILD), replace(BEGUN, measure="phq9")],
    ids=["another age group", "another measure"],
)
def test_a_model_of_other_episodes_is_passed_over(begun: Begun) -> None:
    assert look(known=True, begun=begun) is None


def test_then_similar_clients() -> None:
    alike = similar(PAST, BEGUN, 400)
    assert alike is not None
    points = tuple(alike.at(session) for session in (1, 2, 3))
    assert look(past=PAST) == Outlook(Basis.SIMILAR, points, 24, (("changed focus", 24),))


def test_else_nothing() -> None:
    assert look(past=PAST[:19]) is None
    assert look() is None


@pytest.mark.parametrize(("first", "some"), [(320, True), (321, False)])
def test_a_first_score_above_32_gives_no_expectation(first: int, some: bool) -> None:
    # Source: OpenFIT; 32.0 itself still has one.
    begun = replace(BEGUN, first=first)
    assert (look(CURVE, begun=begun) is not None) is some
    assert (look(known=True, begun=begun) is not None) is some


def episode(*totals: int, ended: Ended | None = None, age: AgeGroup = ADULT) -> Episode:
    """Make an episode of ORS totals in tenths."""
    return Episode("AB", "1", series("ors", *totals), age, ended)


def test_which_episodes_an_expectation_may_rest_on() -> None:
    found = usable(
        [
            episode(150, 160, 170, ended=Ended.DROPPED),
            episode(150, 160, ended=Ended.OPEN),
            episode(150, ended=Ended.OPEN),
            episode(150),
            episode(320, 300),
            episode(321, 300),
            episode(150, 160, age=AgeGroup.CHILD),
            Episode("CD", "1", series("srs", 380, 390)),
        ],
        ORS,
        NORMS,
        ADULT,
    )
    assert found == Usable(
        (
            Past("AB", "ors", ADULT, (150, 160, 170), (38, 38, 37, 37)),
            Past("AB", "ors", ADULT, (320, 300), (80, 80, 80, 80)),
        ),
        still_open=2,
        too_short=1,
        too_high=1,
    )


def test_the_items_of_a_score_given_as_a_total_are_not_known() -> None:
    whole = episode(150, 160)
    bare = replace(whole, scores=tuple(replace(one, items=(one.total,)) for one in whole.scores))
    assert usable([bare], ORS, NORMS, ADULT).past == (Past("AB", "ors", ADULT, (150, 160)),)
