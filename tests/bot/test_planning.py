"""Which schedules a client has, and what a change of zone, rule, days off or config does to the next one."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import timetable
from bot.policy import Policy
from bot.service.planning import Plan, pending_of
from bot.timetable import AfterEnrolment, AfterSession, Away, Cron, Every, Quiet, Routine, Rule, Weekly
from bot.wording import House
from scoring.instrument import AgeGroup
from storage.records import Client, ClientState, Schedule

NEW_YORK, TOKYO, BERLIN = "America/New_York", "Asia/Tokyo", "Europe/Berlin"

MONDAYS = Routine("weekly", ("ors",), Weekly(((0, time(10)),)))

AGREED = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """Read a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def plan_of(*kept: Schedule, zone: str = NEW_YORK, away: tuple[tuple[date, date], ...] = ()) -> Plan:
    """Make a client's plan."""
    client = Client(1, "AB", 1, "en", zone, "US", AgeGroup.ADULT, ClientState.ACTIVE, AGREED)
    return Plan(client, {one.name: one for one in kept}, away)


def planned(routine: Routine, now: str, zone: str = NEW_YORK) -> Schedule:
    """Plan a schedule for the first time."""
    found = plan_of(zone=zone).next_of(routine, at(now))
    assert found is not None
    return found


def policy(*routines: Routine, programmes: dict[str, tuple[str, ...]] | None = None) -> Policy:
    """Make a site's choices."""
    return Policy(
        House("Elm Street"),
        Quiet(time(21), time(8)),
        {one.name: one for one in routines},
        programmes=programmes or {},
    )


def test_the_first_occurrence_is_planned_on_the_clients_clock() -> None:
    kept = planned(MONDAYS, "2026-03-02 14:59")
    assert (kept.local_date, kept.wall, kept.next_due_at) == (
        date(2026, 3, 2),
        time(10),
        at("2026-03-02 15:00"),
    )


def test_what_did_not_change_keeps_its_next_occurrence() -> None:
    kept = planned(MONDAYS, "2026-03-02 14:59")
    assert plan_of(kept).next_of(MONDAYS, at("2026-03-02 14:30")) is kept


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        pytest.param("2026-03-02 10:00", BERLIN, "2026-03-02 09:00", id="passed there: due at once"),
        pytest.param("2026-03-02 14:59", TOKYO, "2026-03-02 01:00", id="long passed there: the same date"),
        pytest.param("2026-03-02 14:59", "Pacific/Honolulu", "2026-03-02 20:00", id="still to come"),
    ],
)
def test_a_new_zone_moves_the_moment_and_keeps_the_date(now: str, zone: str, due: str) -> None:
    kept = planned(MONDAYS, "2026-03-01 00:00")
    moved = plan_of(kept, zone=zone).next_of(MONDAYS, at(now))
    assert moved is not None
    assert (moved.local_date, moved.next_due_at) == (date(2026, 3, 2), at(due))


def test_a_new_zone_does_not_bring_back_what_was_asked_today() -> None:
    kept = planned(MONDAYS, "2026-03-02 15:00")  # today's has just been asked
    asked = dataclasses.replace(kept, last_date=date(2026, 3, 2))
    moved = plan_of(asked, zone="Pacific/Honolulu").next_of(MONDAYS, at("2026-03-02 15:01"))
    assert moved is not None
    assert moved.local_date == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("rule", "last", "expected"),
    [
        pytest.param(Weekly(((0, time(11)),)), date(2026, 3, 2), date(2026, 3, 9), id="later the same day"),
        pytest.param(Weekly(((0, time(11)),)), None, date(2026, 3, 2), id="nothing was asked yet"),
        pytest.param(Weekly(((2, time(10)),)), date(2026, 3, 2), date(2026, 3, 4), id="another weekday"),
        pytest.param(Cron("0 9,18 * * *"), date(2026, 3, 2), date(2026, 3, 3), id="twice a day"),
        pytest.param(Every(1, time(12)), date(2026, 3, 2), date(2026, 3, 3), id="daily"),
    ],
)
def test_a_changed_rule_asks_no_date_twice(rule: Rule, last: date | None, expected: date) -> None:
    kept = dataclasses.replace(planned(MONDAYS, "2026-03-02 15:00"), last_date=last)
    changed = dataclasses.replace(MONDAYS, when=rule)
    found = plan_of(kept).next_of(changed, at("2026-03-02 15:01"))
    assert found is not None
    assert found.local_date == expected


