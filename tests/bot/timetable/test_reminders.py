"""When an unanswered check-in is reminded of next: in order, in time, and never twice in short order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.timetable import next_reminder

ASKED = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
OVER = ASKED + 96 * HOUR

LADDER = (24 * HOUR, 48 * HOUR, 72 * HOUR)


@pytest.mark.parametrize(
    ("now", "following"),
    [
        pytest.param(ASKED, 24, id="once asked"),
        pytest.param(ASKED + 12 * HOUR, 24, id="half of the first gap is left"),
        pytest.param(ASKED + 12 * HOUR + TICK, 48, id="less than half of it"),
        pytest.param(ASKED + 24 * HOUR, 48, id="the first went in time"),
        pytest.param(ASKED + 36 * HOUR, 48, id="the first went late, half of the gap is left"),
        pytest.param(ASKED + 36 * HOUR + TICK, 72, id="later: the second would come too soon"),
        pytest.param(ASKED + 47 * HOUR, 72, id="the first waited nearly until the second"),
        pytest.param(ASKED + 48 * HOUR, 72, id="both were due at once: one went"),
        pytest.param(ASKED + 60 * HOUR, 72, id="long after both"),
        pytest.param(ASKED + 60 * HOUR + TICK, None, id="too close to the last"),
        pytest.param(ASKED + 72 * HOUR, None, id="the last went"),
    ],
)
def test_what_comes_next(now: datetime, following: int | None) -> None:
    expected = None if following is None else ASKED + following * HOUR
    assert next_reminder(LADDER, ASKED, now, expires_at=OVER) == expected


@pytest.mark.parametrize(
    ("expires_at", "expected"),
    [
        pytest.param(ASKED + 48 * HOUR, None, id="over at that moment"),
        pytest.param(ASKED + 48 * HOUR + TICK, ASKED + 48 * HOUR, id="over just after"),
    ],
)
def test_what_is_over_is_not_reminded_of(expires_at: datetime, expected: datetime | None) -> None:
    assert next_reminder(LADDER, ASKED, ASKED + 24 * HOUR, expires_at=expires_at) == expected


@pytest.mark.parametrize(
    ("now", "following"),
    [
        pytest.param(ASKED + 21 * HOUR, 24, id="three hours before"),
        pytest.param(ASKED + 21 * HOUR + TICK, 48, id="less than three hours before"),
    ],
)
def test_a_question_that_was_put_again_spares_a_reminder_soon_after(now: datetime, following: int) -> None:
    expected = ASKED + following * HOUR
    assert next_reminder(LADDER, ASKED, now, expires_at=OVER, spare=3 * HOUR) == expected


def test_without_a_ladder_nothing_is_reminded_of() -> None:
    assert next_reminder((), ASKED, ASKED, expires_at=OVER) is None


STEPS = st.lists(st.integers(1, 10_000), max_size=6, unique=True).map(
    lambda minutes: tuple(timedelta(minutes=one) for one in sorted(minutes))
)


@given(STEPS, st.lists(st.integers(0, 2_000), max_size=8))
def test_a_ladder_ends_and_its_reminders_keep_their_distance(
    steps: tuple[timedelta, ...], delays: list[int]
) -> None:
    """However late each goes, it is one of the steps, and at least half of the smallest gap after another."""
    over = ASKED + timedelta(minutes=9_000)
    gaps = [later - earlier for earlier, later in zip((timedelta(), *steps), steps, strict=False)]
    went, due, late = ASKED, next_reminder(steps, ASKED, ASKED, expires_at=over), iter(delays)
    count = 0
    while due is not None:
        assert due - ASKED in steps
        assert went < due < over
        assert due - went >= min(gaps) / 2
        went = due + timedelta(minutes=next(late, 0))
        due = next_reminder(steps, ASKED, went, expires_at=over)
        count += 1
    assert count <= len(steps)
