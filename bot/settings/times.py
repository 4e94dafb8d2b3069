"""The sections about time: when clients are asked, how often, and around which sessions."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from holidays import list_supported_countries
from pydantic import AfterValidator, BeforeValidator, Field

from bot.settings.addresses import CalendarUrl
from bot.settings.channels import Section
from bot.settings.values import (
    Clock,
    Count,
    Day,
    Every,
    Hours,
    HoursOrNever,
    Seconds,
    Slug,
    Whole,
    countries,
    nearest,
    one_of,
    refuse,
    shown,
)
from bot.timetable import Rule, known_holidays, read_rule

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
REMINDER_AFTER, EXPIRES_AFTER = (24.0,), 48.0
MOST_HOURS = 8784
"""Hours in a year: the most that anything waits."""

WHEN = 'write e.g. when = { weekly = "mon 10:00" }'


def _when(value: object) -> object:
    if not isinstance(value, Mapping):
        refuse("is not a table with one kind of time", WHEN)
    return value


def _reminders(value: object) -> object:
    """Read "never", hours, or a list of them; what is wrong in a list is told of its place in it."""
    if value == "never":
        return ()
    if isinstance(value, tuple) or (isinstance(value, list) and value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        _no_reminders("an empty list" if value == [] else shown(value))
    try:
        hours = float(value)
    except (ValueError, OverflowError):
        hours = math.nan
    if not 0 < hours <= MOST_HOURS:
        _no_reminders(shown(value))
    return (hours,)


def _no_reminders(given: str) -> NoReturn:
    refuse(f"{given} is not a number of hours", 'write a number above 0, a list of such, or "never"')


def _rising(hours: tuple[float, ...]) -> tuple[float, ...]:
    if any(later <= earlier for earlier, later in itertools.pairwise(hours)):
        refuse("is not in rising order", "write the hours from the first reminder to the last, e.g. [4, 24]")
    return hours


def _date(value: object) -> date:
    found = _read_date(value)
    if found is None:
        refuse(f"{shown(value)} is not a date", 'write year, month and day, e.g. "2026-09-01"')
    return found


def _read_date(value: object) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        whole = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip())
        return date.fromisoformat(str(value).strip()) if whole else None
    except ValueError:
        return None


def _days(value: object) -> tuple[date, date]:
    """Read a day, or the first and the last of some; both are included."""
    ends = value.split("/") if isinstance(value, str) else value if isinstance(value, tuple) else (value,)
    found = tuple(_read_date(end) for end in ends)
    first, last = (found * 2)[:2] if len(found) in {1, 2} else (None, None)
    if first is not None and last is not None and last < first:
        refuse(f"{shown(value)}: the last day is before the first", f'write "{last}/{first}"')
    if first is None or last is None:
        refuse(
            f"{shown(value)} is no day and no time from one day to another",
            'write e.g. "2026-12-24" or, with the first and the last day, "2026-12-24/2027-01-02"',
        )
    return first, last


def _region(value: str) -> str:
    hyphened = value.replace("_", "-")
    region = next((one for one in (hyphened, hyphened.upper()) if known_holidays(one)), None)
    if region is None:
        refuse(f"{shown(value)} is no country or region whose holidays are known", _meant_region(hyphened))
    return region


def _meant_region(value: str) -> str:
    """Advise on a region that nobody knows: a region of the country it names, or the country."""
    known = list_supported_countries(include_aliases=True)
    country, _, part = value.partition("-")
    names = {name: two for two, name in countries().items() if two in known}
    meant = country.upper() if country.upper() in known else names.get(nearest(country, names) or "")
    if meant is None:
        return 'write e.g. "US", or with a region "DE-BY"'
    near = nearest(part, known[meant])
    parts = ([near] if near else known[meant]) if part else []
    return one_of(f'"{meant}-{one}"' for one in parts) if parts else f'write "{meant}"'


def _count_or_never(value: object) -> object:
    if value is False or value == 0:
        refuse(f"{shown(value)} is not a number of check-ins", 'write a number above 0, or "never"')
    return None if value == "never" else value


def _therapist(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}", code):
        refuse(f"{shown(code)} is not a therapist's code", 'write it as attune therapist list shows it: "T1"')
    return code


def _secret_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        refuse("is not the name of a secret file", 'write a name without its directory, e.g. "kt-calendar"')
    return name


When = Annotated[Mapping[str, object], BeforeValidator(_when)]
"""A table of one key, as `timetable.read_rule` reads it; `in_time` tells what is wrong inside."""
Reminders = Annotated[tuple[Hours, ...], BeforeValidator(_reminders), AfterValidator(_rising)]
"""Hours after a check-in opened, in rising order; none where the file says "never"."""
Date = Annotated[date, BeforeValidator(_date)]
Days = Annotated[tuple[date, date], BeforeValidator(_days)]
"""The first and the last day of a time, both included."""
Region = Annotated[str, AfterValidator(_region)]
"""A country's two letters, or with a hyphen one of its regions: "DE-BY"."""
CountOrNever = Annotated[Count | None, BeforeValidator(_count_or_never)]
"""How many; None where the file says "never"."""
Therapist = Annotated[str, AfterValidator(_therapist)]
SecretName = Annotated[str, AfterValidator(_secret_name)]


