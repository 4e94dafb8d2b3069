"""A picture in words, for a text message.

A row of digits stands for the line. Block characters would draw it finer, but they are not in the GSM-7
alphabet: a single one makes the whole message cost as in Arabic, 70 characters a part instead of 160. A
digit is a tenth of the scale, so that it is not taken for a score; the scores that matter follow as figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.charts.values import Chart, OwnChart, best_of
from bot.wording import points
from bot.wording.charts import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scoring.score import Score

_TOP: Final = 400
_HIGHEST: Final = 9
_DECISIONS: Final = 2
"""How many decisions, the latest, are told."""

_LATEST: Final = 30
"""How many scores, the latest, the row of digits holds."""


def in_text(chart: Chart | OwnChart) -> str:
    """Put a picture in words that a text message holds."""
    return "\n".join(_lines(chart)) if isinstance(chart, Chart) else _own(chart)


def course(scores: Sequence[Score]) -> str:
    """Put the latest totals in a row of digits, 0 to 9: each a tenth of the scale."""
    return "".join(str(min(one.total * 10 // _TOP, _HIGHEST)) for one in scores[-_LATEST:])


def _lines(chart: Chart) -> Iterator[str]:
    words, told = chart.words, chart.words.in_text
    yield chart.code
    yield from _measure(chart, words.outcome, chart.outcome, _limit(words.cutoff, chart.cutoff))
    yield from _measure(chart, words.alliance, chart.alliance, _limit(words.concern, chart.concern))
    if chart.alerts:
        unseen = sum(one.seen_at is None for one in chart.alerts)
        yield told.alerts.format(number=len(chart.alerts), open=unseen)
    if chart.missed:
        yield told.missed.format(number=len(chart.missed))
    yield from _decided(chart)
    if chart.indicative:
        yield words.indicative


def _decided(chart: Chart) -> Iterator[str]:
    """Say when what was decided, the latest, up to when a dip is expected, and a word on chance."""
    latest = chart.decisions[-_DECISIONS:]
    for one in latest:
        day = one.at.astimezone(ZoneInfo(chart.zone)).date()
        yield f"{day.isoformat()}: {one.what}"
        if one.dip_until is not None:
            yield chart.words.dip.format(date=one.dip_until.isoformat())
    if any(one.at < score.at for one in latest for score in chart.outcome[-1:]):
        yield chart.words.chance


def _measure(chart: Chart, title: str, scores: Sequence[Score], limit: str) -> Iterator[str]:
    """Say how one measure stands, and below it the row of digits where there is a row."""
    told, best = chart.words.in_text, best_of(scores)
    if not scores:
        yield f"{title}: {chart.words.nothing}"
    elif best is None:
        yield told.once.format(title=title, last=points(scores[0].total)) + limit
    else:
        first, last, highest = (points(scores[place].total) for place in (0, -1, best))
        yield told.change.format(title=title, first=first, last=last, best=highest) + limit
        yield told.course.format(course=course(scores))


def _limit(words: str, tenths: int | None) -> str:
    return "" if tenths is None else f" ({said(words, tenths)})"


def _own(chart: OwnChart) -> str:
    words, scores, best = chart.words, chart.outcome, best_of(chart.outcome)
    if not scores:
        return words.nothing
    last = points(scores[-1].total)
    if best is None:
        return words.once.format(last=last)
    first = points(scores[0].total)
    return words.in_text.format(first=first, last=last, best=points(scores[best].total))
