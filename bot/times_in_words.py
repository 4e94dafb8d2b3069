"""What the config says about time, in words: schedules, programmes, sessions, calendars."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.timetable import DAYS, AfterEnrolment, AfterSession, BeforeSession, Cron, Every, Rule, Weekly

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from bot.settings import CalendarSettings, CheckInSettings, ScheduleSettings, SessionSettings, Settings

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_AN_HOUR = 60


def of_time(settings: Settings) -> Iterator[str]:
    """Say what the config does by the clock, a line at a time."""
    quiet = settings.quiet_hours
    yield f"Nothing is started between {quiet.start:%H:%M} and {quiet.end:%H:%M}."
    if not settings.schedules:
        yield "No schedules: clients are asked only by hand (attune client ask AB ors)."
    for schedule in settings.schedules:
        yield _schedule(schedule)
    for name, programme in settings.programmes.items():
        yield f"Clients of programme {name} have {_and(programme.schedules)} instead."
    yield _how_much(settings.check_ins)
    yield _sessions(settings.sessions)
    for calendar in settings.calendars:
        yield _calendar(calendar)


def in_words(rule: Rule) -> str:
    """Say when a rule asks: "every Monday at 10:00", "2 hours before each session"."""
    match rule:
        case Weekly(slots):
            return "every " + _and(f"{_NAMES[day]} at {at:%H:%M}" for day, at in sorted(slots))
        case Every(days, at, None):
            return f"every {_many(days, 'day')} at {at:%H:%M}"
        case Every(days, at, weekday):
            return f"every {_many(days // len(DAYS), 'week')} on {_NAMES[weekday or 0]} at {at:%H:%M}"
        case Cron(expression):
            return f"by cron {expression}"
        case AfterEnrolment(slots):
            return _and(f"{_many(days, 'day')} after enrolment at {at:%H:%M}" for days, at in sorted(slots))
        case BeforeSession() | AfterSession():
            return _around_session(rule)
        case _:
            assert_never(rule)


def _around_session(rule: BeforeSession | AfterSession) -> str:
    away, which = rule.away, f"{'before' if isinstance(rule, BeforeSession) else 'after'} each session"
    if away.days is not None:
        return f"{_many(away.days, 'day')} {which} at {away.at:%H:%M}"
    hours, rest = divmod(away.minutes, _AN_HOUR)
    return f"{_many(away.minutes, 'minute') if rest or not hours else _many(hours, 'hour')} {which}"


def _schedule(one: ScheduleSettings) -> str:
    rule = one.rule
    before = isinstance(rule, BeforeSession)
    by_session = isinstance(rule, BeforeSession | AfterSession) and rule.away.days is None
    when = in_words(rule) + ("" if by_session else " in the client's zone")
    said = [
        f"Schedule {one.name}: {' then '.join(one.measures)} {when}",
        *_limits(one),
        _reminders(one.reminder_after),
        f"open for {one.expires_after:g} h{' or until it begins' if before else ''}",
        f"asked up to {min(one.late_by, one.expires_after):g} h late",
        f"answers count for {one.late_answers:g} h more" if one.late_answers else "no late answers",
        "every client" if one.default else "nobody by default",
        "all questions in one message" if one.ask == "together" else "question by question",
    ]
    return "; ".join(said) + "."


def _limits(one: ScheduleSettings) -> Iterator[str]:
    """Say from when to when a schedule asks, and on which days it does not."""
    ends = [
        *([f"from {one.start}"] if one.start else []),
        *([f"until {one.end}"] if one.end else []),
    ]
    if ends:
        yield " ".join(ends)
    skipped = [_days(first, last) for first, last in one.skip]
    holidays = [f"public holidays of {one.holidays}"] if one.holidays else []
    if skipped or holidays:
        yield f"not on {_and([*skipped, *holidays])}"


def _days(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _reminders(hours: tuple[float, ...]) -> str:
    if not hours:
        return "no reminder"
    after = _and(f"{one:g} h" for one in hours)
    return f"{'a reminder' if len(hours) == 1 else 'reminders'} after {after}"


def _how_much(check_ins: CheckInSettings) -> str:
    most = f"A client is asked or reminded of {_many(check_ins.most_a_day, 'check-in')} a day at most."
    if check_ins.pause_after is None:
        return f"{most} Nobody is offered a break."
    unanswered = f"{_many(check_ins.pause_after, 'check-in')} unanswered in a row"
    return f"{most} After {unanswered} a break of {_many(check_ins.pause_days, 'day')} is offered."


def _sessions(sessions: SessionSettings) -> str:
    hours = sessions.confirm_hours_before
    confirmed = "Nobody is asked to confirm a session"
    if hours is not None:
        confirmed = f"Clients are asked {hours:g} h before a session to confirm it"
    cancel = "they can" if sessions.can_cancel else "they can't"
    return (
        f"{confirmed}; {cancel} call one off by message. A session takes {sessions.minutes} min where nobody"
        f" says; series are planned {_many(sessions.days_ahead, 'day')} ahead."
    )


def _calendar(one: CalendarSettings) -> str:
    """Say where a calendar is; an address is a secret and never said."""
    where = f"the file {one.file}" if one.file is not None else "a secret address"
    return (
        f"Calendar {one.name}: sessions of therapist {one.therapist} from {where}, read every"
        f" {_many(one.every_minutes, 'minute')}."
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _and(words: Iterable[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
