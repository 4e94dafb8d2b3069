"""Reading what a person wrote: accept what is plainly meant, ask again about everything else, never guess.

This first reader takes a number that stands alone ("7", "7.5", "7,5", "7/10", "7 out of 10", digits of any
script) and the words that steer a conversation; whatever else was written is asked about again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bot import safety
from bot.languages import LANGUAGES, Language
from bot.plain import clean, fold
from scoring.instrument import ITEM_MAX


class Why(StrEnum):
    """Why a reply is unclear; the question that follows takes it up."""

    RANGE = "range"
    SEVERAL = "several"
    OFF_SCALE = "off_scale"
    WORDS = "words"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Points:
    """One number on the scale, in tenths."""

    tenths: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """No number that could be taken; `suggest` (tenths) is one that is likely meant."""

    why: Why
    suggest: int | None = None


class Steer(StrEnum):
    """A word that steers the conversation."""

    SKIP = "skip"
    BACK = "back"
    GO_ON = "go_on"
    STOP = "stop"
    START = "start"
    HELP = "help"


Reply = Points | Unclear | Steer


@dataclass(frozen=True, slots=True)
class Expecting:
    """What a reply is read against: the client's language, and a suggestion that "ok" would accept."""

    language: Language
    suggested: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as. `at_risk` is a flag on whatever else was read."""

    reply: Reply
    at_risk: bool


_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,\u066b]\d+)?|(?<![\d.,\u066b])[.,\u066b]\d+)")
_SET_OFF = re.compile(rf"({_NUMBER.pattern})(?:\s*/\s*10)?\s*[,;:!-]\D+")
_AROUND = " .!?\"'()[]*#~:;,\u201c\u201d\u201e\u00ab\u00bb\u00a1\u00bf"
_STOP = frozenset().union(*(language.reader.stop for language in LANGUAGES.values()))
_START = frozenset().union(*(language.reader.start for language in LANGUAGES.values()))
_HELP = frozenset().union(*(language.reader.help for language in LANGUAGES.values()))


def read(text: str, expecting: Expecting) -> Reading:
    """Read a reply to the open question; it is pure and takes linear time.

    A number that stands before words of danger is kept: the question is not asked again beside a crisis.
    """
    reply, at_risk = _reply(text, expecting), safety.at_risk(text)
    if at_risk and isinstance(reply, Unclear) and (set_off := _SET_OFF.fullmatch(_digits(text))):
        beside = _one(set_off.group(1))
        reply = beside if isinstance(beside, Points) else reply
    return Reading(reply, at_risk)


def _reply(text: str, expecting: Expecting) -> Reply:
    if steer := command(text, expecting.language):
        return steer
    words = expecting.language.reader
    said = says(text, expecting.language)
    for steer, known in ((Steer.SKIP, words.skip), (Steer.BACK, words.back), (Steer.GO_ON, words.go_on)):
        if said & known:
            return steer
    if expecting.suggested is not None and said & words.accept:
        return Points(expecting.suggested)
    return _number(_digits(text), expecting.language)


def command(text: str, language: Language) -> Steer | None:
    """Tell whether the whole message is STOP, START or HELP, in any shipped language."""
    said = says(text, language)
    for steer, known in ((Steer.STOP, _STOP), (Steer.START, _START), (Steer.HELP, _HELP)):
        if said & known:
            return steer
    return None


def says(text: str, language: Language) -> frozenset[str]:
    """Give the forms in which a whole message may be compared: as written, and without courtesy."""
    whole = fold(text).strip(_AROUND).removeprefix("/") or fold(text)
    bare = whole
    for word in language.reader.courtesy * 2:
        bare = bare.removeprefix(f"{word} ").removeprefix(f"{word}, ").strip(_AROUND)
        bare = bare.removesuffix(f" {word}").strip(_AROUND)
    return frozenset({whole, bare})


def _digits(text: str) -> str:
    return fold(text).translate(_DASHES)


def _number(text: str, language: Language) -> Reply:
    matches = list(_NUMBER.finditer(text))
    found = [match.group() for match in matches]
    rest = re.sub(r"\s+", " ", _NUMBER.sub(" ", text)).strip(_AROUND)
    if not found:
        return Unclear(Why.WORDS if clean(text) else Why.EMPTY)
    if any(character.isalnum() for character in rest) and rest not in language.reader.out_of:
        return _in_words(text, language)
    if len(found) == 1:
        return Unclear(Why.OFF_SCALE) if rest else _one(found[0])
    if len(found) > 2 or text[matches[0].end() : matches[1].start()].strip(_AROUND) != rest:  # noqa: PLR2004 (two)
        return Unclear(Why.SEVERAL)
    return _two(found, rest, text, language)


def _in_words(text: str, language: Language) -> Reply:
    numbers = [_tenths(match.group()) for match in _NUMBER.finditer(text)]
    between = "|".join(re.escape(word) for word in language.reader.range)
    if len(numbers) == 2 and re.fullmatch(rf"(?:{between}|\s|[\d.,])+", text):  # noqa: PLR2004 (two ends)
        return _middle(numbers)
    return Unclear(Why.WORDS)


def _two(found: list[str], rest: str, text: str, language: Language) -> Reply:
    first, second = found
    if (rest == "/" and second == "10") or (rest in language.reader.out_of and second == "10"):
        return _one(first)
    if rest in language.reader.out_of:
        return Unclear(Why.OFF_SCALE)
    ends = [_tenths(first), _tenths(second.lstrip("-"))]
    if rest == "/":
        return _middle(ends) if _neighbours(ends) else Unclear(Why.OFF_SCALE)
    if rest == "-" or (second.startswith("-") and " -" not in text):
        return _middle(ends)
    return Unclear(Why.SEVERAL)


def _neighbours(ends: list[int | None]) -> bool:
    """Tell a hesitation ("6/7") from a fraction ("3/5")."""
    low, high = ends
    return low is not None and high is not None and high - low == 10  # noqa: PLR2004 (one point)


def _middle(ends: list[int | None]) -> Unclear:
    low, high = ends
    if low is None or high is None or not 0 <= low < high <= ITEM_MAX:
        return Unclear(Why.SEVERAL)
    return Unclear(Why.RANGE, (low + high + 1) // 2)


def _one(written: str) -> Points | Unclear:
    tenths = _tenths(written)
    if tenths is not None and 0 <= tenths <= ITEM_MAX and not written.startswith("-"):
        return Points(tenths)
    return Unclear(Why.OFF_SCALE, _rounded(written))


def _tenths(written: str) -> int | None:
    """Turn "7", "7.5" or "7.50" into tenths; None where something else may be meant.

    That is where it is finer than a tenth or has more than 3 digits, and also ".5", "1,000" (a thousand)
    and "5,10" (five and ten).
    """
    whole, _, decimals = written.lstrip("+-").replace(",", ".").replace("\u066b", ".").partition(".")
    if not 1 <= len(whole) <= 3 or len(decimals) > 2 or decimals == "10":  # noqa: PLR2004 (as said above)
        return None
    if len(decimals.rstrip("0")) > 1:
        return None
    return int(whole) * 10 + int(decimals[:1] or 0)


def _rounded(written: str) -> int | None:
    """Suggest the nearest tenth for a number on the scale that is written otherwise."""
    whole, _, decimals = written.replace(",", ".").replace("\u066b", ".").partition(".")
    if written.startswith(("-", "+")) or len(whole) > 2:  # noqa: PLR2004 (the scale ends at 10)
        return None
    tenths = int(whole or 0) * 10 + (int(f"{decimals}00"[:2]) + 5) // 10
    return tenths if tenths <= ITEM_MAX else None
