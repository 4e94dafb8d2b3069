"""`attune assess`: what the numbers say of clients, a line each, as JSON."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import USAGE, err, refuse
from scoring.assessment import DEFAULT
from scoring.cases import CaseError, Json, case_from, table_of


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    example = '{"outcome": [{"at": "2026-01-05", "total": 20.1}, {"at": "2026-02-02", "total": 26.1}]}'
    app.command("assess", epilog=f"Example: echo '{example}' | attune assess")(assess_command)


def assess_command(
    file: Annotated[
        str, typer.Argument(help="A file of JSON objects, one a line; - for stdin.", show_default="stdin")
    ] = "-",
) -> None:
    """Tell what the scores of clients say: one JSON object a line in, one a line out, in tenths.

    {"ruleset": "icce", "age_group": "adult", "outcome": [{"at": "2026-01-05", "items": [5, 5, 5.1, 5]}],
    "alliance": [{"at": "2026-01-05", "total": 38}], "missed": 0, "curve": {...}}; all but the scores may be
    left out. A line that can't be judged is answered by {"error": ...} in its place, and the command then
    exits with 2.
    """
    with ExitStack() as stack:
        if file == "-":
            lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace")
            stack.callback(lines.detach)
        else:
            lines = _opened(file, stack)
        found = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
        stack.callback(found.detach)
        faults = 0
        for number, one in assessed(lines):
            if (problem := one.get("error")) is not None:
                faults += 1
                err.print(f"line {number}: {problem}", markup=False)
            found.write(json.dumps(one, ensure_ascii=False) + "\n")
            if sys.stdin.isatty():
                found.flush()
        found.flush()
    if faults:
        raise typer.Exit(USAGE)


def _opened(file: str, stack: ExitStack) -> io.TextIOWrapper:
    try:
        return stack.enter_context(Path(file).open(encoding="utf-8-sig", errors="replace"))
    except OSError as error:
        refuse(f"{file}: {error.strerror or 'it cannot be read'}; name a file of JSON lines, or - for stdin")


def assessed(lines: Iterable[str]) -> Iterator[tuple[int, Json]]:
    """Judge cases, a line each; gives the line's number, and what was judged or what is wrong."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = case_from(_object(line), DEFAULT)
        except CaseError as error:
            yield number, {"error": _writable(str(error))}
            continue
        yield number, table_of(case, DEFAULT.judge(case))


def _writable(text: str) -> str:
    """Write out halves of characters, which JSON can hold and no output takes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _object(line: str) -> object:
    try:
        return json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
        msg = f"not JSON ({detail}): write one JSON object a line"
        raise CaseError(msg) from error
