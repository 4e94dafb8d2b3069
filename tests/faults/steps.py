"""Every kill point of every walk, on both databases and both kinds of network.

python -m tests.faults.steps
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from tests.databases import Databases, Engine, postgres
from tests.faults import processes
from tests.faults.every_step import NETWORKS, kill_points, stage
from tests.faults.walks import WALKS, Walk
from tests.guarded import network

ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")


@dataclass(slots=True)
class Row:
    """What came of one walk on one database and one network.

    Attributes:
        points: how many kill points it has.
        tried: at how many of them processes were killed.
        lost: what was missing, each with where the process died.
        doubled: what was there too often, each with where the process died.
        repeated: how many messages of unknown outcome went out again.
        let_go: how many messages of unknown outcome were left at that.
        seconds: how long it took.
    """

    walk: str
    engine: str
    network: str
    points: int = 0
    tried: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    repeated: int = 0
    let_go: int = 0
    seconds: float = 0.0


def run(every: int, first: int) -> Iterator[Row]:
    """Kill at each so manyth point from the first on, each walk beginning where the last one left off."""
    processes.warm_up()
    passed = -first
    with postgres() as server, tempfile.TemporaryDirectory(prefix="attune-faults-") as folder:
        databases = Databases(Path(folder), server)
        for walk, engine, over in itertools.product(WALKS, ENGINES, NETWORKS):
            row = _row(walk, engine, over, databases=databases, every=every, passed=passed)
            passed += row.points
            yield row


def _row(walk: Walk, engine: Engine, over: str, *, databases: Databases, every: int, passed: int) -> Row:
    began, row = time.monotonic(), Row(walk.name, engine, over)
    with stage(walk, engine, over, databases) as set_up:
        for number, (deadly, place) in enumerate(kill_points(set_up), passed):
            row.points += 1
            if number % every:
                continue
            found = set_up.killed(deadly)
            row.tried += 1
            row.lost += [f"{deadly} {place}: {what}" for what in found.lost]
            row.doubled += [f"{deadly} {place}: {what}" for what in found.doubled]
            row.repeated += found.repeated
            row.let_go += found.let_go
    row.seconds = time.monotonic() - began
    return row


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("walk", "database", "network"):
        table.add_column(column)
    for column in ("kill points", "killed at", "lost", "doubled", "repeated", "let go", "s"):
        table.add_column(column, justify="right")
    for one in [*rows, _total(rows)]:
        figures = (one.points, one.tried, len(one.lost), len(one.doubled), one.repeated, one.let_go)
        table.add_row(one.walk, one.engine, one.network, *map(str, figures), f"{one.seconds:.0f}")
    return table


def _total(rows: list[Row]) -> Row:
    total = Row("in all", "", "")
    for one in rows:
        total.points += one.points
        total.tried += one.tried
        total.lost += one.lost
        total.doubled += one.doubled
        total.repeated += one.repeated
        total.let_go += one.let_go
        total.seconds += one.seconds
    return total


def main() -> int:
    """Run, and print a table or JSON; the status is 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="kill at each so manyth point only")
    parser.add_argument(
        "--json", action="store_true", help="print a line of JSON for each walk, and no table"
    )
    parser.add_argument("--first", type=int, default=0, help="how many points to leave out before the first")
    asked = parser.parse_args()
    network.install()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    rows: list[Row] = []
    console = Console(stderr=True)
    for row in run(asked.every, asked.first):
        rows.append(row)
        if asked.json:
            print(json.dumps(asdict(row)), flush=True)  # noqa: T201 - what was asked for
        else:
            console.print(f"{row.walk}, {row.engine}, {row.network}: {row.tried} in {row.seconds:.0f} s")
    if not asked.json:
        Console().print(_table(rows))
        Console().print(*_total(rows).lost, *_total(rows).doubled, sep="\n")
    return int(any(one.lost or one.doubled for one in rows))


if __name__ == "__main__":
    raise SystemExit(main())
