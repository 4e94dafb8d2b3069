"""SIGHUP to a running Attune: the config is read again between two answers, and none of them is lost."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import tables as t
from tests.walks.attune import PATIENCE, Attune
from tests.walks.ledger import Sum
from tests.walks.phones import QUESTIONS
from tests.walks.walk import Walk

OPERATOR = 471_100_025

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"])


def schedule(at: str) -> str:
    """Write a schedule for Mondays."""
    return f'[[schedules]]\nname = "weekly"\nmeasures = ["ors"]\nwhen = {{ weekly = "mon {at}" }}\n'


@on_sqlite
async def test_the_config_changes_in_the_middle_of_a_check_in(enrolled: Walk) -> None:
    attune, client = enrolled.attune, enrolled.client
    enrolled.telegram.chats[OPERATOR] = []
    at = f"{datetime.now(UTC) + timedelta(hours=9):%H}:00"  # neither soon nor in the walk's quiet hour
    attune.rewrite("", f'[operators]\ntelegram = ["{OPERATOR}"]\n{schedule(at)}')
    running = await attune.start()
    await client.sees(QUESTIONS["ors", 0])
    client.write("7")
    await client.sees(QUESTIONS["ors", 1])
    assert (await attune.do("check", "--diff")).out == "Nothing would change.\n"

    attune.rewrite('"mon ', '"tue ')
    attune.rewrite("poll_seconds = 5", "poll_seconds = 4")
    said = (await attune.do("check", "--diff")).out.splitlines()
    assert said == [
        "telegram: poll_seconds 5 -> 4 (needs a restart)",
        f"schedules weekly: when mon {at} -> tue {at}",
        "schedules weekly: the next check-in of 1 client moves",
    ]
    client.write("6")
    running.process.send_signal(signal.SIGHUP)
    await client.sees(QUESTIONS["ors", 2])
    await running.until_printed('"reloaded"')
    await enrolled.telegram.until(lambda: bool(enrolled.telegram.from_bot(OPERATOR)), PATIENCE)
    assert "changed under telegram holds" in enrolled.telegram.from_bot(OPERATOR)[-1].text
    said = (await attune.do("check", "--diff")).out.splitlines()
    assert said == ["telegram: poll_seconds 5 -> 4 (needs a restart)"], "the rest is in force"

    attune.rewrite('"tue ', '"someday ')
    client.write("5")
    running.process.send_signal(signal.SIGHUP)
    await running.until_printed('"reload_refused"')
    await client.sees(QUESTIONS["ors", 3])
    client.write("4")
    await enrolled.ledger.until(t.scores, t.scores.c.source == "chat")
    assert await enrolled.ledger.scores() == [Sum("ors", (70, 60, 50, 40), 220)]
    refused = await attune.do("check", "--diff", status=2)
    assert refused.err.startswith("schedules[0].when.weekly (line ")
    assert await running.end() == 0
    assert all("Faults: 1." in one.text for one in enrolled.telegram.from_bot(OPERATOR)[1:])
    assert len(enrolled.telegram.from_bot(OPERATOR)) == 2


async def test_a_comparison_makes_no_database_and_no_keys(tmp_path: Path) -> None:
    async with Attune(tmp_path, f"sqlite:///{tmp_path / 'attune.db'}", {}) as attune:
        said = await attune.do("check", "--diff")
        assert said.out.startswith(
            "This config names a database in which nothing is in force yet: attune run"
        )
        assert attune.files == {"config.toml"}
