"""`make bench`: measure everything, print a table, write build/bench.json."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench import drawing, falling_due, judging, reading, receive, simulating
from tests.bench.measure import RESULTS, keep, show
from tests.databases import Databases, postgres


def main() -> None:
    """Measure on a real disk: build/, not the system's temporary folder, which may be in memory."""
    console = Console(width=120)
    RESULTS.parent.mkdir(exist_ok=True)
    folder = tempfile.TemporaryDirectory(dir=RESULTS.parent, prefix="bench-")
    with folder as name, postgres(durable=True) as server:
        databases = Databases(Path(name), server)
        with contextlib.ExitStack() as lent:
            one, other, third = (lent.enter_context(databases.fresh("postgresql")) for _ in range(3))
            disk = Path(name).absolute()
            measured = [*reading.figures(), *receive.figures(disk, (one, other))]
            measured += [*judging.figures(), *drawing.figures()]
            measured += [*falling_due.figures(disk, third), *simulating.figures()]
    keep(measured)
    show(measured, console)
    console.print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
