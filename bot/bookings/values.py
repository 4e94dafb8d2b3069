"""What a therapist asks for about sessions and times away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Book:
    """Plan a session ("session AB tue 15:00"); `minutes` is None where none are named."""

    code: str
    day: str
    at: time
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Plan a session every so many weeks ("session AB every 2 weeks tue 15:00"), from its first day on."""

    code: str
    weeks: int
    first: Book


@dataclass(frozen=True, slots=True)
class Move:
    """Move a session ("session AB move thu 16:00"); `which` is the day it is on, "" for the next."""

    code: str
    which: str
    to: Book


@dataclass(frozen=True, slots=True)
class CallOff:
    """Cancel a session ("session AB cancel tue"); `which` is the day it is on, "" for the next."""

    code: str
    which: str = ""


@dataclass(frozen=True, slots=True)
class EndSeries:
    """End the series of a client ("session AB end")."""

    code: str


@dataclass(frozen=True, slots=True)
class ListSessions:
    """List what is planned: of one client ("session AB"), or of all where the code is ""."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class NoShow:
    """Mark that a client did not come ("noshow AB"); `which` is the day, "" for the last session."""

    code: str
    which: str = ""


@dataclass(frozen=True, slots=True)
class GoAway:
    """Be away from a day to another ("away 1 Aug to 14 Aug"); the therapist where the code is "".

    `own` is what is meant where nobody has that code: "am 1.8." is a day too.
    """

    code: str
    first: str
    last: str
    own: GoAway | None = None


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Be away no longer ("away off", "away AB off"); the therapist where the code is ""."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class AskHow:
    """Something about sessions, or about time `away`, that can't be read; the code, as far as it is told."""

    code: str = ""
    away: bool = False


Booking = Book | Repeat | Move | CallOff | EndSeries | ListSessions | NoShow | GoAway | ComeBack | AskHow
