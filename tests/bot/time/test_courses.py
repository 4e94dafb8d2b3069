"""Courses that went wrong once, or would where one line were missing: each run by the machine's own hands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from storage import tables as t
from tests.bot.time.machine import TimeMachine
from tests.bot.time.stage import in_memory

USUAL, BUSY, NIGHTLY, LATER, BARE = range(5)

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)

HOUR, DAY = 60, 24 * 60


@pytest.fixture
def machine() -> Iterator[TimeMachine]:
    """Make a machine, to be opened."""
    made = TimeMachine(in_memory)
    yield made
    made.teardown()


def until(machine: TimeMachine, moment: str) -> None:
    """Let everything run until a moment."""
    then = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    machine.time_passes(minutes=(then - machine.stage.now) // timedelta(minutes=1))


def test_a_schedule_moved_to_later_in_the_day_does_not_ask_twice_that_day(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=USUAL, zone="UTC")
    until(machine, "2026-11-23 18:30")
    machine.config_is_read_again(config=LATER)
    until(machine, "2026-11-23 20:30")


def test_nor_where_it_was_moved_while_nothing_ran(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=USUAL, zone="UTC")
    until(machine, "2026-11-23 17:59")
    machine.nothing_runs(minutes=20, before=False)
    machine.config_is_read_again(config=LATER)
    until(machine, "2026-11-23 20:30")


def test_a_schedule_that_asks_more_often_does_so_at_once(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=LATER, zone="UTC")
    until(machine, "2026-11-23 13:00")
    machine.config_is_read_again(config=BUSY)
    until(machine, "2026-11-24 12:30")


def test_days_that_are_no_longer_left_out_are_asked(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=BUSY, zone="UTC")
    machine.goes_away(who=0, first=0, days=8, therapist=False)
    machine.a_tick()
    machine.comes_back(who=0, therapist=False)
    until(machine, "2026-11-24 12:00")


def test_quiet_hours_are_kept_where_something_falls_due_at_night(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=NIGHTLY, zone="UTC")
    until(machine, "2026-11-24 09:00")


def test_no_reminder_waits_once_the_answer_is_there(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=BUSY, zone="UTC")
    until(machine, "2026-11-22 18:59")
    machine.network_refuses(again=40, whole=False)
    until(machine, "2026-11-22 19:01")
    machine.answers_everything(who=0)
    machine.what_must_hold_at_any_moment()


def test_many_reminders_are_no_more_than_a_day_holds(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=BUSY, zone="UTC")
    until(machine, "2026-11-23 20:00")


def test_what_was_missed_while_nothing_ran_is_kept_and_told(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=BUSY, zone="America/New_York")
    machine.a_tick()
    machine.nothing_runs(minutes=3 * DAY + 3 * HOUR, before=True)


def test_a_moved_session_is_asked_about_anew(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=USUAL, zone="UTC")
    machine.session_is_planned(who=0, minutes=3 * HOUR + 30, length=50)
    until(machine, "2026-11-22 13:30")
    machine.session_is_moved(which=0, minutes=DAY + 30)
    until(machine, "2026-11-23 15:00")


def test_what_waits_is_not_asked_before_its_time_on_a_clock_put_back(machine: TimeMachine) -> None:
    machine.open(begins=SUNDAY, config=BUSY, zone="UTC")
    until(machine, "2026-11-23 12:01")
    machine.the_clock_is_put_back(minutes=HOUR)
    machine.answers_everything(who=0)
    machine.what_must_hold_at_any_moment()
    until(machine, "2026-11-23 12:30")
    asked = sa.select(t.check_ins.c.state).where(t.check_ins.c.measure == "srs")
    assert [one.state for one in machine.stage.rows(asked)] == ["open"], "and it is asked in its time"
