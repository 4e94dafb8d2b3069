"""When things happen: clocks and quiet hours, rules, occurrences, delays. Pure: now is an argument."""

from bot.timetable.clocks import DAYS, Quiet, day_of, exists, moment, morning, waking
from bot.timetable.days_off import DaysOff, known_holidays
from bot.timetable.delays import LAST_CALL, PUT_OFF, Delay, Pause, pause
from bot.timetable.occurrences import (
    Occurrence,
    Passed,
    Routine,
    around_session,
    between,
    first,
    following,
    moved,
    passed,
)
from bot.timetable.reminders import next_reminder
from bot.timetable.rule_reading import KINDS, MOST_DAYS, RuleError, read_rule
from bot.timetable.rules import (
    AfterEnrolment,
    AfterSession,
    Away,
    BeforeSession,
    CalendarRule,
    Cron,
    Every,
    Rule,
    SessionRule,
    Weekly,
    times,
)

__all__ = [
    "DAYS",
    "KINDS",
    "LAST_CALL",
    "MOST_DAYS",
    "PUT_OFF",
    "AfterEnrolment",
    "AfterSession",
    "Away",
    "BeforeSession",
    "CalendarRule",
    "Cron",
    "DaysOff",
    "Delay",
    "Every",
    "Occurrence",
    "Passed",
    "Pause",
    "Quiet",
    "Routine",
    "Rule",
    "RuleError",
    "SessionRule",
    "Weekly",
    "around_session",
    "between",
    "day_of",
    "exists",
    "first",
    "following",
    "known_holidays",
    "moment",
    "morning",
    "moved",
    "next_reminder",
    "passed",
    "pause",
    "read_rule",
    "times",
    "waking",
]
