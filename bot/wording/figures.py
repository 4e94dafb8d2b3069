"""How figures and moments are written in every text."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def points(tenths: int) -> str:
    """Write tenths as points: 70 is "7", 75 is "7.5"."""
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def moment(when: datetime, zone: str) -> str:
    """Write a moment as it is on the reader's own clock."""
    return when.astimezone(ZoneInfo(zone)).strftime("%d %b %H:%M")
