"""`attune assess`: what the numbers say of clients, a line each, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from bot.cli.json_lines import Answer, answer_file, answered
from scoring.assessment import DEFAULT
from scoring.cases import CaseError, case_from, table_of


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
    answer_file(file, assessed)


def assessed(lines: Iterable[str]) -> Iterator[tuple[int, Answer]]:
    """Judge cases, a line each; gives the line's number, and what was judged or what is wrong."""
    return answered(lines, _judged, CaseError)


def _judged(given: object) -> Answer:
    case = case_from(given, DEFAULT)
    return table_of(case, DEFAULT.judge(case))
