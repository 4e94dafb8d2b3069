"""The trajectory as a picture: what is on it, for whom, and that it is the same every time."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import os
import re
import struct
import subprocess
import sys
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

from bot.charts import (
    DARK,
    LIGHT,
    WIDTH,
    Alerted,
    Chart,
    Decided,
    Expected,
    Form,
    OwnChart,
    draw,
    drawn,
    expected_by,
    forget,
)
from bot.charts.values import best_of
from bot.languages import LANGUAGES
from bot.wording.charts import own_words
from scoring.change import Yardstick
from scoring.score import Score
from tests.gallery import CURVE, FOLDER, TRAJECTORIES, chart_in, line_of, outcome, week

EMPTY = chart_in("en")


def sessions(*totals: int) -> tuple[Score, ...]:
    """Make weekly alliance scores of these totals, in tenths, shared evenly among the items."""
    return tuple(
        Score("srs", (total // 4, total // 4, total // 4, total - 3 * (total // 4)), week(number))
        for number, total in enumerate(totals)
    )


FALLING = dataclasses.replace(
    EMPTY, outcome=outcome(272, 304, 332, 165), alliance=sessions(372, 385, 390, 285)
)


def written(chart: Chart | OwnChart) -> list[str]:
    """Give every text on a picture, in the order in which it was written."""
    svg = draw(chart, Form.SVG).decode()
    return [unescape(one).strip().lstrip("\u200f") for one in re.findall(r"<!--(.*?)-->", svg, re.DOTALL)]


@pytest.mark.parametrize(
    "chart",
    [
        pytest.param(FALLING, id="a fall across the cutoff"),
        pytest.param(EMPTY, id="no score yet"),
        pytest.param(dataclasses.replace(EMPTY, outcome=outcome(180)), id="one score, no alliance"),
        pytest.param(dataclasses.replace(EMPTY, alliance=sessions(380)), id="alliance alone"),
        pytest.param(
            dataclasses.replace(EMPTY, outcome=outcome(0, 400, 0), alliance=sessions(0, 400, 0)),
            id="both ends",
        ),
        pytest.param(
            dataclasses.replace(
                EMPTY, outcome=outcome(*range(100, 400, 3)), alliance=sessions(*range(0, 400, 4))
            ),
            id="a hundred scores",
        ),
        pytest.param(
            dataclasses.replace(FALLING, cutoff=None, concern=None, item_concern=None), id="no lines"
        ),
        pytest.param(dataclasses.replace(FALLING, code="A_$B$.{c}"), id="a code that is no formula"),
        pytest.param(dataclasses.replace(FALLING, code="A \U0001f600\u200d\u4e2d\n"), id="letters unknown"),
        pytest.param(dataclasses.replace(EMPTY, outcome=outcome(200) * 3), id="three at one moment"),
        pytest.param(
            dataclasses.replace(EMPTY, alliance=(Score("srs", (370,), week(0)),)), id="only totals known"
        ),
        pytest.param(dataclasses.replace(EMPTY, missed=(week(0), week(1))), id="never answered"),
        pytest.param(
            dataclasses.replace(FALLING, expected=(Expected(week(-9), 272), Expected(week(99), 280))),
            id="expected long before and long after",
        ),
        pytest.param(
            dataclasses.replace(EMPTY, decisions=(Decided(week(0), "", date(2020, 1, 1)),)),
            id="a dip that was over before it began",
        ),
        pytest.param(
            dataclasses.replace(FALLING, decisions=(Decided(week(1), "x " * 300, date(2036, 1, 1)),) * 30),
            id="many long decisions, and a dip of ten years",
        ),
    ],
)
def test_a_png_of_a_phones_width_whatever_there_is_to_draw(chart: Chart) -> None:
    for theme in (LIGHT, DARK):
        picture = draw(chart, theme=theme)
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", picture[16:24])
        assert width == WIDTH
        assert 1000 < height < 2400


@pytest.mark.parametrize("form", Form)
def test_the_same_chart_gives_the_same_bytes_and_names_no_version(form: Form) -> None:
    one = draw(FALLING, form)
    forget()
    assert draw(FALLING, form) == one
    assert b"Matplotlib v" not in one
    assert b"Software" not in one
    assert str(datetime.now().year).encode() + b"-" not in one  # noqa: DTZ005 (whatever the zone)


def test_another_process_with_other_settings_draws_the_same(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\nsvg.fonttype: none\n")
    code = (
        "import sys, hashlib; from tests.bot.test_charts import *;"
        "print(*(hashlib.sha256(draw(FALLING, one)).hexdigest() for one in Form))"
    )
    environment = {**os.environ, "MATPLOTLIBRC": str(tmp_path), "PYTHONHASHSEED": "7"}
    told = [
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=one
        ).stdout
        for one in (environment, dict(os.environ))
    ]
    assert told[0] == told[1] != ""


async def test_drawing_on_threads_at_once_gives_the_same_bytes() -> None:
    forms = [Form.PNG, Form.SVG] * 2
    pictures = await asyncio.gather(*(drawn(FALLING, one) for one in forms))
    forget()
    assert pictures == [draw(FALLING, one) for one in forms]


async def test_the_event_loop_goes_on_meanwhile() -> None:
    forget()
    drawing = asyncio.create_task(drawn(FALLING))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 3
    assert drawing.result() == draw(FALLING)


def test_a_picture_is_kept_by_its_content_until_it_is_forgotten() -> None:
    one = draw(FALLING)
    assert draw(dataclasses.replace(FALLING, outcome=tuple(FALLING.outcome))) is one
    assert draw(FALLING, theme=DARK) != one
    assert draw(FALLING, Form.SVG) != one
    forget()
    assert draw(FALLING) is not one


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(dataclasses.replace(FALLING, code="CD"), id="whose it is"),
        pytest.param(dataclasses.replace(FALLING, outcome=FALLING.outcome[:-1]), id="the last score"),
        pytest.param(dataclasses.replace(FALLING, alliance=()), id="the alliance"),
        pytest.param(dataclasses.replace(FALLING, cutoff=280), id="the cutoff"),
        pytest.param(dataclasses.replace(FALLING, concern=350), id="the alliance's line"),
        pytest.param(dataclasses.replace(FALLING, item_concern=80), id="the items' line"),
        pytest.param(dataclasses.replace(FALLING, zone="Pacific/Auckland"), id="the calendar"),
        pytest.param(dataclasses.replace(FALLING, words=chart_in("de").words), id="the language"),
        pytest.param(dataclasses.replace(FALLING, indicative=False), id="that cutoffs are indicative"),
        pytest.param(dataclasses.replace(FALLING, missed=(week(1.5),)), id="a missed check-in"),
        pytest.param(dataclasses.replace(FALLING, alerts=(Alerted(week(3)),)), id="an alert"),
        pytest.param(dataclasses.replace(FALLING, decisions=(Decided(week(1), "x"),)), id="a decision"),
        pytest.param(dataclasses.replace(FALLING, expected=(Expected(week(0), 272),)), id="an expectation"),
    ],
)
def test_what_a_chart_is_given_is_on_it(other: Chart) -> None:
    assert draw(_late(other)) != draw(_late(FALLING))


def _late(chart: Chart) -> Chart:
    """Put the outcome so late in the day that it is tomorrow in Auckland."""
    late = tuple(dataclasses.replace(one, at=one.at + timedelta(hours=8)) for one in chart.outcome)
    return dataclasses.replace(chart, outcome=late)


SEEN = Alerted(week(2), week(2.5))
OFF_TRACK = (Expected(week(0), 272, 272), Expected(week(3), 290, 210))
BAND = (Expected(week(0), 272, 250, 300), Expected(week(3), 290, 210, 360))


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        pytest.param(EMPTY, set(), id="nothing"),
        pytest.param(FALLING, {"own best"}, id="scores"),
        pytest.param(dataclasses.replace(EMPTY, outcome=outcome(200)), set(), id="one score has no best"),
        pytest.param(dataclasses.replace(EMPTY, missed=(week(1),)), {"missed"}, id="missed"),
        pytest.param(dataclasses.replace(EMPTY, alerts=(Alerted(week(1)),)), {"alert"}, id="not seen"),
        pytest.param(dataclasses.replace(EMPTY, alerts=(SEEN,)), {"alert", "seen"}, id="seen"),
        pytest.param(
            dataclasses.replace(EMPTY, expected=(Expected(week(0), 200),)), {"expected"}, id="a line"
        ),
        pytest.param(
            dataclasses.replace(EMPTY, expected=BAND), {"expected", "expected range"}, id="a band about it"
        ),
        pytest.param(
            dataclasses.replace(EMPTY, expected=OFF_TRACK),
            {"expected", "off track below this line"},
            id="a line below which it is off track",
        ),
    ],
)
def test_a_sign_is_explained_only_where_it_occurs(chart: Chart, words: set[str]) -> None:
    names = ("best", "expected", "band", "failing", "missed", "alert", "seen")
    signs = {getattr(chart.words, name) for name in names}
    assert signs & set(written(chart)) == words


def test_signs_that_do_not_fit_into_one_row_take_another() -> None:
    full = dataclasses.replace(FALLING, expected=(*BAND, Expected(week(4), 300, 210)))
    longer = dataclasses.replace(full.words, band="a much longer way of putting the expected range")
    one, two = (_height(each) for each in (full, dataclasses.replace(full, words=longer)))
    assert 0 < two - one < 60


def _height(chart: Chart) -> int:
    return int(struct.unpack(">I", draw(chart)[20:24])[0])


def test_what_is_expected_beyond_the_picture_is_left_out() -> None:
    near = dataclasses.replace(FALLING, expected=(*BAND, Expected(week(4), 300, 210, 390)))
    far = dataclasses.replace(FALLING, expected=(*BAND, Expected(week(40), 300, 210, 390)))
    for chart in (near, far):
        picture = Image.open(io.BytesIO(draw(chart))).convert("RGB")
        margin = {picture.getpixel((x, 420)) for x in range(1000, WIDTH)}
        assert margin == {picture.getpixel((2, 2))}, "nothing is drawn into the margin"
    assert draw(near) != draw(dataclasses.replace(FALLING, expected=BAND))


def test_figures_are_written_as_points() -> None:
    on_it = written(FALLING)
    assert "33.2 \u2192 16.5" in on_it
    assert {"27.2", "33.2", "16.5", "cutoff 25"} <= set(on_it)
    assert {"37.2", "28.5", "concern", "below 36"} <= set(on_it)


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        pytest.param(week(0) - timedelta(minutes=1), "", id="nothing before it"),
        pytest.param(week(0), " (27.2 \u2192 16.5)", id="a score of that moment is before it"),
        pytest.param(week(1.5), " (30.4 \u2192 16.5)", id="between scores"),
        pytest.param(week(3), "", id="nothing after it"),
    ],
)
def test_a_decision_tells_before_and_after_and_warns_of_chance(decided: datetime, said: str) -> None:
    chart = dataclasses.replace(FALLING, decisions=(Decided(decided, "changed focus to sleep"),))
    on_it = " ".join(written(chart))
    assert f"{said}: changed focus to sleep" in on_it
    assert ("): changed focus to sleep" in on_it) == bool(said)
    assert ("tend to rise by themselves" in on_it) == bool(said)


def test_a_decision_is_followed_up_to_the_next_one() -> None:
    both = (Decided(week(0), "sleep"), Decided(week(2), "work"))
    on_it = written(dataclasses.replace(FALLING, decisions=both))
    assert "Feb 5 (27.2 \u2192 33.2): sleep" in on_it
    assert "Feb 19 (33.2 \u2192 16.5): work" in on_it


def test_a_dip_is_told_with_its_end_and_only_the_latest_decisions_in_words() -> None:
    decided = tuple(Decided(week(number / 3), f"no. {number}") for number in range(1, 8))
    last = dataclasses.replace(decided[-1], dip_until=date(2026, 5, 1))
    on_it = written(dataclasses.replace(FALLING, decisions=(*decided[:-1], last)))
    assert "dip expected until May 1, 2026" in on_it
    told = [int(one.partition("no. ")[2][0]) for one in on_it if "no. " in one]
    assert told == [3, 4, 5, 6, 7]
    assert {"1", "2", "3", "4", "5", "6", "7"} <= set(on_it)


@pytest.mark.parametrize(
    ("code", "dated"),
    [
        ("en", "Feb 5 \u2013 Feb 26, 2026"),
        ("de", "5. Feb. \u2013 26. Feb. 2026"),
        ("ar", "5 \u0641\u0628\u0631\u0627\u064a\u0631 \u2013 26 \u0641\u0628\u0631\u0627\u064a\u0631 2026"),
    ],
)
def test_days_are_written_as_the_language_does(code: str, dated: str) -> None:
    assert dated in written(dataclasses.replace(FALLING, words=chart_in(code).words))


def test_a_clients_own_picture_has_their_figures_and_nothing_clinical() -> None:
    chart = OwnChart(FALLING.outcome, own_words(LANGUAGES["en"]))
    on_it = written(chart)
    rows = ["where you started", "27.2", "where you are now", "16.5", "your own best", "33.2"]
    assert [one for one in on_it if one in rows][-6:] == rows
    for word in ("cutoff", "clinical", "alert", "missed", "ORS", "concern"):
        assert word not in " ".join(on_it)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        pytest.param((), ["Your answers will show here."], id="none yet"),
        pytest.param(outcome(180), ["where you are now", "18"], id="one has no start and no best"),
    ],
)
def test_a_clients_own_picture_of_little(scores: tuple[Score, ...], words: list[str]) -> None:
    on_it = written(OwnChart(scores, own_words(LANGUAGES["en"])))
    assert [one for one in on_it if one in words][-len(words) :] == words
    assert "where you started" not in on_it
    assert draw(OwnChart(scores, own_words(LANGUAGES["ar"]))).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("totals", "place"),
    [((), None), ((200,), None), ((200, 180), 0), ((180, 200), 1), ((200, 180, 200), 2)],
)
def test_the_own_best_is_the_latest_of_equals_from_two_scores_on(
    totals: tuple[int, ...], place: int | None
) -> None:
    assert best_of(outcome(*totals)) == place


@pytest.mark.parametrize(
    ("first", "there"),
    [pytest.param(320, True, id="at the highest"), pytest.param(321, False, id="too high for one")],
)
def test_what_is_expected_follows_the_curve(first: int, there: bool) -> None:
    # Source: above 32.0 a first score gives no expectation of change, OpenFIT.
    scores, measured_by = outcome(first, 300, 310), Yardstick(first_too_high=320)
    expected = expected_by(line_of(CURVE, measured_by, scores), scores)
    lines = [CURVE.lines(first, rating) for rating in range(3)]
    assert [(one.total, one.low) for one in expected] == (
        [(one.expected, one.failure) for one in lines] if there else []
    )
    assert expected_by(line_of(None, measured_by, scores), scores) == ()


def test_matplotlib_is_imported_only_to_draw_and_without_its_global_state() -> None:
    code = (
        "import sys; from bot.charts import *; from bot.languages import LANGUAGES;"
        "from bot.wording.charts import own_words; chart = OwnChart((), own_words(LANGUAGES['en']));"
        "in_text(chart); assert 'matplotlib' not in sys.modules;"
        "draw(chart); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_gallery_shows_every_trajectory_on_light_and_dark_small_and_up_to_date_in_size() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in (*TRAJECTORIES, "own"):
        for theme in (LIGHT, DARK):
            file = FOLDER / f"{name}-{theme.name}.png"
            assert file.stat().st_size < 60_000
            with Image.open(file) as picture:
                assert picture.width == WIDTH
            assert file.name in told
