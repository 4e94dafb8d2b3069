"""What a therapist reads about what they decided."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from bot.languages import Language


def decided(language: Language, code: str, words: str, until: date | None) -> str:
    """Confirm a decision; `until` is up to which day lower scores are expected."""
    if until is None:
        return language.text('Noted for {code}: "{words}". It is marked on the chart from today.').format(
            code=code, words=words
        )
    return language.text(
        'Noted for {code}: a dip is expected until {day}, "{words}". Alerts will say so, and still come.'
    ).format(code=code, words=words, day=day(language, until))


def decide_how(language: Language, code: str) -> str:
    """Say how a decision is recorded."""
    return language.text(
        "To record what you decided, write: NOTE {code} changed focus to sleep. Where lower scores are to be"
        " expected for a while: DIP {code} 2027-05-01 trauma work"
    ).format(code=code)


def chart_how(language: Language) -> str:
    """Say how a chart is asked for."""
    return language.text("Write CHART and a client's code, such as CHART AB.")


def no_such_client(language: Language, code: str) -> str:
    """Answer a message about a client who is not there, or another therapist's."""
    return language.text("You have no client {code}.").format(code=code)


def dip_expected(language: Language, until: date, words: str) -> str:
    """Add to an alert that lower scores were expected."""
    return language.text('(You expected a dip until {day}: "{words}")').format(
        day=day(language, until), words=words
    )


def day(language: Language, one: date) -> str:
    """Write a day in a language, its month by name."""
    return format_date(one, "d MMMM y", locale=language.code)
