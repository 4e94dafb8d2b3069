"""The demo: what a person sees who tries Attune for the first time, and what is really there afterwards."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from bot import demo
from bot.channels.base import Message
from bot.demo.clinic import Clinic
from bot.demo.play import CLIENTS, THERAPISTS, Play
from bot.demo.screen import Screen
from bot.demo.script import Keyboard, Listed, Replies, RepliesEndedError, from_stdin, replies_in, sample

DECLINE = Path(__file__).parents[1] / "transcripts" / "decline.txt"
TENS = "\n".join(["10"] * 8)
STEADY = "\n".join([*["8"] * 4, *["10"] * 4])


def attune_demo(
    folder: Path, *options: str, stdin: str | None = None, columns: int = 80
) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does whose output goes into a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "bot", "demo", *options],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8", "TMPDIR": str(folder)},
    )


def chart_in(printed: str) -> Path:
    """Find the chart's path, whole on one line."""
    (path,) = re.findall(r"^Chart: (\S+\.png)$", printed, re.MULTILINE)
    return Path(path)


async def totals_in(folder: Path) -> tuple[list[int], list[int], list[bool]]:
    """Read back outcome totals, alliance totals, and whether each alert was acknowledged."""

    def show(_owner: str, _at: datetime, _message: Message) -> None:
        """Show nothing."""

    async with Clinic.open(folder, show) as clinic:
        outcome, alliance = await clinic.scores("ors"), await clinic.scores("srs")
        acknowledged = [one.acknowledged_at is not None for one in await clinic.alerts()]
    return [one.total for one in outcome], [one.total for one in alliance], acknowledged


async def played(folder: Path, replies: Replies, columns: int = 80) -> str:
    """Play in this process and return what was printed."""
    printed = io.StringIO()
    screen = Screen(Console(file=printed, width=columns, highlight=False), CLIENTS, THERAPISTS)
    async with Clinic.open(folder, screen.show) as clinic:
        play = Play(clinic, screen, replies)
        try:
            await play.through(folder)
        except RepliesEndedError:
            screen.say(await play.standing())
    return printed.getvalue()


@pytest.mark.parametrize("columns", [40, 80])
def test_a_script_plays_to_the_end_and_everything_is_kept(tmp_path: Path, columns: int) -> None:
    done = attune_demo(tmp_path, "--script", str(DECLINE), columns=columns)
    assert (done.returncode, done.stderr) == (0, "")
    chart = chart_in(done.stdout)
    assert chart.read_bytes().startswith(b"\x89PNG")
    outcome, alliance, acknowledged = asyncio.run(totals_in(chart.parent))
    assert (len(outcome), outcome[-1]) == (7, 165)
    assert (len(alliance), alliance[-1]) == (7, 285)
    assert acknowledged == [True, True]
    assert "\x1b" not in done.stdout


def test_where_nobody_answers_our_own_sample_is_played(tmp_path: Path) -> None:
    done = attune_demo(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "It felt a bit rushed" in done.stdout
    assert chart_in(done.stdout).is_file()


def test_our_sample_is_the_transcript_of_a_decline() -> None:
    assert replies_in(sample()) == replies_in(DECLINE.read_text(encoding="utf-8"))


def test_replies_come_from_a_pipe_and_middling_ones_raise_alerts_too(tmp_path: Path) -> None:
    done = attune_demo(tmp_path, stdin="7\n7\n7\n7\nall right\n\n# a comment\n8\n8\n8\n8\n")
    assert (done.returncode, done.stderr) == (0, "")
    outcome, alliance, acknowledged = asyncio.run(totals_in(chart_in(done.stdout).parent))
    assert (outcome[-1], alliance[-1], acknowledged) == (280, 320, [True, True])


def test_replies_that_end_early_are_said_to(tmp_path: Path) -> None:
    done = attune_demo(tmp_path, stdin="7\n6\n")
    assert done.returncode == 1
    assert "2 of 4 questions about your week" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "No such file", id="no file"),
        pytest.param(b"", "holds no reply", id="empty"),
        pytest.param(b"# nothing but this\n\n", "holds no reply", id="comments alone"),
        pytest.param(b"\xff\xfe7\x00", "no text in UTF-8", id="not text"),
    ],
)
def test_a_script_that_cannot_be_played_is_one_line_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    script = tmp_path / "script.txt"
    if content is not None:
        script.write_bytes(content)
    assert demo.run(script) == demo.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert why in printed.err
    assert printed.err.count("\n") == 1


