"""`attune alert close`, `attune client emergency` and what is set for them, at the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.office import opened
from bot.service import crisis
from bot.settings import load

PHONE = "+12025550142"
Run = Callable[..., str]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write the config of a clinic without any network."""
    file = tmp_path / "config.toml"
    database, keys = tmp_path / "attune.db", tmp_path / "attune.keys"
    file.write_text(f'[database]\nurl = "sqlite:///{database}"\n[keys]\nfile = "{keys}"\n', encoding="utf-8")
    return file


@pytest.fixture
def run(config: Path) -> Run:
    """Run a command to its end, and give what it printed."""

    def attune(*words: str, status: int = 0) -> str:
        ended = CliRunner().invoke(app, [*words, "--config", str(config)])
        assert ended.exit_code == status, ended.output
        return " ".join(ended.output.split())

    attune("therapist", "add", "T1", "--sms", "+12025550143")
    attune("therapist", "add", "T2")
    attune("client", "add", "AB", "--therapist", "T1", "--sms", PHONE, "--name", "Alma Brightwater")
    return attune


@pytest.fixture
def cry(config: Path) -> Callable[[], None]:
    """Let the client write words of danger."""

    async def answer() -> None:
        async with opened(load(config, {})) as service, service.desk() as desk:
            found = await desk.tx.addresses.contacts([("sms", PHONE)])
            await crisis.answer(desk, found["sms", PHONE], "I want to kill myself")

    return lambda: asyncio.run(answer())


def test_an_alert_is_closed_once_with_who_and_what(run: Run, cry: Callable[[], None]) -> None:
    cry()
    assert "AB" in run("alert", "list")
    assert "climbs on until it is closed" in run("alert", "ack", "1", "--by", "night desk")
    assert "night desk" in run("alert", "list"), "seen is not closed"
    run("alert", "close", "1", "--by", "night desk", status=2)
    run("alert", "close", "1", "--what", "rang", status=2)
    run("alert", "close", "1", "--by", " ", "--what", "rang", status=2)
    assert run("alert", "close", "1", "--by", "night desk", "--what", "rang, safe") == "Alert 1 is closed."
    assert run("alert", "list") == "There are no open alerts."
    assert "night desk" in run("alert", "list", "--all")
    again = run("alert", "close", "1", "--by", "me", "--what", "rang too", status=1)
    assert again == "Alert 1 was closed before, by night desk."
    assert "closed before" in run("alert", "ack", "1", status=1)
    assert "There is no alert 7" in run("alert", "close", "7", "--by", "me", "--what", "rang", status=2)


def test_emergency_details_are_shown_while_a_crisis_is_open(run: Run, cry: Callable[[], None]) -> None:
    run("client", "set", "AB", "--emergency-contact", "Mia, sister", "--whereabouts", "12 Elm Street")
    assert "shown only while there is one" in run("client", "emergency", "AB", status=2)
    cry()
    shown = run("client", "emergency", "AB", "--by", "night desk")
    assert shown == (
        "Name: Alma Brightwater Emergency contact: Mia, sister"
        " Usually at: 12 Elm Street Safety plan: not given"
    )
    run("alert", "close", "1", "--by", "desk", "--what", "rang")
    run("client", "emergency", "AB", status=2)


def test_a_backup_is_set_and_taken_away(run: Run) -> None:
    assert run("therapist", "set", "T1", "--backup", "T2") == "T1 has the backup T2."
    assert run("therapist", "set", "T1", "--backup", "none") == "T1 has the config's backups."
    assert "there is no therapist T9" in run("therapist", "set", "T1", "--backup", "T9", status=2)
