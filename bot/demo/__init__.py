"""`attune demo`: a whole check-in in this terminal, without accounts and without a config.

Everything that happens is the real thing: database, service, inbox, outbox, schedules that fall due, rules.
Only the network is a terminal, and the clock leaps.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console

from bot import logs
from bot.demo.clinic import Clinic
from bot.demo.play import CLIENTS, THERAPISTS, Play
from bot.demo.screen import Screen, terminal
from bot.demo.script import Replies, RepliesEndedError, ScriptError, choose
from bot.settings import LogSettings

USAGE = 2
"""The exit status where the script can't be played."""

INTERRUPTED = 130
"""The exit status after Ctrl-C. Source: tldp.org/LDP/abs/html/exitcodes.html."""


def run(script: Path | None = None) -> int:
    """Show the demo and return the exit status.

    Args:
        script: a file with the client's replies; without it they come from stdin, or from our own sample.

    Returns:
        0 once both check-ins are over, 1 where the replies ended before.
    """
    screen = Screen(terminal(), CLIENTS, THERAPISTS)
    before = signal.signal(signal.SIGINT, _leave)
    try:
        replies = choose(script)
        logs.configure(LogSettings(level="warning"))
        return asyncio.run(_play(screen, replies, Path(tempfile.mkdtemp(prefix="attune-demo-"))))
    except ScriptError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"attune demo: {error}", markup=False)
        return USAGE
    except KeyboardInterrupt:
        screen.say("You left the demo. Run it again at any time; each begins anew.")
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, before)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """End a wait for the keyboard at once: asyncio's own handler would take note of Ctrl-C and wait on."""
    raise KeyboardInterrupt


async def _play(screen: Screen, replies: Replies, folder: Path) -> int:
    async with Clinic.open(folder, screen.show) as clinic:
        play = Play(clinic, screen, replies)
        try:
            await play.through(folder)
        except RepliesEndedError:
            screen.say(await play.standing())
            return 1
    return 0
