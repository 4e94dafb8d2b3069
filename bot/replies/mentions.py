"""The numbers that a reply mentions, each with the little words that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from bot.replies import grammar as g
from bot.replies.lexing import END, Lexeme, rounded
from scoring.instrument import ITEM_MAX

POINT = 10
"""One point, in tenths."""
HALF = 5

_CURRENCIES = frozenset("$€£¥₹₺₪₽¢")
_ENDS = (END,) * 5
"""More than the farthest look ahead, and behind the first (place -1 and -2)."""
_HALVES = {"½": 5, "¼": None, "¾": None, "⅓": None, "⅔": None}
"""Fractions in one character; those that are no tenth are beyond what the scale takes."""

_BELONGS = g.NUMBER | g.OVER | g.HALF | g.POINT | g.PERCENT | g.OUT_OF | g.UNIT | g.ISH
_SIGNS = _CURRENCIES | _HALVES.keys() | {"/", "%", "+", ":", "-", ".", "'"}
"""What may belong to the number before it."""
_OPENS = g.NUMBER | g.OVER | g.BETWEEN | g.MINUS | g.TIME
"""With these a mention can begin."""
_AHEAD = _CURRENCIES | {"-"}
"""What may belong to the number behind it, with a space between too."""
_JOINTS = frozenset("-'")
_COMPARED = frozenset("<>\u2264\u2265")


class Kind(IntEnum):
    """What a mentioned number is."""

    RATING = 0
    RANGE = 1
    OFF_SCALE = 2
    QUANTITY = 3


class Mention(NamedTuple):
    """A number and what belongs to it.

    Attributes:
        kind: what it is.
        tenths: a rating; the middle of a range; what may be meant by one beyond the scale, or -1.
        first: the place of its first lexeme.
        after: the place behind its last lexeme.
        digits: whether it is written in digits.
        scaled: whether it names the scale's end ("7/10").
    """

    kind: Kind
    tenths: int
    first: int
    after: int
    digits: bool
    scaled: bool = False


class Mentions:
    """Finds the numbers among lexemes."""

    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        """Keep the lexemes, with ends around: the place before the first is the last of them."""
        self._count = len(lexemes)
        self._all = [*lexemes, *_ENDS]

    def at(self, place: int) -> Lexeme:
        """Give the lexeme at a place; END outside."""
        return self._all[place] if place < self._count else END

    def all(self) -> list[Mention]:
        """Find every number, in order."""
        found: list[Mention] = []
        place = 0
        while place < self._count:
            lexeme = self._all[place]
            if not lexeme.parts & _OPENS and lexeme.text not in _HALVES:
                place += 1
                continue
            mention = self._between(place) or self.one(place)
            if mention is None:
                place += 1
                continue
            found.append(self._with_end(mention))
            place = found[-1].after
        return found

    def one(self, place: int) -> Mention | None:
        """Find one number that begins here, with its sign, half, decimals, scale and unit."""
        lexeme = self._all[place]
        if lexeme.text in _HALVES and lexeme.end > 0:
            return Mention(Kind.OFF_SCALE, -1, place, place + 1, digits=True)
        if lexeme.parts & g.TIME:
            return Mention(Kind.QUANTITY, -1, place, place + 1, digits=False)
        if not lexeme.parts & (g.NUMBER | g.OVER):
            return self._below(place)
        digits = bool(lexeme.parts & g.DIGITS)
        kind = Kind.OFF_SCALE if lexeme.parts & g.OVER else Kind.RATING
        plain = Mention(kind, lexeme.tenths, place, place + 1, digits)
        before, follows = self._all[place - 1], self._all[place + 1]
        alone = before.end != lexeme.start and follows.start != lexeme.end
        if (
            alone
            and not follows.parts & _BELONGS
            and follows.text not in _SIGNS
            and before.text not in _AHEAD
        ):
            return plain
        if digits and (self._glued_word(place - 1) or before.text in _CURRENCIES):
            plain = plain._replace(kind=Kind.QUANTITY)
        return self._unit(self._scale(self._decimals(self._sign(plain))))

    def _below(self, place: int) -> Mention | None:
        """Find a number that is said to be below nought: "minus two"."""
        if self._all[place].parts & g.MINUS and self._all[place + 1].parts & (g.NUMBER | g.OVER):
            return Mention(
                Kind.OFF_SCALE, -1, place, place + 2, digits=bool(self._all[place + 1].parts & g.DIGITS)
            )
        return None

    def _glued_word(self, place: int) -> bool:
        """Tell whether letters stand right before the number behind `place` ("gr8")."""
        word = self._all[place]
        glued = word.end == self._all[place + 1].start and word.text[-1:].isalpha()
        return glued and not word.parts & g.JOINED

    def _sign(self, one: Mention) -> Mention:
        """Read what stands right before: "-3", "<5", "<3" (a heart), ".5"."""
        before, lexeme = self._all[one.first - 1], self._all[one.first]
        if before.text == "-" and one.digits and one.first == 1:
            return one._replace(kind=Kind.OFF_SCALE, tenths=-1)
        if not one.digits or before.end != lexeme.start:
            return one
        further = self._all[one.first - 2]
        apart = further.end != before.start
        if before.text == "<" and lexeme.text == "3":
            return one._replace(kind=Kind.QUANTITY)
        if before.text in _COMPARED or (before.text in {"-", "+"} and (apart or further.text in "([\"'")):
            return one._replace(kind=Kind.OFF_SCALE, tenths=-1)
        if before.text in {".", ","} and (
            apart or not (further.parts & g.NUMBER or further.text == before.text)
        ):
            return one._replace(
                kind=Kind.OFF_SCALE, tenths=rounded(f"0.{lexeme.text}") if lexeme.text.isdigit() else -1
            )
        return one

    def _decimals(self, one: Mention) -> Mention:
        """Read what adds to a whole number: "½", "1/2", "and a half", "point five"."""
        next_one = self._all[one.after]
        if one.kind is not Kind.RATING or one.tenths % POINT:
            return one
        if next_one.text in _HALVES and next_one.end > 0:
            half = _HALVES[next_one.text]
            return (
                self._plus(one, half, 1)
                if half
                else one._replace(kind=Kind.OFF_SCALE, tenths=-1, after=one.after + 1)
            )
        if (
            next_one.text == "1"
            and self._all[one.after + 1].text == "/"
            and self._all[one.after + 2].text == "2"
        ):
            return self._plus(one, HALF, 3)
        if next_one.parts & g.HALF:
            return self._plus(one, HALF, 1)
        decimal = self._all[one.after + 1]
        if next_one.parts & g.POINT and decimal.parts & g.NUMBER and decimal.tenths < ITEM_MAX:
            return self._plus(one, decimal.tenths // POINT, 2)
        return one

    def _plus(self, one: Mention, tenths: int, lexemes: int) -> Mention:
        total = one.tenths + tenths
        kind = Kind.RATING if total <= ITEM_MAX else Kind.OFF_SCALE
        return one._replace(kind=kind, tenths=total if total <= ITEM_MAX else -1, after=one.after + lexemes)

    def _scale(self, one: Mention) -> Mention:
        """Read the scale that a number names: "/10", "out of ten", "%"; or a time ("7:30"), or a date."""
        sign, end = self._all[one.after], self._all[one.after + 1]
        glued = sign.start == self._all[one.after - 1].end
        if sign.text == ":" and end.parts & g.DIGITS and glued and end.start == sign.end:
            return one._replace(kind=Kind.QUANTITY, after=one.after + 2)
        last = sign.text == "-" and one.after + 1 == self._count
        if sign.text == "%" or sign.parts & g.PERCENT or (glued and (sign.text == "+" or last)):
            return one._replace(kind=Kind.OFF_SCALE, tenths=-1, after=one.after + 1)
        if end.parts & (g.NUMBER | g.OVER):
            if sign.text == "/":
                return self._fraction(one, end)
            if sign.parts & g.OUT_OF and not sign.parts & (g.EITHER | g.UP_TO):
                return self._out_of(one, end)
        return one

    def _fraction(self, one: Mention, end: Lexeme) -> Mention:
        """Tell a score ("7/10") from a hesitation ("6/7"), a fraction ("3/5") and a date ("7/10/2026")."""
        if self._all[one.after + 2].text == "/" and self._all[one.after + 3].parts & g.DIGITS:
            return one._replace(kind=Kind.QUANTITY, after=one.after + 4)
        if one.kind is Kind.RATING and end.parts & g.NUMBER and end.tenths == one.tenths + POINT != ITEM_MAX:
            return one._replace(kind=Kind.RANGE, tenths=one.tenths + HALF, after=one.after + 2)
        return self._out_of(one, end)

    def _out_of(self, one: Mention, end: Lexeme) -> Mention:
        if end.parts & g.NUMBER and end.tenths == ITEM_MAX:
            return one._replace(after=one.after + 2, scaled=True)
        return one._replace(kind=Kind.OFF_SCALE, tenths=-1, after=one.after + 2)

    def _unit(self, one: Mention) -> Mention:
        """Read what makes a number a quantity: letters written onto it, a currency, a unit."""
        unit, further = self._all[one.after], self._all[one.after + 1]
        glued = unit.start == self._all[one.after - 1].end
        if glued and unit.text in _JOINTS and further.parts & g.ISH:
            return one._replace(after=one.after + 2)
        if unit.parts & g.ISH and (glued or not unit.parts & g.UNIT):
            return one._replace(after=one.after + 1)
        if one.scaled and (glued or not unit.parts & g.UNIT or self._all[one.after - 2].text == "/"):
            return one  # but "7 out of 10 days" counts days
        if unit.text == "." and glued and one.digits and further.parts & g.UNIT:
            return one._replace(kind=Kind.QUANTITY, after=one.after + 2)
        written_on = glued and one.digits and unit.text[-1:].isalpha()
        if unit.parts & g.UNIT or written_on or (unit.text in _CURRENCIES and unit.end > 0):
            return one._replace(kind=Kind.QUANTITY, after=one.after + 1)
        return one

    def _between(self, place: int) -> Mention | None:
        """Find "between 6 and 7"."""
        if not self._all[place].parts & g.BETWEEN:
            return None
        low = self.one(place + 1)
        if (
            low is None
            or low.kind is not Kind.RATING
            or not self._all[low.after].parts & (g.ALSO | g.UP_TO | g.EITHER)
        ):
            return None
        high = self.one(low.after + 1)
        if high is None or high.kind is not Kind.RATING:
            return None
        return self._range(low, high)._replace(first=place)

    def _with_end(self, low: Mention) -> Mention:
        """Join a number to the one with which it makes a range: "6-7", "6 or 7", "6 to 7"."""
        if low.kind is not Kind.RATING:
            return low
        sign = self._all[low.after]
        if not (sign.text in {"-", "~"} or sign.parts & (g.EITHER | g.UP_TO)):
            return low
        skip = 2 if sign.text == "," else 1
        high = self.one(low.after + skip)
        if high is not None and sign.text == "-" and high.kind is Kind.OFF_SCALE and high.tenths < 0:
            high = self._unsigned(low.after + skip) or high
        if high is None or high.kind is not Kind.RATING or high.tenths == low.tenths:
            return low
        return self._range(low, high)

    def _unsigned(self, place: int) -> Mention | None:
        """Read a number for itself: in "6 -7" the sign is a dash."""
        lexeme = self._all[place]
        if not lexeme.parts & g.NUMBER:
            return None
        return self._scale(Mention(Kind.RATING, lexeme.tenths, place, place + 1, digits=True))

    def _range(self, low: Mention, high: Mention) -> Mention:
        middle = (low.tenths + high.tenths + 1) // 2
        return Mention(Kind.RANGE, middle, low.first, high.after, low.digits)