def test_what_is_due_already_is_not_lost_by_a_change() -> None:
    kept = planned(MONDAYS, "2026-03-01 00:00")
    changed = dataclasses.replace(MONDAYS, when=Weekly(((4, time(10)),)))
    found = plan_of(kept).next_of(changed, at("2026-03-02 15:00"))
    assert found is not None
    assert pending_of(found) == pending_of(kept), "it is asked, or reported as missed"
    assert found.rule == changed.rule(NEW_YORK)


def test_a_day_off_that_comes_up_moves_what_is_planned_on_it() -> None:
    kept = planned(MONDAYS, "2026-03-01 00:00")
    away = ((date(2026, 3, 1), date(2026, 3, 9)),)
    plan = plan_of(kept, away=away)
    (theirs,) = plan.routines(policy(MONDAYS))
    found = plan.next_of(theirs, at("2026-03-01 00:00"))
    assert found is not None
    assert found.local_date == date(2026, 3, 16)


def test_a_fortnight_goes_on_counting_over_a_day_off() -> None:
    fortnights = dataclasses.replace(MONDAYS, when=Every(14, time(10)))
    kept = planned(fortnights, "2026-03-02 14:00")  # that day, and every fourteen days from it
    plan = plan_of(kept, away=((date(2026, 3, 2), date(2026, 3, 3)),))
    (theirs,) = plan.routines(policy(fortnights))
    found = plan.next_of(theirs, at("2026-03-02 14:30"))
    assert found is not None
    assert found.local_date == date(2026, 3, 16)


def test_a_fortnight_at_another_time_goes_on_counting() -> None:
    fortnights = dataclasses.replace(MONDAYS, when=Every(14, time(10)))
    kept = dataclasses.replace(
        planned(fortnights, "2026-03-16 13:00"), last_date=date(2026, 3, 2)
    )  # of the sixteenth
    later = dataclasses.replace(fortnights, when=Every(14, time(18)))
    found = plan_of(kept).next_of(later, at("2026-03-10 12:00"))
    assert found is not None
    assert (found.local_date, found.wall) == (date(2026, 3, 16), time(18))


@pytest.mark.parametrize(
    ("rule", "active"),
    [
        pytest.param("every 14 days 10:00 America/New_York", True, id="as an earlier release kept it"),
        pytest.param(
            "14 days 10:00 America/New_York 0123456789abcdef", False, id="gone from the config, and back"
        ),
    ],
)
def test_a_fortnight_is_not_begun_anew(rule: str, *, active: bool) -> None:
    fortnights = dataclasses.replace(MONDAYS, when=Every(14, time(10)))
    kept = Schedule(1, 1, "weekly", rule, date(2026, 3, 16), at("2026-03-16 14:00"), active=active)
    found = plan_of(kept).next_of(fortnights, at("2026-03-10 12:00"))
    assert found is not None
    assert (found.local_date, found.wall, found.active) == (date(2026, 3, 16), time(10), True)


def test_a_schedule_that_has_come_to_its_end_stops() -> None:
    over = dataclasses.replace(MONDAYS, end=date(2026, 3, 8))
    kept = dataclasses.replace(planned(MONDAYS, "2026-03-02 15:00"), last_date=date(2026, 3, 2))
    found = plan_of(kept).next_of(over, at("2026-03-02 15:01"))
    assert found is not None
    assert not found.active
    assert plan_of().next_of(over, at("2026-03-02 15:01")) is None, "and nothing is kept of it"


