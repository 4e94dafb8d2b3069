"""What a therapist wrote: a command, or something to answer with help."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot import bookings, replies
from bot.bookings import Booking
from bot.days import DAY
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


@dataclass(frozen=True, slots=True)
class Reopen:
    """Be told again of what the alert of this number found, while it lasts ("REOPEN 41")."""

    number: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Record what was decided about a client ("NOTE AB changed focus to sleep", "DIP AB 1 May trauma work").

    Attributes:
        code: the client's code; "" where it is missing.
        words: what was decided; "" where they are missing.
        until: until which day lower scores are expected, as written; None where none are.
    """

    code: str
    words: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """Show a client's trajectory ("CHART AB"); the code is "" where it is missing."""

    code: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan, change or list sessions and times away ("SESSION AB tue 15:00")."""

    booking: Booking


Command = Acknowledge | Close | Decide | ListAlerts | Plan | Reopen | Show | Steer

_ACK = re.compile(r"(?:/?ack(?:nowledged?)?|seen)[\s#:.]*(\d{1,12})[.! ]*")

_REOPEN = re.compile(r"/?reopen[\s#:.]*(\d{1,12})[.! ]*")
_CHART = re.compile(r"/?(?:chart|graph)\b[\s:]*(\S*?)[.! ]*", re.IGNORECASE)
_NOTE = re.compile(r"/?note\b\s*([^\s:,;]*)[\s:,;-]*(.*)", re.IGNORECASE | re.DOTALL)
_DIP = re.compile(
    rf"/?dip\b\s*([^\s:,;]*)[\s:,;]*(?:until\s|till\s|to\s|bis\s|hasta\s|jusqu.au\s|tot\s|til\s|\u062d\u062a\u0649\s)?\s*({DAY}|)"
    r"[\s:,;-]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_CLOSED = re.compile(r"/?closed?\b[\s#:.]*(\d{1,12}\b)?[\s:.,;-]*(.*)", re.IGNORECASE | re.DOTALL)
_A_LETTER = re.compile(r"[^\W\d_]")


def read(text: str, language: Language) -> Command | None:
    """Read a therapist's message; None where it is no command."""
    if (about := _about_client(text.strip())) is not None:
        return about
    if (booking := bookings.read(text, language)) is not None:
        return Plan(booking)
    folded = fold(text)
    if match := _REOPEN.fullmatch(folded):
        return Reopen(int(match.group(1)))
    if match := _ACK.fullmatch(folded):
        return Acknowledge(int(match.group(1)))
    if folded.strip(" .!/") in {"alerts", "alert", "open"}:
        return ListAlerts()
    return replies.command(folded.removeprefix("/"), language)


def _about_client(text: str) -> Close | Decide | Show | None:
    """Read what carries a client's code or a therapist's own words, as written."""
    if match := _CLOSED.fullmatch(text):
        number, done = match.groups()
        return Close(int(number) if number else None, done if _A_LETTER.search(done) else "")
    if match := _DIP.fullmatch(text):
        return Decide(match[1], match[3].strip(), until=match[2])
    if match := _NOTE.fullmatch(text):
        return Decide(match[1], match[2].strip())
    if match := _CHART.fullmatch(text):
        return Show(match[1])
    return None
