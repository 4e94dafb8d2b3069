"""Past scores as a table: what a clinic's old forms, or another system, hold of closed and open episodes.

The table is CSV with a heading, a completed form a row:

    client,episode,at,measure,total,age_group,ended
    AB,1,2025-01-06,ors,18.3,adult,planned

`total` is in points; instead of it, or beside it, `item1`, `item2`, ... give the answers in the order of the
measure's items. `client`, `at` and `measure` must be there; the other columns may be left out, or left empty.
Columns are separated by commas, semicolons or tabs, and a decimal comma is understood: spreadsheets write
either, by the country they are set to.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from scoring.cases import CaseError, moment
from scoring.instrument import AgeGroup, Instrument, Scale
from scoring.instruments import INSTRUMENTS
from scoring.score import Score

NEEDED = ("client", "at", "measure")
"""The columns that every table has."""

COLUMNS = ("client", "episode", "at", "measure", "total", "age_group", "ended", "therapist")
"""Every column but the items', which are item1, item2, ..."""

MOST_FAULTS = 20
"""So many faults are told at once: a wrong column makes one of every row."""

_ITEM = re.compile(r"item([1-9][0-9]?)")
_POINTS = re.compile(r"[0-9]{1,3}(?:[.,][0-9]+)?")
_TENTHS = 10

Choice = TypeVar("Choice", bound=StrEnum)
Said = TypeVar("Said", bound=str)


class HistoriesError(ValueError):
    """A table can't be read; `faults` says of each line what is wrong, and what to write instead."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults, a line each."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class Ended(StrEnum):
    """How an episode ended: as agreed, by the client's staying away, or not yet."""

    PLANNED = "planned"
    DROPPED = "dropped"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Episode:
    """One client's scores from the first session to the last, of every measure, oldest first.

    Attributes:
        client: the client's code.
        number: which of the client's episodes, as the table names it.
        scores: those of one moment stand in the order of the table; a score that was given as a total has
            that total as its one item.
        age_group: whose norms apply.
        ended: how it ended; None where the table doesn't say, and then it counts as closed.
        therapist: the code of whose client it is; "" where the table doesn't say.
        lines: on which line of the table each score stands; what an error names.
    """

    client: str
    number: str
    scores: tuple[Score, ...]
    age_group: AgeGroup = AgeGroup.ADULT
    ended: Ended | None = None
    therapist: str = ""
    lines: tuple[int, ...] = field(default=(), compare=False)

    @property
    def closed(self) -> bool:
        """Whether its last score is its final one."""
        return self.ended is not Ended.OPEN

    def of(self, measure: str) -> tuple[Score, ...]:
        """Give the scores of one measure, oldest first."""
        return tuple(one for one in self.scores if one.instrument == measure)

    def totals(self, measure: str) -> tuple[int, ...]:
        """Give the totals of one measure in tenths, oldest first."""
        return tuple(one.total for one in self.of(measure))


@dataclass(frozen=True, slots=True)
class Histories:
    """What a table holds.

    Attributes:
        episodes: in the order in which the table first names them.
        partial: how many rows lack an answer, and so are no score: never an item as 0 or a mean.
    """

    episodes: tuple[Episode, ...]
    partial: int = 0


class _RowError(ValueError):
    """One row is wrong."""


@dataclass(frozen=True, slots=True)
class _Row:
    client: str
    episode: str
    age_group: AgeGroup | None
    ended: Ended | None
    therapist: str | None
    score: Score | None
    line: int


@dataclass(slots=True)
class _Gathered:
    """What the rows of one episode said so far."""

    scores: list[tuple[Score, int]] = field(default_factory=list)
    age_group: AgeGroup | None = None
    ended: Ended | None = None
    therapist: str | None = None


def read(lines: Iterable[str], source: str, measures: Mapping[str, Instrument] = INSTRUMENTS) -> Histories:
    """Read a table of past scores.

    Args:
        lines: its lines, the heading first.
        source: names the table in a fault.
        measures: the measures that a row may name, by key.

    Raises:
        HistoriesError: what is wrong, line by line; nothing of the table is used then.
    """
    numbered = _rows(lines, source)
    heading = _heading(next(numbered, (1, []))[1], source)
    gathered: dict[tuple[str, str], _Gathered] = {}
    faults: list[str] = []
    partial = 0
    for number, cells in numbered:
        try:
            row = _row(_named(heading, cells), measures, number)
            _add(gathered.setdefault((row.client, row.episode), _Gathered()), row)
            partial += row.score is None
        except _RowError as error:
            faults.append(f"{source}: line {number}: {error}")
    if faults:
        raise HistoriesError(_shortened(faults))
    return Histories(tuple(_episode(key, one) for key, one in gathered.items() if one.scores), partial)


