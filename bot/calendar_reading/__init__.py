"""Calendars fetched and read on a schedule. What stands in them is read by `bot.calendars`."""

from __future__ import annotations

from bot.calendar_reading.fetching import Fetched, Fetcher, FetchError
from bot.calendar_reading.rounds import CalendarRounds

__all__ = ["CalendarRounds", "FetchError", "Fetched", "Fetcher"]
