"""What the numbers of a reply mean together: one rating, a list, a range, or nothing that may be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from bot.replies import grammar as g
from bot.replies.lexing import END, Lexeme
from bot.replies.mentions import Kind, Mention, Mentions

_SMALL = g.BREAK | g.COURTESY | g.BEFORE | g.CORRECTION
"""What stands round a rating without saying anything of its own."""
_LEADS = g.BEFORE | g.COURTESY | g.CORRECTION
_FOLLOWS = g.BREAK | g.AFTER | g.COURTESY | g.CORRECTION | g.NUMBER | g.OVER
_BETWEEN_ANSWERS = {",", ";", ".", "/", "-", "|", "&", "+", "•"}


class Role(IntEnum):
    """How a number stands in its clause."""

    RATED = 0
    """Alone, or among hedges: it answers."""
    CORRECTED = 1
    """It answers in place of the one before."""
    LOOSE = 2
    """After other words: it may be meant."""
    COUNTED = 3
    """It counts what follows."""
    TIMED = 4
    """A time or a place."""
    NEGATED = 5
    """Said not to be meant."""


_ANSWERS = frozenset({Role.RATED, Role.CORRECTED})
_RIVALS = frozenset({Role.LOOSE, Role.NEGATED})


@dataclass(frozen=True, slots=True)
class Found:
    """What the numbers come to.

    Attributes:
        what: "rating", "list", or why nothing may be taken: "range", "several", "off_scale", "quantity",
            "words".
        tenths: the rating, the list, or one number that is likely meant.
        clause: the place where the rating's clause begins.
        after: the place behind the rating or the list.
        corrects: whether the reply begins by taking something back.
        replaced: whether a number inside the reply was taken back.
        scaled: whether a number names 10 as the scale's end ("7/10").
    """

    what: str
    tenths: tuple[int, ...] = ()
    clause: int = 0
    after: int = 0
    corrects: bool = False
    replaced: bool = False
    scaled: bool = False


def judge(lexemes: Sequence[Lexeme], remaining: int) -> Found | None:
    """Tell what the numbers in a reply mean; None where there are none.

    Args:
        lexemes: the reply.
        remaining: how many items are open.
    """
    if len(lexemes) > _SHORT:
        return _judged(lexemes, remaining)
    return _judged_shape(_shape(lexemes), remaining)


_SHORT = 24
"""Replies of up to so many lexemes are judged once a shape: people write alike."""
_REMEMBERED = 1 << 14

Shape = tuple[tuple[int, int, bool, str], ...]
"""All of a reply that its judgement rests on.

Of each lexeme its parts, its tenths, whether it stands right behind the one before, and its text; "a" is the
text of all that end in a letter, for no judgement asks for more."""


def _shape(lexemes: Sequence[Lexeme]) -> Shape:
    behind, shape = -1, []
    for parts, tenths, start, end, text in lexemes:
        shape.append((parts, tenths, start == behind, "a" if text[-1].isalpha() else text))
        behind = end
    return tuple(shape)


@lru_cache(maxsize=_REMEMBERED)
def _judged_shape(shape: Shape, remaining: int) -> Found | None:
    """Judge a shape, written out as lexemes again; places in it are the reply's."""
    lexemes: list[Lexeme] = []
    behind = -1
    for parts, tenths, glued, text in shape:
        start = behind if glued else behind + 1
        behind = start + len(text)
        lexemes.append(Lexeme(parts, tenths, start, behind, text))
    return _judged(lexemes, remaining)


def _judged(lexemes: Sequence[Lexeme], remaining: int) -> Found | None:
    finder = Mentions(lexemes)
    if remaining > 1 and (listed := _list(finder, lexemes, remaining)):
        return listed
    mentions = finder.all()
    if not mentions:
        return None
    if any(one.parts & g.AMBIGUOUS for one in lexemes):
        return Found("several")
    roles = _roles(lexemes, mentions)
    return _verdict(lexemes, roles, remaining)


