"""`attune session import`, and what a whole Attune says of its calendars."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.app import App
from bot.calendar_reading import CalendarRounds
from bot.cli import app
from bot.connecting import Channels
from bot.office import opened
from bot.settings import load
from bot.web.app import Readiness
from tests.bot.calendar_clinic import event
from tests.bot.written_calendars import calendar

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give the config of a site with two therapists, who have a client each."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[clinic]\nlanguage = "en"\n[database]\nurl = "sqlite:///{tmp_path}/a.db"\n'
        f'[keys]\nfile = "{tmp_path}/keys"\n',
        encoding="utf-8",
    )
    for therapist, client in (("KT", "AB"), ("LM", "CD")):
        assert run(path, "therapist", "add", therapist).exit_code == 0
        assert run(path, "client", "add", client, "--therapist", therapist).exit_code == 0
    return path


def run(config: Path, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def imported(config: Path, *events: str, options: tuple[str, ...] = ()) -> list[str]:
    """Import a calendar of these events for KT, and give what was said."""
    file = config.parent / "sessions.ics"
    file.write_bytes(calendar(*events).encode())
    done = run(config, "session", "import", str(file), "--therapist", "KT", *options)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def planned(config: Path) -> int:
    """Count the sessions that are planned."""
    lines = run(config, "session", "list").output.splitlines()
    return 0 if lines == ["No sessions are planned."] else len(lines)


def test_a_calendar_is_imported_as_often_as_one_likes(config: Path) -> None:
    events = [event(TOMORROW), event(TOMORROW + DAY, uid="2"), event(TOMORROW, uid="3", title="CD")]
    dry = imported(config, *events, options=("--dry-run",))
    assert dry[-1] == "A dry run, nothing was kept: 2 new sessions, 0 changed, 0 cancelled."
    assert planned(config) == 0
    assert imported(config, *events)[-1] == "Kept: 2 new sessions, 0 changed, 0 cancelled."
    assert planned(config) == 2
    assert imported(config, *events)[-1] == "Kept: 0 new sessions, 0 changed, 0 cancelled."
    changed = [event(TOMORROW + 2 * DAY), event(TOMORROW + DAY, uid="2", more=" | STATUS:CANCELLED")]
    assert imported(config, *changed)[-1] == "Kept: 0 new sessions, 1 changed, 1 cancelled."
    assert planned(config) == 1


def test_what_another_file_lacks_is_cancelled_only_if_one_says_so(config: Path) -> None:
    imported(config, event(TOMORROW), event(TOMORROW + DAY, uid="2"))
    said = imported(config, event(TOMORROW))
    assert said[-2:] == [
        "Planned by earlier imports and not in this file, but not cancelled: 1.",
        "Kept: 0 new sessions, 0 changed, 0 cancelled.",
    ]
    assert planned(config) == 2
    assert imported(config, event(TOMORROW), options=("--gone",))[-1].endswith("1 cancelled.")
    assert planned(config) == 1


def test_what_is_left_out_is_counted_and_not_told(config: Path) -> None:
    assert run(config, "client", "add", "EF", "--therapist", "KT").exit_code == 0
    unreadable = f"UID:4 | SUMMARY:AB privately | DTSTART:{TOMORROW:%Y%m%d}T990000Z"
    said = imported(config, event(TOMORROW, title="AB and EF, tea"), unreadable)
    assert said[-3:] == [
        "Left out, because their titles name more than one client: 1.",
        "Left out, because they can't be read: 1.",
        "Kept: 0 new sessions, 0 changed, 0 cancelled.",
    ]
    assert "tea" not in "".join(said)
    assert "privately" not in "".join(said)


@pytest.mark.parametrize(
    ("content", "therapist", "says"),
    [
        pytest.param(None, "KT", "can't be imported: its file can't be read", id="no file"),
        pytest.param(b"<html></html>", "KT", "this is not a calendar", id="a page"),
        pytest.param(calendar().encode()[:-9], "KT", "damaged or cut off", id="cut off"),
        pytest.param(calendar().encode(), "T9", "there is no therapist T9", id="nobody's"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    config: Path, content: bytes | None, therapist: str, says: str
) -> None:
    file = config.parent / "other.ics"
    if content is not None:
        file.write_bytes(content)
    done = run(config, "session", "import", str(file), "--therapist", therapist)
    assert done.exit_code == 2
    assert says in done.output
    assert len(done.output.splitlines()) == 1


def test_a_calendar_that_cannot_be_read_is_shown_and_keeps_nobody_from_being_heard(config: Path) -> None:
    with config.open("a", encoding="utf-8") as opened_config:
        opened_config.write('[[calendars]]\nname = "kt"\ntherapist = "KT"\nfile = "none.ics"\n')
    ready = asyncio.run(_after_three_rounds(config))
    assert ready.ready
    assert ("calendars", False, "1 listed, 1 can't be read, 0 failed rounds in a row") in ready.parts


def _later(now: datetime, days: int) -> datetime:
    return now + days * DAY


async def _after_three_rounds(config: Path) -> Readiness:
    settings = load(config, {})
    async with opened(settings) as service:
        now = service.clock()
        rounds = CalendarRounds(service, lambda: settings.calendars, lambda: None)
        for number in range(3):
            service.clock = partial(_later, now, number)
            await rounds.run()
        return await App(settings, service, Channels()).readiness()
