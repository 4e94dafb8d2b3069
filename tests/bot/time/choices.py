"""The configs that the machine reloads, the zones it lives in, and the days on which it begins."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta

from bot.policy import Policy, SessionRules
from bot.timetable import (
    AfterEnrolment,
    AfterSession,
    Away,
    BeforeSession,
    Cron,
    DaysOff,
    Every,
    Quiet,
    Routine,
    Weekly,
)
from tests.world import policy

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Tokyo",
    "America/Santiago",
    "UTC",
)

BEGINNINGS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-03-07 20:10",  # the night before New York's summer
        "2026-03-28 15:00",  # Berlin's
        "2026-04-04 05:00",  # Lord Howe's winter, by half an hour; Santiago's, at midnight, a day later
        "2026-09-05 21:30",  # Santiago's summer: 00:00 is skipped
        "2026-10-03 09:00",  # Lord Howe's
        "2026-10-24 19:45",  # Berlin's winter
        "2026-10-31 23:55",  # New York's
        "2011-12-29 01:00",  # Apia has no 30 December
        "2027-12-31 06:00",  # the end of a year
        "2028-02-28 11:00",  # before a leap day
    )
)
"""Moments near a change of clocks or calendars."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

BEFORE = Routine("before", ("ors",), BeforeSession(Away(minutes=120)), (), 12 * _HOUR)
AFTER = Routine("after", ("srs",), AfterSession(Away(minutes=0)), (4 * _HOUR, 20 * _HOUR), 36 * _HOUR)


def policies(begins: date) -> tuple[Policy, ...]:
    """Make the configs of a site, one after another; `begins` is near the first day of the test."""
    return (_usual(), _busy(), _nightly(begins), _later(begins), _bare())


def _usual() -> Policy:
    """Ask on an evening and a morning of each week, and around sessions."""
    routine = Routine("routine", ("ors", "srs"), Weekly(((0, time(18)), (3, time(8, 30)))), (24 * _HOUR,))
    return _site(routine, BEFORE, AFTER, sessions=SessionRules(confirm_before=_DAY))


def _busy() -> Policy:
    """Ask twice a day and more, with many reminders, all questions together, and few messages a day."""
    ladder = (_HOUR, 2 * _HOUR, 3 * _HOUR, 5 * _HOUR, 30 * _HOUR)
    routine = Routine("routine", ("ors",), Cron("0 9,18 * * *"), ladder, 40 * _HOUR, 6 * _HOUR, together=True)
    daily = Routine("daily", ("srs",), Every(1, time(12)), ladder, 40 * _HOUR, 6 * _HOUR)
    return dataclasses.replace(_site(routine, daily, AFTER), most_a_day=3, pause_after=2, pause_for=3 * _DAY)


def _nightly(begins: date) -> Policy:
    """Ask at hours that clock changes skip or show twice, and that are quiet; some days are left out."""
    skipped = DaysOff(((begins + 2 * _DAY, begins + 3 * _DAY),))
    routine = Routine("routine", ("ors",), Every(1, time(0, 30)), (6 * _HOUR, 12 * _HOUR), 20 * _HOUR)
    daily = Routine("daily", ("srs",), Cron("30 1,2 * * *"), (), 12 * _HOUR, 8 * _HOUR, off=skipped)
    return _site(routine, daily, BEFORE)


def _later(begins: date) -> Policy:
    """Ask by the same schedules at other times and by other rules; the nights are longer."""
    away = dataclasses.replace(BEFORE, when=BeforeSession(Away(days=1, at=time(17))))
    after = dataclasses.replace(AFTER, when=AfterSession(Away(minutes=90)), measures=("srs", "ors"))
    routine = Routine(
        "routine",
        ("ors", "srs"),
        Weekly(((0, time(20)), (1, time(10)), (3, time(16)), (5, time(9)), (6, time(11)))),
        (3 * _HOUR,),
        30 * _HOUR,
        off=DaysOff(((begins + 5 * _DAY, begins + 6 * _DAY),)),
    )
    daily = Routine("daily", ("srs",), Every(3, time(12)), (5 * _HOUR,), 24 * _HOUR, 2 * _HOUR)
    site = _site(routine, daily, away, after, sessions=SessionRules(confirm_before=3 * _HOUR))
    return dataclasses.replace(site, quiet=Quiet(time(22), time(9, 30)), most_a_day=2)


def _bare() -> Policy:
    """Ask almost nothing: what follows the enrolment."""
    slots = ((1, time(10)), (2, time(2, 15)), (4, time(19)))
    return _site(Routine("enrolled", ("ors",), AfterEnrolment(slots), (8 * _HOUR,), 24 * _HOUR))


def _site(*routines: Routine, sessions: SessionRules | None = None) -> Policy:
    return dataclasses.replace(policy((), routines), sessions=sessions or SessionRules())