def _list(finder: Mentions, lexemes: Sequence[Lexeme], remaining: int) -> Found | None:
    """Find exactly as many numbers as items are open, one after another; a comment may follow."""
    place = _start(lexemes)
    tenths: list[int] = []
    ambiguous = scaled = False
    while len(tenths) < remaining:
        place = _past_numbering(lexemes, place, len(tenths) + 1)
        one = _answer(finder, place)
        if one is None:
            return None
        tenths.append(one.tenths)
        scaled = scaled or one.scaled
        ambiguous = ambiguous or bool(lexemes[place].parts & g.AMBIGUOUS)
        place = one.after
        if len(tenths) < remaining:
            place = _past_separator(finder, place, remaining)
    rest = finder.at(place)
    if ambiguous or rest.parts & (g.UNIT | g.OUT_OF | g.PERCENT) or rest.text in {"%", "+", ":"}:
        return None
    if any(one.parts & (g.NUMBER | g.OVER) and not _counts(finder, at) for at, one in _after(lexemes, place)):
        return None
    return Found("list", tuple(tenths), 0, place, scaled=scaled)


def _after(lexemes: Sequence[Lexeme], place: int) -> list[tuple[int, Lexeme]]:
    return [(at, one) for at, one in enumerate(lexemes) if at >= place]


def _counts(finder: Mentions, place: int) -> bool:
    """Tell whether a number in a comment counts what follows it."""
    one = finder.one(place)
    return one is not None and (one.kind is Kind.QUANTITY or not finder.at(one.after).parts & _FOLLOWS)


def _start(lexemes: Sequence[Lexeme]) -> int:
    """Pass over hedges and courtesies before a list."""
    place = 0
    while (
        place < len(lexemes)
        and lexemes[place].parts & _SMALL
        and lexemes[place].text not in {"-", "<", "+", "("}
    ):
        place += 1
    return place


def _answer(finder: Mentions, place: int) -> Mention | None:
    """Read one number of a list; "7/6/8/7" is no fraction there."""
    one = finder.one(place)
    if one is not None and one.kind is not Kind.RATING and finder.at(place + 1).text == "/":
        lexeme = finder.at(place)
        one = Mention(Kind.RATING, lexeme.tenths, place, place + 1, digits=True)
        return one if lexeme.parts & g.NUMBER else None
    return one if one is not None and one.kind is Kind.RATING else None


def _past_numbering(lexemes: Sequence[Lexeme], place: int, number: int) -> int:
    """Pass over "1)" or "1." before the first answer, "2)" before the second."""
    if place + 2 >= len(lexemes):
        return place
    count, sign, answer = lexemes[place : place + 3]
    numbered = count.text == str(number) and sign.text in {")", ".", ":"} and sign.start == count.end
    return place + 2 if numbered and answer.parts & g.NUMBER else place


def _past_separator(finder: Mentions, place: int, remaining: int) -> int:
    """Pass over what stands between two answers: a sign, "and", or nothing but space."""
    one = finder.at(place)
    if one.text == "-" and remaining == 2:  # noqa: PLR2004 (with two open, "6-7" is a range)
        return place
    if one.text in _BETWEEN_ANSWERS and one.end > 0:
        place += 1
        one = finder.at(place)
    if one.parts & g.ALSO and finder.at(place + 1).parts & g.NUMBER:
        place += 1
    return place


def _roles(lexemes: Sequence[Lexeme], mentions: Sequence[Mention]) -> list[tuple[Mention, Role, int]]:
    """Give each number its role, and the place where its clause begins."""
    found: list[tuple[Mention, Role, int]] = []
    behind = 0
    for one in mentions:
        clause = one.first
        while clause > behind and not lexemes[clause - 1].parts & g.BREAK:
            clause -= 1
        inside = clause == behind and bool(found) and not _broken(lexemes, behind, one.first)
        led = lexemes[clause : one.first]
        follows = lexemes[one.after] if one.after < len(lexemes) else END
        role = _role(one, led, follows, inside=inside)
        if role is Role.RATED and found and _takes_back(lexemes, behind, one.first):
            role = Role.CORRECTED
        elif role is Role.RATED and inside and not led and found[-1][1] in {Role.COUNTED, Role.TIMED}:
            role = Role.LOOSE  # "7 min 10"
        found.append((one, role, clause))
        behind = one.after
    return found


def _broken(lexemes: Sequence[Lexeme], start: int, end: int) -> bool:
    return any(one.parts & g.BREAK for one in lexemes[start:end])


