"""When an unanswered check-in is reminded of: step by step, and never twice in short order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def next_reminder(
    steps: Sequence[timedelta],
    asked_at: datetime,
    now: datetime,
    *,
    expires_at: datetime,
    spare: timedelta | None = None,
) -> datetime | None:
    """Give when to remind next, after `now`.

    What was due by now is not made up for. A step that would come too soon after is left out: quiet hours,
    or a time in which nothing was sent, may have moved the one before it close to it.

    Args:
        steps: how long after the question was asked it is reminded of, each time; in order.
        asked_at: when it was asked.
        now: when it was reminded of, or put again.
        expires_at: when it is over.
        spare: how soon is too soon; None for half of what the ladder puts between the two.

    Returns:
        None where no step is left, or the check-in is over by then.
    """
    before = timedelta()
    for step in steps:
        due, least = asked_at + step, (step - before) / 2 if spare is None else spare
        before = step
        if due > now and due - now >= least:
            return due if due < expires_at else None
    return None
