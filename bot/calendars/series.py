"""One event and its repetitions, worked out within bounds.

recurring-ical-events works them out; what is here keeps a rule from running without end, and remembers
which repetition each one was before it was moved.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Protocol

from icalendar import Component, Event
from recurring_ical_events import EventAdapter, Occurrence, Series
from recurring_ical_events.adapters.component import ComponentAdapter
from recurring_ical_events.types import Time

from bot.calendars.values import CalendarError, UnreadableError

MOST_MEETINGS = 5_000

_TOO_OFTEN = f"an event repeats more than {MOST_MEETINGS} times: have it repeat less often, or end it"

# Counted over all events of a file, also before the time asked for: a rule is followed from its start.
_MOST_STEPS = 100_000
_MOST_IN_VAIN = 3


@dataclass(slots=True)
class Patience:
    """How much work a file may still make."""

    steps: int = _MOST_STEPS
    in_vain: int = _MOST_IN_VAIN

    def step(self) -> None:
        """Count one repetition.

        Raises:
            CalendarError: there were too many.
        """
        self.steps -= 1
        if self.steps < 0:
            raise CalendarError(_TOO_OFTEN)

    def nothing_found(self) -> None:
        """Count a rule that no day fits.

        Raises:
            UnreadableError: always.
            CalendarError: there were too many.
        """
        self.in_vain -= 1
        if self.in_vain < 0:
            msg = "several events repeat on days that don't exist: have them repeat on others, or end them"
            raise CalendarError(msg)
        raise UnreadableError


class _Rule(Protocol):
    """A rule of dateutil's, with its end where it has one."""

    until: datetime | None

    def __iter__(self) -> Iterator[datetime]: ...


class Instance(Occurrence):
    """One repetition of an event, or an event that has none."""

    _adapter: ComponentAdapter

    @property
    def event(self) -> Component:
        """Give the event that says what it is: that of the series, or its own where it was changed."""
        return self._adapter._component  # noqa: SLF001 # as_component() copies each time

    @property
    def original(self) -> datetime:
        """Give the moment (aware UTC) at which it was before anybody moved it."""
        moved_along = self._adapter.this_and_future and self.start != self._adapter.start
        if self._adapter.is_modification() and not moved_along:
            return _timed(self._adapter.recurrence_ids[0]).replace(tzinfo=UTC)
        return _timed(self.start - self._adapter.move_recurrences_by).astimezone(UTC)

    @property
    def starts_at(self) -> datetime:
        """Give the moment (aware UTC) at which it starts."""
        return _timed(self.start).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """Give the moment (aware UTC) at which it ends: as long after its start as clocks show."""
        return self.starts_at + (_timed(self.end) - _timed(self.start))

    @property
    def is_timed(self) -> bool:
        """Tell whether it has a time of day."""
        return isinstance(self.start, datetime)


class Bounded(Series):
    """The events of one UID: a series and what was changed in it, or a single event."""

    def __init__(self, events: list[Event], patience: Patience) -> None:
        """Prepare the repetitions of checked events."""
        self._patience = patience
        super().__init__([EventAdapter(event) for event in events])

    def starting(self, start: datetime, end: datetime) -> Iterator[Instance]:
        """Give what starts between two moments, the first included; nothing that is for whole days.

        Raises:
            CalendarError: it is too much.
            UnreadableError: a rule finds no day.
        """
        for instance in self.between(start, end):
            if isinstance(instance, Instance) and instance.is_timed and start <= instance.starts_at < end:
                yield instance

    def occurrence(
        self, adapter: ComponentAdapter, start: Time | None = None, end: Time | timedelta | None = None
    ) -> Instance:
        """Make what stands for one repetition."""
        return Instance(adapter, start, end, sequence=self.sequence)

    def rrule_between(self, span_start: Time, span_stop: Time) -> Generator[Time, None, None]:
        """Give the moments between two at which a series repeats; it is followed from its start, in steps.

        Raises:
            CalendarError: there are too many.
            UnreadableError: a rule finds no day.
        """
        if not isinstance(self.recurrence, Series.RecurrenceRules):
            return
        earliest, latest = span_start - self._subtract_from_start, span_stop + self._add_to_stop
        found: set[datetime] = set()  # the first moment is said by the event and by its rule
        start = _timed(self.recurrence.core.start)
        for number, rule in enumerate(
            self.recurrence.rrules
        ):  # before all rules, the moments said one by one
            for when in takewhile(
                lambda moment: moment <= latest, self._follow(rule, start, must_find=number > 0)
            ):
                self._patience.step()
                if when >= earliest:
                    found.add(when)
                    if len(found) > MOST_MEETINGS:
                        raise CalendarError(_TOO_OFTEN)
                    yield when

    def _follow(self, rule: _Rule, start: datetime, *, must_find: bool) -> Iterator[datetime]:
        """Give a rule's moments; one that ended before the event starts has none."""
        if rule.until is not None and rule.until < start:
            return
        moments = iter(rule)
        first = next(moments, None)
        if first is not None:
            yield first
            yield from moments
        elif must_find:
            self._patience.nothing_found()


def _timed(when: object) -> datetime:
    if not isinstance(when, datetime):
        raise UnreadableError
    return when
