"""Reading sessions out of calendars (iCalendar). Pure: bytes in, values out.

Source: RFC 5545 (iCalendar) and RFC 5546 (METHOD and what calls an event off).
"""

from __future__ import annotations

from bot.calendars.reader import read
from bot.calendars.values import CalendarError, Meeting, Reading

__all__ = ["CalendarError", "Meeting", "Reading", "read"]
