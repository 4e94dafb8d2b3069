"""`attune session`, `attune client away` and `schedule`, `attune therapist away`, each on its database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.office import opened
from bot.settings import load
from storage.records import Schedule
from storage.sessions import Session

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the config of a site with a therapist in London and a client, on a Monday."""
    monkeypatch.setattr("bot.office.utc_now", lambda: NOW)
    path = tmp_path / "config.toml"
    path.write_text(
        f'[clinic]\nlanguage = "en"\n[database]\nurl = "sqlite:///{tmp_path}/a.db"\n'
        f'[keys]\nfile = "{tmp_path}/keys"\n'
        '[[schedules]]\nname = "weekly"\nmeasures = ["ors"]\nwhen = {{ weekly = "mon 10:00" }}\n'
        '[[schedules]]\nname = "after"\nmeasures = ["srs"]\nwhen = {{ after_session = "30 min" }}\n'.replace(
            "{{", "{"
        ).replace("}}", "}"),
        encoding="utf-8",
    )
    assert run(path, "therapist", "add", "KT", "--zone", "Europe/London").exit_code == 0
    assert run(path, "client", "add", "AB", "--therapist", "KT").exit_code == 0
    return path


def run(config: Path, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def said(config: Path, *arguments: str) -> str:
    """Run a command that works, and give what it said."""
    done = run(config, *arguments)
    assert done.exit_code == 0, done.output
    return done.output.strip()


def kept(config: Path) -> tuple[tuple[Session, ...], Mapping[str, Schedule]]:
    """Give the client's sessions and schedules as kept."""

    async def find() -> tuple[tuple[Session, ...], Mapping[str, Schedule]]:
        async with opened(load(config, {})) as service, service.store.reading() as tx:
            (client,) = await tx.people.clients()
            schedules = await tx.schedules.of([client.id], stopped=True)
            return await tx.sessions.of([client.id]), {one.name: one for one in schedules}

    return asyncio.run(find())


def agree(config: Path) -> None:
    """Let the client agree, as by message."""

    async def change() -> None:
        async with opened(load(config, {})) as service, service.store.transaction() as tx:
            (client,) = await tx.people.clients()
            assert await tx.people.consent(client.id, "1", NOW)
            await tx.people.open_episode(client.id, NOW)

    asyncio.run(change())


LINE = "AB: Tuesday 3 March, 15:00 (Europe/London), 50 min"

ADDED = f"{LINE}; asked after: 16:20"


@pytest.mark.parametrize("at", ["2026-03-03 15:00", "tue 15:00", "3 March 3pm"])
def test_a_session_is_planned_once(config: Path, at: str) -> None:
    assert said(config, "session", "add", "AB", "--at", at) == ADDED
    assert said(config, "session", "add", "AB", "--at", at) == ADDED
    assert said(config, "session", "list") == said(config, "session", "list", "AB") == LINE


def test_it_may_be_on_another_clock_and_of_another_length(config: Path) -> None:
    given = ("--minutes", "90", "--zone", "Europe/Berlin")
    assert said(config, "session", "add", "AB", "--at", "tue 15:00", *given) == (
        "AB: Tuesday 3 March, 15:00 (Europe/Berlin), 90 min; asked after: 17:00"
    )
    assert said(config, "session", "list") == "AB: Tuesday 3 March, 14:00 (Europe/London), 90 min"


def test_a_series_is_planned_and_ended(config: Path) -> None:
    weekly = "AB: every week on Tuesday at 15:00 (Europe/London), 50 min, from Tuesday 3 March on"
    assert said(config, "session", "add", "AB", "--weekly", "tue 15:00") == f"{weekly}; asked after: 16:20"
    assert "every 2 weeks" in said(config, "session", "add", "AB", "--every", "2 weeks thu 10:00")
    assert len(said(config, "session", "list").splitlines()) == 6
    assert said(config, "session", "end", "AB") == "The series of AB has ended; sessions cancelled: 6."
    assert run(config, "session", "end", "AB").exit_code == 2
    assert said(config, "session", "list") == "No sessions are planned."


def test_a_session_is_moved_cancelled_and_missed(config: Path) -> None:
    said(config, "session", "add", "AB", "--at", "tue 15:00")
    said(config, "session", "add", "AB", "--at", "wed 15:00")
    moved = said(config, "session", "move", "AB", "fri 16:00", "--on", "wed")
    assert moved == "AB: Friday 6 March, 16:00 (Europe/London), 50 min; asked after: 17:20"
    assert said(config, "session", "cancel", "AB") == f"{LINE}: cancelled"
    said(config, "session", "add", "AB", "--at", "2026-03-02 8:00")
    assert said(config, "session", "no-show", "AB", "--on", "mon").endswith(
        "08:00 (Europe/London), 50 min: no-show"
    )
    assert [one.state for one in kept(config)[0]] == ["no_show", "cancelled", "planned"]


def test_a_change_of_the_clocks_is_said(config: Path) -> None:
    skipped = said(config, "session", "add", "AB", "--at", "2026-03-29 01:30")
    assert skipped.endswith(
        "The clocks go forward then and leave 01:30 out: the first minute after that was taken."
    )
    twice = said(config, "session", "add", "AB", "--at", "2026-10-25 01:30")
    assert twice.endswith("The clocks go back then and show 01:30 twice: the first was taken.")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("session", "add", "AB"), "Say when"),
        (("session", "add", "AB", "--at", "tue 15:00", "--weekly", "tue 15:00"), "Say when"),
        (("session", "add", "AB"), '--at "2026-03-03 15:00"'),
        (("session", "add", "AB", "--at", "sometime"), '"sometime" is no day and time'),
        (("session", "add", "AB", "--at", "sometime"), 'write e.g. "2026-03-03 15:00" or "tue 15:00"'),
        (("session", "add", "AB", "--at", "2025-03-03 15:00"), "2025-03-03 15:00 is past"),
        (("session", "add", "AB", "--at", "2026-03-01 08:59"), "2026-03-01 08:59 is past"),
        (("session", "add", "AB", "--at", "2027-03-03 09:01"), "2027-03-03 is more than a year ahead"),
        (("session", "add", "AB", "--at", "2026-02-30 15:00"), "there is no day 2026-02-30"),
        (("session", "add", "AB", "--at", "2026-03-03 24:00"), "24:00 is no time of day"),
        (("session", "move", "AB", "2026-03-03 15:60"), "15:60 is no time of day"),
        (("session", "add", "AB", "--at", "tue 15:00", "--minutes", "4"), "5 to 480"),
        (("session", "add", "AB", "--at", "tue 15:00", "--zone", "Mars"), "--zone"),
        (("session", "add", "ZZ", "--at", "tue 15:00"), "no client ZZ"),
        (("session", "move", "AB", "tue 15:00"), "no such session"),
        (("session", "cancel", "AB", "--on", "someday"), "is no day"),
        (("session", "no-show", "AB"), "no such session"),
        (("session", "list", "ZZ"), "no client ZZ"),
        (("client", "away", "AB"), "--from"),
        (("client", "away", "AB", "--from", "2026-03-03"), "--from"),
        (("client", "away", "AB", "--from", "2026-03-03", "--to", "2026-03-02"), "exchange them"),
        (("client", "away", "AB", "--from", "2026-02-25", "--to", "2026-03-01"), "those days are past"),
        (("therapist", "away", "KT", "--from", "2025-12-01", "--to", "2025-12-05"), "2026-03-02 or later"),
        (("client", "away", "AB", "--off", "--to", "2026-03-02"), "--off alone"),
        (("client", "away", "AB", "--off"), "is not away"),
        (("therapist", "away", "ZZ", "--off"), "no therapist ZZ"),
        (("client", "schedule", "AB", "daily"), "no schedule daily; known are after, weekly"),
        (("client", "schedule", "AB", "weekly", "--when", "weekly someday"), "no weekday and time"),
        (
            ("client", "schedule", "AB", "weekly", "--when", "weekly thu 21:00"),
            "quiet hours (21:00 to 08:00)",
        ),
        (("client", "schedule", "AB", "weekly", "--when", "weekly thu 07:59"), "from 08:00 on"),
        (("client", "schedule", "AB", "weekly", "--when", "weekly thu 00:00"), "00:00 is in the quiet"),
        (("client", "schedule", "AB", "weekly", "--when", "after_session 1 hour"), "asks otherwise"),
        (("client", "schedule", "AB", "after", "--when", "weekly mon 10:00"), "asks otherwise"),
        (("client", "schedule", "AB", "weekly", "--off", "--usual"), "alone"),
        (("client", "schedule", "AB", "weekly", "--off", "--when", "weekly mon 10:00"), "alone"),
        (("client", "schedule", "AB", "weekly", "--from", "2026-03-03", "--to", "2026-03-02"), "exchange"),
        (("client", "set", "AB", "--programme", "evenings"), "no programme evenings"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_line(config: Path, arguments: tuple[str, ...], why: str) -> None:
    done = run(config, *arguments)
    assert done.exit_code == 2, done.output
    assert why in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_somebody_is_away_and_back(config: Path) -> None:
    said(config, "session", "add", "AB", "--at", "tue 15:00")
    days = ("--from", "2026-03-03", "--to", "2026-03-08")
    assert said(config, "client", "away", "AB", *days) == (
        "AB is away from 2026-03-03 to 2026-03-08; sessions cancelled: 1."
    )
    done = run(config, "session", "add", "AB", "--at", "wed 15:00")
    assert (done.exit_code, "away on 2026-03-04" in done.output) == (2, True)
    assert said(config, "client", "away", "AB", "--off") == (
        "AB is not away any more from 2026-03-03 to 2026-03-08; sessions planned again: 1."
    )
    assert said(config, "therapist", "away", "KT", *days).endswith("sessions cancelled: 1.")
    assert said(config, "therapist", "away", "KT", "--off").endswith("planned again: 1.")


def test_a_time_away_may_have_begun_and_may_end_today(config: Path) -> None:
    begun = ("--from", "2026-02-25", "--to", "2026-03-02")
    assert said(config, "client", "away", "AB", *begun).startswith("AB is away from 2026-02-25 to 2026-03-02")


def test_a_client_has_a_schedule_of_their_own(config: Path) -> None:
    given = ("--when", "weekly thu 18:00", "--from", "2026-03-05", "--to", "2026-06-01")
    weekly = "AB: weekly, thu 18:00"
    assert said(config, "client", "schedule", "AB", "weekly", *given) == (
        f"{weekly}; asked nothing now: AB is invited"
    )
    agree(config)
    assert (
        said(config, "client", "schedule", "AB", "weekly", *given) == f"{weekly}, next Thu 5 Mar 18:00 (UTC)"
    )
    past = ("--when", "weekly thu 18:00", "--to", "2026-03-03")
    assert (
        said(config, "client", "schedule", "AB", "weekly", *past) == f"{weekly}; no such time comes any more"
    )
    assert said(config, "client", "schedule", "AB", "after") == "AB: after, after session 30 min"
    said(config, "client", "schedule", "AB", "weekly", *given)
    own = kept(config)[1]["weekly"]
    assert (own.given, own.own_when) == (True, {"weekly": "thu 18:00"})
    assert (own.starts_on, own.ends_on) == (date(2026, 3, 5), date(2026, 6, 1))
    assert said(config, "client", "schedule", "AB", "weekly", "--off") == "AB does not get weekly."
    assert kept(config)[1]["weekly"].given is False
    assert said(config, "client", "schedule", "AB", "weekly", "--usual") == (
        "AB: weekly, mon 10:00, next Mon 2 Mar 10:00 (UTC)"
    )
    usual = kept(config)[1]["weekly"]
    assert (usual.given, usual.own_when, usual.starts_on, usual.ends_on) == (None, None, None, None)


@pytest.mark.parametrize(
    "command",
    [
        *(("session", one) for one in ("add", "list", "move", "cancel", "no-show", "end")),
        ("client", "away"),
        ("client", "schedule"),
        ("therapist", "away"),
    ],
)
def test_every_command_shows_an_example(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: attune {' '.join(command)}" in " ".join(shown.output.split())
