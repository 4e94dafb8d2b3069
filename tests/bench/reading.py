"""How fast replies are read, and how many rightly, beside libraries that find numbers in text."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.languages import LANGUAGES
from bot.plain import LENGTH
from bot.replies import Expecting, read
from tests.bench.measure import Against, Figure
from tests.bot.reader.rows import EVERY_ROW, Row
from tests.outside.environment import ROOT, bare_environment, install_python

PEERS = ROOT / "build" / "bench-peers" / "bin" / "python"
PINS = ("number-parser==0.3.2", "text2num==3.1.0", "recognizers-text-suite==1.0.2a2", "emoji==1.7.0")
"""What is compared with, in an environment of its own. Recognizers-Text needs an emoji before 2.0."""

REPEATS = 5
UNITS = (
    "7 ",
    "7,",
    "seven ",
    "6 or 7 ",
    "between 6 and ",
    "sorry ",
    "please ",
    "no wait 6 ",
    "later ",
    "want to die ",
)
"""What the longest texts are made of."""


def figures() -> Iterator[Figure]:
    """Measure the median time a reply, the share read rightly, and the longest texts."""
    peers = _peers()
    median = statistics.median(_fastest(row.text, row.expecting()) for row in EVERY_ROW) * 1e6
    right = sum(row.got() == row.expected for row in EVERY_ROW) / len(EVERY_ROW)
    for name, found in peers.items():
        yield Figure("read", median, "µs", Against(f"{name}, a reply", found.median_us))
        yield Figure("read_right", right, "share", Against(f"{name}, right", found.right))
        yield Figure("read_invented", _invented_here(), "share", Against(f"{name}, invented", found.invented))
    yield from _longest()


class _Peer:
    """How a library fared on the rows."""

    def __init__(self, median_us: float, read: Sequence[int | list[int] | None]) -> None:
        pairs = list(zip(EVERY_ROW, read, strict=True))
        self.median_us = median_us
        self.right = sum(_numbers(row) == got for row, got in pairs) / len(pairs)
        none = [got for row, got in pairs if _numbers(row) is None]
        self.invented = sum(got is not None for got in none) / len(none)


def _numbers(row: Row) -> int | list[int] | None:
    """Give the numbers that a row's label holds; a suggestion is none."""
    tenths = row.expected.get("tenths")
    return tenths if isinstance(tenths, int | list) else None


def _invented_here() -> float:
    none = [row for row in EVERY_ROW if _numbers(row) is None]
    return max(sum("tenths" in row.got() for row in none), 0.5) / len(none)


def _peers() -> dict[str, _Peer]:
    """Ask the libraries, in their own environment, which is made when it is not there."""
    if not PEERS.is_file():
        PEERS.parents[2].mkdir(parents=True, exist_ok=True)
        try:
            install_python(PEERS, Path(sys.executable), list(PINS))
        except subprocess.CalledProcessError:
            shutil.rmtree(PEERS.parents[1], ignore_errors=True)
            raise
    rows = "\n".join(
        json.dumps({"text": row.text, "language": row.language, "remaining": row.remaining})
        for row in EVERY_ROW
    )
    script = Path(__file__).with_name("peers.py")
    done = subprocess.run(
        [PEERS, "-W", "ignore", script],
        input=rows,
        capture_output=True,
        text=True,
        check=True,
        env=bare_environment(),
    )
    return {name: _Peer(one["median_us"], one["read"]) for name, one in json.loads(done.stdout).items()}


def _fastest(text: str, expecting: Expecting) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter()
        read(text, expecting)
        best = min(best, time.perf_counter() - began)
    return best


def _longest() -> Iterator[Figure]:
    """Measure the slowest of the longest texts beside one a quarter as long: linear time is a ratio of 4."""
    expecting = Expecting(LANGUAGES["en"], remaining=4, answered=1)
    times = []
    for unit in UNITS:
        whole = (unit * LENGTH)[:LENGTH]
        times.append((_fastest(whole, expecting), _fastest(whole[: LENGTH // 4], expecting)))
    longest, quarter = max(times)
    yield Figure("read_longest", longest * 1e6, "µs", Against("a quarter as long", quarter * 1e6))
