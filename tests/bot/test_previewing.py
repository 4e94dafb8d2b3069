"""`attune preview --from --to`: what the config and the database lead to, as JSON lines or a table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.cli.previewing import line
from bot.service.foreseeing import Foreseen
from tests.databases import Databases
from tests.world import MONDAY, staffed

KEYS = f"k1 {'A' * 43}=\nindex {'B' * 42}A=\n"
"""Those of tests.world, whose people are in the database."""

CONFIG = """
[clinic]
zone = "America/New_York"
[database]
url = "{url}"
[keys]
file = "{keys}"
[[schedules]]
name = "weekly"
measures = ["ors", "srs"]
when = {{ weekly = "mon 18:00" }}
[[schedules]]
name = "late"
measures = ["ors"]
when = {{ cron = "30 20 25 * *" }}
"""

NOVEMBER = ("--from", "2026-11-20", "--to", "2026-11-30")


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.office.utc_now", lambda: MONDAY)


def config_of(folder: Path, url: str) -> Path:
    """Write a config."""
    keys, config = folder / "keys", folder / "config.toml"
    keys.write_text(KEYS, encoding="utf-8")
    keys.chmod(0o600)
    config.write_text(CONFIG.format(url=url, keys=keys), encoding="utf-8")
    return config


@pytest.fixture
def config(tmp_path: Path, databases: Databases) -> Iterator[Path]:
    """Give the config of a site with a client, AB, who has agreed."""
    with databases.fresh("sqlite", staffed) as url:
        yield config_of(tmp_path, url)


def preview(config: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["preview", *arguments, "--config", str(config)])


def lines(result: Result) -> list[dict[str, object]]:
    """Read what it wrote, a JSON object a line."""
    assert result.exit_code == 0, result.output
    return [json.loads(one) for one in result.stdout.splitlines()]


def test_every_occurrence_is_a_line(config: Path) -> None:
    found = lines(preview(config, *NOVEMBER))
    assert [(one["schedule"], one["local_date"]) for one in found] == [
        ("weekly", "2026-11-23"),
        ("late", "2026-11-25"),
        ("weekly", "2026-11-30"),
    ]
    assert found[1] == {
        "client": "AB",
        "schedule": "late",
        "measures": ["ors"],
        "utc": "2026-11-25T20:30:00Z",
        "local": "2026-11-25T20:30:00+00:00",
        "zone": "UTC",
        "local_date": "2026-11-25",
        "asked_at_utc": "2026-11-25T20:30:00Z",
        "missed": False,
    }


def test_of_one_client_only_theirs(config: Path) -> None:
    assert lines(preview(config, *NOVEMBER, "--client", "AB")) == lines(preview(config, *NOVEMBER))
    nobody = preview(config, *NOVEMBER, "--client", "ZZ")
    assert nobody.exit_code == 2
    assert nobody.stdout == ""
    assert "there is no client ZZ; see: attune client list" in nobody.stderr


def test_what_waits_for_the_morning_and_what_is_missed() -> None:
    late = Foreseen(
        client="AB",
        schedule="late",
        measures=("ors", "srs"),
        zone="America/Nuuk",
        local_date=date(2026, 3, 28),
        due_at=datetime(2026, 3, 29, 1, tzinfo=UTC),
        asked_at=datetime(2026, 3, 29, 9, tzinfo=UTC),
    )
    shown = line(late)
    assert (shown["local_date"], shown["local"]) == ("2026-03-28", "2026-03-29T00:00:00-01:00")
    assert (shown["asked_at_utc"], shown["missed"]) == ("2026-03-29T09:00:00Z", False)
    missed = line(dataclasses.replace(late, asked_at=None))
    assert (missed["asked_at_utc"], missed["missed"]) == (None, True)


def test_a_table_is_to_be_read(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    shown = preview(config, *NOVEMBER, "--table")
    assert shown.exit_code == 0
    heading, *rows = shown.stdout.splitlines()
    assert heading.split() == ["client", "schedule", "measures", "falls", "due", "asked", "zone"]
    assert " ".join(rows[1].split()) == "AB late ors Wed 2026-11-25 20:30 then UTC"


def test_before_there_is_a_database_none_is_made(tmp_path: Path) -> None:
    config = config_of(tmp_path, f"sqlite:///{tmp_path}/new.db")
    found = lines(preview(config, *NOVEMBER))
    assert {(one["client"], one["zone"]) for one in found} == {(None, "America/New_York")}
    assert found[0]["local"] == "2026-11-23T18:00:00-05:00"
    assert preview(config, *NOVEMBER, "--client", "AB").exit_code == 2
    assert not (tmp_path / "new.db").exists()


def test_before_there_are_clients_the_schedules_go_by_the_clinics_clock(tmp_path: Path) -> None:
    config = config_of(tmp_path, f"sqlite:///{tmp_path}/new.db")
    made = CliRunner().invoke(app, ["therapist", "add", "KT", "--config", str(config)])
    assert made.exit_code == 0, made.output
    assert {one["client"] for one in lines(preview(config, *NOVEMBER))} == {None}


def test_who_has_not_agreed_is_told_beside_the_table(tmp_path: Path, config: Path) -> None:
    assert preview(config, *NOVEMBER, "--table").stderr == ""
    fresh = config_of(tmp_path, f"sqlite:///{tmp_path}/new.db")
    for command in (("therapist", "add", "KT"), ("client", "add", "CD", "--therapist", "KT")):
        made = CliRunner().invoke(app, [*command, "--config", str(fresh)])
        assert made.exit_code == 0, made.output
    shown = preview(fresh, *NOVEMBER)
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert shown.stderr == "Not shown, because they have not agreed yet: CD.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say from when to when: --from 2026-03-01 --to 2026-03-31"),
        (("--from", "2026-03-01"), "Say from when to when"),
        (
            ("--from", "2026-03-02", "--to", "2026-03-01"),
            "--to 2026-03-01 lies before --from 2026-03-02: exchange them",
        ),
        (
            ("--from", "2026-03-02", "--to", "2038-03-01"),
            "Write --from and, no more than ten years later, --to",
        ),
        (
            ("--from", "0001-01-01", "--to", "0001-01-02"),
            "Write --from and, no more than ten years later, --to",
        ),
        (("--from", "1.3.2026", "--to", "2026-03-01"), "--from"),
    ],
)
def test_dates_that_cannot_be_are_refused_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = preview(config_of(tmp_path, "sqlite:///none.db"), *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_its_times_are_those_of_the_zone(config: Path) -> None:
    (first, *_) = lines(preview(config, *NOVEMBER))
    local, utc = (datetime.fromisoformat(str(first[key])) for key in ("local", "utc"))
    assert local == utc
