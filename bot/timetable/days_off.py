"""Days on which a schedule does not fall due: dates, holidays of a country, somebody's time away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from holidays import HolidayBase, country_holidays, list_supported_countries

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days that are left out.

    Attributes:
        ranges: the first and the last day of each time, both included.
        holidays: whose public holidays: a country ("DK"), or one of its regions ("DE-BY"); None for nobody's.
            Source: the holidays library, which follows each country's law.
    """

    ranges: tuple[tuple[date, date], ...] = ()
    holidays: str | None = None

    def holds(self, day: date) -> bool:
        """Tell whether a day is left out."""
        if any(start <= day <= end for start, end in self.ranges):
            return True
        return self.holidays is not None and day in _holidays(self.holidays)

    def __or__(self, other: DaysOff) -> DaysOff:
        """Leave out the days of both; the holidays are this one's, where it has any."""
        return DaysOff((*self.ranges, *other.ranges), self.holidays or other.holidays)

    @property
    def text(self) -> str:
        """Write them, so that a change can be seen by comparing."""
        ranges = (f"{start}/{end}" for start, end in sorted(self.ranges))
        return " ".join([*ranges, *([self.holidays] if self.holidays else [])])


def known_holidays(region: str) -> bool:
    """Tell whether the holidays of a country or a region of one are known."""
    country, _, part = region.partition("-")
    parts = list_supported_countries(include_aliases=True).get(country)
    return parts is not None and (region == country or part in parts)


@cache
def _holidays(region: str) -> HolidayBase:
    country, _, part = region.partition("-")
    return country_holidays(country, subdiv=part or None)
