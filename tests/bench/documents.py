"""The table of docs/performance.md, from what was measured last: `python -m tests.bench --docs` writes it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import RESULTS, Figure, written

PAGE = Path("docs/performance.md")
BEGIN, END = "<!-- figures: python -m tests.bench --docs -->", "<!-- end of figures -->"
"""Between these lines of the page the table stands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a figure: `what` of it must be at least or `at_most` so much."""

    limit: float
    at_most: bool = False
    what: Callable[[Figure], float] = lambda figure: figure.ratio
    words: str = "times"

    def __str__(self) -> str:
        """Say it."""
        return f"{'≤' if self.at_most else '≥'} {self.limit:g} {self.words}"

    def met(self, figure: Figure) -> bool:
        """Tell whether a figure is as asked."""
        found = self.what(figure)
        return found <= self.limit if self.at_most else found >= self.limit


def _value(figure: Figure) -> float:
    return figure.value


ASKED: Mapping[str, Asked] = {
    "receive_64": Asked(0.8),
    "receive_against_ptb": Asked(3),
    "webhook": Asked(0.35),
    "burst_p99": Asked(1, at_most=True, what=_value, words="s"),
    "budget_used": Asked(0.95, what=_value, words="of it"),
    "memory_100k": Asked(200, at_most=True, what=_value, words="MB"),
    "cold_start": Asked(2, at_most=True),
}
"""What is asked, of which figure; the others stand there to be watched."""


def write(figures: Sequence[Figure], page: Path = PAGE) -> None:
    """Put figures into the page.

    Raises:
        ValueError: the page has lost the lines between which they stand.
    """
    put((BEGIN, END), table(figures), page)


def put(between: tuple[str, str], text: str, page: Path = PAGE) -> None:
    """Put a text between two lines of the page, in the place of what stands there.

    Raises:
        ValueError: the page has lost these lines.
    """
    first, last = between
    head, begin, rest = page.read_text(encoding="utf-8").partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        msg = f"{page} needs a line {first} and below it a line {last}"
        raise ValueError(msg)
    page.write_text(f"{head}{first}\n\n{text}\n{last}{tail}", encoding="utf-8")


def table(figures: Sequence[Figure]) -> str:
    """Give figures as a table in Markdown, under a line that says how fast the machine is."""
    machine = f"{os.cpu_count()} cores and {commits():,.0f} commits a second to the disk"
    lines = [
        f"Measured on {machine} (bare sqlite3, WAL, `synchronous=FULL`, an INSERT each).",
        "",
        "| figure | measured | beside | there | ratio | asked | met |",
        "|---|---:|---|---:|---:|---|---|",
    ]
    return "\n".join([*lines, *map(_row, figures)]) + "\n"


def _row(figure: Figure) -> str:
    asked = ASKED.get(figure.name)
    verdict = ("", "") if asked is None else (str(asked), "yes" if asked.met(figure) else "**no**")
    cells = (
        f"`{figure.name}`",
        f"{written(figure.value)} {figure.unit}",
        figure.against.name,
        written(figure.against.value),
        f"{figure.ratio:.2f}",
        *verdict,
    )
    return f"| {' | '.join(cells)} |"


def commits(replies: int = 1000) -> float:
    """Measure commits a second in build/, an INSERT each."""
    RESULTS.parent.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=RESULTS.parent, prefix="bench-") as folder,
        closing(sqlite3.connect(Path(folder) / "commits.db", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE commits (number INTEGER)")
        began = time.perf_counter()
        for number in range(replies):
            database.execute("INSERT INTO commits VALUES (?)", (number,))
        return replies / (time.perf_counter() - began)
