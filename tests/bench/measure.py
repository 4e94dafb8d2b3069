"""What a figure is, how figures are printed, and how they are kept."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path("build/bench.json")


@dataclass(frozen=True, slots=True)
class Against:
    """What a figure is compared with, in the same unit and the same run."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `unit`: "1/s", "s", "ms", "µs", "MB" or "share"."""

    name: str
    value: float
    unit: str
    against: Against

    @property
    def ratio(self) -> float:
        """The figure as a multiple of what it is compared with."""
        return self.value / self.against.value


def keep(figures: Sequence[Figure], path: Path = RESULTS, *, anew: bool = True) -> None:
    """Write figures to build/bench.json: `anew`, or in the place of those of the same names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = {one.name for one in figures}
    others = [] if anew or not path.is_file() else [one for one in read(path) if one.name not in names]
    rows = [{**dataclasses.asdict(one), "ratio": one.ratio} for one in (*others, *figures)]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path = RESULTS) -> list[Figure]:
    """Read the figures that were measured last."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Figure(one["name"], one["value"], one["unit"], Against(**one["against"])) for one in rows]


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print figures as a table."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "value", "unit", "against", "value there", "ratio"):
        table.add_column(column, justify="right" if column in {"value", "value there", "ratio"} else "left")
    for one in figures:
        table.add_row(
            one.name,
            written(one.value),
            one.unit,
            one.against.name,
            written(one.against.value),
            f"{one.ratio:.2f}",
        )
    console.print(table)


_WHOLE = 100
"""From here on a figure is shown without decimals."""


def written(value: float) -> str:
    """Write a figure for people."""
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.3g}"
