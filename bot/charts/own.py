"""A client's own picture: where they started, where they are now, their own best. Plain and kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from bot.charts.calendar import Calendar, calendar
from bot.charts.outcome import empty
from bot.charts.page import Band, head
from bot.charts.plot import EDGE, LEFT, Plot
from bot.charts.sheet import WIDTH, fitting, wrapped
from bot.charts.values import best_of
from bot.wording import points

if TYPE_CHECKING:
    from bot.charts.sheet import Sheet
    from bot.charts.values import OwnChart

_HEAD: Final = 130
_PANEL: Final = 450
_ABOVE: Final = 40
_DATES: Final = 62
_ROW: Final = 56
_LINE: Final = 34
_FOOT: Final = 36
_TOP: Final = 400
_SAYING: Final = 13.0
_RIGHT: Final = WIDTH - EDGE - 20.0


def bands(chart: OwnChart) -> Iterator[Band]:
    """Give the parts of a client's own picture."""
    words = chart.words
    days = calendar(chart.zone, words.language, [one.at for one in chart.outcome])
    rows = _rows(chart)
    lines = [*_wrapped(words.up), *_wrapped(words.talk)] if chart.outcome else []
    yield Band(_HEAD, lambda sheet, top: head(sheet, top, words.title, days))
    yield Band(_PANEL, lambda sheet, top: _panel(sheet, top, chart, days))
    yield Band(_DATES, lambda sheet, top: _plot(top, top, days).dates(sheet))
    if rows:
        yield Band(_ROW * len(rows) + 16, lambda sheet, top: _told(sheet, top, rows, words.best))
    if lines:
        yield Band(_LINE * len(lines) + 16, lambda sheet, top: _saying(sheet, top, lines))
    yield Band(_FOOT, lambda _sheet, _top: None)


def _plot(top: float, bottom: float, days: Calendar) -> Plot:
    return Plot(top, bottom, 0, _TOP, days, LEFT, _RIGHT)


def _panel(sheet: Sheet, top: float, chart: OwnChart, days: Calendar) -> None:
    plot = _plot(top + _ABOVE, top + _PANEL, days)
    plot.grid(sheet, (0, 100, 200, 300, 400))
    scores, color = chart.outcome, sheet.theme.outcome
    if not scores:
        empty(sheet, plot, chart.words.nothing)
        return
    plot.series(sheet, scores, color, "o")
    best, last = best_of(scores), len(scores) - 1
    if best is not None:
        sheet.marks([plot.points(scores)[best]], "*", size=18, fill=color, edge=sheet.theme.card)
    plot.values(sheet, scores, (last, 0, best or 0), color)


def _rows(chart: OwnChart) -> Sequence[tuple[str, str]]:
    """Put each figure beside its words; of one score, only where the client is."""
    scores, words = chart.outcome, chart.words
    best = best_of(scores)
    now = [(words.now, points(scores[-1].total))] if scores else []
    if best is None:
        return now
    return [
        (words.started, points(scores[0].total)),
        *now,
        (words.best, points(scores[best].total)),
    ]


def _told(sheet: Sheet, top: float, rows: Sequence[tuple[str, str]], best: str) -> None:
    theme = sheet.theme
    for number, (words, value) in enumerate(rows):
        down = top + _ROW * number + 40
        size = fitting(words, 15, WIDTH - LEFT - EDGE - 190)
        sheet.text((LEFT, down), words, size=size, color=theme.ink)
        sheet.text((_RIGHT, down), value, size=17, color=theme.outcome, side="end", bold=True)
        if words == best:
            sheet.marks([(_RIGHT - 130, down - 12)], "*", size=18, fill=theme.outcome, edge=theme.card)
        sheet.line([(LEFT, down + 17), (_RIGHT, down + 17)], theme.rule, width=0.8)


def _wrapped(words: str) -> Sequence[str]:
    return wrapped(words, _SAYING, _RIGHT - LEFT - 10)


def _saying(sheet: Sheet, top: float, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        at = (LEFT, top + 34 + _LINE * number)
        sheet.text(at, line, size=_SAYING, color=sheet.theme.faint)
