"""How the questions of a measure are put: on which scale, with which words for its points, after what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.languages import ItemWords, MeasureWords
from bot.wording.figures import points
from scoring.instrument import TEN, Instrument, Scale

_POINT = 10


@dataclass(frozen=True, slots=True)
class Form:
    """How every question of a measure is put.

    Attributes:
        scale: what answers them.
        options: what the scale's points are called, from 0 on; empty where only its ends have words.
        stem: what stands before each question, such as the weeks that it asks about; "" where nothing does.
    """

    scale: Scale = TEN
    options: tuple[str, ...] = ()
    stem: str = ""

    @property
    def listed(self) -> str:
        """Every point with what it is called: "0 = Not at all, 1 = Several days"; "" without names."""
        return ", ".join(f"{place} = {option}" for place, option in enumerate(self.options))

    @property
    def example(self) -> str:
        """A number that answers, somewhere in the middle."""
        middle = self.scale.top // 2 // _POINT * _POINT
        return points(middle or self.scale.top)

    def ends(self, item: ItemWords) -> Mapping[str, str]:
        """Give both ends of the scale in words, and the number at the upper one."""
        return {"low": item.low, "high": item.high, "top": points(self.scale.top)}

    def answer(self, mark: int) -> str:
        """Write an answer with what it is called, where it has a name."""
        if not self.options or mark % _POINT:
            return points(mark)
        return f"{points(mark)} = {self.options[mark // _POINT]}"


USUAL = Form()
"""0 to 10, with words for both ends."""


def form_of(instrument: Instrument, words: MeasureWords) -> Form:
    """Say how the questions of a measure are put."""
    return Form(instrument.scale, words.options, words.stem)
