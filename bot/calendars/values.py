"""What comes out of a calendar: meetings, how many events had to be left, and why a file is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class CalendarError(ValueError):
    """A calendar can't be read. Says what is wrong and what to give instead, never what stands in it."""


class UnreadableError(Exception):
    """One event can't be read; the others can. Never leaves this package."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One session in a calendar: whose, when, and whether it was called off.

    Attributes:
        code: the client's code, as the clinic writes it.
        key: names the same meeting in every reading, wherever it was moved: 32 hexadecimal digits, from
            which nothing of the calendar can be read.
        starts_at: aware UTC.
        ends_at: aware UTC; the same as `starts_at` where the calendar gives no end.
        cancelled: whether the calendar says that it was called off.
    """

    code: str
    key: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a calendar.

    Attributes:
        meetings: in order of time, then of code; no two have the same key.
        ambiguous: events with a meeting in the time asked for whose titles name more than one client;
            none of them was taken.
        unreadable: events that name a client and say something that can't be read (their repetitions
            too, whenever they are; single events that are plainly at another time aren't looked at).
    """

    meetings: tuple[Meeting, ...]
    ambiguous: int = 0
    unreadable: int = 0
