"""Quiet hours by the clock on a client's wall."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.timetable import Quiet


def is_quiet(moment: datetime, zone: str, hours: Quiet) -> bool:
    """Tell whether the wall shows a quiet time at a moment; every config here is quiet over midnight."""
    shown = moment.astimezone(ZoneInfo(zone)).time()
    return shown >= hours.start or shown < hours.end
