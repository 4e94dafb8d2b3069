"""The settings of what text messages may cost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.caps import Price
from bot.settings.channels import Section
from bot.settings.values import Whole, refuse, shown

_PRICE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,6})?) ?([A-Za-z]{3})")
"""An amount and a currency: "0.0083 USD"."""


def _price(text: str) -> str:
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        refuse(f"{shown(text)} is not a price", 'write an amount and a currency in quotes, e.g. "0.0083 USD"')
    return f"{found[1]} {found[2].upper()}"


PriceText = Annotated[str, AfterValidator(_price)]
"""A price as an amount and a currency's three letters, "0.0083 USD"."""

Segments = Annotated[Whole, Field(ge=1, le=100_000_000)]
"""How many parts of text messages."""


class CostSettings(Section):
    """What a segment costs, and how many may be spent before routine questions wait."""

    price_per_segment: PriceText | None = Field(None, examples=['"0.0083 USD"'])
    segments_a_day: Segments | None = Field(None, examples=["1000"])
    segments_a_month: Segments | None = Field(None, examples=["20000"])
    warn_at_percent: Whole = Field(80, ge=1, le=100)

    @property
    def price(self) -> Price | None:
        """Give the price, exactly."""
        if self.price_per_segment is None:
            return None
        amount, currency = self.price_per_segment.split()
        return Price(Decimal(amount), currency)
