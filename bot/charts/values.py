"""What pictures are drawn of: frozen values that hold everything there is on them, and no name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.wording.charts import ChartWords, OwnWords
    from scoring.outlook import Outlook
    from scoring.score import Score


class Form(StrEnum):
    """What a picture is written as: PNG for chats, SVG for pages."""

    PNG = "png"
    SVG = "svg"


@dataclass(frozen=True, slots=True)
class Expected:
    """Where the outcome was expected at one moment, all in tenths.

    Attributes:
        at: the moment.
        total: the expected total.
        low: the lower edge of its band; without `high`, the line below which therapy is off track.
        high: the upper edge of its band.
    """

    at: datetime
    total: int
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert: when it was raised, and when it was acknowledged, if it was."""

    at: datetime
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Something that was decided about a therapy, in the therapist's words.

    Attributes:
        at: when.
        what: the words.
        dip_until: up to and with which day lower scores are expected after it; or None.
    """

    at: datetime
    what: str
    dip_until: date | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A therapist's picture of a client, by measures of 0 to 40 of which higher is better.

    Attributes:
        code: the client's code.
        outcome: the scores of the outcome measure, oldest first.
        alliance: the scores of the alliance measure, oldest first.
        words: the words on it, in the reader's language.
        cutoff: the outcome total between the clinical and the functional range, in tenths, if there is one.
        concern: the alliance total below which it is a concern, in tenths, if there is one.
        item_concern: the same for one of its items.
        expected: where the outcome was expected, oldest first.
        missed: when check-ins went unanswered.
        alerts: the alerts, oldest first.
        decisions: what was decided, oldest first.
        zone: the zone on whose calendar everything is dated.
        indicative: whether to say that wording is ours and cutoffs only indicative.
    """

    code: str
    outcome: tuple[Score, ...]
    alliance: tuple[Score, ...]
    words: ChartWords
    cutoff: int | None = None
    concern: int | None = None
    item_concern: int | None = None
    expected: tuple[Expected, ...] = ()
    missed: tuple[datetime, ...] = ()
    alerts: tuple[Alerted, ...] = ()
    decisions: tuple[Decided, ...] = ()
    zone: str = "UTC"
    indicative: bool = True


@dataclass(frozen=True, slots=True)
class OwnChart:
    """A client's own picture: where they started, where they are, their best. No cutoff and no alert.

    Attributes:
        outcome: the scores of the outcome measure, oldest first.
        words: the words on it, in the client's language.
        zone: the zone on whose calendar scores are dated.
    """

    outcome: tuple[Score, ...]
    words: OwnWords
    zone: str = "UTC"


def best_of(scores: Sequence[Score]) -> int | None:
    """Find the place of a client's own best, the latest of equals; None below two scores."""
    if len(scores) < 2:  # noqa: PLR2004 (the only score is best and worst)
        return None
    return max(range(len(scores)), key=lambda place: (scores[place].total, place))


def expected_by(line: Outlook | None, scores: Sequence[Score]) -> tuple[Expected, ...]:
    """Say where a client's line expects each score, the first at the first; nowhere without a line."""
    points = () if line is None else line.points
    return tuple(
        Expected(one.at, at.total, at.lower, at.upper) for one, at in zip(scores, points, strict=False)
    )
