"""Closed episodes that an expectation may rest on: of one measure, whole, and begun with room to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scoring.change import yardstick
from scoring.histories import Episode
from scoring.instrument import AgeGroup, Instrument, Norms

FEWEST_SCORES = 2
"""An episode needs so many scores to tell of change. Source: ICCE's rules for reports (OpenFIT KA-01016)."""


@dataclass(frozen=True, slots=True)
class Past:
    """One closed episode of one measure.

    Attributes:
        client: whose, so that one client's episodes are never both learned from and tested on.
        measure: the measure's key.
        age_group: whose norms applied.
        totals: in tenths, oldest first, at least two.
        items: the first score's items in tenths; empty where only its total is known.
        resolved: what its findings were resolved by, in a therapist's words or a clinic's own terms.
    """

    client: str
    measure: str
    age_group: AgeGroup
    totals: tuple[int, ...]
    items: tuple[int, ...] = ()
    resolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usable:
    """The episodes of a measure and an age group that an expectation may rest on, and how many may not.

    Attributes:
        past: those that may.
        still_open: not ended yet.
        too_short: with fewer than two scores, though with one.
        too_high: begun so high that no change is to be expected.
    """

    past: tuple[Past, ...]
    still_open: int = 0
    too_short: int = 0
    too_high: int = 0


def usable(episodes: Iterable[Episode], instrument: Instrument, norms: Norms, age_group: AgeGroup) -> Usable:
    """Take the episodes of a measure and an age group that an expectation may rest on.

    Source: fewer than two scores and a first one above 32.0 are left out: OpenFIT KA-01016.
    """
    measured = yardstick(instrument, norms, age_group)
    past: list[Past] = []
    still_open = too_short = too_high = 0
    for episode in episodes:
        scores = episode.of(instrument.key)
        if not scores or episode.age_group is not age_group:
            continue
        first, totals = scores[0], episode.totals(instrument.key)
        if not episode.closed:
            still_open += 1
        elif len(totals) < FEWEST_SCORES:
            too_short += 1
        elif measured.too_high(first.total):
            too_high += 1
        else:
            items = first.items if len(first.items) == len(instrument.items) else ()
            past.append(Past(episode.client, instrument.key, age_group, totals, items))
    return Usable(tuple(past), still_open, too_short, too_high)
