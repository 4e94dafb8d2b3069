"""A picture in words: what a text message says, and what it costs."""

from __future__ import annotations

import dataclasses

import pytest

from bot.charts import Alerted, Chart, OwnChart, in_text
from bot.charts.text import course
from bot.languages import LANGUAGES
from bot.wording.charts import own_words
from scoring.score import Score
from tests.gallery import TRAJECTORIES, chart_in, outcome, week
from tests.segments import segments, strangers

EMPTY = chart_in("en")


@pytest.mark.parametrize(
    ("total", "digit"),
    [(0, "0"), (39, "0"), (40, "1"), (249, "6"), (250, "6"), (359, "8"), (360, "9"), (399, "9"), (400, "9")],
)
def test_a_digit_is_a_tenth_of_the_scale(total: int, digit: str) -> None:
    assert course(outcome(total)) == digit


def test_the_row_of_digits_ends_with_the_latest_and_is_never_longer_than_thirty() -> None:
    row = course(outcome(*([400] * 40), *([0] * 29)))
    assert row == "9" + 29 * "0"


def test_a_course_in_words() -> None:
    chart = dataclasses.replace(
        EMPTY,
        outcome=outcome(141, 152, 186, 243, 231),
        alliance=tuple(Score("srs", (380 - number,), week(number)) for number in range(2)),
        alerts=(Alerted(week(1), week(2)), Alerted(week(3))),
        missed=(week(5),),
    )
    assert in_text(chart).splitlines() == [
        "AB",
        "Outcome (ORS), of 40: first 14.1, now 23.1, best 24.3 (cutoff 25)",
        "Course (0 low, 9 high): 33465",
        "Alliance (SRS), of 40: first 38, now 37.9, best 38 (concern below 36)",
        "Course (0 low, 9 high): 99",
        "Alerts: 2, not seen: 1",
        "Missed check-ins: 1",
        "(own wording, cutoffs indicative)",
    ]


@pytest.mark.parametrize(
    ("chart", "lines"),
    [
        pytest.param(
            dataclasses.replace(EMPTY, indicative=False),
            ["AB", "Outcome (ORS): no scores yet", "Alliance (SRS): no scores yet"],
            id="nothing yet",
        ),
        pytest.param(
            dataclasses.replace(EMPTY, outcome=outcome(180), cutoff=None, indicative=False),
            ["AB", "Outcome (ORS), of 40: now 18", "Alliance (SRS): no scores yet"],
            id="one score, no cutoff",
        ),
    ],
)
def test_little_in_words(chart: Chart, lines: list[str]) -> None:
    assert in_text(chart).splitlines() == lines


@pytest.mark.parametrize("name", sorted(set(TRAJECTORIES) - {"arabic"}))
def test_words_for_a_text_message_keep_to_its_alphabet_and_to_few_parts(name: str) -> None:
    """Two, or four where it says too what was decided."""
    said = in_text(TRAJECTORIES[name])
    assert strangers(said) == set()
    assert segments(said) <= (4 if TRAJECTORIES[name].decisions else 2)


def test_what_was_decided_is_said_with_its_day_and_a_word_on_chance() -> None:
    said = in_text(TRAJECTORIES["rupture-and-repair"])
    assert "\n2026-03-15: spoke about the pace, agreed on smaller steps and a pause word\n" in said
    assert "need not come from it." in said


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_has_words_for_both(code: str) -> None:
    words = chart_in(code).words
    chart = dataclasses.replace(TRAJECTORIES["improving"], words=words)
    assert "14.1" in in_text(chart)
    assert "24.3" in in_text(OwnChart(chart.outcome, own_words(LANGUAGES[code])))
    assert "{" not in in_text(chart)


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        pytest.param((), "Your answers will show here.", id="none yet"),
        pytest.param((180,), "You are at 18 of 40 now.", id="one"),
        pytest.param(
            (141, 243, 231),
            "You started at 14.1 of 40, and now you are at 23.1. Your own best so far: 24.3.",
            id="several",
        ),
    ],
)
def test_a_clients_own_words(totals: tuple[int, ...], said: str) -> None:
    assert in_text(OwnChart(outcome(*totals), own_words(LANGUAGES["en"]))) == said
