"""What therapists read when they plan sessions, and clients when they are to confirm one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.units import format_unit

from bot.languages import Language


@dataclass(frozen=True, slots=True)
class Clock:
    """On whose calendar moments are told, and when that is done: a year is named where it is another."""

    zone: str
    now: datetime

    def local(self, when: datetime) -> datetime:
        """Give a moment as this clock shows it."""
        return when.astimezone(ZoneInfo(self.zone))


def day(language: Language, one: date, clock: Clock) -> str:
    """Write a day with its weekday: "Tuesday 3 March"."""
    weekday, month = (format_date(one, pattern, locale=language.code) for pattern in ("EEEE", "MMMM"))
    said = language.text("{weekday} {day} {month}").format(weekday=weekday, day=one.day, month=month)
    return said if one.year == clock.local(clock.now).year else f"{said} {one.year}"


def moment(language: Language, when: datetime, clock: Clock) -> str:
    """Write a moment in full: "Tuesday 3 March, 15:00"."""
    local = clock.local(when)
    return f"{day(language, local.date(), clock)}, {local:%H:%M}"


def session(language: Language, code: str, times: tuple[datetime, datetime], clock: Clock) -> str:
    """Write a client's session: when it starts, on whose clock, and how long it takes."""
    minutes = _minutes(language, round((times[1] - times[0]).total_seconds() / 60))
    return f"{code}: {moment(language, times[0], clock)} ({clock.zone}), {minutes}"


def asked(language: Language, times: tuple[datetime, datetime], due: Sequence[datetime], clock: Clock) -> str:
    """Say when the client is asked before a session and after it; "" where never."""
    before = [_at(language, one, times[0], clock) for one in due if one < times[1]]
    after = [_at(language, one, times[0], clock) for one in due if one >= times[1]]
    said = []
    if before:
        said.append(language.text("asked before: {times}").format(times=", ".join(before)))
    if after:
        said.append(language.text("asked after: {times}").format(times=", ".join(after)))
    return "; ".join(said)


def _at(language: Language, when: datetime, start: datetime, clock: Clock) -> str:
    local = clock.local(when)
    if local.date() == clock.local(start).date():
        return f"{local:%H:%M}"
    return moment(language, when, clock)


def _minutes(language: Language, minutes: int) -> str:
    return format_unit(minutes, "duration-minute", "short", locale=language.code)


def series(language: Language, code: str, *, weeks: int, first: datetime, minutes: int, clock: Clock) -> str:
    """Confirm a series, from its first session on."""
    local = clock.local(first)
    if weeks == 1:
        said = language.text("{code}: every week on {weekday} at {time} ({zone}), {minutes}, from {day} on")
    else:
        said = language.text(
            "{code}: every {weeks} weeks on {weekday} at {time} ({zone}), {minutes}, from {day} on"
        )
    return said.format(
        code=code,
        weeks=weeks,
        weekday=format_date(local, "EEEE", locale=language.code),
        time=f"{local:%H:%M}",
        zone=clock.zone,
        minutes=_minutes(language, minutes),
        day=day(language, local.date(), clock),
    )


def skipped(language: Language, written: str) -> str:
    """Say that a wall time is not there, and so what was taken."""
    return language.text(
        "The clocks go forward then and leave {time} out: the first minute after that was taken."
    ).format(time=written)


def twice(language: Language, written: str) -> str:
    """Say that a wall time comes twice, and which was taken."""
    return language.text("The clocks go back then and show {time} twice: the first was taken.").format(
        time=written
    )


def moved(language: Language, before: datetime, clock: Clock) -> str:
    """Say from when a session was moved."""
    return language.text("Moved from {when}.").format(when=moment(language, before, clock))


def cancelled(language: Language, code: str, when: datetime, clock: Clock) -> str:
    """Confirm that a session is cancelled."""
    return language.text("{code}: the session on {when} is cancelled.").format(
        code=code, when=moment(language, when, clock)
    )


def no_show(language: Language, code: str, when: datetime, clock: Clock) -> str:
    """Confirm that a session was marked as missed."""
    return language.text("{code}: no-show on {when}. Nothing more is asked about it.").format(
        code=code, when=moment(language, when, clock)
    )


def ended(language: Language, code: str, count: int) -> str:
    """Confirm that a series has ended."""
    return language.text("{code}: the series has ended. Sessions cancelled: {count}.").format(
        code=code, count=count
    )


def none_such(language: Language, code: str) -> str:
    """Answer a command about a session that is not there."""
    return language.text("{code} has no such session. Write sessions to see what is planned.").format(
        code=code
    )