def _rows(lines: Iterable[str], source: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that isn't blank with its line's number; the heading says what separates columns."""
    given = iter(lines)
    first = next(given, "").removeprefix("\ufeff")
    separator = max(",;\t", key=first.count)
    rows = csv.reader(itertools.chain([first], given), delimiter=separator, strict=True)
    try:
        for cells in rows:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                yield rows.line_num, trimmed
    except csv.Error as error:
        msg = f"{source}: line {rows.line_num}: {error}; write one form a line, a text with a comma in quotes"
        raise HistoriesError([msg]) from error


def _heading(cells: Sequence[str], source: str) -> tuple[str, ...]:
    names = tuple(cell.lower() for cell in cells)
    if missing := [name for name in NEEDED if name not in names]:
        msg = f"no column {missing[0]!r}; the first line names the columns: {','.join(COLUMNS)}"
    elif unknown := [name for name in names if name not in COLUMNS and not _ITEM.fullmatch(name)]:
        msg = f"unknown column {unknown[0]!r}; known are {', '.join(COLUMNS)}, and item1, item2, ..."
    elif len(set(names)) != len(names):
        msg = "a column is named twice"
    elif "total" not in names and "item1" not in names:
        msg = "no scores: add a column total, or item1, item2, ..."
    else:
        return names
    raise HistoriesError([f"{source}: line 1: {msg}"])


def _named(heading: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    if any(cells[len(heading) :]):
        msg = f"{len(cells)} values, but {len(heading)} columns; put a value with a comma in quotes"
        raise _RowError(msg)
    return dict(itertools.zip_longest(heading, cells[: len(heading)], fillvalue=""))


def _row(cells: Mapping[str, str], measures: Mapping[str, Instrument], line: int) -> _Row:
    if not cells["client"]:
        msg = "client is empty; write the client's code"
        raise _RowError(msg)
    return _Row(
        client=cells["client"],
        episode=cells.get("episode", "") or "1",
        age_group=_choice(cells, "age_group", AgeGroup),
        ended=_choice(cells, "ended", Ended),
        therapist=cells.get("therapist") or None,
        score=_score(cells, measures),
        line=line,
    )


def _choice(cells: Mapping[str, str], key: str, known: type[Choice]) -> Choice | None:
    """Take one of some words, None where the cell is empty."""
    given = cells.get(key, "").lower()
    if not given:
        return None
    try:
        return known(given)
    except ValueError as error:
        msg = f"{key} must be {', '.join(known)}, or empty"
        raise _RowError(msg) from error


def _score(cells: Mapping[str, str], measures: Mapping[str, Instrument]) -> Score | None:
    """Make the row's score; None where an answer is missing."""
    instrument = measures.get(cells["measure"].lower())
    if instrument is None:
        msg = f"measure must be one of {', '.join(measures)}"
        raise _RowError(msg)
    at = _moment(cells["at"])
    total = _points(cells, "total", Scale(instrument.total_max, whole=instrument.scale.whole))
    items = _items(cells, instrument)
    given = [one for one in items if one is not None]
    if not given:
        return None if total is None else Score(instrument.key, (total,), at)
    if len(given) < len(items):
        return None
    if total is not None and total != sum(given):
        msg = f"the items sum to {Decimal(sum(given)) / _TENTHS}, and total says {cells['total']}"
        raise _RowError(msg)
    return Score(instrument.key, tuple(given), at)


def _items(cells: Mapping[str, str], instrument: Instrument) -> tuple[int | None, ...]:
    names = [f"item{place}" for place in range(1, len(instrument.items) + 1)]
    beyond = (name for name, cell in cells.items() if cell and _ITEM.fullmatch(name) and name not in names)
    if (extra := next(beyond, None)) is not None:
        msg = f"{extra}: {instrument.key} has {len(names)} items; leave it empty"
        raise _RowError(msg)
    return tuple(_points(cells, name, instrument.scale) for name in names)


def _moment(text: str) -> datetime:
    try:
        return moment(text, "at")
    except CaseError as error:
        raise _RowError(str(error)) from error


def _points(cells: Mapping[str, str], name: str, scale: Scale) -> int | None:
    """Turn a cell of points into tenths; None where it is empty."""
    text = cells.get(name, "")
    if not text:
        return None
    tenths = Decimal(text.replace(",", ".")) * _TENTHS if _POINTS.fullmatch(text) else None
    if tenths is None or tenths != int(tenths) or not scale.takes(int(tenths)):
        number = "a whole number" if scale.whole else "a number"
        to = "" if scale.whole else ", to a tenth"
        msg = f"{name} must be {number} from 0 to {scale.top // _TENTHS}{to}, not {text!r}"
        raise _RowError(msg)
    return int(tenths)


def _add(gathered: _Gathered, row: _Row) -> None:
    """Add a row to its episode.

    The same form twice would count twice: two of a measure at one moment are refused, not guessed about.
    """
    gathered.age_group = _agreed("age_group", gathered.age_group, row.age_group)
    gathered.ended = _agreed("ended", gathered.ended, row.ended)
    gathered.therapist = _agreed("therapist", gathered.therapist, row.therapist)
    if row.score is None:
        return
    if any(one.at == row.score.at and one.instrument == row.score.instrument for one, _ in gathered.scores):
        msg = f"a second {row.score.instrument} at the same time; remove it, or write the times of both"
        raise _RowError(msg)
    gathered.scores.append((row.score, row.line))


def _agreed(key: str, before: Said | None, now: Said | None) -> Said | None:
    if before is not None and now is not None and before != now:
        msg = f"{key} is {now}, and an earlier line of the same episode says {before}"
        raise _RowError(msg)
    return now if before is None else before


def _episode(key: tuple[str, str], gathered: _Gathered) -> Episode:
    client, number = key
    placed = sorted(gathered.scores, key=lambda pair: pair[0].at)
    return Episode(
        client,
        number,
        tuple(one for one, _ in placed),
        gathered.age_group or AgeGroup.ADULT,
        gathered.ended,
        gathered.therapist or "",
        tuple(line for _, line in placed),
    )


def _shortened(faults: Sequence[str]) -> tuple[str, ...]:
    if len(faults) <= MOST_FAULTS:
        return tuple(faults)
    return (*faults[:MOST_FAULTS], f"... and {len(faults) - MOST_FAULTS} faults more")
