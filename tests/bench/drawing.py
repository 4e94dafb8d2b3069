"""How long a picture takes, beside an empty matplotlib figure of that size saved as PNG."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable, Iterator, Sequence

from matplotlib.figure import Figure as Canvas

from bot.charts import Chart, Form, draw, forget, in_text
from tests.bench.measure import Against, Figure
from tests.gallery import TRAJECTORIES

_REPEATS = 7
_DPI = 150


def figures() -> Iterator[Figure]:
    """Measure the fullest picture of the gallery: as PNG, as SVG, kept, and in words."""
    chart = TRAJECTORIES["rupture-and-repair"]
    width, height = struct.unpack(">II", draw(chart)[16:24])
    ways: dict[str, Callable[[], object]] = {
        "chart": lambda: _anew(chart, Form.PNG),
        "chart_svg": lambda: _anew(chart, Form.SVG),
        "chart_kept": lambda: draw(chart),
        "chart_text": lambda: in_text(chart),
    }
    nothing, *fastest = _fastest([lambda: _empty(width, height), *ways.values()])
    against = Against("an empty figure of that size", nothing)
    for name, took in zip(ways, fastest, strict=True):
        yield Figure(name, took, "ms", against)


def _anew(chart: Chart, form: Form) -> bytes:
    forget()
    return draw(chart, form)


def _empty(width: int, height: int) -> None:
    """Save a figure with nothing on it, not even axes."""
    canvas = Canvas(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    canvas.savefig(io.BytesIO(), format="png")


def _fastest(ways: Sequence[Callable[[], object]]) -> list[float]:
    """Give the fastest of some runs of each, in milliseconds, in turn, so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(_REPEATS):
        for work, kept in zip(ways, times, strict=True):
            work()
            began = time.perf_counter()
            work()
            kept.append((time.perf_counter() - began) * 1e3)
    return [min(kept) for kept in times]
