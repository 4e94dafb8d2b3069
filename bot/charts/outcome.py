"""The panel of the outcome: the line, the clinical range, what was expected, and the client's own best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bot.charts.decided import decisions, dips
from bot.charts.plot import EDGE, LEFT, RIGHT, Plot
from bot.charts.sheet import WIDTH, fitting, width_of
from bot.charts.values import best_of
from bot.wording import points
from bot.wording.charts import said

if TYPE_CHECKING:
    from bot.charts.calendar import Calendar
    from bot.charts.sheet import Point, Sheet
    from bot.charts.values import Chart, Expected
    from scoring.score import Score

TITLE: Final = 92
"""How tall a panel's title is, in pixels."""

_ROW: Final = 34
"""How tall a row of signs below it is."""

_SIGN: Final = 54
_APART: Final = 30
"""How wide a sign is, and how far the words of one are from the next, in pixels."""

PANEL: Final = 400
"""How tall the panel is."""

DIAMONDS: Final = 34
"""How much room the numbers of decisions take above it."""

_TOP: Final = 400
_TICKS: Final = (0, 100, 200, 300, 400)
_SIZE: Final = 11.5


def title(sheet: Sheet, top: float, words: str, *, scores: Sequence[Score], color: str) -> None:
    """Write over a panel what it shows, and the latest total after the one before."""
    arrow = " \u2190 " if sheet.flipped else " \u2192 "
    latest = arrow.join(points(one.total) for one in scores[-2:])
    room = RIGHT - LEFT - width_of(latest, 15.5, bold=True) - 30
    size = fitting(words, 15.5, room, bold=True)
    sheet.text((LEFT, top + 44), words, size=size, color=color, bold=True)
    sheet.text((RIGHT, top + 44), latest, size=15.5, color=sheet.theme.ink, side="end", bold=True)


def key(sheet: Sheet, top: float, chart: Chart) -> None:
    """Say what the signs on the panel mean; only those that are there."""
    for number, row in enumerate(_rows(chart)):
        down, at = top + 6 + _ROW * number, LEFT
        for sign, words in row:
            _sign(sheet, (at, down - 8), sign)
            sheet.text((at + _SIGN, down), words, size=_SIZE, color=sheet.theme.faint)
            at += _SIGN + width_of(words, _SIZE) + _APART


def key_height(chart: Chart) -> int:
    """How tall the explanation of signs is, in pixels; nothing where there is no sign."""
    return _ROW * len(_rows(chart))


def _rows(chart: Chart) -> list[list[tuple[str, str]]]:
    """Put the signs with their words in as few rows as hold them."""
    rows: list[list[tuple[str, str]]] = []
    left = 0.0
    for sign in _signs(chart):
        wide = _SIGN + width_of(sign[1], _SIZE) + _APART
        if rows and wide <= left:
            rows[-1].append(sign)
            left -= wide
        else:
            rows.append([sign])
            left = WIDTH - EDGE + _APART - LEFT - wide
    return rows


def _signs(chart: Chart) -> list[tuple[str, str]]:
    expected, words = chart.expected, chart.words
    there = (
        ("best", words.best, best_of(chart.outcome) is not None),
        ("expected", words.expected, bool(expected)),
        ("band", words.band, any(_band(one) for one in expected)),
        ("failing", words.failing, any(one.low is not None and one.high is None for one in expected)),
    )
    return [(sign, label) for sign, label, is_there in there if is_there]


def _sign(sheet: Sheet, at: Point, sign: str) -> None:
    """Draw a sign as it is on the panel."""
    theme, (left, down) = sheet.theme, at
    line = [(left, down), (left + 44, down)]
    match sign:
        case "best":
            _star(sheet, [(left + 28, down)])
        case "expected":
            sheet.line(line, theme.faint, width=1.8, dashes="1 1.6")
        case "band":
            corners = [(left, down - 9), (left + 44, down - 9), (left + 44, down + 9), (left, down + 9)]
            sheet.area(corners, theme.expected, alpha=0.3)
        case _:
            sheet.line(line, theme.faint, width=1.8, dashes="6 2 1 2")


