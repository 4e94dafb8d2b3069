"""Reading what therapists write about sessions and times away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import time

from bot.bookings.days import may_be_day, two_days
from bot.bookings.values import (
    AskHow,
    Book,
    Booking,
    CallOff,
    ComeBack,
    EndSeries,
    GoAway,
    ListSessions,
    Move,
    NoShow,
    Repeat,
)
from bot.bookings.vocabulary import Vocabulary, vocabulary
from bot.languages import Language
from bot.plain import clean, fold

MOST_WEEKS = 26
"""How many weeks may lie between two sessions of a series."""

MINUTES = range(5, 481)
"""How long a session may be."""

EARLIEST = 7
"""Up to which hour a bare one ("3:00") is not taken: it may be one of the afternoon. "03:00" is."""

_NOON = 12


def read(text: str, language: Language) -> Booking | None:
    """Read a therapist's message; None where it is not about sessions or time away.

    English is understood beside the therapist's language, words and names of days alike.
    """
    words = [one for one in clean(text).removeprefix("/").split() if fold(one)]
    known = vocabulary(language.code)
    for kind in ("no_show", "sessions", "session", "away"):
        if rest := known.begins(kind, words):
            return _READERS[kind](words[rest:], known)
    return None


def _sessions(words: Sequence[str], _known: Vocabulary) -> Booking:
    return ListSessions(words[0]) if len(words) == 1 else AskHow() if words else ListSessions()


def _session(words: Sequence[str], known: Vocabulary) -> Booking:
    if not words:
        return AskHow()
    code, rest = words[0], _joined(words[1:])
    if known.end.fullmatch(rest):
        return EndSeries(code)
    if found := known.cancel.fullmatch(rest):
        return CallOff(code, found["day"] or "")
    return _planning(code, rest, known) if rest else ListSessions(code)


def _planning(code: str, rest: str, known: Vocabulary) -> Booking:
    """Read what names a time: a series, a move, or one session."""
    if found := known.move.fullmatch(rest):
        return _move(code, found["rest"], known)
    if found := known.repeats.fullmatch(rest):
        return _repeat(code, found, known)
    return _book(code, rest, known) or AskHow(code)


def _move(code: str, rest: str, known: Vocabulary) -> Booking:
    """Read "thu 16:00", or "tue to thu 16:00" where not the next session is meant."""
    for place in known.between.finditer(rest):
        to = _book(code, rest[place.end() :], known)
        which = rest[: place.start()].strip()
        if which and to is not None and may_be_day(which, known.code) and may_be_day(to.day, known.code):
            return Move(code, which, to)
    for said in (rest, known.leading_to.sub("", rest)):
        whole = _book(code, said, known)
        if whole is not None and may_be_day(whole.day, known.code):
            return Move(code, "", whole)
    return AskHow(code)


def _repeat(code: str, found: re.Match[str], known: Vocabulary) -> Booking:
    weeks = 1 if found["weekly"] else 2 if found["fortnightly"] else int(found["weeks"])
    first = _book(code, found["rest"], known)
    if first is None or not 1 <= weeks <= MOST_WEEKS:
        return AskHow(code)
    return Repeat(code, weeks, first)


def _book(code: str, rest: str, known: Vocabulary) -> Book | None:
    found = known.moment.fullmatch(rest)
    at = None if found is None else _time(found)
    if found is None or at is None:
        return None
    minutes = None if found["length"] is None else int(found["length"])
    if minutes is not None and minutes not in MINUTES:
        return None
    return Book(code, found["day"].strip(" ,"), at, minutes)


def _time(found: re.Match[str]) -> time | None:
    """Read a time of day; None where it is none, or may as well be one of the afternoon."""
    hour, minute = int(found["hour"]), int(found["minute"] or found["past"] or 0)
    half = found["am"] or found["pm"]
    if half is None and not (found["minute"] or found["hours"]):
        return None
    if half is not None and not 1 <= hour <= _NOON:
        return None
    if half is not None:
        hour = hour % _NOON + (_NOON if found["pm"] else 0)
    elif hour < EARLIEST and not found["hour"].startswith("0"):
        return None
    return time(hour, minute) if hour < 24 else None  # noqa: PLR2004 (hours of a day)


def _no_show(words: Sequence[str], _known: Vocabulary) -> Booking:
    return NoShow(words[0], _joined(words[1:])) if words else AskHow()


def _away(words: Sequence[str], known: Vocabulary) -> Booking:
    """Read whose time away it is, and which."""
    code, own, theirs = (words[0] if words else ""), _joined(words), _joined(words[1:])
    for whose, rest in (("", own), (code, theirs)):
        if known.off.fullmatch(rest):
            return ComeBack(whose)
    days = two_days(own, known.code)
    mine = GoAway("", *days) if days else None
    if days := two_days(theirs, known.code):
        return GoAway(code, *days, own=mine)
    return mine or AskHow(away=True)


def _joined(words: Iterable[str]) -> str:
    return fold(" ".join(words)).strip(" .!?,;")


_READERS = {"no_show": _no_show, "sessions": _sessions, "session": _session, "away": _away}
