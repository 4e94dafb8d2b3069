"""The strip of the alliance and the four small panels of its items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bot.charts.outcome import empty
from bot.charts.plot import EDGE, LEFT, Plot
from bot.charts.sheet import WIDTH, fitting, width_of
from bot.wording import points
from bot.wording.charts import said

if TYPE_CHECKING:
    from bot.charts.calendar import Calendar
    from bot.charts.sheet import Sheet
    from bot.charts.values import Chart
    from scoring.score import Score

STRIP: Final = 200
"""How tall the strip is, in pixels."""

_ROW: Final = 138
"""How tall a row of two items is, in pixels."""

_HALF: Final = 200
_TOP: Final = 400
_ITEM_TOP: Final = 100
_ITEM_HALF: Final = 50
_GAP: Final = 56
_SMALL: Final = 12


def strip(sheet: Sheet, top: float, chart: Chart, days: Calendar) -> None:
    """Draw the strip: the upper half of the scale, unless totals lie lower."""
    lowest = min((one.total for one in chart.alliance), default=_TOP)
    low, ticks = (0, (0, 200, 400)) if lowest < _HALF else (_HALF, (200, 300, 400))
    plot = Plot(top, top + STRIP, low, _TOP, days)
    plot.grid(sheet, ticks)
    if chart.concern is not None:
        plot.limit(sheet, chart.concern, said(chart.words.concern, chart.concern))
    if not chart.alliance:
        empty(sheet, plot, chart.words.nothing)
        return
    color, last = sheet.theme.alliance, len(chart.alliance) - 1
    plot.series(sheet, chart.alliance, color, "s")
    least = min(range(last + 1), key=lambda place: chart.alliance[place].total)
    plot.values(sheet, chart.alliance, (last, least, 0), color)


def height(chart: Chart) -> int:
    """How tall the small panels are together, in pixels; nothing where only totals are known."""
    return (len(chart.words.items) + 1) // 2 * _ROW if _whole(chart) else 0


def _whole(chart: Chart) -> Sequence[Score]:
    """Give the scores of which the items are known."""
    return [one for one in chart.alliance if len(one.items) == len(chart.words.items)]


def items(sheet: Sheet, top: float, chart: Chart, days: Calendar) -> None:
    """Draw each item small, two in a row, all on the same scale."""
    scores = _whole(chart)
    low = 0 if min(min(one.items) for one in scores) < _ITEM_HALF else _ITEM_HALF
    wide = (WIDTH - LEFT - EDGE - _GAP) / 2
    for number in range(len(chart.words.items)):
        row, column = divmod(number, 2)
        left = LEFT + column * (wide + _GAP)
        upper = top + row * _ROW + 44
        plot = Plot(upper, upper + _ROW - 62, low, _ITEM_TOP, days, left, left + wide)
        _item(sheet, plot, chart, number)


def _item(sheet: Sheet, plot: Plot, chart: Chart, number: int) -> None:
    """Draw one item: its label, its latest answer, its line."""
    theme, scores = sheet.theme, _whole(chart)
    latest = scores[-1].items[number]
    value, label = points(latest), chart.words.items[number]
    room = plot.right - plot.left - width_of(value, _SMALL, bold=True) - 24
    size = fitting(label, _SMALL, room)
    sheet.text((plot.left, plot.top - 12), label, size=size, color=theme.ink)
    color = theme.warning if _below(chart, latest) else theme.alliance
    sheet.text((plot.right, plot.top - 12), value, size=_SMALL, color=color, side="end", bold=True)
    sheet.lines([plot.across(plot.low), plot.across(plot.high)], theme.rule, width=0.8)
    for tick in (plot.low, plot.high):
        at = (plot.left - 10, plot.y(tick) + 7)
        sheet.text(at, points(tick), size=9.5, color=theme.faint, side="end")
    if chart.item_concern is not None:
        sheet.line(plot.across(chart.item_concern), theme.line, width=1.1, dashes="4 2.6")
    line = [(plot.x(plot.days.along(one.at)), plot.y(one.items[number])) for one in scores]
    sheet.line(line, theme.alliance, width=2.0)
    sheet.marks(line[-1:], "s", size=6.5, fill=theme.alliance, edge=theme.card)
    least = min(range(len(scores)), key=lambda place: scores[place].items[number])
    if least < len(scores) - 1 and _below(chart, scores[least].items[number]):
        sheet.marks([line[least]], "s", size=6.5, fill=theme.card, edge=theme.alliance)
        under = (line[least][0], line[least][1] + 26)
        lowest = points(scores[least].items[number])
        sheet.text(under, lowest, size=10, color=theme.warning, side="middle", bold=True)


def _below(chart: Chart, tenths: int) -> bool:
    return chart.item_concern is not None and tenths < chart.item_concern