def height(chart: Chart) -> int:
    """How tall the panel is, in pixels, with the room above it for the numbers of decisions."""
    return PANEL + (DIAMONDS if chart.decisions else 0)


def panel(sheet: Sheet, top: float, chart: Chart, days: Calendar) -> None:
    """Draw the panel."""
    bottom = top + height(chart)
    above = 10 if chart.decisions or key_height(chart) else 44
    plot = Plot(bottom - PANEL, bottom, 0, _TOP, days, above=above)
    if chart.cutoff is not None:
        sheet.area(plot.block(chart.cutoff, 0), sheet.theme.shade)
    dips(sheet, plot, chart.decisions)
    plot.grid(sheet, _TICKS)
    _expected(sheet, plot, chart.expected)
    if chart.cutoff is not None:
        plot.limit(sheet, chart.cutoff, said(chart.words.cutoff, chart.cutoff))
        _clinical(sheet, plot, chart)
    decisions(sheet, plot, chart.decisions)
    if chart.outcome:
        _series(sheet, plot, chart.outcome)
    else:
        empty(sheet, plot, chart.words.nothing)


def empty(sheet: Sheet, plot: Plot, words: str) -> None:
    """Say that there is nothing to show."""
    middle = ((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2 + 8)
    sheet.text(middle, words, size=13.5, color=sheet.theme.faint, side="middle")


def _series(sheet: Sheet, plot: Plot, scores: Sequence[Score]) -> None:
    color, best = sheet.theme.outcome, best_of(scores)
    plot.series(sheet, scores, color, "o")
    lowest = min(range(len(scores)), key=lambda place: scores[place].total)
    if best is not None:
        _star(sheet, [plot.points(scores)[best]])
    plot.values(sheet, scores, (len(scores) - 1, best or 0, lowest, 0), color)


def _star(sheet: Sheet, at: Sequence[Point]) -> None:
    sheet.marks(at, "*", size=16, fill=sheet.theme.outcome, edge=sheet.theme.card, rim=1.2)


def _clinical(sheet: Sheet, plot: Plot, chart: Chart) -> None:
    """Name the clinical range at its foot, on the side where the line is higher."""
    falls = bool(chart.outcome) and chart.outcome[0].total > chart.outcome[-1].total
    at = (LEFT + 12 if falls else RIGHT - 12, plot.bottom - 14)
    sheet.text(
        at,
        chart.words.clinical,
        size=_SIZE,
        color=sheet.theme.faint,
        side="start" if falls else "end",
    )


def _expected(sheet: Sheet, plot: Plot, expected: Sequence[Expected]) -> None:
    """Draw the band where there is one, the line, and the line below which therapy is off track."""
    theme = sheet.theme
    placed = [(plot.x(plot.days.along(one.at)), one) for one in expected]
    shown = [(x, one) for x, one in placed if plot.left <= x <= plot.right]
    both = [(x, one.low, one.high) for x, one in shown if one.low is not None and one.high is not None]
    if both:
        upper = [(x, plot.y(min(high, _TOP))) for x, _, high in both]
        lower = [(x, plot.y(max(low, 0))) for x, low, _ in both]
        sheet.area([*upper, *reversed(lower)], theme.expected, alpha=0.3)
    middle = [(x, plot.y(one.total)) for x, one in shown]
    failing = [(x, plot.y(one.low)) for x, one in shown if one.low is not None and one.high is None]
    for line, dashes in ((middle, "1 1.6"), (failing, "6 2 1 2")):
        sheet.line(line, theme.faint, width=1.8, dashes=dashes)
        plot.labels.avoid(line)


def _band(one: Expected) -> bool:
    return one.low is not None and one.high is not None
