"""`attune simulate`: the same seed, the same bytes; lines that machines read; mistakes said in a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.simulating import asking
from bot.settings import load
from bot.simulation.entries import Entry
from bot.simulation.running import simulate
from tests.bot.simulation.scenes import kinds, played, scenario

KEYS = ["utc", "local", "zone", "from", "to", "kind", "text"]
SUMMED_UP = [
    "clients",
    "therapists",
    "weeks",
    "instants",
    "check_ins",
    "answered",
    "scores",
    "alerts",
    "acknowledged",
    "out",
    "received",
    "office",
]


SMALL = scenario(weeks=1, clients=5, danger=True)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a config without schedules."""
    path = tmp_path_factory.mktemp("site") / "config.toml"
    path.write_text('[clinic]\nlanguage = "en"\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def printed_lines(config: Path) -> bytes:
    """Run the command in a process of its own, in which words hash by a seed of their own."""
    small = ("--weeks", "1", "--clients", "5", "--danger", "--json", "--config", str(config))
    done = subprocess.run(
        [sys.executable, "-m", "bot", "simulate", *small],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


async def test_the_same_seed_gives_the_same_bytes(printed_lines: bytes, config: Path) -> None:
    here = [one.json() async for one in simulate(SMALL, asking(load(config, {})))]
    assert "\n".join((*here, "")).encode() == printed_lines
    assert len(here) > 50


def test_every_line_is_json_with_the_same_keys(printed_lines: bytes) -> None:
    *messages, last = (json.loads(line) for line in printed_lines.splitlines())
    assert {tuple(one) for one in messages} == {tuple(KEYS)}
    assert list(last) == ["summary"]
    assert list(last["summary"]) == SUMMED_UP
    assert [one["utc"] for one in messages] == sorted(one["utc"] for one in messages)


def test_the_summary_counts_what_was_shown(printed_lines: bytes) -> None:
    *messages, last = (json.loads(line) for line in printed_lines.splitlines())
    summary = last["summary"]
    assert sum(summary["out"].values()) == sum(one["from"] == "attune" for one in messages)
    assert sum(summary["received"].values()) == sum(one["to"] == "attune" for one in messages)
    assert summary["alerts"]["urgent"] == 1
    assert 0 < summary["answered"] <= 1
    assert set(summary["scores"]) == {"ors", "srs"}


async def test_another_seed_gives_another_course() -> None:
    one, other = [await played(scenario(weeks=1, clients=2, seed=seed)) for seed in (1, 2)]
    assert one != other


async def test_lines_to_read_show_both_times_and_who_wrote_to_whom() -> None:
    entries, summary = await played(scenario(weeks=1, clients=1))
    (question, *_) = kinds(entries, "question")
    assert question.lines().splitlines()[0] == (
        "Mon 2026-01-05 10:00 Europe/Berlin (2026-01-05 09:00Z)  attune -> C001  question"
    )
    assert summary.lines().startswith("clients: 1; therapists: 1; weeks: 1; instants: ")


def test_arabic_stays_readable_in_json() -> None:
    first = Entry(scenario().begins, "Asia/Kolkata", "C001", "attune", "score", "7\u060c أسبوع صعب")
    assert "أسبوع" in first.json()
    assert json.loads(first.json())["local"] == "2026-01-05T05:30:00+05:30"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param(("--weeks", "0"), "write --weeks with a number from 1 to", id="no week"),
        pytest.param(("--weeks", "-2"), "-2 weeks can't be simulated", id="negative weeks"),
        pytest.param(("--clients", "0"), "write --clients with a number from 1 to", id="no client"),
        pytest.param(("--clients", "-1"), "-1 clients can't be simulated", id="negative clients"),
        pytest.param(("--start", "1999-01-01"), "write --start with a day from", id="too early"),
        pytest.param(("--start", "soon"), "%Y-%m-%d", id="no day"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_a_line(options: tuple[str, str], says: str) -> None:
    done = CliRunner().invoke(app, ["simulate", *options])
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stdout == ""
