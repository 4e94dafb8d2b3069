"""`attune read`: what replies are read as, a line each, as JSON."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from bot.cli.common import refuse
from bot.languages import LANGUAGES
from bot.replies.lines import lines_read
from bot.safety import SHIPPED


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read", epilog='Example: echo "7, rough week" | attune read --language en')(read_command)


def read_command(
    language: Annotated[str, typer.Option(help="The language of the replies.")] = "en",
) -> None:
    """Tell what replies are read as: lines on stdin, one JSON object a line on stdout.

    A line is plain text, or JSON: {"text": "7", "language": "en", "remaining": 1, "answered": 0}.
    """
    if language not in LANGUAGES:
        refuse(f"{language} does not ship: write one of {', '.join(LANGUAGES)}")
    SHIPPED.ready()
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n")
    found = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    for one in lines_read(lines, LANGUAGES[language]):
        found.write(f"{one}\n")
        if sys.stdin.isatty():
            found.flush()
    found.flush()
    found.detach()
    lines.detach()
