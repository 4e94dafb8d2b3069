"""What schedules, programmes and calendars must be to one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time

from pydantic import TypeAdapter

from bot.settings.clash import Clash, read, same_names, sections_in, value_at
from bot.settings.lines import KeyPath
from bot.settings.times import (
    EXPIRES_AFTER,
    QUIET_FROM,
    QUIET_UNTIL,
    REMINDER_AFTER,
    WHEN,
    Date,
    Reminders,
    flat_rule,
)
from bot.settings.values import Clock, Day, Every, Hours, nearest, one_of, shown
from bot.timetable import Rule, RuleError, read_rule, times

_FLAT = ("every", "day", "at")
"""The older way of writing `when`."""

_CLOCK: TypeAdapter[time] = TypeAdapter(Clock)
_DAY: TypeAdapter[str] = TypeAdapter(Day)
_EVERY: TypeAdapter[int | str] = TypeAdapter(Every)
_HOURS: TypeAdapter[float] = TypeAdapter(Hours)
_REMINDERS: TypeAdapter[tuple[float, ...]] = TypeAdapter(Reminders)
_DATE: TypeAdapter[date] = TypeAdapter(Date)


def clashes_in_time(values: Mapping[str, object]) -> Iterator[Clash]:
    """Find everything about time, in the merged values, that doesn't go together."""
    yield from same_names(values, "schedules", "schedule")
    start, end = _quiet(values)
    if start is not None and start == end:
        yield Clash(
            ("quiet_hours", "end"),
            f"quiet hours that start and end at {start:%H:%M} would be none, or the whole day",
            'write two different times, e.g. start = "21:00" and end = "08:00"',
        )
    for place, schedule in sections_in(values, "schedules"):
        yield from _says_when(place, schedule)
        yield from _is_awake(place, schedule, start, end)
        yield from _reminders_come_first(place, schedule)
        yield from _ends_after_its_start(place, schedule)
    yield from _programmes_have_schedules(values)
    yield from same_names(values, "calendars", "calendar")
    for place, calendar in sections_in(values, "calendars"):
        yield from _has_one_source(place, calendar)


def _says_when(place: int, schedule: Mapping[str, object]) -> Iterator[Clash]:
    """Tell of a schedule that says no time, or two."""
    flat = [key for key in _FLAT if schedule.get(key) is not None]
    when = schedule.get("when")
    if when is not None and flat:
        problem = f"says once more when it asks: {', '.join(flat)} and when can't both hold"
        yield Clash(("schedules", place, flat[0]), problem, f"take out {' and '.join(flat)}, or when")
    elif isinstance(when, Mapping):
        yield from _is_read(place, when)
    elif when is None and not flat:
        yield Clash(("schedules", place, "when"), "is missing", WHEN)
    elif when is None:
        yield from _flat_is_whole(place, schedule)


def _is_read(place: int, when: Mapping[str, object]) -> Iterator[Clash]:
    try:
        read_rule(when)
    except RuleError as error:
        yield Clash(_of_rule(place, when), error.problem, error.instead)


def _of_rule(place: int, when: Mapping[str, object]) -> KeyPath:
    """Give the path of a rule: of its kind, where it names one."""
    path: KeyPath = ("schedules", place, "when")
    return (*path, *when) if len(when) == 1 else path


def _flat_is_whole(place: int, schedule: Mapping[str, object]) -> Iterator[Clash]:
    if schedule.get("at") is None:
        yield Clash(("schedules", place, "at"), "is missing", 'write it, e.g. at = "10:00"')
    every, day = schedule.get("every"), schedule.get("day")
    rhythm = "week" if every is None else read(_EVERY, every)
    path: KeyPath = ("schedules", place, "day")
    if rhythm == "week" and day is None:
        yield Clash(
            path,
            "is missing: a weekly check-in needs its day",
            'write one of mon, tue, wed, thu, fri, sat, sun, e.g. day = "mon"',
        )
    elif isinstance(rhythm, int) and day is not None:
        yield Clash(
            path,
            f"means nothing where a check-in comes every {rhythm} days",
            'take it out, or write every = "week"',
        )


