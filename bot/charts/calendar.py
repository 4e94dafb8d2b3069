"""Where moments lie on a picture, and how its days are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

_A_DAY: Final = timedelta(days=1)
_TICKS: Final = 5
_BEYOND: Final = 0.35
"""How far what is expected may stretch the picture past the last that is known, as a share of it."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that a picture shows, on the calendar of one zone, as a language writes them.

    Attributes:
        zone: the zone.
        language: the language's code.
        first: the first day shown, as a number of days.
        last: the last.
        known: the days on which there is something, in order, each with the place of its first moment.
    """

    zone: str
    language: str
    first: float
    last: float
    known: tuple[tuple[date, float], ...]

    def along(self, at: datetime) -> float:
        """Give a moment's place in time: days, with the time of the day as a fraction."""
        local = at.astimezone(ZoneInfo(self.zone))
        return local.toordinal() + timedelta(hours=local.hour, minutes=local.minute) / _A_DAY

    def day(self, at: datetime) -> date:
        """Give the day of a moment."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def written(self, day: date, *, year: bool = False) -> str:
        """Write a day as the language does: "5. Feb." or "Feb 5"."""
        return format_skeleton("yMMMd" if year else "MMMd", day, locale=self.language)

    def span(self) -> str:
        """Write from when to when it goes; nothing where nothing is known."""
        if not self.known:
            return ""
        (first, _), (last, _) = self.known[0], self.known[-1]
        if first == last:
            return self.written(last, year=True)
        begins = self.written(first, year=first.year != last.year)
        return f"{begins} \u2013 {self.written(last, year=True)}"

    def ticks(self) -> Sequence[tuple[date, float]]:
        """Choose the days to write: the first and the last, and between them some that stand well apart."""
        if len(self.known) <= 1:
            return self.known
        last = self.known[-1]
        apart = (last[1] - self.known[0][1]) / _TICKS
        chosen = [self.known[0]]
        for one in self.known[1:-1]:
            if one[1] - chosen[-1][1] >= apart and last[1] - one[1] >= apart:
                chosen.append(one)
        return [*chosen, last]


def calendar(zone: str, language: str, moments: Iterable[datetime], ahead: Iterable[date] = ()) -> Calendar:
    """Make the calendar of a picture.

    Args:
        zone: on whose calendar.
        language: the code of the language that dates are written in.
        moments: when there is something to see.
        ahead: days that lie ahead, of what is expected; the picture makes room for them, within reason.
    """
    plain = Calendar(zone, language, 0, 0, ())
    along = sorted({(plain.along(at), plain.day(at)) for at in moments})
    first, last = (along[0][0], along[-1][0]) if along else (0.0, 1.0)
    margin = max(1.0, (last - first) * 0.05)
    room = last + max(margin, (last - first) * _BEYOND)
    ends = [min(day.toordinal() + 1.0, room) for day in ahead]
    days = {day: place for place, day in reversed(along)}
    return Calendar(zone, language, first - margin, max([last + margin, *ends]), tuple(sorted(days.items())))
