"""What therapists write about sessions and times away: "session AB weekly tue 15:00 50min". Pure.

Days stay as they were written until `day_meant` and `start_meant` find which are meant: that takes today.
"""

from bot.bookings.days import AHEAD, BEHIND, Start, clock_change, day_meant, start_meant, start_on
from bot.bookings.reading import MINUTES, MOST_WEEKS, read
from bot.bookings.values import (
    AskHow,
    Book,
    Booking,
    CallOff,
    ComeBack,
    EndSeries,
    GoAway,
    ListSessions,
    Move,
    NoShow,
    Repeat,
)

__all__ = [
    "AHEAD",
    "BEHIND",
    "MINUTES",
    "MOST_WEEKS",
    "AskHow",
    "Book",
    "Booking",
    "CallOff",
    "ComeBack",
    "EndSeries",
    "GoAway",
    "ListSessions",
    "Move",
    "NoShow",
    "Repeat",
    "Start",
    "clock_change",
    "day_meant",
    "read",
    "start_meant",
    "start_on",
]
