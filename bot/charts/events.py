"""What happened beside the scores, in lanes below the outcome: missed check-ins, alerts, who saw them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.charts.plot import Plot, in_one_line

if TYPE_CHECKING:
    from bot.charts.calendar import Calendar
    from bot.charts.sheet import Point, Sheet
    from bot.charts.values import Chart

_LANE: Final = 36
"""How tall a lane of marks is, in pixels."""

_ABOVE: Final = 12
"""How far the first is from the panel above."""


def height(chart: Chart) -> int:
    """How tall the lanes are together, in pixels; nothing where nothing happened."""
    lanes = _lanes(chart)
    return _ABOVE + _LANE * len(lanes) if lanes else 0


def _lanes(chart: Chart) -> tuple[str, ...]:
    """Name the lanes that have something on them."""
    seen = any(one.seen_at is not None for one in chart.alerts)
    there = (("missed", bool(chart.missed)), ("alert", bool(chart.alerts)), ("seen", seen))
    return tuple(name for name, is_there in there if is_there)


def lanes(sheet: Sheet, top: float, chart: Chart, days: Calendar) -> None:
    """Draw the lanes, each with its word beside it."""
    theme, words = sheet.theme, chart.words
    plot = Plot(top, top + height(chart), 0, 1, days)
    middle = {name: top + _ABOVE + _LANE * (number + 0.5) for number, name in enumerate(_lanes(chart))}
    missed = [(_x(plot, at), middle["missed"]) for at in chart.missed]
    alerts = [(_x(plot, one.at), middle["alert"]) for one in chart.alerts]
    seen = [None if one.seen_at is None else (_x(plot, one.seen_at), middle["seen"]) for one in chart.alerts]
    for came, went in zip(alerts, seen, strict=True):
        if went is not None:
            sheet.line([came, went], theme.faint, width=1.0)
    sheet.marks(missed, "x", size=8, fill=theme.faint, edge=theme.faint, rim=2.2)
    sheet.marks(alerts, "^", size=11, fill=theme.line, edge=theme.card, rim=1)
    for went in seen:
        if went is not None:
            _tick(sheet, went)
    labels = {"missed": words.missed, "alert": words.alert, "seen": words.seen}
    for name, down in middle.items():
        in_one_line(sheet, down, labels[name], theme.warning if name == "alert" else theme.faint)


def _x(plot: Plot, at: datetime) -> float:
    """Give a moment's place; what was seen only after the last day shown, at the edge."""
    return min(plot.x(plot.days.along(at)), plot.right)


def _tick(sheet: Sheet, at: Point) -> None:
    """Draw a tick mark on a disc."""
    theme, (x, y) = sheet.theme, at
    sheet.marks([at], "o", size=10, fill=theme.alliance, edge=theme.card, rim=1)
    stroke = [(x - 5, y), (x - 1.5, y + 4), (x + 5, y - 4)]
    # A tick mark is never turned over: on a sheet that is, it is drawn the other way round first.
    sheet.line([(2 * x - a, b) for a, b in stroke] if sheet.flipped else stroke, theme.card, width=1.7)
