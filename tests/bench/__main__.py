"""`make bench`: measure everything, print a table, write build/bench.json."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench import drawing, judging, reading, receive
from tests.bench.measure import RESULTS, keep, show
from tests.databases import Databases, postgres


def main() -> None:
    """Measure on a real disk: build/, not the system's temporary folder, which may be in memory."""
    console = Console(width=120)
    RESULTS.parent.mkdir(exist_ok=True)
    folder = tempfile.TemporaryDirectory(dir=RESULTS.parent, prefix="bench-")
    with folder as name, postgres(durable=True) as server:
        databases = Databases(Path(name), server)
        with databases.fresh("postgresql") as one, databases.fresh("postgresql") as other:
            measured = [*reading.figures(), *receive.figures(Path(name).absolute(), (one, other))]
            measured += [*judging.figures(), *drawing.figures()]
    keep(measured)
    show(measured, console)
    console.print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
