"""Where the client's replies of a demo come from: a keyboard, a file, a pipe, or our own sample."""

from __future__ import annotations

import io
import re
import select
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Protocol, TextIO

_PATIENCE = 2.0
"""Seconds in which a pipe must bring its first line; after that nobody is there."""

_MOST = 500
"""So many replies are taken from a pipe, which may never end."""

_CLIENT = re.compile(r"client> ?(.*)")


class ScriptError(Exception):
    """A script can't be played; the text says why, in one line."""


class RepliesEndedError(Exception):
    """There are no more replies."""


class Replies(Protocol):
    """The client's replies, one after the other."""

    @property
    def typed(self) -> bool:
        """Whether a person is at the keyboard, who reads what is asked."""
        ...

    def peek(self) -> str | None:
        """Give the next reply and leave it there; None where it is not known yet, or there is none."""
        ...

    def take(self, prompt: Callable[[], None]) -> str:
        """Give the next reply; a person is shown the prompt first.

        Raises:
            RepliesEndedError: there are no more.
        """
        ...


class Keyboard:
    """A person who answers."""

    typed = True

    def __init__(self, stdin: TextIO) -> None:
        """Read from a terminal."""
        self._stdin = stdin

    def peek(self) -> None:
        """Know nothing of what will be typed."""

    def take(self, prompt: Callable[[], None]) -> str:
        """Wait for a line."""
        prompt()
        line = self._stdin.readline()
        if not line:
            raise RepliesEndedError
        return line.rstrip("\n")


class Listed:
    """Replies that come line by line: from a file, from a pipe, or from our own sample."""

    typed = False

    def __init__(self, lines: Iterable[str]) -> None:
        """Take replies from an iterable, which may still be growing."""
        self._lines = iter(lines)
        self._ahead: str | None = None

    def peek(self) -> str | None:
        """Look at the next reply."""
        if self._ahead is None:
            self._ahead = next(self._lines, None)
        return self._ahead

    def take(self, prompt: Callable[[], None]) -> str:  # noqa: ARG002 (nobody is there to read it)
        """Give the next reply."""
        reply = self.peek()
        self._ahead = None
        if reply is None:
            raise RepliesEndedError
        return reply


def sample() -> str:
    """Give the conversation that ships with us."""
    return resources.files("bot.demo").joinpath("sample.txt").read_text(encoding="utf-8")


def from_file(path: Path) -> Listed:
    """Read a script.

    Raises:
        ScriptError: no such file, no text, or no reply in it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"the script {path} can't be read: {error.strerror or type(error).__name__}"
        raise ScriptError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the script {path} is no text in UTF-8"
        raise ScriptError(msg) from error
    found = replies_in(text)
    if not found:
        msg = f"the script {path} holds no reply; write one a line, such as 7"
        raise ScriptError(msg)
    return Listed(found)


def replies_in(text: str) -> tuple[str, ...]:
    """Find a script's replies: what follows each "client>", or, where there is none, each line.

    Empty lines are passed over, and so are comments (lines that begin with #).
    """
    lines = [line.strip() for line in text.splitlines()]
    said = [match.group(1).strip() for line in lines if (match := _CLIENT.match(line))]
    return tuple(filter(None, said)) if said else tuple(_plain(lines))


def from_stdin(stdin: TextIO | None) -> Replies | None:
    """Take replies from whoever is at stdin: a person, or a pipe with lines in it; None where nobody is."""
    if stdin is None or stdin.closed:
        return None
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(errors="replace")
    if stdin.isatty():
        return Keyboard(stdin)
    if not _something_comes(stdin):
        return None
    piped = Listed(islice(_plain(iter(stdin.readline, "")), _MOST))
    return piped if piped.peek() is not None else None


def _plain(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if (reply := line.strip()) and not reply.startswith("#"):
            yield reply


def _something_comes(stdin: TextIO) -> bool:
    """Wait a moment for a first line, so that a pipe that nobody writes to does not hang the demo."""
    try:
        ready, _, _ = select.select([stdin], [], [], _PATIENCE)
    except (io.UnsupportedOperation, ValueError, OSError):
        return True  # no file of the system's: it answers at once
    return bool(ready)


def choose(script: Path | None) -> Replies:
    """Choose where replies come from: the script, else stdin, else our own sample.

    Raises:
        ScriptError: the script can't be played.
    """
    if script is not None:
        return from_file(script)
    return from_stdin(sys.stdin) or Listed(replies_in(sample()))
