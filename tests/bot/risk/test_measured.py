"""How much danger is found, on texts that nobody looked at while the check was made.

docs/safety.md publishes the figures; these floors, a little below them, keep a change from losing them.
"""

from __future__ import annotations

import pytest

from bot.languages import LANGUAGES
from bot.plain import fold
from bot.replies import Expecting, Steer, read
from bot.safety import look
from tests.bot.risk.rows import LANGUAGE_CODES, Row, figures, rows
from tests.bot.risk.taught import taught

RECALL = {"ar": 0.93, "da": 0.88, "de": 0.88, "en": 0.95, "es": 0.88, "fr": 0.83, "nl": 0.86}
"""The share of the held-out danger that is found, by language."""
RECALL_OVER_ALL = 0.9
PRECISION = 0.91
EVERYWHERE = [row for half in ("seen", "held_out") for code in LANGUAGE_CODES for row in rows(half, code)]


def test_every_language_that_ships_is_measured() -> None:
    assert set(LANGUAGE_CODES) == set(LANGUAGES)


def test_the_set_is_large_enough_and_its_halves_are_apart() -> None:
    risk = [row for row in EVERYWHERE if row.label == "risk"]
    assert len(risk) >= 350
    for code in LANGUAGE_CODES:
        both = [*rows("seen", code), *rows("held_out", code)]
        assert sum(row.label == "risk" for row in both) >= 40
        assert sum(row.label != "risk" for row in both) >= 40
        assert {row.text for row in rows("seen", code)} & {
            row.text for row in rows("held_out", code)
        } == set()


def test_nothing_that_is_measured_was_taught() -> None:
    learnt = {fold(one.text) for one in taught()}
    assert [
        row.kind for code in LANGUAGE_CODES for row in rows("held_out", code) if fold(row.text) in learnt
    ] == []


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_what_is_published_of_a_language_still_holds(code: str) -> None:
    found = figures(rows("held_out", code))  # by itself, so that a failure shows no text
    assert found.recall >= RECALL[code]


def test_what_is_published_over_all_still_holds() -> None:
    held_out = figures(row for code in LANGUAGE_CODES for row in rows("held_out", code))
    assert held_out.recall >= RECALL_OVER_ALL
    assert held_out.precision >= PRECISION


NUMBERED = [row for row in EVERYWHERE if row.label == "risk" and row.kind == "number"]


@pytest.mark.parametrize("row", NUMBERED, ids=lambda row: row.text[:40])
def test_danger_is_never_a_steering_word(row: Row) -> None:
    assert not isinstance(read(row.text, Expecting(LANGUAGES[row.language])).reply, Steer)
    assert look(row.text) == look(f"  {row.text.upper()} ") or row.language == "ar"
