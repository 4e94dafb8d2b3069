"""What a schedule's rule is written as, and the wall times that it names."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from bot.timetable import (
    DAYS,
    AfterEnrolment,
    AfterSession,
    Away,
    BeforeSession,
    Cron,
    Every,
    Rule,
    RuleError,
    Weekly,
    read_rule,
    times,
)
from tests.bot.timetable.drawing import CRONS, MINUTES, RECENT, RULES

TEN, SIX = time(10), time(18)


@pytest.mark.parametrize(
    ("given", "rule", "text"),
    [
        ({"weekly": "mon 10:00"}, Weekly(((0, TEN),)), "mon 10:00"),
        ({"weekly": " Thu  18:00 "}, Weekly(((3, SIX),)), "thu 18:00"),
        (
            {"weekly": ["thu 18:00", "mon 10:00", "mon 08:00"]},
            Weekly(((3, SIX), (0, TEN), (0, time(8)))),
            "mon 08:00, mon 10:00, thu 18:00",
        ),
        ({"every": "1 day 10:00"}, Every(1, TEN), "1 days 10:00"),
        ({"every": "366 days 10:00"}, Every(366, TEN), "366 days 10:00"),
        ({"every": "2 weeks 10:00"}, Every(14, TEN), "14 days 10:00"),
        ({"every": "1 week sun 23:59"}, Every(7, time(23, 59), 6), "1 weeks sun 23:59"),
        ({"every": "2 weeks wednesday 10:00"}, Every(14, TEN, 2), "2 weeks wed 10:00"),
        ({"weekly": ["Monday 10:00", "sunday 18:00"]}, Weekly(((0, TEN), (6, SIX))), "mon 10:00, sun 18:00"),
        ({"every": "52 weeks mon 00:00"}, Every(364, time(), 0), "52 weeks mon 00:00"),
        ({"cron": "30 2 * * *"}, Cron("30 2 * * *"), "cron 30 2 * * *"),
        ({"cron": " 0  9\t* * MON-FRI "}, Cron("0 9 * * MON-FRI"), "cron 0 9 * * MON-FRI"),
        ({"after_enrolment": "0 days 10:00"}, AfterEnrolment(((0, TEN),)), "after enrolment 0 days 10:00"),
        (
            {"after_enrolment": ["90 days 10:00", "1 day 18:00"]},
            AfterEnrolment(((90, TEN), (1, SIX))),
            "after enrolment 1 days 18:00, 90 days 10:00",
        ),
        ({"before_session": "30 min"}, BeforeSession(Away(30)), "before session 30 min"),
        ({"before_session": "1 hour"}, BeforeSession(Away(60)), "before session 60 min"),
        ({"before_session": "1 day 18:00"}, BeforeSession(Away(0, 1, SIX)), "before session 1 days 18:00"),
        ({"after_session": "0 minutes"}, AfterSession(Away(0)), "after session 0 min"),
        ({"after_session": "2 h"}, AfterSession(Away(120)), "after session 120 min"),
        ({"after_session": "8784 hours"}, AfterSession(Away(366 * 24 * 60)), "after session 527040 min"),
    ],
)
def test_a_rule_is_read(given: object, rule: Rule, text: str) -> None:
    assert read_rule(given) == rule
    assert rule.text == text


@pytest.mark.parametrize(
    ("given", "problem", "instead"),
    [
        (None, "names no kind of time", "weekly, every, cron"),
        ([], "names no kind of time", "weekly, every, cron"),
        ({}, "names no kind of time", "weekly, every, cron"),
        ({"daily": "10:00"}, '"daily" is no kind of time', "weekly, every, cron"),
        ({"a name longer than any": 1}, "names no kind of time", "weekly, every, cron"),
        ({"weekly": "mon 10:00", "cron": "0 9 * * *"}, "more than one kind", "write one of"),
        ({"weekly": "mond 10:00"}, "no weekday and time", '"mon 10:00"'),
        ({"weekly": ["mon 10:00", "Monday 10:00"]}, "no weekday and time", '"mon 10:00"'),
        ({"weekly": "mon 24:00"}, "no weekday and time", '"mon 10:00"'),
        ({"weekly": "mon 9:00"}, "no weekday and time", '"mon 10:00"'),
        ({"weekly": []}, "no weekday and time", '"mon 10:00"'),
        ({"weekly": ["mon 10:00", 3]}, "no weekday and time", '"mon 10:00"'),
        ({"weekly": ["mon 10:00", "MON  10:00"]}, "no weekday and time", '"mon 10:00"'),
        ({"every": "0 days 10:00"}, "no number of days", "1 to 366 days"),
        ({"every": "367 days 10:00"}, "no number of days", "1 to 366 days"),
        ({"every": "53 weeks mon 10:00"}, "no number of days", "1 to 366 days"),
        ({"every": "7 days mon 10:00"}, "no number of days", "2 weeks mon 10:00"),
        ({"every": 7}, "no number of days", "14 days 10:00"),
        ({"cron": "0 9 * *"}, "five fields", "0 10 * * mon"),
        ({"cron": "0 0 9 * * *"}, "five fields", "0 10 * * mon"),
        ({"cron": "@daily"}, "five fields", "0 10 * * mon"),
        ({"cron": "60 9 * * *"}, "bad minute", "0 10 * * mon"),
        ({"cron": "0 24 * * *"}, "bad hour", "0 10 * * mon"),
        ({"cron": "0 9 32 * *"}, "bad day-of-month", "0 10 * * mon"),
        ({"cron": "0 9 30 2 *"}, "never comes", "0 10 * * mon"),
        ({"cron": "0 9 31 4,6 *"}, "never comes", "0 10 * * mon"),
        ({"cron": "0 9 * 13 *"}, "bad month", "0 10 * * mon"),
        ({"cron": "0 9 * * 8"}, "bad day-of-week", "0 10 * * mon"),
        ({"cron": "0 9 * * monday"}, "bad day-of-week", "0 10 * * mon"),
        ({"cron": f"{'9' * 5000} 9 * * *"}, "five fields", "0 10 * * mon"),
        ({"after_enrolment": "367 days 10:00"}, "no number of days", "3 days 10:00"),
        ({"after_enrolment": "3 days"}, "no number of days", "3 days 10:00"),
        ({"before_session": "tomorrow"}, "no length of time", 'before_session = "2 hours"'),
        ({"before_session": "367 days 10:00"}, "no length of time", 'before_session = "2 hours"'),
        ({"after_session": "8785 hours"}, "no length of time", 'after_session = "2 hours"'),
        ({"after_session": "2h"}, "no length of time", 'after_session = "2 hours"'),
        ({"after_session": -30}, "no length of time", 'after_session = "2 hours"'),
    ],
)
def test_what_is_no_rule_is_told_with_what_to_write(given: object, problem: str, instead: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(given)
    assert problem in caught.value.problem
    assert instead in caught.value.instead
    assert str(caught.value) == f"{caught.value.problem}; {caught.value.instead}"


KINDS = ("weekly", "every", "cron", "after_enrolment", "before_session", "after_session")
NEARLY = (
    st.text(max_size=30)
    | st.text("0123456789*/-,#LW monday:hws", max_size=24)
    | st.lists(st.text("0123456789*/-,#LW", min_size=1, max_size=4), min_size=5, max_size=5).map(" ".join)
    | st.from_regex(r"\d{1,4} (day|week|min|hour|h)s?( (mon|sun))?( \d\d:\d\d)?", fullmatch=True)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NEARLY,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KINDS) | st.text(), inner, max_size=2)
    ),
    max_leaves=6,
)


def read_or_refused(given: object) -> Rule | RuleError:
    """Read a rule, or give the refusal."""
    try:
        return read_rule(given)
    except RuleError as error:
        return error


@given(JSON | st.dictionaries(st.sampled_from(KINDS), JSON, min_size=1, max_size=1))
def test_anything_is_read_or_refused(given: object) -> None:
    rule = read_or_refused(given)
    if isinstance(rule, RuleError):
        assert rule.problem
        assert rule.instead.startswith("write ")
        return
    assert rule.text
    assert all(wall == wall.replace(second=0, microsecond=0) for wall in times(rule))
    if not isinstance(rule, BeforeSession | AfterSession):
        walls = list(islice(rule.walls(datetime(2026, 1, 1), date(2026, 1, 1)), 3))  # noqa: DTZ001
        assert walls == sorted(walls)


# Wall times


def named(
    rule: Weekly | Every | Cron | AfterEnrolment, first: date, last: date, anchor: date
) -> list[datetime]:
    """List the wall times from a date to another."""
    after = datetime.combine(first, time()) - timedelta(minutes=1)
    return list(takewhile(lambda wall: wall.date() <= last, rule.walls(after, anchor)))


def is_named(rule: Weekly | Every | AfterEnrolment, wall: datetime, anchor: date) -> bool:
    """Tell by the words of a rule whether it names a wall time."""
    day, at = wall.date(), wall.time()
    if isinstance(rule, Weekly):
        return f"{DAYS[day.weekday()]} {at:%H:%M}" in rule.text.split(", ")
    if isinstance(rule, AfterEnrolment):
        return ((day - anchor).days, at) in rule.slots
    if rule.weekday is not None:
        while anchor.weekday() != rule.weekday:
            anchor += timedelta(days=1)
    return at == rule.at and day >= anchor and (day - anchor).days % rule.days == 0


@given(RULES.filter(lambda rule: not isinstance(rule, Cron)), RECENT, st.integers(-60, 60))
def test_a_rule_names_the_times_that_it_says_and_no_others(
    rule: Weekly | Every | AfterEnrolment, first: date, ahead: int
) -> None:
    anchor, last = first + timedelta(days=ahead), first + timedelta(days=60)
    every = [
        datetime.combine(first + timedelta(days=days), at)
        for days in range(61)
        for at in sorted({*times(rule)})
    ]
    assert named(rule, first, last, anchor) == [wall for wall in every if is_named(rule, wall, anchor)]


@given(CRONS, RECENT, MINUTES)
def test_cron_names_the_times_that_the_library_walks_to(expression: str, day: date, at: time) -> None:
    after = datetime.combine(day, at)
    ours = list(islice(Cron(expression).walls(after, day), 8))
    assert ours == list(islice(CronSim(expression, after), 8))


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        # January 2026: the 1st is a Thursday. Source: crontab(5) of Debian, and the notes on days there.
        ("0 9 * * *", list(range(1, 32))),
        ("0 9 1,15 * *", [1, 15]),
        ("0 9 * * mon", [5, 12, 19, 26]),
        ("0 9 * * 0", [4, 11, 18, 25]),
        ("0 9 * * 7", [4, 11, 18, 25]),
        (
            "0 9 * * mon-fri",
            [1, 2, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30],
        ),
        ("0 9 13 * fri", [2, 9, 13, 16, 23, 30]),  # either is enough
        ("0 9 */2 * fri", [9, 23]),  # a day that begins with * narrows the other: odd days that are Fridays
        ("0 9 13 * */2", [13]),  # (as above) the 13th, if it is a Sunday, Tuesday, Thursday or Saturday
        ("0 9 31 1 *", [31]),
        ("0 9 L * *", [31]),
        ("0 9 * * fri#1", [2]),
        ("0 9 * * 5L", [30]),
        ("0 9 * 2 *", []),
    ],
)
def test_crons_days(cron: str, expected: list[int]) -> None:
    rule = read_rule({"cron": cron})
    assert isinstance(rule, Cron)
    assert [
        wall.day for wall in named(rule, date(2026, 1, 1), date(2026, 1, 31), date(2026, 1, 1))
    ] == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Weekly(((0, TEN), (3, SIX))), (TEN, SIX)),
        (Every(3, TEN), (TEN,)),
        (AfterEnrolment(((3, TEN), (90, SIX))), (TEN, SIX)),
        (Cron("0,30 9,18 * * mon"), (time(9), time(9, 30), SIX, time(18, 30))),
        (Cron("0 9 29 2 *"), (time(9),)),
        (BeforeSession(Away(30)), ()),
        (AfterSession(Away(0, 1, SIX)), (SIX,)),
    ],
)
def test_the_wall_times_that_a_rule_names(rule: Rule, expected: tuple[time, ...]) -> None:
    assert times(rule) == expected


def test_weekdays_are_in_their_order() -> None:
    assert [DAYS[date(2026, 3, day).weekday()] for day in range(2, 9)] == list(DAYS)