class QuietHours(Section):
    """When the bot starts no message: from `start` up to, not including, `end`, in the client's zone."""

    start: Clock = QUIET_FROM
    end: Clock = QUIET_UNTIL


class ScheduleSettings(Section):
    """One routine check-in: what is asked, when, and how long it stays open."""

    name: Slug = Field(examples=['"weekly"'])
    measures: tuple[str, ...] = Field(min_length=1, examples=['["ors"]'])  # `together` knows which there are
    when: When | None = None
    every: Every | None = None  # with `day` and `at` the older way of writing `when`
    day: Day | None = Field(None, title="a day of the week")
    at: Clock | None = Field(None, examples=['"10:00"'])
    reminder_after: Reminders = Field(REMINDER_AFTER, examples=["[4, 24]"])
    expires_after: Hours = EXPIRES_AFTER
    late_by: Hours = 24.0
    late_answers: Seconds = Field(24.0, ge=0, le=MOST_HOURS)  # hours; 0 for none
    start: Date | None = None
    end: Date | None = None
    skip: tuple[Days, ...] = Field((), examples=['["2026-12-24/2027-01-02"]'])
    holidays: Region | None = Field(None, examples=['"DE-BY"'])
    default: bool = True  # whether new clients of no programme get it
    ask: Literal["one", "together"] = Field("one", title="a way of asking")  # unless a client has their own

    @property
    def rule(self) -> Rule:
        """The rule by which it falls due.

        Raises:
            RuleError: there is none; that is so only of a schedule that is no part of whole settings.
        """
        return read_rule(self.when or flat_rule(self.every, self.day, self.at))


def flat_rule(every: int | str | None, day: str | None, at: time | None) -> Mapping[str, object]:
    """Write what `every`, `day` and `at` say as `when` would; empty where they don't say it."""
    if at is None:
        return {}
    if isinstance(every, int):
        return {"every": f"{every} days {at:%H:%M}"}
    return {} if day is None else {"weekly": f"{day} {at:%H:%M}"}


class ProgrammeSettings(Section):
    """The schedules of the clients of one programme."""

    schedules: tuple[str, ...] = Field(min_length=1, examples=['["weekly"]'])


class CheckInSettings(Section):
    """How much a client is asked in all, and when a break is offered."""

    most_a_day: Whole = Field(6, ge=1, le=50)  # check-ins opened or reminded of, on one local day
    pause_after: CountOrNever = Field(3, examples=["3"])
    pause_days: Whole = Field(14, ge=1, le=366)


class SessionSettings(Section):
    """How sessions are kept."""

    confirm_hours_before: HoursOrNever = Field(None, examples=["24"])
    can_cancel: bool = True
    minutes: Whole = Field(50, ge=1, le=1440)
    days_ahead: Whole = Field(28, ge=1, le=366)


class CalendarSettings(Section):
    """A calendar from which a therapist's sessions are read.

    `url` is a secret, because whoever knows it reads the calendar: it comes from the secret file that
    `url_secret` names, or from the environment with the whole list.
    """

    name: Slug = Field(examples=['"kt"'])
    therapist: Therapist = Field(examples=['"T1"'])
    file: Path | None = Field(None, examples=['"sessions.ics"'])
    url: CalendarUrl | None = None
    url_secret: SecretName | None = Field(None, examples=['"kt-calendar"'])
    every_minutes: Whole = Field(60, ge=5, le=1440)
