"""A sample of many workers that die, or their database: `make faults` lets them die for five minutes each."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SECONDS = 12


@pytest.mark.parametrize(
    ("who", "died"),
    [
        pytest.param([], "kills", id="a worker dies every second or two"),
        pytest.param(["--database"], "crashes", id="the database dies every few seconds"),
    ],
)
def test_nothing_is_lost_or_doubled(who: list[str], died: str) -> None:
    """From a process of its own that has nothing running, so that workers can be forked from it."""
    command = [sys.executable, "-m", "tests.faults.workers", "--json", "--seconds", str(SECONDS), *who]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert run.stdout, run.stderr
    report: dict[str, Any] = json.loads(run.stdout)
    assert (report["found"]["lost"], report["found"]["doubled"]) == ([], [])
    assert report[died] > 0
    assert report["found"]["answers"] > 0
