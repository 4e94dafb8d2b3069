"""A sheet to draw on, in pixels from its top corner, and how it becomes a file.

Everything is put where it belongs for a language written from left to right; for one written from right to
left the sheet turns it over, so that time runs as the reader reads. Only matplotlib's artists are used, no
axes: they would bring scales, ticks and layouts of their own, which these pictures do without.
"""

from __future__ import annotations

import io
import math
import threading
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal

from bot.charts.themes import Theme
from bot.charts.values import Form

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font
    from matplotlib.transforms import Transform

WIDTH: Final = 1080
"""How wide every picture is, in pixels: a phone held upright."""

DPI: Final = 150
FONT: Final = "DejaVu Sans"
"""Ships with matplotlib, so that it is the same on every machine; it has Arabic, which matplotlib joins and
orders by itself from 3.11 on (libraqm)."""

Side = Literal["start", "middle", "end"]
Point = tuple[float, float]

_RIGHT_TO_LEFT: Final = "\u200f"
"""Nobody sees it; what follows is ordered from right to left, though it begin with a figure."""

_COLOURS: Final = 128
_MEASURED: Final = 24.0
"""The size at which words are measured, in typographic points: others are in proportion."""

_LOCK: Final = threading.Lock()


@dataclass(slots=True)
class Sheet:
    """A picture under way. What is drawn later covers what was drawn before.

    Attributes:
        height: in pixels.
        theme: its colours.
        flipped: whether it is turned over, for a language written from right to left.
    """

    height: int
    theme: Theme
    flipped: bool
    _figure: Figure = field(init=False)
    _pixels: Transform = field(init=False)
    _drawn: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Lay out an empty sheet."""
        # Matplotlib takes a second to import: a process that draws nothing does not pay for it.
        from matplotlib.figure import Figure  # noqa: PLC0415
        from matplotlib.transforms import Affine2D  # noqa: PLC0415

        size = (WIDTH / DPI, self.height / DPI)
        self._figure = Figure(figsize=size, dpi=DPI, facecolor=self.theme.card)
        down = Affine2D().scale(1 / DPI, -1 / DPI).translate(0, self.height / DPI)
        self._pixels = down + self._figure.dpi_scale_trans

    def line(self, points: Sequence[Point], color: str, *, width: float, dashes: str | None = None) -> None:
        """Draw a line through points; its width in typographic points, `dashes` as "5 3"."""
        from matplotlib.lines import Line2D  # noqa: PLC0415 (as above)

        along, down = self._turned(points)
        style = "-" if dashes is None else (0, tuple(float(one) for one in dashes.split()))
        self._add(Line2D(along, down, color=color, lw=width, ls=style, solid_joinstyle="round"))

    def lines(self, lines: Iterable[Sequence[Point]], color: str, *, width: float) -> None:
        """Draw several lines of one kind, in one go."""
        apart = (math.nan, math.nan)
        self.line([point for line in lines for point in (*line, apart)], color, width=width)

    def marks(
        self, points: Sequence[Point], shape: str, *, size: float, fill: str, edge: str, rim: float = 1.4
    ) -> None:
        """Draw a mark of matplotlib's at each point, filled and rimmed."""
        from matplotlib.lines import Line2D  # noqa: PLC0415 (as above)

        along, down = self._turned(points)
        self._add(Line2D(along, down, ls="", marker=shape, ms=size, mfc=fill, mec=edge, mew=rim))

    def area(
        self, points: Sequence[Point], color: str, *, alpha: float = 1, hatch: str | None = None
    ) -> None:
        """Fill what points enclose; with `hatch` by strokes over a tint."""
        from matplotlib.patches import Polygon  # noqa: PLC0415 (as above)

        corners = list(zip(*self._turned(points), strict=True))
        self._add(Polygon(corners, fc=color, alpha=alpha, lw=0))
        if hatch is not None:
            self._add(Polygon(corners, fc="none", ec=color, alpha=0.3, lw=0, hatch=hatch))

    def text(
        self, at: Point, words: str, *, size: float, color: str, side: Side = "start", bold: bool = False
    ) -> None:
        """Write words on their base line: from a point on, about it, or up to it."""
        from matplotlib.text import Text  # noqa: PLC0415 (as above)

        (along,), (down,) = self._turned([at])
        self._add(
            Text(
                along,
                down,
                f"{_RIGHT_TO_LEFT if self.flipped else ''}{drawable(words)}",
                size=size,
                color=color,
                fontweight="bold" if bold else "normal",
                horizontalalignment=self._aligned(side),
                verticalalignment="baseline",
                parse_math=False,
            )
        )

    def _aligned(self, side: Side) -> Literal["left", "center", "right"]:
        match side:
            case "start":
                return "right" if self.flipped else "left"
            case "end":
                return "left" if self.flipped else "right"
            case _:
                return "center"

    def _turned(self, points: Sequence[Point]) -> tuple[list[float], list[float]]:
        along = [WIDTH - x if self.flipped else x for x, _ in points]
        return along, [y for _, y in points]

    def _add(self, artist: Artist) -> None:
        """Put an artist on top of all before it."""
        artist.set_transform(self._pixels)
        artist.set_zorder(self._drawn)
        self._figure.add_artist(artist)
        self._drawn += 1

    def written(self, form: Form) -> bytes:
        """Give the file; nothing in it tells when or by what it was written."""
        return self._png() if form is Form.PNG else self._svg()

    def _png(self) -> bytes:
        """Write a PNG with a palette: a third of the size, and less time than with all colours."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (as above)
        from PIL import Image  # noqa: PLC0415 (as above)

        canvas = FigureCanvasAgg(self._figure)
        canvas.draw()  # type: ignore[no-untyped-call] # typed in part
        size = canvas.get_width_height()
        drawn = canvas.buffer_rgba()  # type: ignore[no-untyped-call] # (as above)
        picture = Image.frombuffer("RGBA", size, drawn, "raw", "RGBA", 0, 1).convert("RGB")
        few = picture.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        kept = io.BytesIO()
        few.save(kept, format="png")
        return kept.getvalue()

    def _svg(self) -> bytes:
        kept = io.BytesIO()
        nothing = {"Date": None, "Creator": None}
        self._figure.savefig(kept, format="svg", facecolor=self.theme.card, metadata=nothing)
        return kept.getvalue()


@contextmanager
def alone() -> Iterator[None]:
    """Draw by one's own settings, whatever the machine's say: they are one for the whole process.

    One thread draws at a time, for the settings' sake; several would not be done any sooner.
    """
    from matplotlib import rc_context, rcParams, rcParamsDefault  # noqa: PLC0415 (as above)

    kept = ("backend", "backend_fallback")
    with _LOCK, rc_context({key: value for key, value in rcParamsDefault.items() if key not in kept}):
        rcParams["font.family"] = FONT
        rcParams["svg.hashsalt"] = "attune"  # else the ids in an SVG are drawn by lot
        rcParams["hatch.linewidth"] = 1.1
        yield


def drawable(words: str) -> str:
    """Put a box for each letter that the font lacks, as it does an emoji's; leave out what nobody sees."""
    known = _known()
    letters = (one if ord(one) in known else "\u25a1" for one in words if not _unseen(one, known))
    return "".join(letters)


