"""`make bench`: measure, print a table, write build/bench.json; names after it measure those groups alone."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from tests.bench import (
    burst,
    documents,
    drawing,
    falling_due,
    judging,
    persisting,
    reading,
    receive,
    running,
    simulating,
    webhook,
    workers,
)
from tests.bench.measure import RESULTS, Figure, keep, read, show
from tests.databases import Databases, postgres


class Lent:
    """A folder on a real disk, and as many empty PostgreSQL databases as are asked for."""

    def __init__(self, disk: Path, stack: contextlib.ExitStack) -> None:
        """Keep the folder; the server starts when first asked for, and ends with `stack`."""
        self.disk = disk
        self._stack = stack
        self._databases: Databases | None = None

    def postgresql(self, count: int) -> Sequence[str]:
        """Give the URLs of so many empty databases, which wait for the disk as PostgreSQL does by itself."""
        if self._databases is None:
            self._databases = Databases(self.disk, self._stack.enter_context(postgres(durable=True)))
        return [self._stack.enter_context(self._databases.fresh("postgresql")) for _ in range(count)]


GROUPS: Mapping[str, Callable[[Lent], Iterator[Figure]]] = {
    "reading": lambda _: reading.figures(),
    "receive": lambda lent: receive.figures(lent.disk, lent.postgresql(2)),
    "ptb": lambda lent: persisting.figures(lent.disk),
    "webhook": lambda lent: webhook.figures(lent.disk),
    "burst": lambda lent: burst.figures(lent.disk),
    "workers": lambda lent: workers.figures(lent.disk, lent.postgresql(len(workers.WORKERS))),
    "running": lambda lent: running.figures(lent.disk),
    "judging": lambda _: judging.figures(),
    "drawing": lambda _: drawing.figures(),
    "falling_due": lambda lent: falling_due.figures(lent.disk, lent.postgresql(1)[0]),
    "simulating": lambda _: simulating.figures(),
}
"""What can be measured, in the order in which it is."""


def measured(groups: Sequence[str]) -> list[Figure]:
    """Measure on a real disk: build/, not the system's temporary folder, which may be in memory."""
    RESULTS.parent.mkdir(exist_ok=True)
    found: list[Figure] = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=RESULTS.parent, prefix="bench-"))
        lent = Lent(Path(folder).absolute(), stack)
        for name in GROUPS:
            if name in groups:
                found += GROUPS[name](lent)
    return found


def main() -> None:
    """Measure what is asked for; what was measured before of other groups stays in build/bench.json."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    # argparse takes an empty list for a wrong choice, so the choices are looked at below
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--docs", action="store_true", help="only write the figures into docs/performance.md")
    asked = parser.parse_args()
    if unknown := [name for name in asked.groups if name not in GROUPS]:
        parser.error(f"there is no group {unknown[0]}: take from {', '.join(GROUPS)}")
    console = Console(width=120)
    if asked.docs:
        documents.write(read())
        console.print(f"Written to {documents.PAGE}.")
        return
    found = measured(asked.groups or list(GROUPS))
    keep(found, anew=not asked.groups)
    show(found, console)
    console.print(f"Written to {RESULTS}; python -m tests.bench --docs puts it into {documents.PAGE}.")


if __name__ == "__main__":
    main()
