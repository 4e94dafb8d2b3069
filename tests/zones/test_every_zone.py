"""Every zone of tzdata, and every change of its clocks from 2026 to 2032 (make zones)."""

from __future__ import annotations

import pytest

from tests.bot.timetable.walking import changes, distinct_zones, every_zone, faults


@pytest.mark.parametrize("zone", every_zone())
def test_daily_schedules_fall_due_once_a_date_at_each_change_of_its_clocks(zone: str) -> None:
    assert [fault for change in changes(zone) for fault in faults(zone, change.at)] == []


def test_nothing_changes_otherwise_than_in_the_zones_that_stand_for_all() -> None:
    """Those that make test looks at."""
    standing = set(distinct_zones().values())
    assert {changes(zone) for zone in every_zone() if changes(zone)} == standing
