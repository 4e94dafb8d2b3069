"""What was decided and which fall is expected: on the outcome, and in notes under the picture."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.charts.plot import EDGE, RIGHT
from bot.charts.sheet import WIDTH, wrapped
from bot.wording import points

if TYPE_CHECKING:
    from bot.charts.calendar import Calendar
    from bot.charts.plot import Plot
    from bot.charts.sheet import Point, Sheet
    from bot.charts.values import Chart, Decided

_LINE: Final = 32
"""How tall a line of notes is, in pixels."""

_LINES: Final = 3
"""How many lines a note may take."""

_NOTE: Final = 12.0
_TEXT: Final = EDGE + 50
_SHOWN: Final = 5
"""How many decisions, the latest, are told in words; every one has its mark."""


def decisions(sheet: Sheet, plot: Plot, decided: Sequence[Decided]) -> None:
    """Mark each decision on the outcome, by its number."""
    theme = sheet.theme
    for number, one in enumerate(decided, 1):
        x = plot.x(plot.days.along(one.at))
        sheet.line([(x, plot.top - 4), (x, plot.bottom)], theme.decision, width=1.4, dashes="2 2")
        _number(sheet, (x, plot.top - 16), number)


def _number(sheet: Sheet, at: Point, number: int) -> None:
    """Draw a decision's number on a diamond."""
    theme = sheet.theme
    sheet.marks([at], "D", size=12.5, fill=theme.decision, edge=theme.card, rim=1)
    below = (at[0], at[1] + 7.5)
    sheet.text(below, str(number), size=10, color=theme.card, side="middle", bold=True)


def dips(sheet: Sheet, plot: Plot, decided: Sequence[Decided]) -> None:
    """Hatch the times in which lower scores are expected, as far as they are on the picture."""
    for one in decided:
        if one.dip_until is None:
            continue
        first = plot.x(plot.days.along(one.at))
        last = min(plot.x(one.dip_until.toordinal() + 1), RIGHT)
        if first < last:
            corners = [(first, plot.top), (last, plot.top), (last, plot.bottom), (first, plot.bottom)]
            sheet.area(corners, sheet.theme.decision, alpha=0.10, hatch="//")


@dataclass(frozen=True, slots=True)
class Note:
    """One note under the picture: a decision by its number, a dip, or (without either) a word of caution."""

    lines: tuple[str, ...]
    number: int | None = None
    dip: bool = False

    @property
    def height(self) -> int:
        """How tall it is, in pixels."""
        return _LINE * len(self.lines) + 6


def notes(chart: Chart, days: Calendar) -> tuple[Note, ...]:
    """Put the latest decisions and the dips in words, with what came before and after, and a caution."""
    told: list[Note] = []
    for number, one in list(enumerate(chart.decisions, 1))[-_SHOWN:]:
        told.append(Note(_wrapped(_decided(chart, one, days)), number))
        if one.dip_until is not None:
            dip = chart.words.dip.format(date=days.written(one.dip_until, year=True))
            told.append(Note(_wrapped(dip), dip=True))
    if any(_around(chart, one) for one in chart.decisions):
        told.append(Note(_wrapped(chart.words.chance)))
    return tuple(told)


def _wrapped(words: str) -> tuple[str, ...]:
    """Break a note into lines; a very long one is cut short, and says so."""
    lines = wrapped(words, _NOTE, WIDTH - EDGE - _TEXT)
    return (*lines[: _LINES - 1], f"{lines[_LINES - 1]} ...") if len(lines) > _LINES else tuple(lines)


def _decided(chart: Chart, one: Decided, days: Calendar) -> str:
    """Say when what was decided, and the outcome before it and since."""
    around = _around(chart, one)
    return f"{days.written(days.day(one.at))}{f' ({around})' if around else ''}: {one.what}"


def _around(chart: Chart, one: Decided) -> str:
    """Give the outcome last before a decision and the latest until the next one; "" without both."""
    following = next((other.at for other in chart.decisions if other.at > one.at), None)
    before = [score for score in chart.outcome if score.at <= one.at]
    after = [
        score for score in chart.outcome if score.at > one.at and (following is None or score.at <= following)
    ]
    if not before or not after:
        return ""
    arrow = " \u2190 " if chart.words.right_to_left else " \u2192 "
    return f"{points(before[-1].total)}{arrow}{points(after[-1].total)}"


def write(sheet: Sheet, top: float, told: Sequence[Note]) -> None:
    """Write the notes one below the other, each with its sign."""
    theme, tops = sheet.theme, itertools.accumulate((one.height for one in told), initial=top)
    for one, upper in zip(told, tops, strict=False):
        middle = (EDGE + 18, upper + 14)
        if one.number is not None:
            _number(sheet, middle, one.number)
        elif one.dip:
            x, y = middle
            corners = [(x - 16, y - 11), (x + 16, y - 11), (x + 16, y + 11), (x - 16, y + 11)]
            sheet.area(corners, theme.decision, alpha=0.16, hatch="///")
        signed = one.number is not None or one.dip
        color = theme.ink if signed else theme.faint
        for number, line in enumerate(one.lines):
            at = (_TEXT if signed else EDGE, upper + 23 + _LINE * number)
            sheet.text(at, line, size=_NOTE, color=color)
