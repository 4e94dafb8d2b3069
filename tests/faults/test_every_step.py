"""A sample of the kill points: `make faults` kills at every one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.faults.every_step import NETWORKS
from tests.faults.steps import ENGINES, Row
from tests.faults.walks import WALKS

EVERY = 97
AT_LEAST = 1_000
"""How many kill points there are in all, of which this is a sample."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Kill at some of the points, from a process of its own that has nothing running."""
    command = [sys.executable, "-m", "tests.faults.steps", "--json", "--every", str(EVERY)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode in {0, 1}, run.stderr
    return [Row(**json.loads(line)) for line in run.stdout.splitlines()]


def test_there_are_enough_places_to_die_at(rows: list[Row]) -> None:
    assert len(rows) == len(WALKS) * len(ENGINES) * len(NETWORKS)
    assert sum(one.points for one in rows) >= AT_LEAST
    assert all(one.tried for one in rows)


def test_nothing_is_lost(rows: list[Row]) -> None:
    assert [what for one in rows for what in one.lost] == []


def test_nothing_is_doubled_but_messages_of_unknown_outcome(rows: list[Row]) -> None:
    assert [what for one in rows for what in one.doubled] == []


def test_where_the_network_can_be_asked_no_message_goes_twice_or_not_at_all(rows: list[Row]) -> None:
    assert {(one.repeated, one.let_go) for one in rows if one.network == "sms"} == {(0, 0)}
