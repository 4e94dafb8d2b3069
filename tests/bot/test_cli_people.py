"""`attune client add`, `set` and `chart`, on a database of the test's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.office import opened
from bot.settings import load
from storage.records import Client


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give the config of a site with a therapist."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[clinic]\nlanguage = "en"\n[database]\nurl = "sqlite:///{tmp_path}/a.db"\n'
        f'[keys]\nfile = "{tmp_path}/keys"\n',
        encoding="utf-8",
    )
    assert run(path, "therapist", "add", "KT").exit_code == 0
    return path


def run(config: Path, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def client(config: Path) -> Client:
    """Give client AB as kept."""

    async def find() -> Client:
        async with opened(load(config, {})) as service, service.store.reading() as transaction:
            found = await transaction.people.client("AB")
        assert found is not None
        return found

    return asyncio.run(find())


def test_a_client_is_enrolled_as_they_are_to_be_asked(config: Path) -> None:
    done = run(config, "client", "add", "AB", "--therapist", "KT", "--ask", "together", "--discreet")
    assert done.exit_code == 0, done.output
    added = client(config)
    assert (added.language, added.ask, added.discreet) == ("", "together", True)


def test_a_client_is_changed(config: Path) -> None:
    run(config, "client", "add", "AB", "--therapist", "KT", "--discreet")
    done = run(config, "client", "set", "AB", "--language", "en", "--ask", "one", "--not-discreet")
    assert done.exit_code == 0, done.output
    changed = client(config)
    assert (changed.language, changed.ask, changed.discreet) == ("en", "one", False)
    assert run(config, "client", "set", "AB", "--ask", "schedule").exit_code == 0
    assert client(config).ask is None


def test_clients_are_listed_with_what_logs_call_them(config: Path) -> None:
    run(config, "client", "add", "CD", "--therapist", "KT")
    run(config, "client", "add", "AB", "--therapist", "KT", "--sms", "+12025550143")
    listed = [line.split() for line in run(config, "client", "list").output.splitlines()]
    assert listed[1:] == [["AB", "KT", "invited", "sms", "2"], ["CD", "KT", "invited", "1"]]
    assert client(config).id == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say what to change"),
        (("--language", "tlh"), '"tlh" is not a language'),
        (("--zone", "Mars"), "--zone"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(config: Path, arguments: tuple[str, ...], said: str) -> None:
    run(config, "client", "add", "AB", "--therapist", "KT")
    done = run(config, "client", "set", "AB", *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("name", "flags", "begins"),
    [
        ("AB.png", (), b"\x89PNG"),
        ("AB.png", ("--own", "--dark"), b"\x89PNG"),
        ("AB.SVG", ("--own",), b"<?xml"),
    ],
)
def test_a_clients_chart_is_written(config: Path, name: str, flags: tuple[str, ...], begins: bytes) -> None:
    run(config, "client", "add", "AB", "--therapist", "KT")
    file = config.parent / name
    done = run(config, "client", "chart", "AB", "--out", str(file), *flags)
    assert done.exit_code == 0, done.output
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("code", "file", "said"),
    [
        ("AB", "AB.jpg", "ends in .png or .svg"),
        ("AB", "nowhere/AB.png", "can be written to"),
        ("ZZ", "ZZ.png", "there is no client ZZ"),
    ],
)
def test_a_chart_that_cannot_be_is_refused_in_one_line(config: Path, code: str, file: str, said: str) -> None:
    run(config, "client", "add", "AB", "--therapist", "KT")
    done = run(config, "client", "chart", code, "--out", str(config.parent / file))
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