async def test_steady_answers_raise_no_alert_and_the_demo_says_so(tmp_path: Path) -> None:
    printed = await played(tmp_path, Listed(replies_in(STEADY)))
    assert printed.count("no alert goes out") == 2
    assert "none: no rule found a reason" in printed
    assert await totals_in(tmp_path) == (
        [292, 281, 278, 304, 316, 332, 320],
        [372, 380, 378, 385, 389, 390, 400],
        [],
    )


async def test_good_news_is_told_the_next_morning(tmp_path: Path) -> None:
    printed = await played(tmp_path, Listed(replies_in(TENS)))
    assert re.search(r"08:00 Alert 1", printed)
    assert "Good news" in printed
    assert (await totals_in(tmp_path))[2] == [True]


async def test_a_small_fall_of_the_alliance_is_told_the_next_morning(tmp_path: Path) -> None:
    replies = ["8", "8", "8", "9", "9.5", "9.5", "9.5", "9"]
    printed = await played(tmp_path, Listed(replies))
    assert "Friday 13 March" in printed
    assert re.search(r"08:00 Alert 1", printed)
    assert (await totals_in(tmp_path))[2] == [True]


@pytest.mark.parametrize("columns", [72, 80, 100, 140])
async def test_both_phones_stand_side_by_side_and_nothing_is_wider(tmp_path: Path, columns: int) -> None:
    printed = await played(tmp_path, Listed(replies_in(TENS)), columns)
    lines = [line for line in printed.splitlines() if not line.startswith(("Chart: ", "Database: "))]
    assert max(map(len, lines)) <= columns
    assert any(re.match(r"Client's phone \(AB\) +\u2502 Therapist's phone \(T1\)", line) for line in lines)
    bars = {line.index("\u2502") for line in lines if "\u2502" in line}
    assert len(bars) == 1


async def test_a_script_presses_buttons_and_sends_a_photo(tmp_path: Path) -> None:
    replies = ["AGREE", "[photo]", "[press 7]", "[press Skip]", "8", "8", "no", *"8888"]
    printed = await played(tmp_path, Listed(replies))
    assert "I can read text only" in printed
    assert "no total this time" in printed
    assert (await totals_in(tmp_path))[0][-1] == 332


class Typed(io.StringIO):
    """Lines that a person types at a terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


async def test_at_the_keyboard_enter_agrees_and_ends(tmp_path: Path) -> None:
    typed = Typed("\n" + "9\n" * 4 + "\n" + "10\n" * 4 + "\n")
    printed = await played(tmp_path, Keyboard(typed))
    assert "> AGREE" in printed
    assert printed.count("> no\n") + printed.count("> no ") == 2
    assert (await totals_in(tmp_path))[0][-1] == 360


async def test_a_client_who_refuses_is_not_asked(tmp_path: Path) -> None:
    printed = await played(tmp_path, Keyboard(Typed("no\n")))
    assert "AB does not want to take part" in printed.replace("\n", " ")
    assert "before the client agreed" in printed


async def test_after_stop_the_demo_says_how_to_go_on(tmp_path: Path) -> None:
    printed = await played(tmp_path, Listed(["7", "stop", "start", *"777", "no", *["10"] * 4]))
    assert "START brings them back" in printed
    assert (await totals_in(tmp_path))[0][-1] == 280


async def test_an_urgent_alert_is_acknowledged_before_anything_else(tmp_path: Path) -> None:
    replies = ["I want to kill myself", "continue", *"7777", "no", *["10"] * 4]
    printed = await played(tmp_path, Listed(replies))
    assert printed.index("> ACK 1") < printed.index("> continue")


def test_ctrl_c_leaves_at_once_with_a_sentence(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen = b""
        while not seen.endswith(b"> "):
            seen += process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        try:
            rest, faults = process.communicate(timeout=20)
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)
    assert process.returncode == demo.INTERRUPTED
    assert b"You left the demo" in rest
    assert faults == b""


def test_a_pipe_that_nobody_writes_to_is_not_waited_for() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "w"):
        assert from_stdin(stdin) is None


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        pytest.param("7\n\n 6 \n", ("7", "6"), id="a line each"),
        pytest.param("# why\n7\n", ("7",), id="comments are passed over"),
        pytest.param(
            "@past ors 6 6 6 6\nclient< Hello\n      | again\nclient> 7\ntherapist> ACK 1\nclient>6\n",
            ("7", "6"),
            id="a transcript's client",
        ),
        pytest.param("client> \n", (), id="nothing said"),
        pytest.param("\n", (), id="nothing"),
    ],
)
def test_replies_of_a_script(text: str, replies: tuple[str, ...]) -> None:
    assert replies_in(text) == replies
