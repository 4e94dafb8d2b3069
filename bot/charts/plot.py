"""A panel: which part of the sheet stands for which days and totals, and a series drawn on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.charts.labels import Box, Labels
from bot.charts.sheet import WIDTH, fitting, width_of, wrapped
from bot.wording import points

if TYPE_CHECKING:
    from bot.charts.calendar import Calendar
    from bot.charts.sheet import Point, Sheet
    from scoring.score import Score

LEFT: Final = 104.0
RIGHT: Final = 914.0
"""Between which pixels days are drawn; beside them stand the scale and the labels."""

EDGE: Final = 58.0
"""How far words stay from the picture's edge, in pixels."""

_VALUE: Final = 13.5
_LABEL: Final = 11.5
"""The sizes of a value and of a label, in typographic points."""

_MANY: Final = 24
"""From so many scores on their marks are smaller, so as not to run into one another."""


@dataclass(slots=True)
class Plot:
    """A panel of the sheet.

    Attributes:
        top: its upper edge, in pixels.
        bottom: its lower edge.
        low: the total at the lower edge, in tenths.
        high: the total at the upper edge.
        days: what lies between its sides.
        left: its left side, in pixels.
        right: its right side.
        above: how much room there is for values above it.
    """

    top: float
    bottom: float
    low: int
    high: int
    days: Calendar
    left: float = LEFT
    right: float = RIGHT
    above: float = 44.0
    labels: Labels = field(init=False)

    def __post_init__(self) -> None:
        """Keep values off the scale at the one side and off the labels at the other."""
        self.labels = Labels(Box(self.left - 8, self.top - self.above, self.right + 8, self.bottom))

    def x(self, along: float) -> float:
        """Give the pixel of a moment's place in time."""
        share = (along - self.days.first) / (self.days.last - self.days.first)
        return self.left + share * (self.right - self.left)

    def y(self, tenths: float) -> float:
        """Give the pixel of a total."""
        share = (tenths - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    def points(self, scores: Iterable[Score]) -> list[Point]:
        """Give the pixels of some totals."""
        return [(self.x(self.days.along(one.at)), self.y(one.total)) for one in scores]

    def across(self, tenths: float) -> list[Point]:
        """Give the line across the panel at a total."""
        return [(self.left, self.y(tenths)), (self.right, self.y(tenths))]

    def block(self, upper: float, lower: float) -> list[Point]:
        """Give the corners of what lies between two totals."""
        return [*self.across(upper), *reversed(self.across(lower))]

    def grid(self, sheet: Sheet, ticks: Sequence[int]) -> None:
        """Draw the grid, with the totals `ticks` written beside it."""
        theme = sheet.theme
        across = [self.x(along) for _, along in self.days.ticks()]
        upright = [[(x, self.top), (x, self.bottom)] for x in across]
        sheet.lines([*upright, *(self.across(tick) for tick in ticks)], theme.rule, width=0.8)
        for tick in ticks:
            at = (self.left - 16, self.y(tick) + 9)
            sheet.text(at, points(tick), size=12, color=theme.faint, side="end")

    def dates(self, sheet: Sheet) -> None:
        """Write some days below the panel."""
        for day, along in self.days.ticks():
            at = (self.x(along), self.bottom + 36)
            sheet.text(at, self.days.written(day), size=12, color=sheet.theme.faint, side="middle")

    def limit(self, sheet: Sheet, tenths: int, words: str) -> None:
        """Draw a dashed line with its label beside it, where no score is."""
        sheet.line(self.across(tenths), sheet.theme.line, width=1.8, dashes="4 2.6")
        self.labels.avoid(self.across(tenths))
        beside(sheet, self.y(tenths), words, sheet.theme.warning)

    def series(self, sheet: Sheet, scores: Sequence[Score], color: str, shape: str) -> None:
        """Draw a series, with a mark at each score."""
        at = self.points(scores)
        sheet.line(at, color, width=3.0)
        size = 8.5 if len(scores) < _MANY else 5
        sheet.marks(at, shape, size=size, fill=color, edge=sheet.theme.card)
        self.labels.avoid(at)

    def values(self, sheet: Sheet, scores: Sequence[Score], places: Iterable[int], color: str) -> None:
        """Write the totals at some places, those named first before the others where room is short."""
        at = self.points(scores)
        for place in dict.fromkeys(places):
            words = points(scores[place].total)
            box = self.labels.place(at[place], width_of(words, _VALUE, bold=True))
            if box is not None:
                below = ((box.left + box.right) / 2, box.bottom - 3)
                sheet.text(below, words, size=_VALUE, color=color, side="middle", bold=True)


def in_one_line(sheet: Sheet, down: float, words: str, color: str) -> None:
    """Write a label in the margin after the panels, smaller where it is long."""
    start = RIGHT + 12
    size = fitting(words, _LABEL, WIDTH - 14 - start)
    sheet.text((start, down + 8), words, size=size, color=color)


def beside(sheet: Sheet, down: float, words: str, color: str) -> None:
    """Write a label in the margin after the panels, about a height."""
    start, step = RIGHT + 12, 24
    lines = wrapped(words, _LABEL, WIDTH - 14 - start)
    first = down + 8 - step * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        sheet.text((start, first + step * number), line, size=_LABEL, color=color)