def _takes_back(lexemes: Sequence[Lexeme], start: int, end: int) -> bool:
    """Tell whether nothing but words of correction stands between two numbers, and one of them."""
    between = lexemes[start:end]
    return any(one.parts & g.CORRECTION for one in between) and all(one.parts & _SMALL for one in between)


def _role(one: Mention, led: Sequence[Lexeme], follows: Lexeme, *, inside: bool) -> Role:
    """Tell how a number stands among the words of its clause."""
    if one.kind is Kind.QUANTITY:
        return Role.COUNTED
    last = led[-1] if led else END
    if last.parts & g.NEGATED and not last.parts & g.CORRECTION:
        return Role.NEGATED
    if one.scaled:
        return Role.RATED
    counts = not follows.parts & _FOLLOWS
    if all(word.parts & _LEADS for word in led) and (not led or not inside or last.parts & g.CORRECTION):
        return Role.COUNTED if counts else Role.RATED
    if last.parts & g.AT:
        return Role.TIMED
    return Role.COUNTED if counts else Role.LOOSE


def _verdict(lexemes: Sequence[Lexeme], roles: Sequence[tuple[Mention, Role, int]], remaining: int) -> Found:
    rated = [one for one in roles if one[1] in _ANSWERS and one[0].kind is Kind.RATING]
    rivals = [
        one for one in roles if one[1] in _RIVALS or (one[1] in _ANSWERS and one[0].kind is not Kind.RATING)
    ]
    if not rated:
        return _nothing_rated(roles)
    replaced = len(rated) > 1 and all(role is Role.CORRECTED for _, role, _ in rated[1:])
    last, _, clause = rated[-1]
    corrects = _begins_with_correction(lexemes, rated[0][0].first)
    if corrects or replaced:
        rivals = [one for one in rivals if one[1] is not Role.NEGATED]
    same = len({one.tenths for one, _, _ in rated}) == 1
    if rivals or not (replaced or (same and (len(rated) == 1 or remaining <= 1))):
        return Found("several")
    first = last if replaced else rated[0][0]
    scaled = any(one.scaled for one, _, _ in rated)
    return Found("rating", (first.tenths,), clause, last.after, corrects and not replaced, replaced, scaled)


def _begins_with_correction(lexemes: Sequence[Lexeme], first: int) -> bool:
    """Tell whether a reply begins by taking something back: "sorry, 6"."""
    led = lexemes[:first]
    return any(one.parts & g.CORRECTION for one in led) and all(one.parts & _SMALL for one in led)


def _nothing_rated(roles: Sequence[tuple[Mention, Role, int]]) -> Found:
    """Say why no number may be taken."""
    telling = [one for one, role, _ in roles if role is Role.RATED]
    ranges = [one for one in telling if one.kind is Kind.RANGE]
    beyond = [one for one in telling if one.kind is Kind.OFF_SCALE]
    if len(ranges) == 1 and not beyond:
        return Found("range", (ranges[0].tenths,))
    rated = [(one, role) for one, role, _ in roles if one.kind is Kind.RATING and one.digits]
    counted = {one.tenths for one, role in rated if role is Role.COUNTED}
    if len(telling) > 1 or (not beyond and len(counted) > 1):
        return Found("several")
    if beyond:
        return Found("off_scale", (beyond[0].tenths,) if beyond[0].tenths >= 0 else ())
    if any(one.digits or one.kind is Kind.QUANTITY or role is Role.TIMED for one, role, _ in roles):
        return Found("quantity")
    return Found("words")


def comment_span(lexemes: Sequence[Lexeme], found: Found, length: int) -> tuple[tuple[int, int], ...]:
    """Give the spans of a folded text that say something beside the number.

    Args:
        lexemes: the reply.
        found: what its numbers came to.
        length: of the folded text.
    """
    spans: list[tuple[int, int]] = []
    before, after = lexemes[: found.clause], lexemes[found.after :]
    if before and not found.replaced and not all(one.parts & (_SMALL | g.NUMBER) for one in before):
        spans.append((0, before[-1].end))
    if after and not all(one.parts & _SMALL for one in after):
        spans.append((lexemes[found.after - 1].end, length))
    return tuple(spans)
