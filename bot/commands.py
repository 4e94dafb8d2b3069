"""What a therapist wrote: a command, or something to answer with help."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot import replies
from bot.languages import Language
from bot.plain import fold
from bot.replies import Steer


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Acknowledge the alert of this number ("ACK 41")."""

    number: int


@dataclass(frozen=True, slots=True)
class ListAlerts:
    """List the open alerts ("ALERTS")."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the alert of this number with what was done ("CLOSED 41 spoke on the phone, safe tonight").

    `number` is None and `done` is "" where they are missing.
    """

    number: int | None
    done: str


Command = Acknowledge | Close | ListAlerts | Steer

_ACK = re.compile(r"(?:/?ack(?:nowledged?)?|seen)[\s#:.]*(\d{1,12})[.! ]*")

_CLOSED = re.compile(r"/?closed?\b[\s#:.]*(\d{1,12}\b)?[\s:.,;-]*(.*)", re.IGNORECASE | re.DOTALL)
_A_LETTER = re.compile(r"[^\W\d_]")


def read(text: str, language: Language) -> Command | None:
    """Read a therapist's message; None where it is no command."""
    folded = fold(text)
    if match := _CLOSED.fullmatch(text.strip()):
        number, done = match.groups()
        return Close(int(number) if number else None, done if _A_LETTER.search(done) else "")
    if match := _ACK.fullmatch(folded):
        return Acknowledge(int(match.group(1)))
    if folded.strip(" .!/") in {"alerts", "alert", "open"}:
        return ListAlerts()
    return replies.command(folded.removeprefix("/"), language)
