"""The parts that pictures are made of: colours, places for values, days, broken lines, a turned sheet."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.charts.calendar import calendar
from bot.charts.labels import Box, Labels
from bot.charts.sheet import WIDTH, Sheet, alone, drawable, fitting, width_of, wrapped
from bot.charts.themes import DARK, LIGHT, Theme
from bot.charts.values import Form

START = datetime(2026, 2, 5, 10, tzinfo=UTC)


def luminance(color: str) -> float:
    """Give how light a colour is, 0 to 1. Source: WCAG 2.2, relative luminance."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_and_lines_stand_out_from_the_ground(theme: Theme) -> None:
    # Source: WCAG 2.2, 1.4.3 (text 4.5, large text 3) and 1.4.11 (what is needed to understand: 3).
    for ground in (theme.card, theme.shade):
        for words in (theme.ink, theme.faint, theme.warning):
            assert contrast(words, ground) >= 4.5
        for line in (theme.outcome, theme.alliance, theme.line, theme.decision):
            assert contrast(line, ground) >= 3


lines = st.lists(st.tuples(st.floats(0, 800), st.floats(0, 400)), min_size=2, max_size=12)


@given(lines, st.lists(st.tuples(st.floats(0, 800), st.floats(0, 400), st.floats(10, 90)), max_size=8))
def test_values_lie_on_no_other_value_and_inside_the_panel(
    line: list[tuple[float, float]], values: list[tuple[float, float, float]]
) -> None:
    within = Box(0, -40, 800, 400)
    labels = Labels(within)
    labels.avoid(sorted(line))
    found = [labels.place((x, y), wide) for x, y, wide in values]
    placed = [one for one in found if one is not None]
    assert all(one.inside(within) for one in placed)
    assert not any(one.covers(other) for one in placed for other in placed if one is not other)
    assert not values or any(found) or all(x < 45 or x > 755 for x, _, _ in values)


@pytest.mark.parametrize(
    ("line", "above"),
    [
        pytest.param([(0, 200), (400, 200), (800, 200)], True, id="where nothing is in the way"),
        pytest.param([(0, 20), (400, 200), (800, 20)], False, id="below, in a valley"),
        pytest.param([(0, 380), (400, 200), (800, 380)], True, id="above, on a peak"),
    ],
)
def test_a_value_stands_where_the_line_does_not_run(line: list[tuple[float, float]], above: bool) -> None:
    labels = Labels(Box(0, -40, 800, 400))
    labels.avoid(line)
    box = labels.place((400, 200), 300)
    assert box is not None
    assert (box.bottom < 200) == above


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        pytest.param((0, 0), (30, 30), True, id="through"),
        pytest.param((0, 0), (9, 9), False, id="ends before"),
        pytest.param((0, 9), (30, 9), False, id="above"),
        pytest.param((0, 10), (30, 10), True, id="along the edge"),
        pytest.param((0, 21), (30, 21), False, id="below"),
        pytest.param((15, 0), (15, 30), True, id="straight down"),
        pytest.param((21, 0), (21, 30), False, id="straight down, beside"),
        pytest.param((15, 21), (15, 30), False, id="straight down, below"),
    ],
)
def test_a_line_meets_a_box(one: tuple[float, float], other: tuple[float, float], meets: bool) -> None:
    box = Box(10, 10, 20, 20)
    assert box.meets(one, other) == meets
    assert box.meets(other, one) == meets


def test_the_first_and_the_last_day_are_written_and_none_crowds_another() -> None:
    days = calendar("UTC", "en", [START + timedelta(days=number) for number in range(60)])
    shown = [day for day, _ in days.ticks()]
    assert (shown[0], shown[-1]) == (date(2026, 2, 5), date(2026, 4, 5))
    assert len(shown) <= 6
    assert min((later - day).days for day, later in itertools.pairwise(shown)) >= 59 / 5


def test_a_day_is_the_zones_own() -> None:
    late = datetime(2026, 2, 5, 23, tzinfo=UTC)
    assert calendar("UTC", "en", [late]).span() == "Feb 5, 2026"
    assert calendar("Europe/Berlin", "en", [late]).span() == "Feb 6, 2026"


def test_a_span_over_new_year_names_both_years() -> None:
    moments = [datetime(2025, 12, 30, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)]
    assert calendar("UTC", "en", moments).span() == "Dec 30, 2025 \u2013 Jan 6, 2026"
    assert calendar("UTC", "en", ()).span() == ""


def test_an_expected_dip_makes_room_for_itself_within_reason() -> None:
    moments = [START, START + timedelta(days=100)]
    plain = calendar("UTC", "en", moments).last
    near = calendar("UTC", "en", moments, [date(2026, 6, 1)]).last
    far = calendar("UTC", "en", moments, [date(2036, 6, 1)]).last
    assert plain < near == date(2026, 6, 1).toordinal() + 1
    assert far == pytest.approx(calendar("UTC", "en", moments).along(moments[-1]) + 35)


@given(st.text(st.sampled_from("abc \u0627\u0644\u062d")), st.floats(60, 400))
def test_wrapping_loses_no_word_and_no_line_is_too_long(words: str, room: float) -> None:
    broken = wrapped(words, 12, room)
    assert " ".join(broken).split() == words.split()
    assert all(width_of(line, 12) <= room * 1.02 or " " not in line for line in broken)


def test_words_that_fit_keep_their_size_and_others_shrink_until_they_do() -> None:
    assert fitting("short", 12, 400) == 12
    size = fitting("a label that is far too long for its place", 12, 200)
    assert size < 12
    assert width_of("a label that is far too long for its place", size) <= 200


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        pytest.param("sleep", "sleep", id="plain"),
        pytest.param(
            "\u0627\u0644\u062d\u0627\u0644 (ORS)", "\u0627\u0644\u062d\u0627\u0644 (ORS)", id="Arabic"
        ),
        pytest.param("to \U0001f3f4\U000e0067\U000e007f and \u2640", "to \u25a1 and \u2640", id="emoji"),
        pytest.param("a\x00b\nc", "abc", id="control characters"),
    ],
)
def test_letters_that_the_font_lacks_are_boxes(words: str, drawn: str) -> None:
    assert drawable(words) == drawn


def test_arabic_letters_are_joined() -> None:
    alone_wide = width_of("\u0628", 24)
    assert width_of("\u0628\u0628\u0628\u0628", 24) < 4 * alone_wide * 0.8, "matplotlib before 3.11?"


def test_a_sheet_for_a_language_from_right_to_left_is_turned_over() -> None:
    for flipped in (False, True):
        with alone():
            sheet = Sheet(200, LIGHT, flipped)
            sheet.area([(0, 0), (100, 0), (100, 200), (0, 200)], "#000000")
            sheet.text((WIDTH - 200, 100), "11", size=40, color="#ff0000", side="start")
            picture = Image.open(io.BytesIO(sheet.written(Form.PNG))).convert("RGB")
        start, end = (WIDTH - 50, 50) if flipped else (50, WIDTH - 50)
        assert sum(_pixel(picture, start)) < 30
        assert sum(_pixel(picture, end)) > 700
        reds = [x for x in range(WIDTH) if any(_is_red(_pixel(picture, x, y)) for y in range(40, 105))]
        assert (max(reds) <= 205) if flipped else (min(reds) >= WIDTH - 205)


def _pixel(picture: Image.Image, x: int, y: int = 20) -> tuple[int, int, int]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    red, green, blue = found
    return red, green, blue


def _is_red(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 150 and pixel[1] < 100
