"""A language's reader data made ready for reading: each word with the parts it can play.

Number words and courtesy are those of the client's language and of English; a word that both know is the
client's. Words that ask for silence, for messages or for help are those of every shipped language.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from bot.languages import LANGUAGES
from bot.languages.reader_words import ReaderWords
from bot.plain import typed

AROUND = " .!?\"'()[]{}*#~:;,-_/\u2026\u201c\u201d\u201e\u00ab\u00bb\u00a1\u00bf"
"""Signs that may stand round a whole message."""


# The parts that a word can play beside a number; plain integers, because they are compared in every reply.
NUMBER = 1 << 0
DIGITS = 1 << 1
OVER = 1 << 2
HALF = 1 << 3
POINT = 1 << 4
NO_NUMBER = 1 << 5
BEFORE = 1 << 6
AFTER = 1 << 7
AT = 1 << 8
TIME = 1 << 9
UNIT = 1 << 10
ISH = 1 << 11
OUT_OF = 1 << 12
EITHER = 1 << 13
UP_TO = 1 << 14
BETWEEN = 1 << 15
ALSO = 1 << 16
MINUS = 1 << 17
PERCENT = 1 << 18
NEGATED = 1 << 19
CORRECTION = 1 << 20
COURTESY = 1 << 21
AMBIGUOUS = 1 << 22
BREAK = 1 << 23
JOINED = 1 << 24

_PARTS: tuple[tuple[str, int], ...] = (
    ("over", OVER),
    ("half", HALF),
    ("point", POINT),
    ("no_number", NO_NUMBER),
    ("before", BEFORE),
    ("after", AFTER),
    ("at", AT),
    ("times", TIME),
    ("units", UNIT),
    ("ish", ISH),
    ("out_of", OUT_OF),
    ("either", EITHER),
    ("up_to", UP_TO),
    ("between", BETWEEN),
    ("also", ALSO),
    ("minus", MINUS),
    ("percent", PERCENT),
    ("negated", NEGATED),
    ("correction", CORRECTION),
    ("courtesy", COURTESY),
    ("joined", JOINED),
)
_OF_ENGLISH = (
    "over",
    "half",
    "point",
    "no_number",
    "before",
    "after",
    "units",
    "out_of",
    "either",
    "up_to",
    "courtesy",
)
"""What is read in English too, whatever the client's language."""

TOKEN = re.compile(r"(?P<digits>[0-9]+(?:[.,][0-9]+)*)|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)|(?P<sign>[^\s])")
"""A number in digits, a word, or a sign, in a folded text."""


_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_DIGITS = frozenset("0123456789\u00bd\u00bc\u00be\u2153\u2154")


@dataclass(frozen=True, slots=True)
class Entry:
    """The parts that one word or phrase can play, and the tenths that it stands for where it is a number."""

    words: tuple[str, ...]
    parts: int
    tenths: int = -1


@dataclass(frozen=True, slots=True)
class Grammar:
    """What replies of one language are read with.

    Attributes:
        words: its data as written.
        entries: words and phrases by their first word, the longest first.
        slips: mistyped number words, with the tenths that they probably mean.
        courtesy: courtesies, folded, for whole messages.
        alone: number words that are a whole reply, with their tenths.
        numbers: the words with which a number can begin.
        token: the shape of what a text is split into.
    """

    words: ReaderWords
    entries: Mapping[str, tuple[Entry, ...]]
    slips: Mapping[str, int]
    courtesy: Courtesy
    alone: Mapping[str, int]
    numbers: frozenset[str]
    token: re.Pattern[str]

    def mentions_number(self, folded: str) -> bool:
        """Tell whether a text may hold a number: digits, a fraction, or a word with which one begins."""
        if not _DIGITS.isdisjoint(folded):
            return True
        return not self.numbers.isdisjoint(_WORDS.findall(folded))

    def holds_slip(self, folded: str) -> bool:
        """Tell whether a text holds a word that may be a mistyped number."""
        return any(word in self.slips for word in _WORDS.findall(folded))


_COURTESIES = 6
"""How many courtesies are taken off a message."""


@dataclass(frozen=True, slots=True)
class Courtesy:
    """Courtesies by the word with which they begin and end, to take them off a whole message."""

    first: Mapping[str, tuple[str, ...]]
    last: Mapping[str, tuple[str, ...]]

    def off(self, whole: str) -> list[str]:
        """Give a message as it is, and with one courtesy less each, until nothing else would be left."""
        forms = [whole]
        while len(forms) <= _COURTESIES and (shorter := self._shorter(forms[-1])) and shorter != forms[-1]:
            forms.append(shorter)
        return forms

    def _shorter(self, text: str) -> str:
        words = text.split(" ")
        for phrase in self.first.get(words[0].strip(AROUND), ()):
            if text.startswith(phrase) and not text[len(phrase) : len(phrase) + 1].isalnum():
                return text[len(phrase) :].lstrip(AROUND)
        for phrase in self.last.get(words[-1].strip(AROUND), ()):
            end = text.rstrip(AROUND)
            if end.endswith(phrase) and not end[: -len(phrase)][-1:].isalnum():
                return end[: -len(phrase)].rstrip(AROUND)
        return text


