"""Where keys stand in TOML text: held against the standard library's reading of the same text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.lines import KeyPath, line_at, lines_of, written

TRICKY = '''\
# a comment with [a.table] and key = "value"
top = 1
"quoted \\"key\\"" = 2   # with a comment
'literal.key' = 3
dotted . "in parts".end = 4
text = """
[not.a.table]
key = "not a key" \\""" still text
"""
quotes = """two at the end"""""
raw = \'\'\'
# not a comment
key = 1\'\'\'
list = [  # with a comment
  "a]b",
  [1, 2], # [
  { x = 1, y.z = [ 2, { w = 3 } ] },

  4.5e1, 1979-05-27 07:32:00Z,
]
empty = []
nothing = {}
inline = { a = "}", b = { c = 1 } }

[table]
key = true
[ table . "sub" ]  # spaces
key = "x # y"
[[many]]
name = "first"
  [many.inner]
  key = 1
  [[many.deep]]
  key = 2
  [[many.deep]]
[[many]]
name = "second"
[[many.deep]]
key = 3
[later.parent.child]
key = 1
[later]
key = 2
'''


def paths(values: object, at: KeyPath = ()) -> Iterator[KeyPath]:
    """List every key path in parsed TOML."""
    if at:
        yield at
    if isinstance(values, dict):
        for key, value in values.items():
            yield from paths(value, (*at, str(key)))
    elif isinstance(values, list):
        for place, value in enumerate(values):
            yield from paths(value, (*at, place))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_key_of_a_tricky_text_has_a_line_and_nothing_else_has(end: str) -> None:
    text = TRICKY.replace("\n", end)
    assert set(lines_of(text)) == set(paths(tomllib.loads(text)))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (('quoted "key"',), 3),
        (("literal.key",), 4),
        (("dotted", "in parts", "end"), 5),
        (("text",), 6),
        (("quotes",), 10),
        (("raw",), 11),
        (("list",), 14),
        (("list", 0), 15),
        (("list", 1, 1), 16),
        (("list", 2, "y", "z", 1, "w"), 17),
        (("list", 3), 19),
        (("list", 4), 19),
        (("inline", "b", "c"), 23),
        (("table",), 25),
        (("table", "sub", "key"), 28),
        (("many",), 29),
        (("many", 0, "inner", "key"), 32),
        (("many", 0, "deep", 0, "key"), 34),
        (("many", 0, "deep", 1), 35),
        (("many", 1), 36),
        (("many", 1, "deep", 0, "key"), 39),
        (("later", "key"), 43),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert lines_of(TRICKY)[path] == line


def test_what_is_missing_has_the_line_of_what_is_around_it() -> None:
    lines = lines_of(TRICKY)
    assert line_at(lines, ("many", 1, "deep", 0, "other")) == 38
    assert line_at(lines, ("many", 7)) == 29
    assert line_at(lines, ("nowhere", "key")) is None


def test_a_key_path_is_written_as_in_toml() -> None:
    assert written(("schedules", 0, "day")) == "schedules[0].day"
    assert written(("a b", "c")) == '"a b".c'
    assert written(("c", 'a "b"\n')) == r'c."a \"b\"\n"'


_KEYS = st.text("ab", min_size=1, max_size=3)
_PADS = st.sampled_from(["", "\n", "# [x] = \n", "\n\n"])
_VALUES = ["1", "'#'", '"]"', "[\n1,\n]", '"""\n[a]\nb = 1"""', "{ x = 1 }"]


@given(st.lists(st.tuples(_PADS, _KEYS, st.lists(st.tuples(_KEYS, st.sampled_from(_VALUES), _PADS)))))
def test_keys_are_found_wherever_they_stand(
    tables: list[tuple[str, str, list[tuple[str, str, str]]]],
) -> None:
    rows: list[str] = []
    expected: dict[KeyPath, int] = {}
    for place, (pad, _, pairs) in enumerate(tables):
        rows += [*pad.splitlines(), "[[table]]"]
        expected["table", place] = len(rows)
        for number, (key, value, after) in enumerate(pairs):
            rows.append(f"{key}{number} = {value.splitlines()[0]}")
            expected["table", place, f"{key}{number}"] = len(rows)
            rows += [*value.splitlines()[1:], *after.splitlines()]
    lines = lines_of("\n".join(rows))
    assert {path: lines[path] for path in expected} == expected
