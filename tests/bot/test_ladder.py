"""How an alert of danger climbs: at both edges of every time, passing over rungs without anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ladder import Ladder, Reach, Rung, Step

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
LADDER = Ladder(
    repeat_after=timedelta(minutes=15),
    backup_after=timedelta(minutes=20),
    operators_after=timedelta(minutes=30),
    seen_holds=timedelta(minutes=60),
    remind_after=timedelta(hours=24),
)
EVERYBODY, THERAPIST, BACKUPS, NOBODY = (
    Reach(therapist=True, backups=True),
    Reach(therapist=True, backups=False),
    Reach(therapist=False, backups=True),
    Reach(therapist=False, backups=False),
)


def after(minutes: int) -> datetime:
    """Give a moment so many minutes from now."""
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("reach", "rung", "minutes"),
    [
        pytest.param(EVERYBODY, Rung.THERAPIST, 15, id="the therapist first, and alone"),
        pytest.param(THERAPIST, Rung.THERAPIST, 15, id="whether there is a backup or not"),
        pytest.param(BACKUPS, Rung.BACKUP, 30, id="nobody waits for a therapist who can't be reached"),
        pytest.param(NOBODY, Rung.OPERATORS, 24 * 60, id="nor for anybody where there is nobody"),
    ],
)
def test_an_alert_begins_where_somebody_can_be_reached(reach: Reach, rung: Rung, minutes: int) -> None:
    assert LADDER.first(reach, NOW) == Step(rung, after(minutes))


@pytest.mark.parametrize(
    ("rung", "reach", "higher", "minutes"),
    [
        pytest.param(Rung.THERAPIST, EVERYBODY, Rung.AGAIN, 20, id="the therapist again"),
        pytest.param(Rung.AGAIN, EVERYBODY, Rung.BACKUP, 30, id="then the backups"),
        pytest.param(Rung.BACKUP, EVERYBODY, Rung.OPERATORS, 24 * 60, id="then the operators and the client"),
        pytest.param(
            Rung.OPERATORS, EVERYBODY, Rung.OPERATORS, 24 * 60, id="and there it stays, and is told daily"
        ),
        pytest.param(Rung.THERAPIST, BACKUPS, Rung.BACKUP, 30, id="the therapist was lost meanwhile"),
        pytest.param(Rung.THERAPIST, NOBODY, Rung.OPERATORS, 24 * 60, id="so was everybody"),
        pytest.param(Rung.AGAIN, THERAPIST, Rung.OPERATORS, 24 * 60, id="there is no backup"),
        pytest.param(Rung.OPERATORS, NOBODY, Rung.OPERATORS, 24 * 60, id="nor anybody at the top"),
    ],
)
def test_it_climbs_rung_by_rung(rung: Rung, reach: Reach, higher: Rung, minutes: int) -> None:
    assert LADDER.climb(rung, None, NOW, reach=reach) == Step(higher, after(minutes))


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        pytest.param(timedelta(0), Step(None, after(60)), id="seen this moment"),
        pytest.param(
            timedelta(minutes=59, seconds=59), Step(None, NOW + timedelta(seconds=1)), id="a second short"
        ),
        pytest.param(timedelta(minutes=60), Step(Rung.AGAIN, after(20)), id="an hour ago to the second"),
        pytest.param(timedelta(minutes=61), Step(Rung.AGAIN, after(20)), id="longer ago"),
    ],
)
def test_seen_holds_it_and_does_not_end_it(seen: timedelta, step: Step) -> None:
    assert LADDER.climb(Rung.THERAPIST, NOW - seen, NOW, reach=EVERYBODY) == step


@pytest.mark.parametrize(
    ("rung", "reach", "stands", "minutes"),
    [
        pytest.param(Rung.THERAPIST, EVERYBODY, Rung.THERAPIST, 15, id="it keeps its rung"),
        pytest.param(Rung.BACKUP, EVERYBODY, Rung.BACKUP, 30, id="however high"),
        pytest.param(Rung.OPERATORS, EVERYBODY, Rung.OPERATORS, 30, id="at the top not for a day"),
        pytest.param(Rung.THERAPIST, NOBODY, Rung.OPERATORS, 30, id="or goes where somebody is"),
    ],
)
def test_new_danger_is_unseen(rung: Rung, reach: Reach, stands: Rung, minutes: int) -> None:
    assert LADDER.renewed(rung, reach, NOW) == Step(stands, after(minutes))


REACHES = st.builds(Reach, therapist=st.booleans(), backups=st.booleans())


@given(st.sampled_from(Rung), st.none() | st.timedeltas(timedelta(0), timedelta(days=2)), REACHES)
def test_it_never_climbs_down_nor_stops(rung: Rung, seen: timedelta | None, reach: Reach) -> None:
    step = LADDER.climb(rung, None if seen is None else NOW - seen, NOW, reach=reach)
    assert step.at > NOW
    assert step.rung is None or step.rung >= rung
    assert step.rung is not None or seen is not None


@given(st.lists(REACHES, min_size=4, max_size=4))
def test_unseen_it_is_at_the_top_after_three_steps(reaches: list[Reach]) -> None:
    rung = LADDER.first(reaches[0], NOW).rung
    for reach in reaches[1:]:
        assert rung is not None
        rung = LADDER.climb(rung, None, NOW, reach=reach).rung
    assert rung is Rung.OPERATORS
