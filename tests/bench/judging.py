"""How long a client with fifty check-ins takes to judge, beside the same through JSON in and out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

from scoring.assessment import DEFAULT, Case
from scoring.cases import Table, case_from, table_of
from tests.bench.measure import Against, Figure

CHECK_INS = 50
"""How many times the client has answered, both measures each time."""

_REPEATS = 7
_ROUNDS = 40


def figures() -> Iterator[Figure]:
    """Measure judging alone, against reading the case from JSON, judging it and writing what was found."""
    line = json.dumps(_table())
    case = case_from(_read(line), DEFAULT)
    through = _fastest(lambda: _through(line))
    yield Figure(
        "assess", _fastest(lambda: DEFAULT.judge(case)), "µs", Against("JSON in and out too", through)
    )
    shorter = Case(case.outcome[: CHECK_INS // 2], case.alliance[: CHECK_INS // 2])
    half = _fastest(lambda: DEFAULT.judge(shorter))
    yield Figure(
        "assess_long", _fastest(lambda: DEFAULT.judge(case)), "µs", Against("half as many check-ins", half)
    )


def _table() -> Table:
    """Make up a client who goes up and down, as a line of `attune assess` has it."""
    weeks = [
        (number, f"2025-{number // 4 % 12 + 1:02}-{number % 4 * 7 + 1:02}") for number in range(CHECK_INS)
    ]
    return {
        "outcome": [
            {"at": f"{day}T10:00:00Z", "items": [(number * 7 + item * 3) % 90 / 10 for item in range(4)]}
            for number, day in weeks
        ],
        "alliance": [
            {"at": f"{day}T12:00:00Z", "items": [(80 + (number * 3 + item) % 20) / 10 for item in range(4)]}
            for number, day in weeks
        ],
    }


def _read(line: str) -> object:
    return json.loads(line, parse_float=Decimal)


def _through(line: str) -> str:
    case = case_from(_read(line), DEFAULT)
    return json.dumps(table_of(case, DEFAULT.judge(case)))


def _fastest(work: Callable[[], object]) -> float:
    """Give the fastest of some rounds, a run of each, in microseconds."""
    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        for _ in range(_ROUNDS):
            work()
        times.append((time.perf_counter() - began) / _ROUNDS * 1e6)
    return min(times)