def test_after_the_enrolment_is_counted_from_the_day_of_consent() -> None:
    rule = AfterEnrolment(((3, time(10)), (90, time(10))))
    routine = dataclasses.replace(MONDAYS, when=rule)
    kept = planned(routine, "2026-01-05 12:00")
    assert kept.local_date == date(2026, 1, 8)
    gone = dataclasses.replace(kept, active=False, last_date=date(2026, 1, 8))
    found = plan_of(gone).next_of(routine, at("2026-01-09 12:00"))
    assert found is not None
    assert found.local_date == date(2026, 4, 5)


def test_a_client_has_the_schedules_of_their_programme_and_those_given_by_hand() -> None:
    special = dataclasses.replace(MONDAYS, name="special", default=False)
    extra = dataclasses.replace(special, name="extra")
    around = dataclasses.replace(MONDAYS, name="around", when=AfterSession(Away(30)))
    choices = policy(MONDAYS, special, extra, around, programmes={"groups": ("special",)})
    kept = planned(MONDAYS, "2026-03-02 00:00")
    given_extra = dataclasses.replace(kept, name="extra", given=True)
    taken = dataclasses.replace(kept, given=False)
    assert {one.name for one in plan_of().routines(choices)} == {"weekly"}
    assert {one.name for one in plan_of().around_sessions(choices)} == {"around"}
    assert {one.name for one in plan_of(given_extra).routines(choices)} == {"weekly", "extra"}
    assert {one.name for one in plan_of(taken).routines(choices)} == set()
    of_programme = plan_of(taken, given_extra)
    of_programme = dataclasses.replace(
        of_programme, client=dataclasses.replace(of_programme.client, programme="groups")
    )
    assert {one.name for one in of_programme.routines(choices)} == {"special", "extra"}


def test_a_client_may_have_a_time_of_their_own() -> None:
    kept = dataclasses.replace(
        planned(MONDAYS, "2026-03-02 00:00"),
        own_when={"weekly": "thu 18:00"},
        starts_on=date(2026, 4, 1),
        ends_on=date(2026, 5, 1),
    )
    (theirs,) = plan_of(kept).routines(policy(MONDAYS))
    found = plan_of(kept).next_of(theirs, at("2026-03-01 00:00"))
    assert found is not None
    assert (found.local_date, found.wall) == (date(2026, 4, 2), time(18))
    assert theirs.end == date(2026, 5, 1)


RULES = st.sampled_from(
    [
        Weekly(((0, time(10)), (3, time(8)))),
        Every(3, time(20, 30)),
        Every(14, time(9), 4),
        Cron("0 9,18 * * *"),
        Cron("30 2 1 * *"),
    ]
)
ZONES = st.sampled_from([NEW_YORK, TOKYO, BERLIN, "Pacific/Honolulu", "Australia/Lord_Howe", "UTC"])


@given(st.lists(st.tuples(RULES, ZONES, st.integers(0, 60 * 24 * 4)), min_size=1, max_size=12))
def test_no_date_falls_due_twice_whatever_is_changed(changes: list[tuple[Rule, str, int]]) -> None:
    """Rules and zones change at any time, and what is due is asked by the minute."""
    now, kept, asked = at("2026-03-01 00:00"), None, []
    for rule, zone, minutes in changes:
        routine = dataclasses.replace(MONDAYS, when=rule)
        plan = plan_of(*([] if kept is None else [kept]), zone=zone)
        kept = plan.next_of(routine, now)
        now += timedelta(minutes=minutes)
        if kept is not None and kept.active and kept.next_due_at <= now:
            found = timetable.passed(routine, pending_of(kept), now, zone)
            fallen = (*found.missed, *([] if found.asked is None else [found.asked]))
            asked += [(one.local_date, one.wall) for one in fallen]
            assert all(one.due_at <= now for one in fallen)
            assert found.upcoming is not None
            kept = dataclasses.replace(
                kept,
                local_date=found.upcoming.local_date,
                wall=found.upcoming.wall,
                next_due_at=found.upcoming.due_at,
                last_date=fallen[-1].local_date,
            )
    assert len(asked) == len(set(asked)), "no occurrence twice"
