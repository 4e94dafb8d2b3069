"""Where each key of a TOML text stands, so that a fault can name its line.

The standard library's reader tells values and no lines. This one tells lines and no values; it reads
text that the standard library has already accepted, and so checks nothing.
Its errors are put into plain words here too. Source: toml.io/en/v1.0.0.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and places in a list from 0."""

_GAP = re.compile(r"(?:\s|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Find the line, from 1, on which each table, key and list element of a valid TOML text begins."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


def line_at(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Find the line of a key, or of the nearest thing around it that is written down."""
    lengths = range(len(path), 0, -1)
    return next((lines[path[:length]] for length in lengths if path[:length] in lines), None)


def written(path: KeyPath) -> str:
    """Write a key path as it would stand in TOML, places in a list in brackets: `schedules[0].day`."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part, ensure_ascii=False)
            parts.append(f".{name}" if parts else name)
    return "".join(parts)


def syntax_words(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str, str]:
    """Say why a text is no TOML, without repeating what is written there.

    Returns:
        The line, from 1, what is wrong with it, and what to write instead.
    """
    rows = text.rstrip("\n").split("\n")
    found = re.search(r"\(at line (\d+),", str(error))
    line = min(int(found[1]), len(rows)) if found else len(rows)
    if text.startswith("\ufeff"):
        return 1, "has an invisible mark (BOM) before it", "save the file as UTF-8 without BOM"
    if re.search(r"=\s*\d{1,2}:\d{2}\s*(#.*)?$", rows[line - 1]):
        return line, "has a time without quotes", 'write it in quotes, e.g. at = "09:00"'
    return line, *next((words for begin, words in _SYNTAX.items() if begin in str(error)), _NO_TOML)


class _Scanner:
    """A place in the text, and what was found up to there."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._line_at = (0, 1)  # a place already counted to, and its line
        self._tables: dict[KeyPath, int] = {}  # how many [[tables]] of a name there have been

    def document(self) -> None:
        """Read headers and pairs to the end."""
        table: KeyPath = ()
        self._skip(_GAP)
        while self._at < len(self._text):
            if self._sees("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_GAP)

    def _header(self) -> KeyPath:
        line, doubled = self._line(), self._text.startswith("[[", self._at)
        self._at += 2 if doubled else 1
        *outer, last = self._keys()
        self._at += 2 if doubled else 1
        path: KeyPath = ()
        for key in outer:
            path = self._newest((*path, key))
            self.lines.setdefault(path, line)
        path = (*path, last)
        if doubled:
            self.lines.setdefault(path, line)
            self._tables[path] = self._tables.get(path, 0) + 1
        path = self._newest(path)
        self.lines.setdefault(path, line)
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        return (*path, self._tables[path] - 1) if path in self._tables else path

    def _pair(self, table: KeyPath) -> None:
        line, path = self._line(), table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            raw = self._take(_KEY)
            keys.append(str(tomllib.loads(f"key = {raw}")["key"]) if raw[:1] in {'"', "'"} else raw)
            self._skip(_BLANK)
            if not self._sees("."):
                return keys
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        if self._sees("["):
            self._elements(path)
        elif self._sees("{"):
            self._inline_pairs(path)
        elif not self._take(_TEXT):
            self._take(_PLAIN)

    def _elements(self, path: KeyPath) -> None:
        place = 0
        while not self._closes("]"):
            self.lines[(*path, place)] = self._line()
            self._value((*path, place))
            place += 1

    def _inline_pairs(self, path: KeyPath) -> None:
        while not self._closes("}"):
            self._pair(path)

    def _closes(self, bracket: str) -> bool:
        """Step over an opening bracket or a comma, and over the closing bracket if it is next."""
        if not self._sees(bracket):
            self._at += self._text[self._at] in "[{,"
            self._skip(_GAP)
        if closed := self._sees(bracket):
            self._at += 1
        return closed

    def _sees(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found.group()

    def _line(self) -> int:
        place, line = self._line_at
        line += self._text.count("\n", place, self._at)
        self._line_at = (self._at, line)
        return line


_NO_TOML = ("is not TOML here", "compare this line and the one above with config.example.toml")
_TWICE = ("says the same thing twice", "keep one of the two")
_BRACKET = ("has a bracket that is not closed", "close it")
_BACKSLASH = ("has a backslash that stands for nothing", "double it, or use single quotes")
_QUOTES = ("has a text whose quotes are not closed", "close them on the same line")
_SYNTAX: Mapping[str, tuple[str, str]] = {
    "Expected '='": ("has a key without a value", 'write key = "value"'),
    "Expected newline or end": ("has a leftover after the value", 'put texts in quotes: key = "value"'),
    "Invalid value (at end": (
        "ends in the middle of a value",
        "finish it, and close its brackets and quotes",
    ),
    "Invalid value": ("has a value that TOML doesn't know", 'put texts in quotes: key = "value"'),
    "Illegal character '\\n'": _QUOTES,
    "Unterminated string": _QUOTES,
    "Cannot overwrite": _TWICE,
    "Cannot declare": _TWICE,
    "Cannot mutate": _TWICE,
    "Cannot redefine": _TWICE,
    "Duplicate inline": _TWICE,
    "Unclosed": _BRACKET,
    "Expected ']": _BRACKET,
    "Unescaped": _BACKSLASH,
    "Escaped character": _BACKSLASH,
    "Invalid date": ("has a date or time that is none", 'write a time in quotes, e.g. "09:00"'),
}
"""How the standard library's messages begin, and how each is said."""
