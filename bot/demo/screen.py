"""Two phones side by side in a terminal: what each receives and writes, in the order of time."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.channels.base import Message

BESIDE = 72
"""From so many columns on the phones stand side by side; below, what they show follows one another."""

_WIDEST = 64
_PIPED = 100
_TIME = 6
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), 127), "?")


@dataclass(frozen=True, slots=True)
class Phone:
    """Whose phone it is, what stands over it, and on which side it lies."""

    owner: str
    title: str
    right: bool


def terminal() -> Console:
    """Make the console on stdout; where nobody looks on, it has 100 columns unless COLUMNS says otherwise."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    if console.is_terminal or "COLUMNS" in os.environ or sys.stderr.isatty():
        return console
    return Console(highlight=False, width=_PIPED)


class Screen:
    """Prints what happens on both phones."""

    def __init__(self, console: Console, left: Phone, right: Phone) -> None:
        """Share the console's width out to both."""
        self._console = console
        self._left = left
        self._right = right
        self._beside = console.width >= BESIDE
        self._bar = "\u2502" if console.encoding.lower().startswith("utf") else "|"
        self._width = min((console.width - 3) // 2, _WIDEST) if self._beside else console.width
        self._day: date | None = None
        self._said = False

    @property
    def watched(self) -> bool:
        """Whether somebody looks on."""
        return self._console.is_terminal

    def head(self) -> None:
        """Print what stands over the phones."""
        if self._beside:
            self._row(Text(self._left.title, "bold"), Text(self._right.title, "bold"))
            self._row(Text("-" * self._width, "dim"), Text("-" * self._width, "dim"))

    def say(self, text: str) -> None:
        """Print a remark that is on neither phone."""
        if not self._said:
            self._console.print()
        self._console.print(Text(text, "italic"))
        self._console.print()
        self._said = True

    def line(self, text: str) -> None:
        """Print a line whole, however long it is."""
        self._console.print(Text(text), soft_wrap=True)

    def show(self, owner: str, at: datetime, message: Message) -> None:
        """Print a message that somebody receives, its buttons below it."""
        phone = self._right if owner == self._right.owner else self._left
        said = Text(message.text.translate(_CONTROLS))
        if message.private:
            said.stylize("bold", 0, message.text.find("\n") if "\n" in message.text else len(message.text))
        if message.choices:
            labels = (one.label for row in message.choices for one in row)
            shown = " ".join(label if label.isdigit() else f"[{label}]" for label in labels)
            said.append(f"\n{shown}", "dim")
        self._entry(phone, at, said)

    def wrote(self, phone: Phone, at: datetime, text: str) -> None:
        """Print what somebody writes."""
        self._entry(phone, at, Text(f"> {text.translate(_CONTROLS)}", "bold green"))

    def ask(self, at: datetime) -> None:
        """Print what stands before a line that a person types."""
        self._note_day(at)
        if self._beside and self._alive:
            self._console.file.write(f"{' ' * self._width} {self._bar}\r")
        self._console.print(Text(f"{at:%H:%M} ", "dim").append("> ", "bold green"), end="")
        self._console.file.flush()

    def unask(self, typed: str) -> None:
        """Take back the line that `ask` began and a person ended, so that it can stand in its place."""
        if self._alive:
            cells = cell_len(f"{' ' * _TIME}> {typed}".expandtabs())
            lines = max(1, -(-cells // self._console.width))
            self._console.file.write(f"\x1b[{lines}A\x1b[J")

    @property
    def _alive(self) -> bool:
        """Whether the cursor can be moved."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def table(self, title: str, rows: Iterable[tuple[str, str]]) -> None:
        """Print a table of two columns."""
        table = Table(
            title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False
        )
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(Text(name), Text(value))
        if not self._said:
            self._console.print()
        self._console.print(table)
        self._console.print()

    def _entry(self, phone: Phone, at: datetime, said: Text) -> None:
        self._note_day(at)
        if not self._beside:
            self._console.print(Text(f"{at:%H:%M} {phone.title}", "dim"))
        prefix = Text(f"{at:%H:%M} " if self._beside else " " * _TIME, "dim")
        for line in said.wrap(self._console, self._width - _TIME):
            line.rstrip()
            cell = prefix.copy().append_text(line)
            self._row(Text() if phone.right else cell, cell if phone.right else Text())
            prefix = Text(" " * _TIME)
        self._row(Text(), Text())

    def _row(self, left: Text, right: Text) -> None:
        if not self._beside:
            self._console.print(left.append_text(right))
            return
        left.truncate(self._width, pad=True)
        row = left.append(f" {self._bar} ", "dim").append_text(right)
        row.rstrip()
        self._console.print(row, soft_wrap=True)

    def _note_day(self, at: datetime) -> None:
        self._said = False
        if at.date() != self._day:
            self._day = at.date()
            self._console.print(Text(f"{at:%A} {at.day} {at:%B}", "bold underline"))
            self._row(Text(), Text())
