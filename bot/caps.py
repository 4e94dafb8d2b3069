"""What text messages may cost: a price, and caps on the segments of a day and of a month.

Days and months are those of UTC, as on the network's bill.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What one segment costs: an amount, exactly, and its currency's three letters of ISO 4217."""

    amount: Decimal
    currency: str

    def of(self, segments: int) -> str:
        """Say what so many segments cost, to the smallest part that the price has: "1.2450 USD"."""
        return f"{self.amount * segments:f} {self.currency}"


@dataclass(frozen=True, slots=True)
class Cap:
    """How many segments may be spent in the period that now is.

    Attributes:
        key: what the config calls it.
        most: how many.
        first: the period's first day.
        last: its last one.
    """

    key: str
    most: int
    first: date
    last: date

    @property
    def period(self) -> str:
        """Name the period: "2026-11-23", or "2026-11" for a month."""
        return f"{self.first:%Y-%m-%d}" if self.first == self.last else f"{self.first:%Y-%m}"

    @property
    def ends_at(self) -> datetime:
        """The moment from which the next period counts."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    def used(self, spent: int, warn_at: int) -> int | None:
        """Give how much of the cap is used, as far as somebody is to hear of it: 100, `warn_at`, or None."""
        if spent >= self.most:
            return 100
        return warn_at if spent * 100 >= self.most * warn_at else None


@dataclass(frozen=True, slots=True)
class CostRules:
    """What a site says of costs.

    Attributes:
        price: of a segment, where one is known.
        a_day: how many segments may be spent on a day; None for any number.
        a_month: how many in a month.
        warn_at: from how many percent of a cap on operators are told that it comes near.
    """

    price: Price | None = None
    a_day: int | None = None
    a_month: int | None = None
    warn_at: int = 80

    def caps(self, now: datetime) -> tuple[Cap, ...]:
        """Give the caps that hold now, the shorter period first."""
        day = now.astimezone(UTC).date()
        found = (
            (self.a_day, "segments_a_day", (day, day)),
            (self.a_month, "segments_a_month", month_of(day)),
        )
        return tuple(Cap(key, most, *period) for most, key, period in found if most is not None)


def month_of(day: date) -> tuple[date, date]:
    """Give the first and the last day of a day's month."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following - timedelta(days=1)
