"""When a schedule falls due: the first time, each time after it, and what is done with what has passed."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.timetable import (
    AfterEnrolment,
    AfterSession,
    Away,
    BeforeSession,
    Cron,
    DaysOff,
    Every,
    Occurrence,
    Passed,
    Routine,
    Rule,
    Weekly,
    around_session,
    between,
    first,
    following,
    moment,
    moved,
    passed,
)
from tests.bot.timetable.drawing import PLACES, RECENT, ROUTINES, at

SIX = time(18)
MONDAYS = Weekly(((0, SIX),))
TWICE = Weekly(((3, time(9)), (0, time(19)), (0, time(8))))
BERLIN, NUUK = "Europe/Berlin", "America/Nuuk"


def routine(
    when: Rule, *, start: date | None = None, end: date | None = None, off: DaysOff | None = None
) -> Routine:
    """Make a schedule."""
    return Routine("some", ("ors",), when, start=start, end=end, off=off or DaysOff())


def on(day: str, due: str, wall: time = SIX) -> Occurrence:
    """Make an occurrence."""
    return Occurrence(date.fromisoformat(day), at(due), wall)


@pytest.mark.parametrize(
    ("when", "now", "zone", "expected"),
    [
        # 2026-03-02 is a Monday
        pytest.param(MONDAYS, "2026-03-02 17:59", "UTC", on("2026-03-02", "2026-03-02 18:00"), id="today"),
        pytest.param(
            MONDAYS, "2026-03-02 18:00", "UTC", on("2026-03-09", "2026-03-09 18:00"), id="just past"
        ),
        pytest.param(
            MONDAYS, "2026-03-01 12:00", "Asia/Tokyo", on("2026-03-02", "2026-03-02 09:00"), id="their Monday"
        ),
        pytest.param(
            TWICE,
            "2026-03-02 12:00",
            "UTC",
            on("2026-03-02", "2026-03-02 19:00", time(19)),
            id="the second slot",
        ),
        pytest.param(
            TWICE,
            "2026-03-02 19:00",
            "UTC",
            on("2026-03-05", "2026-03-05 09:00", time(9)),
            id="the third slot",
        ),
        pytest.param(
            Every(3, SIX), "2026-03-02 17:00", "UTC", on("2026-03-02", "2026-03-02 18:00"), id="every 3"
        ),
        pytest.param(
            Every(14, SIX),
            "2026-03-02 18:00",
            "UTC",
            on("2026-03-03", "2026-03-03 18:00"),
            id="from tomorrow",
        ),
        pytest.param(
            Every(14, SIX, 0),
            "2026-03-02 18:00",
            "UTC",
            on("2026-03-09", "2026-03-09 18:00"),
            id="next Monday",
        ),
        pytest.param(
            Every(14, SIX, 4),
            "2026-03-02 18:00",
            "UTC",
            on("2026-03-06", "2026-03-06 18:00"),
            id="that Friday",
        ),
        pytest.param(
            Cron("0 18 29 2 *"),
            "2026-03-02 12:00",
            "UTC",
            on("2028-02-29", "2028-02-29 18:00"),
            id="a leap day",
        ),
        pytest.param(
            Cron("30 23 * * *"),
            "2026-03-29 00:59",
            NUUK,
            on("2026-03-28", "2026-03-29 01:00", time(23, 30)),
            id="skipped, and still to come",
        ),
        pytest.param(
            Cron("30 23 * * *"),
            "2026-03-29 01:00",
            NUUK,
            on("2026-03-29", "2026-03-30 00:30", time(23, 30)),
            id="skipped, and past",
        ),
        pytest.param(
            Cron("0 18 LW * */7"), "2026-03-02 12:00", "UTC", None, id="a Sunday that is a working day"
        ),
    ],
)
def test_the_first_occurrence(when: Rule, now: str, zone: str, expected: Occurrence | None) -> None:
    assert first(routine(when), at(now), zone) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param(MONDAYS, "2026-03-09", id="the next Monday"),
        pytest.param(Every(14, SIX), "2026-03-03", id="the next day"),
        pytest.param(Every(14, SIX, 0), "2026-03-09", id="the next Monday in two weeks' rhythm"),
        pytest.param(Cron("0 18,20 * * *"), "2026-03-03", id="not later the same day"),
    ],
)
def test_the_first_on_a_later_date(when: Rule, expected: str) -> None:
    found = first(routine(when), at("2026-03-02 12:00"), "UTC", later_than=date(2026, 3, 2))
    assert found is not None
    assert found.local_date == date.fromisoformat(expected)


def test_days_after_the_enrolment_are_counted_from_it_whenever_the_schedule_starts() -> None:
    when = AfterEnrolment(((3, SIX), (10, SIX), (10, time(8)), (90, SIX)))
    late = routine(when, start=date(2026, 3, 5))
    days = (date(2026, 3, 1), date(2026, 12, 31))
    found = [(one.local_date, one.wall) for one in between(late, days, "UTC", anchor=date(2026, 3, 1))]
    assert found == [(date(2026, 3, 11), time(8)), (date(2026, 3, 11), SIX), (date(2026, 5, 30), SIX)]


def test_a_rhythm_is_counted_from_the_start_of_its_schedule() -> None:
    late = routine(Every(7, SIX), start=date(2026, 3, 4), end=date(2026, 3, 18))
    found = between(late, (date(2026, 3, 1), date(2026, 12, 31)), "UTC")
    assert [one.local_date.day for one in found] == [4, 11, 18]


def test_days_off_are_left_out_and_the_rhythm_goes_on() -> None:
    off = DaysOff(((date(2026, 12, 24), date(2027, 1, 2)),), "DE-BY")
    found = between(routine(Every(2, SIX), off=off), (date(2026, 12, 20), date(2027, 1, 8)), BERLIN)
    assert [one.local_date.isoformat()[5:] for one in found] == ["12-20", "12-22", "01-03", "01-05", "01-07"]


def test_sessions_rules_have_no_occurrences_of_their_own() -> None:
    around = routine(BeforeSession(Away(30)))
    assert list(between(around, (date(2026, 1, 1), date(2026, 12, 31)), "UTC")) == []
    assert first(around, at("2026-03-02 12:00"), "UTC") is None


MONDAY = on("2026-03-02", "2026-03-02 18:00")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-03-02 17:59", Passed(None, (), MONDAY), id="not due"),
        pytest.param(
            "2026-03-02 18:00", Passed(MONDAY, (), on("2026-03-09", "2026-03-09 18:00")), id="just due"
        ),
        pytest.param(
            "2026-03-03 18:00",
            Passed(MONDAY, (), on("2026-03-09", "2026-03-09 18:00")),
            id="as late as allowed",
        ),
        pytest.param(
            "2026-03-03 18:00:01",
            Passed(None, (MONDAY,), on("2026-03-09", "2026-03-09 18:00")),
            id="too late",
        ),
        pytest.param(
            "2026-03-09 18:00",
            Passed(on("2026-03-09", "2026-03-09 18:00"), (MONDAY,), on("2026-03-16", "2026-03-16 18:00")),
            id="the latest of two",
        ),
    ],
)
def test_what_has_passed(now: str, expected: Passed) -> None:
    assert passed(routine(MONDAYS), MONDAY, at(now), "UTC") == expected


def test_what_has_passed_may_be_the_last() -> None:
    over = routine(MONDAYS, end=date(2026, 3, 8))
    assert passed(over, MONDAY, at("2026-03-02 18:00"), "UTC") == Passed(MONDAY, (), None)


# Around sessions

STARTS, ENDS = at("2026-03-09 14:00"), at("2026-03-09 14:50")  # 15:00 to 15:50 in Berlin, a Monday


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param(
            BeforeSession(Away(120)), on("2026-03-09", "2026-03-09 12:00", time(13)), id="hours before"
        ),
        pytest.param(
            BeforeSession(Away(16 * 60)),
            on("2026-03-08", "2026-03-08 22:00", time(23)),
            id="the evening before",
        ),
        pytest.param(
            BeforeSession(Away(0, 1, SIX)),
            on("2026-03-08", "2026-03-08 17:00"),
            id="at a time the day before",
        ),
        pytest.param(
            BeforeSession(Away(0, 0, time(14, 59))),
            on("2026-03-09", "2026-03-09 13:59", time(14, 59)),
            id="that day",
        ),
        pytest.param(
            BeforeSession(Away(0, 0, time(15))),
            on("2026-03-08", "2026-03-08 14:00", time(15)),
            id="never at its start or after it: the day before",
        ),
        pytest.param(
            AfterSession(Away(0)), on("2026-03-09", "2026-03-09 14:50", time(15, 50)), id="at its end"
        ),
        pytest.param(
            AfterSession(Away(30)), on("2026-03-09", "2026-03-09 15:20", time(16, 20)), id="minutes after"
        ),
        pytest.param(AfterSession(Away(0, 0, SIX)), on("2026-03-09", "2026-03-09 17:00"), id="that evening"),
        pytest.param(
            AfterSession(Away(0, 0, time(15, 49))),
            on("2026-03-10", "2026-03-10 14:49", time(15, 49)),
            id="never before its end: the day after",
        ),
        pytest.param(MONDAYS, None, id="not around sessions"),
    ],
)
def test_around_a_session(when: Rule, expected: Occurrence | None) -> None:
    assert around_session(when, STARTS, ENDS, BERLIN) == expected


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2032, 1, 1)).map(  # noqa: DTZ001
        lambda when: at(when.isoformat(sep=" ", timespec="minutes"))
    ),
    st.builds(Away, st.integers(0, 5000)) | st.builds(Away, st.just(0), st.integers(0, 20), st.times()),
    PLACES,
)
def test_before_is_before_and_after_is_after(starts: datetime, away: Away, zone: str) -> None:
    ends = starts + timedelta(minutes=50)
    before, after = (around_session(kind(away), starts, ends, zone) for kind in (BeforeSession, AfterSession))
    assert before is not None
    assert after is not None
    assert before.due_at <= starts
    assert after.due_at >= ends
    if away.days is None:
        assert (starts - before.due_at, after.due_at - ends) == (timedelta(minutes=away.minutes),) * 2


# Laws

SPANS = st.tuples(RECENT, st.integers(0, 90)).map(lambda one: (one[0], one[0] + timedelta(days=one[1])))


@given(ROUTINES, SPANS, PLACES, RECENT)
def test_between_gives_each_date_and_time_once_and_none_that_is_left_out(
    one: Routine, days: tuple[date, date], zone: str, anchor: date
) -> None:
    found = list(between(one, days, zone, anchor=anchor))
    assert all(days[0] <= each.local_date <= days[1] for each in found)
    assert all(each.due_at == moment(each.local_date, each.wall, zone) for each in found)
    assert all(early.due_at < late.due_at for early, late in pairwise(found))
    assert len({(each.local_date, each.wall) for each in found}) == len(found)
    assert not any(one.off.holds(each.local_date) for each in found)
    assert all(one.start is None or each.local_date >= one.start for each in found)
    assert all(one.end is None or each.local_date <= one.end for each in found)


@given(one=ROUTINES, days=SPANS, zone=PLACES, anchor=RECENT, cut=st.integers(0, 90))
def test_two_times_one_after_the_other_are_one(
    *, one: Routine, days: tuple[date, date], zone: str, anchor: date, cut: int
) -> None:
    middle = min(days[0] + timedelta(days=cut), days[1])
    parts = [(days[0], middle), (middle + timedelta(days=1), days[1])]
    found = [each for part in parts for each in between(one, part, zone, anchor=anchor)]
    assert found == list(between(one, days, zone, anchor=anchor))


def following_on(one: Routine, zone: str, now: datetime, anchor: date) -> list[Occurrence]:
    """Go from the first occurrence to the next ones, as the ticker does."""
    found: list[Occurrence] = []
    upcoming = first(one, now, zone, anchor=anchor)
    while upcoming is not None and len(found) < 12:
        found.append(upcoming)
        upcoming = following(one, upcoming, zone, anchor=anchor)
    return found


@given(one=ROUTINES, day=RECENT, clock=st.times(), zone=PLACES, anchor=RECENT)
def test_one_after_the_other_is_what_lies_between(
    *, one: Routine, day: date, clock: time, zone: str, anchor: date
) -> None:
    now = at(f"{day} {clock:%H:%M}")
    stepped = following_on(one, zone, now, anchor)
    span = (day - timedelta(days=3), stepped[-1].local_date if stepped else day + timedelta(days=400))
    coming = (each for each in between(one, span, zone, anchor=anchor) if each.due_at > now)
    assert stepped == list(islice(coming, 12))


@given(
    one=ROUTINES,
    day=RECENT,
    zone=PLACES,
    minutes=st.integers(0, 60 * 24 * 40),
    with_anchor=st.booleans(),
)
def test_of_what_has_passed_one_is_asked_at_most_and_none_is_lost(
    *, one: Routine, day: date, zone: str, minutes: int, with_anchor: bool
) -> None:
    begins = at(f"{day} 00:00")
    pending = first(one, begins, zone, anchor=day)
    if pending is None:
        return
    anchor = day if with_anchor or isinstance(one.when, AfterEnrolment) else None
    now = pending.due_at + timedelta(minutes=minutes - 60)
    found = passed(one, pending, now, zone, anchor=anchor)
    gone = [*found.missed, *([found.asked] if found.asked else [])]
    expected: list[Occurrence] = []
    current: Occurrence | None = pending
    while current is not None and current.due_at <= now:
        expected.append(current)
        current = following(one, current, zone, anchor=anchor)
    assert gone == expected
    assert found.upcoming == current
    if found.asked is not None:
        assert now - found.asked.due_at <= one.late_by
    elif gone:
        assert now - gone[-1].due_at > one.late_by


@given(ROUTINES, RECENT, PLACES, PLACES)
def test_another_zone_keeps_the_date_and_the_wall_time(
    one: Routine, day: date, zone: str, other: str
) -> None:
    pending = first(one, at(f"{day} 00:00"), zone, anchor=day)
    if pending is None:
        return
    assert moved(one, pending, zone, anchor=day) == pending
    there = moved(one, pending, other, anchor=day)
    if there is not None:
        assert (there.local_date, there.wall) == (pending.local_date, pending.wall)
        assert there.due_at == moment(pending.local_date, pending.wall, other)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param(routine(MONDAYS), MONDAY, id="the same"),
        pytest.param(routine(TWICE), None, id="another time of day"),
        pytest.param(routine(Weekly(((0, SIX), (4, time(8))))), MONDAY, id="one time more"),
        pytest.param(routine(MONDAYS, end=date(2026, 3, 1)), None, id="it has come to its end"),
        pytest.param(
            routine(MONDAYS, off=DaysOff(((date(2026, 3, 2), date(2026, 3, 2)),))), None, id="a day off"
        ),
    ],
)
def test_what_is_still_to_come_under_another_rule(changed: Routine, found: Occurrence | None) -> None:
    assert moved(changed, MONDAY, "UTC") == found


# How a schedule is told apart from another


def test_a_schedule_tells_whether_it_has_changed() -> None:
    one = routine(MONDAYS)
    others = [
        dataclasses.replace(one, when=TWICE),
        dataclasses.replace(one, start=date(2026, 3, 1)),
        dataclasses.replace(one, end=date(2026, 3, 1)),
        dataclasses.replace(one, off=DaysOff(holidays="DK")),
        one.without(DaysOff(((date(2026, 3, 1), date(2026, 3, 2)),))),
    ]
    written = [each.rule("UTC") for each in (one, *others)] + [one.rule("Asia/Tokyo")]
    assert len(set(written)) == len(written)
    assert one.rule("UTC") == dataclasses.replace(one, measures=("srs",)).rule("UTC"), (
        "what is asked is no time"
    )
    assert one.rule("UTC").startswith("mon 18:00 UTC")


def test_a_client_may_have_their_own_time() -> None:
    one = routine(MONDAYS, start=date(2026, 3, 1), end=date(2026, 6, 1))
    assert one.of_client(None, None, None) == one
    theirs = one.of_client(TWICE, date(2026, 2, 1), date(2026, 5, 1))
    assert (theirs.when, theirs.start, theirs.end) == (TWICE, date(2026, 3, 1), date(2026, 5, 1))
