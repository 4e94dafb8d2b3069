"""A client's trajectory as a picture for a phone: outcome above, alliance on a strip of its own below.

Drawing takes a moment of a processor: call `draw` through `asyncio.to_thread`. Matplotlib is imported
when the first chart is drawn, and only its objects are used, no state of its own that calls would share.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.wording import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scoring.score import Score

WIDTH: Final = 1080
HEIGHT: Final = 1200
"""The picture's size in pixels: upright, as a phone's screen."""

_DPI: Final = 150
_TOP: Final = 40
_TICKS: Final = 5
_ROOM: Final = 5
"""Points that a value takes beside a score, on the outcome's scale."""

_A_DAY: Final = timedelta(days=1)

# Colours that colour-blind people tell apart. Source: Okabe & Ito, jfly.uni-koeln.de/color.
_BLUE: Final = "#0072B2"
_GREEN: Final = "#009E73"
_VERMILLION: Final = "#D55E00"
_CARD: Final = "#FCFBF8"
_INK: Final = "#22252A"
_FAINT: Final = "#5F656D"
_RULE: Final = "#DDDAD3"
_SHADE: Final = "#FBEEDD"


@dataclass(frozen=True, slots=True)
class Labels:
    """The words on a chart, in the reader's language."""

    outcome: str = "Outcome (ORS)"
    alliance: str = "Alliance (SRS)"
    cutoff: str = "cutoff\n{points}"
    clinical: str = "clinical range"
    concern: str = "concern\nbelow {points}"
    nothing: str = "no scores yet"
    scale: str = "0 to 40, higher is better"
    indicative: str = "own wording, cutoffs indicative"


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. There is no name on it.

    Attributes:
        code: the client's code.
        outcome: the scores of the outcome measure, oldest first.
        alliance: the scores of the alliance measure, oldest first.
        cutoff: the outcome total between the clinical and the functional range, in tenths, if there is one.
        concern: the alliance total below which it is a concern, in tenths, if there is one.
        zone: the zone on whose calendar the scores are dated.
        language: the language of the dates.
        labels: the words.
        indicative: whether to say that wording is ours and cutoffs only indicative.
    """

    code: str
    outcome: tuple[Score, ...]
    alliance: tuple[Score, ...]
    cutoff: int | None
    concern: int | None
    zone: str = "UTC"
    language: str = "en"
    labels: Labels = Labels()
    indicative: bool = True


def draw(chart: Chart) -> bytes:
    """Draw a chart as a PNG of `WIDTH` by `HEIGHT` pixels; the same chart gives the same bytes."""
    # Matplotlib takes half a second to import: a process that draws nothing does not pay for it.
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.text import Text  # noqa: PLC0415

    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=_CARD)
    upper = figure.add_axes((0.1, 0.445, 0.745, 0.355))
    lower = figure.add_axes((0.1, 0.12, 0.745, 0.175))
    _head(figure, chart)
    _outcome(upper, chart)
    _alliance(lower, chart)
    _calendar(upper, lower, chart)
    figure.text(0.055, 0.03, chart.labels.scale, size=11, color=_FAINT)
    if chart.indicative:
        figure.text(0.955, 0.03, chart.labels.indicative, ha="right", size=11, color=_FAINT)
    for text in figure.findobj(Text):
        text.set_fontfamily("DejaVu Sans")  # ships with matplotlib: the same on every machine
    written = io.BytesIO()
    # Without the version of matplotlib in it, the file depends on the chart alone.
    figure.savefig(written, format="png", backend="agg", facecolor=_CARD, metadata={"Software": None})
    return written.getvalue()


def _head(figure: Figure, chart: Chart) -> None:
    """Write whose chart it is, and which time it shows."""
    figure.text(0.055, 0.938, chart.code, size=25, weight="bold", color=_INK, parse_math=False)
    if days := sorted({_day(one, chart.zone) for one in (*chart.outcome, *chart.alliance)}):
        said = _written(days[-1], chart, year=True)
        if len(days) > 1:
            said = f"{_written(days[0], chart, year=days[0].year != days[-1].year)} \u2013 {said}"
        figure.text(0.055, 0.902, said, size=13.5, color=_FAINT, parse_math=False)


def _outcome(axes: Axes, chart: Chart) -> None:
    """Draw the outcome line over the clinical range."""
    _frame(axes, (0, 10, 20, 30, 40), chart.outcome, _ROOM)
    _title(axes, chart.labels.outcome, chart.outcome, _BLUE)
    if chart.cutoff is not None:
        axes.axhspan(axes.get_ylim()[0], chart.cutoff / 10, color=_SHADE, lw=0, zorder=0)
        falls = bool(chart.outcome) and chart.outcome[0].total > chart.outcome[-1].total
        across = 0.02 if falls else 0.98  # where the line is higher, so that it does not run through
        axes.text(
            across,
            0.035,
            chart.labels.clinical,
            transform=axes.transAxes,
            horizontalalignment="left" if falls else "right",
            size=11.5,
            color=_FAINT,
        )
    _line(axes, chart.cutoff, chart.labels.cutoff)
    _series(axes, chart, chart.outcome, line=chart.cutoff, color=_BLUE)


def _alliance(axes: Axes, chart: Chart) -> None:
    """Draw the alliance on a strip that shows its upper half, unless the scores lie lower."""
    lowest = min((one.total / 10 for one in chart.alliance), default=_TOP)
    if lowest < _TOP // 2:
        _frame(axes, (0, 20, 40), chart.alliance, 2 * _ROOM)
    else:
        _frame(axes, (20, 30, 40), chart.alliance, _ROOM)
    _title(axes, chart.labels.alliance, chart.alliance, _GREEN)
    _line(axes, chart.concern, chart.labels.concern)
    _series(axes, chart, chart.alliance, line=chart.concern, color=_GREEN)


def _frame(axes: Axes, ticks: tuple[int, ...], scores: Sequence[Score], room: int) -> None:
    """Draw the frame of a strip, with `room` for a value below a score that lies at the bottom."""
    low = any(one.total / 10 < ticks[0] + _ROOM for one in scores)
    axes.set_ylim(ticks[0] - room if low else ticks[0], _TOP)
    axes.set_facecolor(_CARD)
    axes.set_yticks(ticks)
    axes.grid(visible=True, axis="both", color=_RULE, lw=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=12.5, labelcolor=_FAINT, pad=7)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(_FAINT)


def _title(axes: Axes, words: str, scores: Sequence[Score], color: str) -> None:
    """Write over a strip what it shows, and the latest score after the one before."""
    for across, side, said, ink in ((0, "left", words, color), (1, "right", _latest(scores), _INK)):
        axes.annotate(
            said,
            (across, 1),
            xycoords="axes fraction",
            xytext=(0, 32),
            textcoords="offset points",
            horizontalalignment=side,
            size=16,
            weight="bold",
            color=ink,
            parse_math=False,
        )


def _latest(scores: Sequence[Score]) -> str:
    return " \u2192 ".join(points(one.total) for one in scores[-2:])


def _line(axes: Axes, height: int | None, words: str) -> None:
    """Draw a dashed line, its label at the right of the strip, where no score is."""
    if height is None:
        return
    axes.axhline(height / 10, color=_VERMILLION, lw=2, ls=(0, (5, 3)), zorder=2)
    axes.annotate(
        words.format(points=points(height)),
        (1, height / 10),
        xycoords=("axes fraction", "data"),
        xytext=(7, 0),
        textcoords="offset points",
        verticalalignment="center",
        size=11.5,
        color=_VERMILLION,
        parse_math=False,
    )


def _series(axes: Axes, chart: Chart, scores: Sequence[Score], *, line: int | None, color: str) -> None:
    if not scores:
        axes.text(
            *(0.5, 0.5), chart.labels.nothing, transform=axes.transAxes, ha="center", size=14, color=_FAINT
        )
        return
    along = [_along(one, chart.zone) for one in scores]
    up = [one.total / 10 for one in scores]
    axes.plot(
        along,
        up,
        color=color,
        lw=3.4,
        marker="o",
        ms=9 if len(scores) <= 20 else 5,  # noqa: PLR2004 (more would run into one another)
        mec=_CARD,
        mew=1.6,
        zorder=4,
        clip_on=False,
    )
    for place in sorted({0, up.index(min(up)), len(up) - 1}):
        _value(axes, (along[place], up[place]), color, above=_above(up, place, line))


def _above(up: Sequence[float], place: int, line: int | None) -> bool:
    """Choose the side of a point for its value: where the series does not run, nor the dashed line."""
    beside = [up[near] for near in (place - 1, place + 1) if 0 <= near < len(up)]
    above = not beside or up[place] >= sum(beside) / len(beside)
    if line is None or abs(up[place] - line / 10) > _ROOM:
        return above
    return up[place] >= line / 10


def _value(axes: Axes, point: tuple[float, float], color: str, *, above: bool) -> None:
    """Write a point's value above or below it."""
    axes.annotate(
        points(round(point[1] * 10)),
        point,
        xytext=(0, 9 if above else -10),
        textcoords="offset points",
        horizontalalignment="center",
        verticalalignment="bottom" if above else "top",
        size=14,
        weight="bold",
        color=color,
        zorder=6,
    )