def _rule_of(schedule: Mapping[str, object]) -> Rule | None:
    """Read a schedule's rule as it was written; None where something is wrong with it."""
    when = schedule.get("when")
    if when is None:
        every, day = read(_EVERY, schedule.get("every")), read(_DAY, schedule.get("day"))
        when = flat_rule(every, day or "mon", read(_CLOCK, schedule.get("at")))
    try:
        return read_rule(when) if isinstance(when, Mapping) else None
    except RuleError:
        return None


def _is_awake(
    place: int, schedule: Mapping[str, object], start: time | None, end: time | None
) -> Iterator[Clash]:
    """Tell of a schedule that asks in the quiet hours, where everything waits for their end."""
    rule = _rule_of(schedule)
    if start is None or end is None or start == end or rule is None:
        return
    quiet = [at for at in times(rule) if _holds(start, end, at)]
    if quiet:
        last = (start.hour * 60 + start.minute - 1) % (24 * 60)
        when = schedule.get("when")
        yield Clash(
            _of_rule(place, when) if isinstance(when, Mapping) else ("schedules", place, "at"),
            f"{quiet[0]:%H:%M} is in the quiet hours ({start:%H:%M} to {end:%H:%M}),"
            " so it would always wait for their end",
            f"write a time from {end:%H:%M} to {last // 60:02}:{last % 60:02}",
        )


def _holds(start: time, end: time, at: time) -> bool:
    return start <= at < end if start < end else at >= start or at < end


def _reminders_come_first(place: int, schedule: Mapping[str, object]) -> Iterator[Clash]:
    reminders = read(_REMINDERS, schedule.get("reminder_after", REMINDER_AFTER))
    expiry = read(_HOURS, schedule.get("expires_after", EXPIRES_AFTER))
    if reminders and expiry is not None and reminders[-1] >= expiry:
        told = "reminder_after" if "reminder_after" in schedule else "expires_after"
        yield Clash(
            ("schedules", place, told),
            f"a reminder after {reminders[-1]:g} hours comes too late: the check-in is over after {expiry:g}",
            f'write reminder_after as less than {expiry:g} or as "never"',
        )


def _ends_after_its_start(place: int, schedule: Mapping[str, object]) -> Iterator[Clash]:
    start, end = read(_DATE, schedule.get("start")), read(_DATE, schedule.get("end"))
    if start is not None and end is not None and end < start:
        yield Clash(("schedules", place, "end"), f"is before the start, {start}", "write a later day")


def _programmes_have_schedules(values: Mapping[str, object]) -> Iterator[Clash]:
    names = [name for _, one in sections_in(values, "schedules") if isinstance(name := one.get("name"), str)]
    programmes = values.get("programmes")
    for programme in programmes if isinstance(programmes, Mapping) else ():
        listed = value_at(values, "programmes", str(programme), "schedules")
        for at, name in enumerate(listed if isinstance(listed, list | tuple) else ()):
            path: KeyPath = ("programmes", str(programme), "schedules", at)
            if isinstance(name, str) and name not in names:
                near = nearest(name, names)
                known = [f'"{one}"' for one in ([near] if near else names)]
                instead = one_of(known) if known else "write a [[schedules]] section of that name"
                yield Clash(path, f"{shown(name)} is no schedule of this file", instead)
            elif isinstance(listed, Sequence) and name in listed[:at]:
                yield Clash(path, "is in this list twice", "take one out")


def _has_one_source(place: int, calendar: Mapping[str, object]) -> Iterator[Clash]:
    given = [key for key in ("file", "url_secret") if calendar.get(key) is not None]
    if calendar.get("url") is not None and "url_secret" not in given:
        given.append("url")
    path: KeyPath = ("calendars", place)
    if not given:
        instead = 'write file = "sessions.ics", or url_secret = "kt-calendar" with the name of a secret file'
        yield Clash((*path, "file"), "is missing: a calendar is a file or has an address", instead)
    elif len(given) > 1:
        yield Clash((*path, given[1]), "can't be given beside file", "take one of the two out")
    elif given == ["url_secret"] and calendar.get("url") is None:
        advice = "write the calendar's address into a file of that name in the directory of secret files"
        yield Clash((*path, "url_secret"), "names no secret that was read", advice)


def _quiet(values: Mapping[str, object]) -> tuple[time | None, time | None]:
    start, end = value_at(values, "quiet_hours", "start"), value_at(values, "quiet_hours", "end")
    return (
        read(_CLOCK, QUIET_FROM if start is None else start),
        read(_CLOCK, QUIET_UNTIL if end is None else end),
    )
