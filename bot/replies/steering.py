"""Whole messages that steer: stop, start, help, skip, back, later, and consent's yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot.languages import LANGUAGES
from bot.languages.reader_words import ReaderWords
from bot.plain import fold, typed
from bot.replies.grammar import AROUND, Grammar, grammar_of

_SIGNS = frozenset("',.!?;:")
_INSIDE = re.compile(r"[,.!?;:]+(?![0-9]) *|(?<![0-9])[,.!?;:]+ *")


class Steer(StrEnum):
    """A word that steers the conversation."""

    SKIP = "skip"
    BACK = "back"
    GO_ON = "go_on"
    STOP = "stop"
    START = "start"
    HELP = "help"
    NO_SESSION = "no_session"
    BREAK = "break"


class Until(StrEnum):
    """Until when a client wants to be left alone, where they said a time and no length."""

    TOMORROW = "tomorrow"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    TOMORROW_MORNING = "tomorrow_morning"
    TOMORROW_AFTERNOON = "tomorrow_afternoon"
    TOMORROW_EVENING = "tomorrow_evening"

    @property
    def day(self) -> str:
        """What is said of it where the time of day does not matter."""
        return "tomorrow" if self.is_tomorrow else self.value

    @property
    def is_tomorrow(self) -> bool:
        """Whether it is never today, however early the hour."""
        return self.value.startswith("tomorrow")


@dataclass(frozen=True, slots=True)
class Later:
    """The client wants to answer later: in so many minutes, or at a time of day, or unsaid."""

    minutes: int | None = None
    until: Until | None = None


LONGEST_DELAY = 366 * 24 * 60
"""The longest delay that is taken at its word, in minutes: a year."""


def key(text: str) -> str:
    """Give the form in which whole messages are compared: folded, without signs and apostrophes."""
    return _key(fold(text))


def _key(folded: str) -> str:
    bare = folded.strip(AROUND) or folded
    if _SIGNS.isdisjoint(bare):
        return bare
    return _INSIDE.sub(" ", bare.replace("'", "")).strip() or bare


def _keys(phrases: Iterable[str]) -> Iterable[str]:
    """Give the forms in which listed phrases are compared, however they are typed."""
    return (_key(form) for phrase in phrases for form in typed(phrase))


def forms(folded: str, known: Grammar) -> tuple[str, ...]:
    """Give a message's forms: whole, and with one courtesy less each."""
    whole = folded.strip(AROUND) or folded
    return tuple(map(_key, known.courtesy.off(whole)))


@cache
def _commands() -> Mapping[str, Steer]:
    """Give the words for stop, start and help of every shipped language."""
    found: dict[str, Steer] = {}
    for steer, name in ((Steer.HELP, "help"), (Steer.START, "start"), (Steer.STOP, "stop")):
        for language in LANGUAGES.values():
            found |= dict.fromkeys(_keys(getattr(language.reader, name)), steer)
    return found


_LISTS = ("accept", "go_on", "no_session", "take_break", "skip", "back", "agree", "decline", "nothing")


@cache
def _own(code: str) -> Mapping[str, frozenset[str]]:
    """Give the lists in which each whole message stands, in a language and, where it has none, in English."""
    found: dict[str, frozenset[str]] = {}
    for words in (LANGUAGES["en"].reader, LANGUAGES[code].reader):
        own: dict[str, set[str]] = {}
        for name in _LISTS:
            for form in _keys(getattr(words, name)):
                own.setdefault(form, set()).add(name)
        found |= {said: frozenset(names) for said, names in own.items()}
    return found


def command(said: Iterable[str]) -> Steer | None:
    """Tell whether a message is STOP, START or HELP in any shipped language."""
    commands = _commands()
    for one in said:
        if one in commands:
            return commands[one]
    return None


def lists(said: Iterable[str], code: str) -> frozenset[str]:
    """Give the lists of a language in which a message stands, such as "agree"."""
    own = _own(code)
    for one in said:
        if one in own:
            return own[one]
    return _NONE


_NONE: frozenset[str] = frozenset()


def says(said: Iterable[str], code: str, name: str) -> bool:
    """Tell whether a message, whole or without courtesies, stands in a language's list `name`."""
    own = _own(code)
    return any(name in own.get(one, _NONE) for one in said)


def language_asked(text: str) -> str | None:
    """Tell which language somebody asks to be written to in ("español?"), by its code."""
    said, asked_for = forms(fold(text), grammar_of("en")), _asked_for()
    found = {asked_for[one] for one in said if one in asked_for}
    return next((code for code in LANGUAGES if code in found), None)


