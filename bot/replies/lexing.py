"""A folded reply as words that play parts: numbers, hedges, units, signs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bot.replies import grammar as g
from bot.replies.grammar import Grammar
from scoring.instrument import ITEM_MAX

UNKNOWN = 0
"""The parts of a word that no list holds."""


class Lexeme(NamedTuple):
    """One word, phrase, number or sign.

    Attributes:
        parts: what it can be; 0 for a word that no list holds.
        tenths: what a number stands for; beyond the scale a number that may be meant, or -1.
        start: where it begins in the folded text.
        end: where it ends.
        text: as it stands there.
    """

    parts: int
    tenths: int
    start: int
    end: int
    text: str


END = Lexeme(g.BREAK, -1, -1, -1, "")
"""Stands behind the last lexeme and before the first."""


def lexemes(text: str, grammar: Grammar, *, comma_lists: bool) -> list[Lexeme]:
    """Split a folded text.

    Args:
        text: folded.
        grammar: the client's.
        comma_lists: whether "7,5" may be two answers.
    """
    matches = list(grammar.token.finditer(text))
    entries = grammar.entries
    found: list[Lexeme] = []
    place, count, articles = 0, len(matches), False
    while place < count:
        match = matches[place]
        written, kind = match.group(), match.lastgroup
        listed = entries.get(written) if kind != "sign" else None
        if listed is not None and (entry := _longest(listed, matches, place)) is not None:
            one, length = entry
            end = matches[place + length - 1].end()
            found.append(Lexeme(one.parts, one.tenths, match.start(), end, written))
            articles = articles or one.parts & _ARTICLE == _ARTICLE
            place += length
            continue
        place += 1
        if kind == "digits":
            found += _digits(match, comma_lists=comma_lists)
        else:
            start, end = match.span()
            found.append(Lexeme(g.BREAK if kind == "sign" else UNKNOWN, -1, start, end, written))
    return _without_articles(found) if articles else found


_ARTICLE = g.NUMBER | g.BEFORE


def _longest(
    listed: tuple[g.Entry, ...], matches: list[re.Match[str]], place: int
) -> tuple[g.Entry, int] | None:
    """Find the longest phrase that stands here, and of how many tokens; a hyphen inside counts as none."""
    for entry in listed:
        if len(entry.words) == 1:
            return entry, 1
        if (length := _length(entry, matches, place)) is not None:
            return entry, length
    return None


def _length(entry: g.Entry, matches: list[re.Match[str]], place: int) -> int | None:
    at = place + 1
    for word in entry.words[1:]:
        if at < len(matches) and matches[at].group() == "-" and matches[at].start() == matches[at - 1].end():
            at += 1
        if at >= len(matches) or matches[at].group() != word:
            return None
        at += 1
    return at - place


def _digits(match: re.Match[str], *, comma_lists: bool) -> list[Lexeme]:
    """Read digits: one number, or, with two or more separators, a list."""
    written = match.group()
    separators = written.count(".") + written.count(",")
    if separators > 1:
        return _chain(match)
    parts, tenths = _number(written)
    if comma_lists and "," in written and parts & g.NUMBER:
        parts |= g.AMBIGUOUS
    return [Lexeme(parts, tenths, match.start(), match.end(), written)]


@lru_cache(maxsize=4096)
def _number(written: str) -> tuple[int, int]:
    """Give the parts and the tenths of a number in digits."""
    tenths = tenths_of(written)
    return (g.OVER | g.DIGITS, rounded(written)) if tenths is None else (g.NUMBER | g.DIGITS, tenths)


def _chain(match: re.Match[str]) -> list[Lexeme]:
    found: list[Lexeme] = []
    for part in re.finditer(r"[0-9]+|[.,]", match.group()):
        start, end = match.start() + part.start(), match.start() + part.end()
        if not part.group().isdigit():
            found.append(Lexeme(g.BREAK, -1, start, end, part.group()))
            continue
        tenths = tenths_of(part.group())
        parts = g.DIGITS | (g.NUMBER if tenths is not None else g.OVER)
        found.append(Lexeme(parts, -1 if tenths is None else tenths, start, end, part.group()))
    return found


def tenths_of(written: str) -> int | None:
    """Turn "7", "7.5", "7,50" or "07" into tenths; None where it is no number on the scale.

    That is also where something else may be meant: finer than a tenth, "1,000" (a thousand) and "5,10"
    (five and ten).
    """
    whole, _, decimals = written.replace(",", ".").partition(".")
    if len(whole) > 2 or len(decimals) > 2 or decimals == "10":  # noqa: PLR2004 (the scale ends at 10; hundredths)
        return None
    if len(decimals.rstrip("0")) > 1:
        return None
    tenths = int(whole) * 10 + int(decimals[:1] or 0)
    return tenths if tenths <= ITEM_MAX else None


def rounded(written: str) -> int:
    """Give the tenth nearest to a number on the scale that is written more finely; -1 where there is none."""
    whole, _, decimals = written.replace(",", ".").partition(".")
    if len(whole) > 2 or not decimals or decimals == "10":  # noqa: PLR2004 (as above)
        return -1
    tenths = int(whole) * 10 + (int(f"{decimals}00"[:2]) + 5) // 10
    return tenths if tenths <= ITEM_MAX else -1


def _without_articles(found: list[Lexeme]) -> list[Lexeme]:
    """Take a number word for the article that it also is ("un 7"), where more than an end follows."""
    for place, one in enumerate(found[:-1]):
        if one.parts & g.NUMBER and one.parts & g.BEFORE and not found[place + 1].parts & _ENDS_A_RATING:
            found[place] = one._replace(parts=one.parts & ~g.NUMBER)
    return found


_ENDS_A_RATING = g.BREAK | g.AFTER | g.COURTESY | g.OUT_OF | g.HALF | g.EITHER | g.UP_TO | g.POINT
