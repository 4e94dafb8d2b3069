"""Days that are left out: dates, holidays, somebody's time away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.timetable import DaysOff, known_holidays
from tests.bot.timetable.drawing import RECENT


@pytest.mark.parametrize(
    ("region", "day", "holiday"),
    [
        # Source: Art. 1 Feiertagsgesetz of Bavaria; Berlin's has no Epiphany.
        ("DE-BY", "2026-01-06", True),
        ("DE-BE", "2026-01-06", False),
        ("DE", "2026-01-06", False),
        ("DE", "2026-10-03", True),
        ("DE-BE", "2026-03-08", True),  # Women's Day, in Berlin since 2019
        ("DE-BY", "2026-03-08", False),
        # Source: 5 U.S.C. 6103: where the Fourth of July is a Saturday, the Friday before is off.
        ("US", "2026-07-03", True),
        ("US", "2026-07-06", False),
        ("US", "2026-11-26", True),
        # Source: lov nr 214 of 2023: from 2024 on the Great Prayer Day is none.
        ("DK", "2023-05-05", True),
        ("DK", "2026-05-01", False),
        ("DK", "2026-06-05", False),  # Constitution Day is no public holiday
        ("DK", "2026-04-03", True),
        ("DK", "2026-12-25", True),
        ("FR", "2026-07-14", True),
        ("GB-SCT", "2026-11-30", True),
        ("GB-ENG", "2026-11-30", False),
    ],
)
def test_holidays(region: str, day: str, holiday: bool) -> None:
    assert DaysOff(holidays=region).holds(date.fromisoformat(day)) is holiday


@pytest.mark.parametrize(
    ("region", "known"),
    [
        ("DE", True),
        ("DE-BY", True),
        ("US-NY", True),
        ("GB-SCT", True),
        ("de", False),
        ("DE-XX", False),
        ("DE-", False),
        ("DE-BY-", False),
        ("XX", False),
        ("", False),
        ("Germany", False),
    ],
)
def test_whose_holidays_are_known(region: str, known: bool) -> None:
    assert known_holidays(region) is known
    if known:
        assert DaysOff(holidays=region).holds(date(2026, 12, 25))


OVER_CHRISTMAS = DaysOff(((date(2026, 12, 24), date(2027, 1, 2)),))


@pytest.mark.parametrize(
    ("day", "off"),
    [("2026-12-23", False), ("2026-12-24", True), ("2027-01-02", True), ("2027-01-03", False)],
)
def test_a_time_off_holds_its_first_and_its_last_day(day: str, off: bool) -> None:
    assert OVER_CHRISTMAS.holds(date.fromisoformat(day)) is off


RANGES = st.lists(
    st.tuples(RECENT, st.integers(0, 60)).map(lambda one: (one[0], one[0] + timedelta(days=one[1]))),
    max_size=4,
).map(tuple)


@given(RANGES, RANGES, RECENT, st.sampled_from([None, "DK"]))
def test_the_days_off_of_two_are_those_of_either(
    ours: tuple[tuple[date, date], ...],
    theirs: tuple[tuple[date, date], ...],
    day: date,
    region: str | None,
) -> None:
    one, other = DaysOff(ours, region), DaysOff(theirs)
    assert (one | other).holds(day) is (one.holds(day) or other.holds(day))
    assert (other | one).holds(day) is (one | other).holds(day)
    assert (one | other).text == (DaysOff(theirs) | DaysOff(ours, region)).text