def _calendar(upper: Axes, lower: Axes, chart: Chart) -> None:
    """Give both strips the same days, dated below each at some of the days on which there are scores."""
    along = sorted(_along(one, chart.zone) for one in (*chart.outcome, *chart.alliance))
    first, last = (along[0], along[-1]) if along else (0.0, 1.0)
    margin = max(1.0, (last - first) * 0.05)
    days = {date.fromordinal(int(one)): one for one in reversed(along)}
    shown = _chosen(sorted(days))
    for axes in (upper, lower):
        axes.set_xlim(first - margin, last + margin)
        axes.set_xticks([days[day] for day in shown], [_written(day, chart) for day in shown])


def _chosen(days: Sequence[date]) -> Sequence[date]:
    """Choose the days to write: the first and the last, and between them some that stand well apart."""
    if len(days) <= 1:
        return days
    apart = (days[-1] - days[0]) / _TICKS
    chosen = [days[0]]
    for day in days[1:-1]:
        if day - chosen[-1] >= apart and days[-1] - day >= apart:
            chosen.append(day)
    return [*chosen, days[-1]]


def _day(score: Score, zone: str) -> date:
    return score.at.astimezone(ZoneInfo(zone)).date()


def _along(score: Score, zone: str) -> float:
    """Give a score's place in time: days, with the time of the day as a fraction."""
    at = score.at.astimezone(ZoneInfo(zone))
    return at.date().toordinal() + timedelta(hours=at.hour, minutes=at.minute) / _A_DAY


def _written(day: date, chart: Chart, *, year: bool = False) -> str:
    return format_date(day, "d MMM y" if year else "d MMM", locale=chart.language)
