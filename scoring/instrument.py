"""A measure as data, and a client's answers to it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

RULE_SETS = ("icce", "pcoms")
"""The named sets of default numbers. Sources disagree, so a site chooses one and may override it."""

ITEM_MAX = 100
"""The highest answer to one item of any measure, in tenths: what a reply may say, and what can be kept."""

Mark = int | None
"""One answer: tenths (0-100), or None where the client chose not to answer."""


class InstrumentError(ValueError):
    """A measure's data file is wrong; the text says where, and what to write instead."""


class AgeGroup(StrEnum):
    """Which norms apply: adult 18+, adolescent 13-17, child 6-12."""

    ADULT = "adult"
    ADOLESCENT = "adolescent"
    CHILD = "child"


class Gauge(StrEnum):
    """What a measure tells of: it decides which rules judge its scores."""

    OUTCOME = "outcome"
    ALLIANCE = "alliance"
    TREND = "trend"


class Asked(StrEnum):
    """When a measure is asked, seen from the session."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Norms:
    """The numbers that one rule set gives one measure, in tenths; None where it gives none.

    Attributes:
        reliable_change: the smallest change of the total that is more than noise.
        cutoff: the total between the clinical and the functional range, by age group.
        cutoff_is_functional: whether a total exactly at the cutoff is out of the clinical range.
        first_too_high: a first total beyond this gives no expectation of change.
        item_drop: an item that got worse by this much or more since the previous score is a finding.
        no_improvement_at: at which scores, counted from 1, it is a finding that nothing improved.
        sawtooth_move: from this difference on, two totals in a row are a tooth of a saw.
        sawtooth_changes: from so many changes of direction on a series is a sawtooth (a number),
        sawtooth_ratings: where it has so many scores or more (a number).
        strained_fall: an outcome total that fell by this much or more counts beside a weak alliance.
        concern_total: an alliance total below this is a concern.
        concern_item: an alliance item below this is a concern.
        concern_drop: an alliance total that fell by this much or more is a concern.
        soon_fall: an alliance item or total that fell by this much or more is told soon.
        unusual_fall: so is a low total this much or more below the client's own median.
        ceiling_run: so many highest alliance totals in a row may be politeness (a number).
        missed_in_a_row: so many unanswered check-ins in a row are a finding (a number).
    """

    reliable_change: int | None = None
    cutoff: Mapping[AgeGroup, int] = field(default_factory=dict)
    cutoff_is_functional: bool = True
    first_too_high: int | None = None
    item_drop: int | None = None
    no_improvement_at: tuple[int, ...] = (3, 6)
    sawtooth_move: int | None = None
    sawtooth_changes: int = 4
    sawtooth_ratings: int = 5
    strained_fall: int | None = None
    concern_total: int | None = None
    concern_item: int | None = None
    concern_drop: int | None = None
    soon_fall: int = 20
    unusual_fall: int = 10
    ceiling_run: int = 3
    missed_in_a_row: int = 2


@dataclass(frozen=True, slots=True)
class Scale:
    """What an item may be answered with: 0 up to `top` tenths, or of these the `whole` points only."""

    top: int = ITEM_MAX
    whole: bool = False

    def takes(self, tenths: int) -> bool:
        """Tell whether a number stands on the scale."""
        return 0 <= tenths <= self.top and not (self.whole and tenths % 10)


TEN = Scale()
"""0 to 10, to a tenth."""


@dataclass(frozen=True, slots=True)
class Band:
    """A range of totals with a name of its own, from `least` tenths up to the next band."""

    name: str
    least: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """A measure: its items in the order asked, and its norms by rule set.

    Attributes:
        key: its name in configs, commands and the database.
        name: how it is shown.
        gauges: what it tells of.
        higher_is_better: whether a higher total means doing better.
        asked: when.
        items: the items' keys, in order.
        norms: the numbers that judge its totals, by rule set.
        scale: what every item is answered with.
        risk_items: from which answer on (tenths) an item is a sign of danger, by the item's key.
        bands: how severe a total is, the lowest first.
        clients_own: whether the items are in each client's own words, and as many as they have.
    """

    key: str
    name: str
    gauges: Gauge
    higher_is_better: bool
    asked: Asked
    items: tuple[str, ...]
    norms: Mapping[str, Norms]
    scale: Scale = TEN
    risk_items: Mapping[str, int] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    clients_own: bool = False

    @property
    def total_max(self) -> int:
        """The highest total, in tenths."""
        return len(self.items) * self.scale.top

    def band(self, total: int) -> str | None:
        """Name the band of a total in tenths; None where the measure has no bands."""
        return next((one.name for one in reversed(self.bands) if one.least <= total), None)

    def is_risk(self, position: int, mark: Mark) -> bool:
        """Tell whether an answer is a sign of danger, whatever the total."""
        least = self.risk_items.get(self.items[position])
        return least is not None and mark is not None and mark >= least


@dataclass(frozen=True, slots=True)
class Response:
    """A client's answers so far, in the order of the items; what is asked next follows from them."""

    instrument: Instrument
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        """Refuse answers that the form can't hold."""
        if len(self.marks) > len(self.instrument.items):
            msg = f"{self.instrument.key} has {len(self.instrument.items)} items, not {len(self.marks)}"
            raise ValueError(msg)
        for mark in self.marks:
            if mark is not None and not self.instrument.scale.takes(mark):
                whole = ", whole points only" if self.instrument.scale.whole else ""
                msg = f"an answer is 0 to {self.instrument.scale.top} tenths{whole}"
                raise ValueError(msg)

    @property
    def position(self) -> int:
        """How many items have been answered or skipped: the place of the next one."""
        return len(self.marks)

    @property
    def next_item(self) -> str | None:
        """The item to ask next, or None where all have been asked."""
        return None if self.done else self.instrument.items[self.position]

    @property
    def done(self) -> bool:
        """Whether every item has been answered or skipped."""
        return self.position == len(self.instrument.items)

    @property
    def complete(self) -> bool:
        """Whether every item has an answer: only then is there a score."""
        return self.done and None not in self.marks

    @property
    def answered(self) -> int:
        """How many items have an answer."""
        return sum(mark is not None for mark in self.marks)

    def with_mark(self, mark: Mark) -> Response:
        """Answer (or, with None, skip) the next item."""
        return Response(self.instrument, (*self.marks, mark))

    def back(self) -> Response:
        """Take the last answer back, so that its item is asked again."""
        return Response(self.instrument, self.marks[:-1])
