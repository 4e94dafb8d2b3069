"""A client's trajectory as a picture for a phone, and as a text message.

`Chart` holds all that is on a therapist's picture, `OwnChart` all that is on a client's own. `draw` makes a
PNG for chats or an SVG for pages of either, `drawn` does so off the event loop, `in_text` puts it in words.
The same chart gives the same bytes; the latest pictures are kept in memory until `forget`.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Final

from bot.charts import own, page
from bot.charts.sheet import WIDTH, alone
from bot.charts.text import in_text
from bot.charts.themes import DARK, LIGHT, Theme
from bot.charts.values import (
    Alerted,
    Chart,
    Decided,
    Expected,
    Form,
    OwnChart,
    best_of,
    expected_by,
)

__all__ = [
    "DARK",
    "LIGHT",
    "WIDTH",
    "Alerted",
    "Chart",
    "Decided",
    "Expected",
    "Form",
    "OwnChart",
    "Theme",
    "best_of",
    "draw",
    "drawn",
    "expected_by",
    "forget",
    "in_text",
]

_KEPT: Final = 64
"""How many pictures are kept, about 40 kB each: who asks twice, or on two networks, waits once."""


def draw(chart: Chart | OwnChart, form: Form = Form.PNG, theme: Theme = LIGHT) -> bytes:
    """Draw a picture, `WIDTH` pixels wide, or give it as it was drawn before.

    It takes some hundred milliseconds of a processor: in a coroutine, await `drawn` instead.
    """
    return _kept(chart, form, theme)


async def drawn(chart: Chart | OwnChart, form: Form = Form.PNG, theme: Theme = LIGHT) -> bytes:
    """Draw a picture on a thread, so that the event loop goes on."""
    return await asyncio.to_thread(draw, chart, form, theme)


def forget() -> None:
    """Forget every picture kept, as when a client's data is erased."""
    _kept.cache_clear()


@lru_cache(maxsize=_KEPT)
def _kept(chart: Chart | OwnChart, form: Form, theme: Theme) -> bytes:
    bands = page.bands(chart) if isinstance(chart, Chart) else own.bands(chart)
    with alone():
        return page.stacked(bands, theme, flipped=chart.words.right_to_left).written(form)
