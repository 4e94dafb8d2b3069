"""From settings to the site's choices: every setting about time reaches the policy."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from bot.office import policy_of, routine_of
from bot.policy import SessionRules
from bot.settings import ScheduleSettings, Settings
from bot.timetable import BeforeSession, Cron, DaysOff, Every, Routine, Weekly
from bot.timetable.rules import Away

LEAST = {"name": "a", "measures": ["ors"], "when": {"weekly": "mon 10:00"}}


def hours(count: float) -> timedelta:
    """Give so many hours."""
    return timedelta(hours=count)


def test_a_schedule_that_says_little_has_the_defaults() -> None:
    assert routine_of(ScheduleSettings.model_validate(LEAST)) == Routine(
        name="a",
        measures=("ors",),
        when=Weekly(((0, time(10)),)),
        reminders=(hours(24),),
        expires_after=hours(48),
        late_by=hours(24),
        answers_late=hours(24),
        default=True,
        together=False,
        start=None,
        end=None,
        off=DaysOff(),
    )


def test_everything_of_a_schedule_reaches_the_routine() -> None:
    given = LEAST | {
        "when": {"cron": "0 10 * * mon"},
        "reminder_after": [4, 24],
        "expires_after": 36,
        "late_by": 2,
        "late_answers": 0,
        "start": "2026-09-01",
        "end": date(2027, 7, 31),
        "skip": ["2026-12-24/2027-01-02", date(2027, 5, 1)],
        "holidays": "DE-BY",
        "default": False,
        "ask": "together",
    }
    assert routine_of(ScheduleSettings.model_validate(given)) == Routine(
        name="a",
        measures=("ors",),
        when=Cron("0 10 * * mon"),
        reminders=(hours(4), hours(24)),
        expires_after=hours(36),
        late_by=hours(2),
        answers_late=hours(0),
        default=False,
        together=True,
        start=date(2026, 9, 1),
        end=date(2027, 7, 31),
        off=DaysOff(((date(2026, 12, 24), date(2027, 1, 2)), (date(2027, 5, 1), date(2027, 5, 1))), "DE-BY"),
    )


@pytest.mark.parametrize(
    ("reminder_after", "reminders"),
    [(24, (hours(24),)), (0.5, (hours(0.5),)), ("never", ()), ([4], (hours(4),))],
)
def test_reminders_are_one_several_or_none(reminder_after: object, reminders: tuple[timedelta, ...]) -> None:
    given = LEAST | {"reminder_after": reminder_after}
    assert routine_of(ScheduleSettings.model_validate(given)).reminders == reminders


@pytest.mark.parametrize(
    ("flat", "rule"),
    [
        pytest.param({"day": "sun", "at": "20:00"}, Weekly(((6, time(20)),)), id="a week"),
        pytest.param({"every": 14, "at": "09:30"}, Every(14, time(9, 30)), id="days"),
    ],
)
def test_the_older_spelling_gives_a_rule(flat: dict[str, object], rule: Weekly | Every) -> None:
    given = {"name": "a", "measures": ["ors"], **flat}
    assert routine_of(ScheduleSettings.model_validate(given)).when == rule


def test_everything_else_about_time_reaches_the_policy() -> None:
    before = {"name": "before", "measures": ["srs"], "when": {"before_session": "90 min"}}
    policy = policy_of(
        Settings.model_validate(
            {
                "schedules": [LEAST, before],
                "programmes": {"pilot": {"schedules": ["before"]}},
                "check_ins": {"most_a_day": 2, "pause_after": "never", "pause_days": 7},
                "sessions": {
                    "confirm_hours_before": 24,
                    "can_cancel": False,
                    "minutes": 90,
                    "days_ahead": 7,
                },
            }
        )
    )
    assert policy.routines["before"].when == BeforeSession(Away(90))
    assert policy.programmes == {"pilot": ("before",)}
    assert (policy.most_a_day, policy.pause_after, policy.pause_for) == (2, None, timedelta(days=7))
    assert policy.sessions == SessionRules(
        hours(24), can_cancel=False, length=timedelta(minutes=90), ahead=timedelta(days=7)
    )


def test_the_defaults_of_the_settings_are_those_of_the_policy() -> None:
    policy = policy_of(Settings())
    assert policy.sessions == SessionRules()
    assert (policy.most_a_day, policy.pause_after, policy.pause_for) == (6, 3, timedelta(days=14))