@cache
def grammar_of(code: str) -> Grammar:
    """Give a language's grammar, made when first asked for."""
    own, english = LANGUAGES[code].reader, LANGUAGES["en"].reader
    entries = _entries(own, {})
    if own is not english:
        entries = _entries(english, entries, only=_OF_ENGLISH)
    ordered: dict[str, list[Entry]] = {}
    for entry in sorted(entries.values(), key=lambda one: len(one.words), reverse=True):
        ordered.setdefault(entry.words[0], []).append(entry)
    return Grammar(
        own,
        {word: tuple(listed) for word, listed in ordered.items()},
        _slips(own, ordered.keys()),
        _courtesy((*own.courtesy, *english.courtesy)),
        {" ".join(one.words): one.tenths for one in entries.values() if one.parts & NUMBER},
        frozenset(
            joined + one.words[0]
            for one in entries.values()
            if one.parts & (NUMBER | OVER | TIME)
            for joined in ("", *own.joined)
        ),
        _token(own),
    )


def tokens(text: str, token: re.Pattern[str] = TOKEN) -> tuple[str, ...]:
    """Split a folded phrase as a reply is split; a hyphen inside is a space."""
    return tuple(match.group() for match in token.finditer(text) if match.group() != "-")


def _token(words: ReaderWords) -> re.Pattern[str]:
    """Make the shape of a token: a letter that is joined to a number word is a word of its own."""
    if not words.joined:
        return TOKEN
    numbers = {re.escape(form) for one in (*words.numbers, *words.over) for form in typed(one)}
    joined = rf"(?:{'|'.join(words.joined)})(?=(?:{'|'.join(sorted(numbers))})(?!\w))"
    return re.compile(TOKEN.pattern.replace("(?P<word>", f"(?P<word>{joined}|", 1))


def _entries(
    words: ReaderWords, known: Mapping[tuple[str, ...], Entry], only: Iterable[str] | None = None
) -> dict[tuple[str, ...], Entry]:
    """Join a language's lists into one entry a phrase; what is `known` already is left as it is."""
    found: dict[tuple[str, ...], Entry] = dict(known)
    token = _token(words)
    for phrase, parts, tenths in _listed(words, only):
        for key in (tokens(form, token) for form in typed(phrase)):
            if not key or key in known:
                continue
            before = found.get(key, Entry(key, 0))
            found[key] = Entry(key, before.parts | parts, tenths if parts & NUMBER else before.tenths)
    return found


def _listed(words: ReaderWords, only: Iterable[str] | None) -> Iterable[tuple[str, int, int]]:
    for phrase, tenths in words.numbers.items():
        yield phrase, NUMBER, tenths
        for half in (
            words.half_written_on if tenths % 10 == 0 and tenths < max(words.numbers.values()) else ()
        ):
            yield phrase + half, NUMBER, tenths + 5
    for name, part in _PARTS:
        if only is None or name in only:
            for phrase in getattr(words, name):
                yield phrase, part, -1


def _slips(words: ReaderWords, known: Iterable[str]) -> Mapping[str, int]:
    """Work out how number words are mistyped; what two of them may mean is left out."""
    never = {form for word in words.no_typo for form in typed(word)} | set(known)
    numbers = {form: tenths for phrase, tenths in words.numbers.items() for form in typed(phrase)}
    latin = any(letter.isascii() for letter in "".join(numbers))
    written = {letter for letter in "".join((*numbers, *never)) if letter.isalpha()}
    letters = sorted(written | set(string.ascii_lowercase if latin else ""))
    found: dict[str, int | None] = {}
    for number, tenths in numbers.items():
        for slip in _mistyped(number, letters):
            found[slip] = tenths if found.get(slip, tenths) == tenths else None
    return {slip: tenths for slip, tenths in found.items() if tenths is not None and slip not in never}


_LONG = 4
"""From this many letters on, a wrong letter is taken for a slip too."""
_SHORTEST = 3


def _mistyped(word: str, letters: Iterable[str]) -> Iterable[str]:
    """Give a word with a letter too few, too many, exchanged or, in a long word, wrong; or no vowels."""
    if " " in word or len(word) < _SHORTEST:
        return
    places = range(len(word))
    slips = itertools.chain(
        (word[:at] + word[at + 1 :] for at in places),
        (word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] for at in places if at),
        (word[:at] + letter + word[at:] for at in range(len(word) + 1) for letter in letters),
        (word[:at] + letter + word[at + 1 :] for at in places for letter in letters if len(word) >= _LONG),
        (re.sub("[aeiouy]", "", word),),
    )
    yield from (slip for slip in slips if len(slip) >= _SHORTEST)


def _courtesy(phrases: Iterable[str]) -> Courtesy:
    folded = sorted({form for phrase in phrases for form in typed(phrase)}, key=len, reverse=True)
    first: dict[str, list[str]] = {}
    last: dict[str, list[str]] = {}
    for phrase in folded:
        first.setdefault(phrase.split(" ")[0], []).append(phrase)
        last.setdefault(phrase.split(" ")[-1], []).append(phrase)
    return Courtesy(
        {word: tuple(listed) for word, listed in first.items()},
        {word: tuple(listed) for word, listed in last.items()},
    )
