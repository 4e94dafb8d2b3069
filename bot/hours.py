"""At what hour a message may go: what somebody waits for at any, all else in waking hours only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot import timetable
from storage.records import Priority

if TYPE_CHECKING:
    from datetime import datetime

    from bot.timetable import Quiet
    from storage.records import Outgoing

AWAITED: Final = timedelta(minutes=30)
"""How long somebody who wrote is taken to wait for the answer; one that comes later may find them asleep."""

_ANY_HOUR = {"edit", "alarm", "lost alarm"}
"""What makes no phone ring, and what operators must know."""


def may_go(outgoing: Outgoing, zone: str | None, quiet: Quiet, now: datetime) -> datetime:
    """Give the first moment from `now` on at which a message may go to somebody.

    Args:
        outgoing: the message.
        zone: its reader's; None where none is known, who then has no quiet hours.
        quiet: the hours in which the bot starts no message.
        now: the present moment (aware UTC).
    """
    answers = outgoing.priority is Priority.REPLY and now - outgoing.created_at <= AWAITED
    if zone is None or answers or outgoing.priority is Priority.CRISIS or outgoing.kind in _ANY_HOUR:
        return now
    return timetable.waking(now, zone, quiet)