def at_that_time(language: Language, code: str) -> str:
    """Answer a move onto another session."""
    return language.text("{code} has another session then, so nothing was moved.").format(code=code)


def in_time_away(language: Language, code: str, when: datetime, clock: Clock) -> str:
    """Answer a plan for a day on which somebody is away."""
    return language.text(
        "{code}: {when} is in a time away, so nothing was planned. To end that, write away off, or away"
        " {code} off."
    ).format(code=code, when=moment(language, when, clock))


def planned(language: Language, lines: Sequence[str]) -> str:
    """List what is planned."""
    if not lines:
        return language.text("No sessions are planned.")
    return "\n".join([language.text("Planned sessions:"), *(f"- {one}" for one in lines)])


def confirmed_mark(language: Language) -> str:
    """Mark a session in a list that its client confirmed."""
    return language.text("confirmed")


def how(language: Language, code: str) -> str:
    """Say how sessions are planned."""
    return language.text(
        "To plan a session, write: session {code} tue 15:00. Or: session {code} 3 March 15:00, session {code}"
        " weekly tue 15:00 50min, session {code} move thu 16:00, session {code} cancel, session {code} end,"
        " noshow {code}, sessions."
    ).format(code=code)


def sessions_help(language: Language) -> str:
    """Add to a therapist's help how sessions and times away are told."""
    return language.text("To plan sessions write session, to be away write away: I then say how.")


def away_how(language: Language, code: str) -> str:
    """Say how time away is told."""
    return language.text(
        "When you are away, write: away 1 August to 14 August. For a client: away {code} 1 August to 14"
        " August. To end it: away off, or away {code} off."
    ).format(code=code)


def away(language: Language, code: str, days: tuple[date, date], clock: Clock) -> str:
    """Confirm when the therapist is away, or a client where `code` is not ""."""
    first, last = (day(language, one, clock) for one in days)
    if code:
        return language.text("{code} is away from {first} to {last}; nothing is asked then.").format(
            code=code, first=first, last=last
        )
    return language.text("You are away from {first} to {last}; your clients are asked nothing then.").format(
        first=first, last=last
    )


def sessions_cancelled(language: Language, count: int) -> str:
    """Say how many sessions a time away cancels."""
    return language.text("Sessions cancelled: {count}.").format(count=count)


def back(language: Language, code: str, days: tuple[date, date], clock: Clock) -> str:
    """Confirm that a time away was ended, the therapist's or a client's where `code` is not ""."""
    first, last = (day(language, one, clock) for one in days)
    if code:
        return language.text("{code}: the time away from {first} to {last} is ended.").format(
            code=code, first=first, last=last
        )
    return language.text("Your time away from {first} to {last} is ended.").format(first=first, last=last)


def sessions_again(language: Language, count: int) -> str:
    """Say how many sessions the end of a time away plans again."""
    return language.text("Sessions planned again: {count}.").format(count=count)


def not_away(language: Language) -> str:
    """Answer the end of a time away that is not there."""
    return language.text("There is no time away to end.")


def confirm(language: Language, when: datetime, clock: Clock) -> str:
    """Ask a client whether a session suits them."""
    local = clock.local(when)
    said = language.text("Your session is on {day} at {time}. Does that work? Write ok or no.")
    if language.discreet:
        said = language.text("{day}, {time}: does that still suit you? Write ok or no.")
    return said.format(day=day(language, local.date(), clock), time=f"{local:%H:%M}")


def confirm_buttons(language: Language) -> tuple[str, str]:
    """Label the buttons under that question."""
    return language.text("That works"), language.text("I can't")


def confirmed(language: Language) -> str:
    """Thank a client whom a session suits."""
    return language.text("Thank you. See you then.")


def called_off(language: Language) -> str:
    """Tell a client that a session is cancelled, as they wished."""
    if language.discreet:
        return language.text("Thank you for telling me. Then it is off.")
    return language.text("Thank you for telling me. The session is cancelled; your therapist will see this.")


def client_cancelled(language: Language, code: str, when: datetime, clock: Clock) -> str:
    """Tell a therapist that a client cancelled a session."""
    return language.text("{code} can't come on {when}, so the session is cancelled.").format(
        code=code, when=moment(language, when, clock)
    )


def client_cannot_come(language: Language, code: str, when: datetime, clock: Clock) -> str:
    """Tell a therapist that a client can't come; the session stays until they change it."""
    return language.text(
        "{code} can't come on {when}. The session is still planned: write session {code} cancel, or session"
        " {code} move and the new time."
    ).format(code=code, when=moment(language, when, clock))
