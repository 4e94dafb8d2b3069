"""The words with which therapists of one language plan sessions, read from its `sessions.toml`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionWords:
    """The words with which therapists of one language plan sessions. They are compared folded.

    Attributes:
        session: what a command about one client's sessions begins with.
        sessions: what asks for all that is planned.
        weekly: says that a session comes every week.
        fortnightly: that it comes every other week.
        every: stands before a number of weeks.
        weeks: stands after it.
        move: moves a session.
        cancel: calls one off.
        end: ends a series.
        no_show: what the command that marks a no-show begins with.
        away: what a command about time away begins with.
        off: ends a time away.
        start: may stand before the first day of one.
        to: stands between two days.
        on: may stand before a day.
        at: may stand before a time of day.
        hour: may be written after an hour ("15h", "15 Uhr").
        am: says that an hour is before noon.
        pm: that it is after.
        minutes: stands after a number of minutes.
        today: this day.
        tomorrow: the next.
    """

    session: tuple[str, ...]
    sessions: tuple[str, ...]
    weekly: tuple[str, ...]
    fortnightly: tuple[str, ...]
    every: tuple[str, ...]
    weeks: tuple[str, ...]
    move: tuple[str, ...]
    cancel: tuple[str, ...]
    end: tuple[str, ...]
    no_show: tuple[str, ...]
    away: tuple[str, ...]
    off: tuple[str, ...]
    start: tuple[str, ...]
    to: tuple[str, ...]
    on: tuple[str, ...]
    at: tuple[str, ...]
    hour: tuple[str, ...]
    am: tuple[str, ...]
    pm: tuple[str, ...]
    minutes: tuple[str, ...]
    today: tuple[str, ...]
    tomorrow: tuple[str, ...]

    def __or__(self, other: SessionWords) -> SessionWords:
        """Know the words of both."""
        return SessionWords(
            *(
                (*getattr(self, one), *getattr(other, one))
                for one in (f.name for f in dataclasses.fields(self))
            )
        )


class SessionWordsError(ValueError):
    """A `sessions.toml` is wrong; the text says where, and what to write instead."""


def session_words(table: Mapping[str, object], source: str) -> SessionWords:
    """Make the words of a parsed `sessions.toml`; `source` names the file in an error.

    Raises:
        SessionWordsError: a key is missing, unknown, or no list of texts.
    """
    names = [one.name for one in dataclasses.fields(SessionWords)]
    if wrong := sorted(set(names) ^ table.keys()):
        problem = "is missing" if wrong[0] in names else "is not known"
        msg = f"{source}: {wrong[0]} {problem}"
        raise SessionWordsError(msg)
    return SessionWords(*(_texts(table[name], f"{source}: {name}") for name in names))


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        msg = f"{where} must be a list of texts"
        raise SessionWordsError(msg)
    return tuple(map(str, value))