@cache
def _asked_for() -> Mapping[str, str]:
    """Give the language that each whole message asks for, by its code; the first, where several have it."""
    found: dict[str, str] = {}
    for code, language in LANGUAGES.items():
        for form in _keys(language.reader.asked_for):
            found.setdefault(form, code)
    return found


def later(said: Iterable[str], code: str) -> Later | None:
    """Tell whether a message puts the question off, and until when; said in the language, or in English."""
    begins, ends = _around(code)
    if not any(one.partition(" ")[0] in begins or one.rpartition(" ")[2] in ends for one in said):
        return None
    return _put_off(said, code) or (_put_off(said, "en") if code != "en" else None)


@cache
def _around(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Give the words with which messages begin that put the question off, and those they end with.

    One that begins with digits ("2 hours later") ends so, or it is only a quantity.
    """
    ends = _keys((*LANGUAGES[code].reader.later, *LANGUAGES["en"].reader.later))
    return _later(code)[2] | _later("en")[2], frozenset(one.rpartition(" ")[2] for one in ends)


def _put_off(said: Iterable[str], code: str) -> Later | None:
    shape, delays, begins = _later(code)
    for one in said:
        first = one.partition(" ")[0]
        if (first in begins or first[:1].isdigit()) and (found := _when(shape.fullmatch(one), delays, code)):
            return found
    return None


def _when(match: re.Match[str] | None, delays: Mapping[str, int], code: str) -> Later | None:
    if match is None:
        return None
    if phrase := match["phrase"]:
        return Later(delays[phrase])
    if match["count"]:
        return _counted(match, code)
    for until in Until:
        if match[until]:
            return Later(until=until)
    return Later() if match["later"] or match["last"] else None


def _counted(match: re.Match[str], code: str) -> Later | None:
    """Work out "in 2 hours"; without a word that puts it off, "2 hours" is only a quantity."""
    if not (match["lead"] or match["later"] or match["last"]):
        return None
    numbers = _numbers(code)
    tenths = numbers.get(match["count"])
    if tenths is None:
        whole, _, decimals = match["count"].replace(",", ".").partition(".")
        tenths = int(whole) * 10 + int((decimals or "0")[:1])
    unit = 1 if match["minute"] else 60 if match["hour"] else 24 * 60
    minutes = tenths * unit // 10
    return Later(minutes) if 0 < minutes <= LONGEST_DELAY else Later()


@cache
def _numbers(code: str) -> Mapping[str, int]:
    return {
        form: tenths
        for words in (LANGUAGES["en"].reader, LANGUAGES[code].reader)
        for word, tenths in words.numbers.items()
        for form in _keys([word])
    }


@cache
def _later(code: str) -> tuple[re.Pattern[str], Mapping[str, int], frozenset[str]]:
    """Make the shape of a message that puts the question off, and the words with which it may begin."""
    words: ReaderWords = LANGUAGES[code].reader
    delays = {form: minutes for phrase, minutes in words.delays.items() for form in _keys([phrase])}
    length = rf"(?P<count>\d+(?:[.,]\d)?|{_any(_numbers(code))}) ?(?:{_units(words)})"
    when = "|".join(f"(?P<{until}>{_any(getattr(words, until))})" for until in Until)
    later_words = _any(words.later)
    shape = (
        rf"(?:(?P<later>{later_words})(?: |$))?"
        rf"(?:(?:(?P<lead>{_any(words.delay_lead)}) )?(?:(?P<phrase>{_any(delays)})|{length}|{when})(?: |$))?"
        rf"(?P<last>{later_words})?"
    )
    listed = (words.later, words.delay_lead, delays, _numbers(code), *(getattr(words, one) for one in Until))
    begins = frozenset(form.partition(" ")[0] for phrases in listed for form in _keys(phrases))
    return re.compile(shape), delays, begins


def _units(words: ReaderWords) -> str:
    named = (("minute", words.minutes), ("hour", words.hours), ("day", words.days))
    return "|".join(f"(?P<{name}>{_any(listed)})" for name, listed in named)


def _any(phrases: Iterable[str]) -> str:
    """Make a shape of any of some phrases, the longest first."""
    ordered = sorted(set(_keys(phrases)), key=len, reverse=True)
    return "|".join(map(re.escape, ordered)) or "(?!)"
