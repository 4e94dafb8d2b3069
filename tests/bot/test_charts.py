"""The trajectory as a picture."""

from __future__ import annotations

import asyncio
import dataclasses
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from bot.charts import HEIGHT, WIDTH, Chart, draw
from scoring.score import Score

START = datetime(2026, 2, 5, 10, tzinfo=UTC)


def series(measure: str, *totals: int, start: datetime = START) -> tuple[Score, ...]:
    """Make weekly scores of these totals, in tenths."""
    return tuple(
        Score(
            measure,
            (total // 4, total // 4, total // 4, total - 3 * (total // 4)),
            start + timedelta(weeks=week),
        )
        for week, total in enumerate(totals)
    )


FALLING = Chart("AB", series("ors", 272, 304, 332, 165), series("srs", 372, 385, 390, 285), 250, 360)
NOTHING = Chart("AB", (), (), 250, 360)


@pytest.mark.parametrize(
    "chart",
    [
        pytest.param(FALLING, id="a fall across the cutoff"),
        pytest.param(NOTHING, id="no score yet"),
        pytest.param(Chart("AB", series("ors", 180), (), 250, 360), id="one score, no alliance"),
        pytest.param(Chart("AB", (), series("srs", 380), 250, 360), id="alliance alone"),
        pytest.param(
            Chart("AB", series("ors", 0, 400, 0), series("srs", 0, 400, 0), 280, 360), id="both ends"
        ),
        pytest.param(
            Chart("AB", series("ors", *range(100, 400, 3)), series("srs", *range(0, 400, 4)), 250, 360),
            id="a hundred scores",
        ),
        pytest.param(Chart("AB", series("ors", 272, 304), (), None, None), id="no lines"),
        pytest.param(Chart("A_$B$.{c}", series("ors", 272), (), 250, 360), id="a code that is no formula"),
        pytest.param(
            Chart("AB", series("ors", 200) * 3, series("srs", 380) * 3, 250, 360), id="three at one moment"
        ),
    ],
)
def test_a_png_of_a_phones_shape_whatever_the_scores(chart: Chart) -> None:
    picture = draw(chart)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (WIDTH, HEIGHT)


def test_the_same_chart_gives_the_same_bytes_and_names_no_version() -> None:
    assert draw(FALLING) == draw(FALLING)
    assert b"atplotlib" not in draw(FALLING)


async def test_drawing_on_threads_at_once_gives_the_same_bytes() -> None:
    drawn = await asyncio.gather(*(asyncio.to_thread(draw, FALLING) for _ in range(4)))
    assert set(drawn) == {draw(FALLING)}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(dataclasses.replace(FALLING, code="CD"), id="whose it is"),
        pytest.param(dataclasses.replace(FALLING, outcome=FALLING.outcome[:-1]), id="the last score"),
        pytest.param(dataclasses.replace(FALLING, alliance=()), id="the alliance"),
        pytest.param(dataclasses.replace(FALLING, cutoff=280), id="the cutoff"),
        pytest.param(dataclasses.replace(FALLING, concern=350), id="the concern line"),
        pytest.param(dataclasses.replace(FALLING, zone="Pacific/Auckland"), id="the client's calendar"),
        pytest.param(dataclasses.replace(FALLING, language="de"), id="the language of the dates"),
        pytest.param(dataclasses.replace(FALLING, indicative=False), id="that cutoffs are indicative"),
    ],
)
def test_what_a_chart_is_given_is_on_it(other: Chart) -> None:
    late = tuple(dataclasses.replace(one, at=one.at + timedelta(hours=8)) for one in other.outcome)
    before = tuple(dataclasses.replace(one, at=one.at + timedelta(hours=8)) for one in FALLING.outcome)
    assert draw(dataclasses.replace(other, outcome=late)) != draw(
        dataclasses.replace(FALLING, outcome=before)
    )


def test_matplotlib_is_imported_only_to_draw_and_without_its_global_state() -> None:
    code = (
        "import sys, bot.charts as c; assert 'matplotlib' not in sys.modules;"
        "c.draw(c.Chart('AB', (), (), 250, 360)); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