def _unseen(letter: str, known: Collection[int]) -> bool:
    """Tell whether a letter is nothing but a sign to the typesetter that the font does not know."""
    return ord(letter) not in known and unicodedata.category(letter) in {"Cc", "Cf", "Mn"}


@cache
def _known() -> frozenset[int]:
    """Give every letter of the font, by its number."""
    return frozenset(_font(bold=False).get_charmap()) & frozenset(_font(bold=True).get_charmap())


def _font(*, bold: bool) -> FT2Font:
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415 (as above)

    return get_font(findfont(FontProperties(family=FONT, weight="bold" if bold else "normal")))


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """Measure how wide words are, in pixels."""
    return _width(words, bold) * size / _MEASURED


@lru_cache(maxsize=1024)
def _width(words: str, bold: bool) -> float:  # noqa: FBT001 (a cache's key)
    font = _font(bold=bold)
    font.set_size(_MEASURED, DPI)
    font.set_text(drawable(words))
    width, _ = font.get_width_height()
    return width / 64  # FreeType measures in 64ths of a pixel


def fitting(words: str, size: float, room: float, *, bold: bool = False) -> float:
    """Give a size at which words fit into so many pixels: the one wished for, or a smaller one."""
    return min(size, size * room / max(width_of(words, size, bold=bold), 1))


def wrapped(words: str, size: float, room: float) -> list[str]:
    """Break words into lines of at most so many pixels; a single word that is longer stays whole."""
    lines: list[str] = []
    left = 0.0
    for word in words.split():
        wide = width_of(f"{word} ", size)
        if lines and wide <= left:
            lines[-1], left = f"{lines[-1]} {word}", left - wide
        else:
            lines.append(word)
            left = room - wide
    return lines
