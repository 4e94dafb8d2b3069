"""A therapist's picture, from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.charts import alliance, decided, events, outcome
from bot.charts.calendar import Calendar, calendar
from bot.charts.plot import EDGE, Plot
from bot.charts.sheet import WIDTH, Sheet, fitting

if TYPE_CHECKING:
    from bot.charts.themes import Theme
    from bot.charts.values import Chart

_HEAD: Final = 130
_DATES: Final = 52
_ABOVE_NOTES: Final = 18
_FOOT: Final = 70


@dataclass(frozen=True, slots=True)
class Band:
    """A part of a picture from side to side: how tall it is, and what draws it from its upper edge on."""

    height: int
    draw: Callable[[Sheet, float], None]


def stacked(bands: Iterator[Band], theme: Theme, *, flipped: bool) -> Sheet:
    """Draw bands one below the other, on a sheet as tall as they need."""
    kept = tuple(bands)
    sheet, top = Sheet(sum(one.height for one in kept), theme, flipped), 0
    for one in kept:
        one.draw(sheet, top)
        top += one.height
    return sheet


def bands(chart: Chart) -> Iterator[Band]:
    """Give the parts of a therapist's picture; what there is nothing of takes no room."""
    days = _calendar(chart)
    words, notes = chart.words, decided.notes(chart, days)
    dates = Band(_DATES, lambda sheet, top: Plot(top, top, 0, 1, days).dates(sheet))

    yield Band(_HEAD, lambda sheet, top: head(sheet, top, chart.code, days))
    yield Band(
        outcome.TITLE,
        lambda sheet, top: outcome.title(
            sheet, top, words.outcome, scores=chart.outcome, color=sheet.theme.outcome
        ),
    )
    if key := outcome.key_height(chart):
        yield Band(key, lambda sheet, top: outcome.key(sheet, top, chart))
    yield Band(outcome.height(chart), lambda sheet, top: outcome.panel(sheet, top, chart, days))
    if lanes := events.height(chart):
        yield Band(lanes, lambda sheet, top: events.lanes(sheet, top, chart, days))
    yield dates
    yield Band(
        outcome.TITLE,
        lambda sheet, top: outcome.title(
            sheet, top, words.alliance, scores=chart.alliance, color=sheet.theme.alliance
        ),
    )
    yield Band(alliance.STRIP, lambda sheet, top: alliance.strip(sheet, top, chart, days))
    yield dates
    if items := alliance.height(chart):
        yield Band(items, lambda sheet, top: alliance.items(sheet, top, chart, days))
    if notes:
        tall = _ABOVE_NOTES + sum(one.height for one in notes)
        yield Band(tall, lambda sheet, top: decided.write(sheet, top + _ABOVE_NOTES, notes))
    yield Band(_FOOT, lambda sheet, top: _foot(sheet, top, chart))


def _calendar(chart: Chart) -> Calendar:
    words = chart.words
    moments = [one.at for one in (*chart.outcome, *chart.alliance)]
    moments += [*chart.missed, *(one.at for one in chart.alerts), *(one.at for one in chart.decisions)]
    ends = [one.dip_until for one in chart.decisions if one.dip_until is not None]
    ends += [one.at.date() for one in chart.expected]
    return calendar(chart.zone, words.language, moments, ends)


def head(sheet: Sheet, top: float, name: str, days: Calendar) -> None:
    """Write what the picture is called, and which time it shows."""
    size = fitting(name, 24, WIDTH - 2 * EDGE, bold=True)
    sheet.text((EDGE, top + 74), name, size=size, color=sheet.theme.ink, bold=True)
    sheet.text((EDGE, top + 112), days.span(), size=13, color=sheet.theme.faint)


def _foot(sheet: Sheet, top: float, chart: Chart) -> None:
    """Say which way is up, and whose wording it is."""
    said = (chart.words.scale, chart.words.indicative if chart.indicative else "")
    size = fitting(" ".join(said), 11, WIDTH - 2 * EDGE - 20)
    sheet.text((EDGE, top + 42), said[0], size=size, color=sheet.theme.faint)
    sheet.text((WIDTH - EDGE, top + 42), said[1], size=size, color=sheet.theme.faint, side="end")
