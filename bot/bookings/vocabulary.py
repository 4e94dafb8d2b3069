"""A language's words about sessions beside the English ones, as shapes of what may be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel.dates import get_day_names

from bot.languages import LANGUAGES
from bot.languages.session_words import SessionWords
from bot.plain import fold, typed


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A language's words beside the English ones, as shapes of what may be written."""

    code: str
    firsts: Mapping[str, tuple[tuple[str, ...], ...]]
    today: frozenset[str]
    tomorrow: frozenset[str]
    end: re.Pattern[str]
    cancel: re.Pattern[str]
    move: re.Pattern[str]
    between: re.Pattern[str]
    leading_to: re.Pattern[str]
    repeats: re.Pattern[str]
    moment: re.Pattern[str]
    off: re.Pattern[str]
    on: re.Pattern[str]
    start: re.Pattern[str]

    def begins(self, kind: str, words: Sequence[str]) -> int:
        """Count the words with which a message begins that make it one of a kind; 0 where none do."""
        folded = [fold(one).strip(".,:;!?") for one in words[:3]]
        for phrase in self.firsts[kind]:
            if tuple(folded[: len(phrase)]) == phrase:
                return len(phrase)
        return 0

    def weekday(self, text: str) -> int | None:
        """Tell which weekday is named, in full or shortened so that no other is: Monday is 0."""
        for language in dict.fromkeys((self.code, "en")):
            if (found := _weekday(text.strip("."), language)) is not None:
                return found
        return None


@cache
def vocabulary(code: str) -> Vocabulary:
    """Make the shapes of a language, by its code."""
    words: SessionWords = LANGUAGES[code].sessions | LANGUAGES["en"].sessions
    day = r"(?P<day>.*?)"
    on = rf"(?:(?:{_any(words.on)}) )?"
    hours = rf" ?(?P<hours>{_any(words.hour)})(?: ?(?P<past>[0-5]\d)(?!\d))?"
    clock = rf"(?P<hour>\d{{1,2}})(?:[:.](?P<minute>[0-5]\d)(?: ?(?:{_any(words.hour)}))?|{hours})?"
    half = rf"(?: ?(?:(?P<am>{_any(words.am)})|(?P<pm>{_any(words.pm)}))\.?)?"
    length = rf"(?:,? (?P<length>\d{{1,3}}) ?(?:{_any(words.minutes)})\.?)?"
    every = rf"(?:{_any(words.every)}) (?P<weeks>\d{{1,2}})\.? (?:{_any(words.weeks)})"
    how_often = rf"(?:(?P<fortnightly>{_any(words.fortnightly)})|(?P<weekly>{_any(words.weekly)})|{every})"
    return Vocabulary(
        code,
        {
            kind: tuple(tuple(one.split()) for one in _forms(getattr(words, kind)))
            for kind in ("no_show", "sessions", "session", "away")
        },
        frozenset(_forms(words.today)),
        frozenset(_forms(words.tomorrow)),
        end=re.compile(_any(words.end)),
        cancel=re.compile(rf"(?:{_any(words.cancel)})(?: {on}(?P<day>.+))?"),
        move=re.compile(rf"(?:{_any(words.move)}) (?P<rest>.+)"),
        between=re.compile(rf"(?<=\S) ?(?<![\w])(?:{_any(words.to)})(?![\w]) ?(?=\S)"),
        leading_to=re.compile(rf"^(?:{_any(words.to)}) (?=\S)"),
        repeats=re.compile(rf"{how_often} (?P<rest>.+)"),
        moment=re.compile(rf"{day}(?:^|[ ,])(?:(?:{_any(words.at)}) ?)?{clock}{half}{length}"),
        off=re.compile(_any(words.off)),
        on=re.compile(rf"^(?:{_any(words.on)}) (?=\S)"),
        start=re.compile(rf"^(?:{_any(words.start)}) (?=\S)"),
    )


@cache
def _weekdays(language: str) -> Mapping[str, int]:
    """Give the names of the weekdays and their abbreviations, folded and without dots."""
    return {
        form.strip("."): number
        for width in ("wide", "abbreviated", "short")
        for context in ("format", "stand-alone")
        for number, name in get_day_names(width, context, locale=language).items()
        for form in typed(name)
    }


@cache
def _weekday(text: str, language: str) -> int | None:
    names = _weekdays(language)
    if text in names:
        return names[text]
    if len(text) < 2:  # noqa: PLR2004 (a letter is no name)
        return None
    begun = {number for name, number in names.items() if name.startswith(text)}
    return begun.pop() if len(begun) == 1 else None


def _forms(phrases: Iterable[str]) -> list[str]:
    """Give phrases as they are typed, the longest first."""
    return sorted({form for phrase in phrases for form in typed(phrase)}, key=lambda one: (-len(one), one))


def _any(phrases: Iterable[str]) -> str:
    return "|".join(map(re.escape, _forms(phrases))) or "(?!)"
