"""Answers in a measure's own words, and numbers on a scale that is not 0 to 10.

A reply is read as if every scale ran from 0 to 10; what it was read as must then stand on the scale that was
asked for. What does not is asked again, and never moved to the nearest point.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from bot.plain import typed
from scoring.instrument import TEN, Scale

_SIGNS = re.compile(r"[\W_]+")


def plain(folded: str) -> str:
    """Give the form in which options are compared: words and numbers, without signs."""
    return _SIGNS.sub(" ", folded).strip()


@dataclass(frozen=True, slots=True)
class Answers:
    """What answers a question.

    Attributes:
        scale: the numbers that do.
        options: words that do, in their plain form, with the tenths that they stand for.
    """

    scale: Scale = TEN
    options: Mapping[str, int] = field(default_factory=dict)

    @property
    def usual(self) -> bool:
        """Whether they are the numbers from 0 to 10 and nothing else."""
        return self.scale == TEN and not self.options

    def option(self, forms: Iterable[str]) -> int | None:
        """Give the tenths of the option that a message is, whole or without its courtesies."""
        return next((tenths for one in forms if (tenths := self.options.get(plain(one))) is not None), None)

    def takes(self, tenths: Iterable[int], *, scaled: bool) -> bool:
        """Tell whether numbers stand on the scale; one that names 10 as its end ("2/10") means another."""
        if scaled and self.scale.top != TEN.top:
            return False
        return all(map(self.scale.takes, tenths))

    def suggestable(self, tenths: int | None) -> int | None:
        """Give a number that may be offered; None where it is not on the scale."""
        return tenths if tenths is not None and self.scale.takes(tenths) else None


USUAL = Answers()
"""A number from 0 to 10, to a tenth."""


@lru_cache(maxsize=256)
def answers(scale: Scale, options: tuple[str, ...] = ()) -> Answers:
    """Make what answers a question: options from 0 on, each by itself or behind its number."""
    words: dict[str, int] = {}
    for points, option in enumerate(options):
        for form in typed(option):
            words[plain(form)] = words[plain(f"{points} {form}")] = points * 10
    return Answers(scale, MappingProxyType(words)) if words or scale != TEN else USUAL
