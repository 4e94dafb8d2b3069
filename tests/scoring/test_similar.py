"""Similar past clients: who is nearest, what became of them, and when nothing is said."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.expected import Expected
from scoring.instrument import AgeGroup
from scoring.past import Past
from scoring.similar import FEWEST, MOST, Begun, nearest, similar

ADULT = AgeGroup.ADULT
BEGUN = Begun("ors", ADULT, 160, (40, 40, 40, 40))


_CLIENTS = itertools.count(1)


def past(*totals: int, items: tuple[int, ...] = (), resolved: tuple[str, ...] = ()) -> Past:
    """Make a closed episode of its totals in tenths, of a client of its own."""
    return Past(f"C{next(_CLIENTS)}", "ors", ADULT, totals, items, resolved)


def test_a_client_counts_once_with_the_episode_that_is_nearest() -> None:
    near = past(160, 170)
    again = dataclasses.replace(near, totals=(180, 190))
    assert nearest([again, near], BEGUN, 10) == (near,)
    assert similar([near] * 40, BEGUN, 400) is None


def test_the_nearest_come_first_by_total_and_then_by_items() -> None:
    same = past(160, 170, items=(40, 40, 40, 40))
    uneven = past(160, 170, items=(70, 10, 40, 40))
    a_bit_off = past(170, 170, items=(43, 42, 43, 42))
    far = past(209, 220, items=(53, 52, 52, 52))
    assert nearest([far, uneven, a_bit_off, same], BEGUN, 10) == (same, a_bit_off, uneven, far)
    assert nearest([far, uneven, a_bit_off, same], BEGUN, 2) == (same, a_bit_off)


def test_items_that_are_not_known_are_taken_to_share_the_totals_difference() -> None:
    # 20² + 4·5² = 500 either way, so they stay in the order in which they come.
    whole, bare = past(180, 170, items=(45, 45, 45, 45)), past(180, 170)
    assert nearest([bare, whole], BEGUN, 2) == (bare, whole)
    assert nearest([whole, bare], BEGUN, 2) == (whole, bare)
    # and where the client's own aren't known, nobody's items count
    uneven = past(180, 170, items=(90, 10, 40, 40))
    assert nearest([uneven, whole], replace(BEGUN, items=()), 2) == (uneven, whole)
    assert nearest([uneven, whole], BEGUN, 2) == (whole, uneven)


@pytest.mark.parametrize(
    ("one", "alike"),
    [
        pytest.param(past(210, 220), True, id="5.0 off"),
        pytest.param(past(211, 220), False, id="5.1 off"),
        pytest.param(past(110, 220), True, id="5.0 off below"),
        pytest.param(past(109, 220), False, id="5.1 off below"),
        pytest.param(replace(past(160, 220), measure="phq9"), False, id="another measure"),
        pytest.param(replace(past(160, 220), age_group=AgeGroup.CHILD), False, id="another age group"),
    ],
)
def test_who_is_similar_at_all(one: Past, alike: bool) -> None:
    assert nearest([one], BEGUN, MOST) == ((one,) if alike else ())


@pytest.mark.parametrize(("count", "said"), [(FEWEST - 1, False), (FEWEST, True)])
def test_below_twenty_nothing_is_said(count: int, said: bool) -> None:
    assert FEWEST == 20
    found = similar([past(160, 170 + n, 180) for n in range(count)], BEGUN, 400)
    assert (found is not None) is said
    assert found is None or found.clients == count


def test_no_more_than_fifty_are_taken() -> None:
    found = similar([past(160, 170 + n) for n in range(60)], BEGUN, 400)
    assert found is not None
    assert found.clients == MOST == 50


def test_their_mean_course_goes_by_the_logarithm_of_the_session() -> None:
    # Each went up by 2 points and another 3 with each unit of the logarithm, give or take.
    sessions = range(2, 8)
    courses = [
        past(150 + n, *(round(150 + n + 20 + 30 * math.log(one) + (n - 12) * 2) for one in sessions))
        for n in range(25)
    ]
    found = similar(courses, BEGUN, 400)
    assert found is not None
    assert (found.level, found.growth) == pytest.approx((2.0, 3.0), abs=0.06)  # tenths are rounded
    assert found.at(1) == Expected(1, 160, 160, 160)
    # 16 + 2 + 3·log 5 = 22.83
    assert found.at(5).total == 228
    assert found.at(7) == replace(found.at(8), session=7), "flat from where the half of them ended"


def test_a_client_with_many_scores_counts_as_much_as_one_with_few() -> None:
    long = [past(160, *[200] * 30) for _ in range(10)]
    short = [past(160, 180) for _ in range(10)]
    found = similar([*long, *short], BEGUN, 400)
    assert found is not None
    by_halves = found.at(2).total
    assert 180 <= by_halves <= 190


def test_the_band_ends_where_a_tenth_lay_beyond() -> None:
    # Last scores 16.5, 17.0, ... 28.5 after one session: of 25, places 2.6 and 23.4 by Weibull, which lie
    # 5.2 points either side of 22.5; times √(27/23), since the line was laid through these very clients.
    found = similar([past(160, 165 + 5 * n) for n in range(25)], BEGUN, 400)
    assert found is not None
    beyond = 52 * math.sqrt(27 / 23)
    assert found.at(2) == Expected(2, 225, round(225 - beyond), round(225 + beyond))


def test_the_band_widens_where_courses_part() -> None:
    parting = [
        past(160, *(round(160 + (n - 12) * 5 * math.log(one)) for one in range(2, 9))) for n in range(25)
    ]
    found = similar(parting, BEGUN, 400)
    assert found is not None
    assert found.widening > 0
    assert width(found.at(8)) > width(found.at(2)) > 0


@pytest.mark.parametrize(("end", "edge"), [(390, "lower"), (10, "upper")])
def test_no_edge_crosses_the_average_where_all_ended_beyond_it(end: int, edge: str) -> None:
    found = similar([past(160, 180 + n, 190, 200, 190, 200, end) for n in range(25)], BEGUN, 400)
    assert found is not None
    assert getattr(found, edge) == 0
    at = found.at(7)
    assert getattr(at, edge) == at.total
    assert width(at) > 0


def test_a_band_never_narrows_on_the_way() -> None:
    meeting = [past(160, 160 + (n - 12) * 8, 160 + (n - 12) * 4, 160 + (n - 12)) for n in range(25)]
    found = similar(meeting, BEGUN, 400)
    assert found is not None
    assert found.widening == 0
    assert width(found.at(2)) == width(found.at(4)) > 0


def test_clients_who_all_fared_the_same_still_leave_a_band() -> None:
    found = similar([past(160, 200, 200) for _ in range(25)], BEGUN, 400)
    assert found is not None
    assert found.at(3).total == 200
    assert found.narrow == 0.25, "half a point: no score is surer than that"


def test_what_findings_were_resolved_by_is_counted() -> None:
    ways = [("changed focus",), ("changed focus", "talked about goals"), ()]
    found = similar([past(160, 170 + n, resolved=ways[n % 3]) for n in range(24)], BEGUN, 400)
    assert found is not None
    assert found.resolved == (("changed focus", 16), ("talked about goals", 8))


def width(expected: Expected) -> int:
    """Tell how wide a band is, in tenths."""
    return (expected.upper or 0) - (expected.lower or 0)


def test_the_band_holds_four_of_five_who_began_alike() -> None:
    chance = random.Random(3)

    def course() -> Past:
        first, growth = chance.randint(120, 200), chance.gauss(25, 20)
        later = range(2, chance.randint(3, 12))
        return past(first, *(round(first + growth * math.log(n) + chance.gauss(0, 25)) for n in later))

    known, new = [course() for _ in range(300)], [course() for _ in range(600)]
    held = 0
    for one in new:
        found = similar(known, Begun("ors", ADULT, one.totals[0]), 400)
        assert found is not None
        at = found.at(len(one.totals))
        held += (at.lower or 0) <= one.totals[-1] <= (at.upper or 0)
    assert 0.77 <= held / len(new) <= 0.83


@given(
    st.lists(
        st.lists(st.integers(0, 400), min_size=1, max_size=6).map(lambda later: past(160, *later)),
        min_size=20,
        max_size=40,
    ),
    st.integers(1, 30),
)
def test_the_average_lies_in_the_band_and_on_the_scale(known: list[Past], session: int) -> None:
    found = similar(known, BEGUN, 400)
    assert found is not None
    at = found.at(session)
    assert at.lower is not None
    assert at.upper is not None
    assert 0 <= at.lower <= at.total <= at.upper <= 400
