"""What a client reads after check-ins that went unanswered: a softer opening, a break, an answer too late."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.languages import Language, MeasureWords
from bot.wording.house import House
from bot.wording.sessions import Clock, day

_A_WEEK = timedelta(days=7)


def gentle_greeting(language: Language, house: House, words: MeasureWords) -> str:
    """Open a check-in after one that went unanswered; the first question follows in the same message."""
    if language.discreet:
        return language.text("Hello. No need to explain the gap.") + " " + words.intro
    said = language.text(
        "Hello from {clinic}. No need to explain the gap: here are just a few questions about {about}."
    )
    return said.format(clinic=house.name, about=words.about)


def break_offer(language: Language, length: timedelta) -> str:
    """Offer a break, with the word that takes it; `length` in whole days, told in weeks where it is some."""
    if length % _A_WEEK:
        said = language.plural(
            "Or write break, and I won't ask for {count} day.",
            "Or write break, and I won't ask for {count} days.",
            length.days,
        )
        return said.format(count=length.days)
    weeks = length // _A_WEEK
    said = language.plural(
        "Or write break, and I won't ask for {count} week.",
        "Or write break, and I won't ask for {count} weeks.",
        weeks,
    )
    return said.format(count=weeks)


def break_taken(language: Language, until: date, clock: Clock) -> str:
    """Confirm a break; `until` is the first day after it."""
    return language.text(
        "All right, take your time. I won't ask anything before {day}. To go on sooner, write continue."
    ).format(day=day(language, until, clock))


def told_break(language: Language, code: str, until: date, clock: Clock) -> str:
    """Tell a therapist that their client takes a break from the questions."""
    return language.text(
        "{code} takes a break from the check-ins: nothing is asked before {day}, unless {code} wants to go on"
        " sooner."
    ).format(code=code, day=day(language, until, clock))


def told_back(language: Language, code: str) -> str:
    """Tell a therapist that their client has ended the break."""
    return language.text("{code} has ended the break: the check-ins go on.").format(code=code)


def over(language: Language, upcoming: datetime | None, clock: Clock) -> str:
    """Answer a number for a check-in that is over: nothing is lost by it, and when the next one comes.

    Args:
        language: the client's.
        upcoming: when that is; None where it isn't known.
        clock: the client's.
    """
    said = language.text("Those questions are closed by now, so I have not counted that. It does no harm.")
    if upcoming is None:
        some_time = language.text("I will write when there are new ones.")
        return f"{said} {some_time}"
    comes, local = language.text("The next ones come on {day} at {time}."), clock.local(upcoming)
    return f"{said} {comes.format(day=day(language, local.date(), clock), time=f'{local:%H:%M}')}"
