"""What was seen of a process over time, and whether any of it creeps."""

from __future__ import annotations

import itertools
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CREEP_MB = 8.0
"""Megabytes by which memory may differ between the first third and the last; over 30 minutes."""

CREEP_FILES = 5
"""The same for open files."""

CREEP_WAIT = 1.5
"""How many times as long the wait may be in the last third; below a quarter of a second all is well."""

_SHORT = 0.25
_THIRDS = 3
_WARMING_UP = 0.1
"""The part of the time at the start that is not looked at: caches fill."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A look at the process.

    Attributes:
        at: seconds since it was ready.
        memory: megabytes that it holds.
        files: file descriptors that it has open.
        waits: seconds from each reply to the next question, since the sample before.
    """

    at: float
    memory: float
    files: int
    waits: tuple[float, ...]


def look(process: int, at: float, waits: Sequence[float]) -> Sample:
    """Look at a process. Linux only."""
    proc = Path(f"/proc/{process}")
    pages = int((proc / "statm").read_text().split()[1])
    files = len(list((proc / "fd").iterdir()))
    return Sample(at, pages * os.sysconf("SC_PAGESIZE") / 1e6, files, tuple(waits))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some samples in a row, summed up: medians of memory and files, and of all waits the 99th of 100."""

    begin: float
    end: float
    memory: float
    files: float
    replies: int
    p50: float
    p99: float


def stretch(samples: Sequence[Sample]) -> Stretch:
    """Sum up samples, of which there must be one or more."""
    waits = sorted(wait for one in samples for wait in one.waits) or [0.0]
    return Stretch(
        samples[0].at,
        samples[-1].at,
        statistics.median(one.memory for one in samples),
        statistics.median(one.files for one in samples),
        sum(len(one.waits) for one in samples),
        statistics.median(waits),
        waits[min(len(waits) - 1, len(waits) * 99 // 100)],
    )


def parts(samples: Sequence[Sample], count: int) -> list[Stretch]:
    """Cut samples into so many stretches of the same length, and sum each up."""
    ends = [len(samples) * part // count for part in range(count + 1)]
    return [stretch(samples[a:b]) for a, b in itertools.pairwise(ends) if a < b]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one thing between the first third and the last."""

    what: str
    first: float
    last: float
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether it did not creep."""
        return self.last <= self.allowed


def verdicts(samples: Sequence[Sample]) -> list[Verdict]:
    """Compare the last third with the first; there must be ten samples or more."""
    first, _, last = parts(samples[int(len(samples) * _WARMING_UP) :], _THIRDS)
    return [
        Verdict("memory, MB", first.memory, last.memory, first.memory + CREEP_MB),
        Verdict("open files", first.files, last.files, first.files + CREEP_FILES),
        Verdict(
            "p99 from reply to next question, s", first.p99, last.p99, max(_SHORT, first.p99 * CREEP_WAIT)
        ),
    ]
