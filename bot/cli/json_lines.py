"""JSON lines in, JSON lines out: each is answered in its place, if only by what is wrong with it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path

import typer

from bot.cli.common import USAGE, err, refuse

Answer = Mapping[str, object]


class LineError(ValueError):
    """A line that is no JSON; the text says what to write instead."""


def answered(
    lines: Iterable[str], answer: Callable[[object], Answer], refusal: type[Exception]
) -> Iterator[tuple[int, Answer]]:
    """Answer lines; gives each line's number, and the answer or what is wrong. Empty ones are passed over.

    Args:
        lines: a JSON value each.
        answer: answers a value; its numbers with a fraction are decimals.
        refusal: what `answer` raises where it can't.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, answer(_value(line))
        except (LineError, refusal) as error:
            yield number, {"error": _writable(str(error))}


def _writable(text: str) -> str:
    """Write out halves of characters, which JSON can hold and no output takes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _value(line: str) -> object:
    try:
        return json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
        msg = f"not JSON ({detail}): write one JSON object a line"
        raise LineError(msg) from error


def answer_file(file: str, answers: Callable[[Iterable[str]], Iterator[tuple[int, Answer]]]) -> None:
    """Answer the lines of a file, of stdin where it is "-", on stdout; what is wrong is told on stderr too.

    Raises:
        typer.Exit: some line could not be answered, or the file can't be read.
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
        for number, one in answers(lines):
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
