"""What is simulated: how many clients for how many weeks, from when on, and by which seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MOST_WEEKS = 1040
"""Twenty years: beyond them the rules of clocks are guesses anyway."""

MOST_CLIENTS = 9999
"""As many as codes of four digits tell apart."""

FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
"""Between these days a simulation begins."""


class ScenarioError(ValueError):
    """This can't be simulated; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated.

    Attributes:
        weeks: how long it goes on.
        clients: how many there are.
        seed: what chance is drawn from; the same seed gives the same course.
        start: the day on which it begins, at 00:00 UTC.
        danger: whether one client writes, at a time that the seed chooses, of danger to their life.
    """

    weeks: int
    clients: int
    seed: int
    start: date
    danger: bool = False

    def __post_init__(self) -> None:
        """Refuse what can't be simulated.

        Raises:
            ScenarioError: a number or the day is out of range.
        """
        for name, value, most in (("weeks", self.weeks, MOST_WEEKS), ("clients", self.clients, MOST_CLIENTS)):
            if not 1 <= value <= most:
                msg = f"{value} {name} can't be simulated; write --{name} with a number from 1 to {most}"
                raise ScenarioError(msg)
        if not FIRST <= self.start <= LAST:
            msg = f"a simulation can't start on {self.start}; write --start with a day from {FIRST} to {LAST}"
            raise ScenarioError(msg)

    @property
    def begins(self) -> datetime:
        """The first moment (aware UTC)."""
        return datetime.combine(self.start, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it (aware UTC)."""
        return self.begins + timedelta(weeks=self.weeks)
