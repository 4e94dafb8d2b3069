"""Every labelled reply reads as its label says."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.languages import LANGUAGES
from bot.replies import Why
from tests.bot.reader.rows import EVERY_ROW, LANGUAGE_CODES, Row, rows


def test_every_language_that_ships_has_its_rows() -> None:
    assert set(LANGUAGE_CODES) == set(LANGUAGES)


@pytest.mark.parametrize("row", EVERY_ROW, ids=lambda row: f"{row.language}-{row.text!r}-{row.remaining}")
def test_a_reply_reads_as_it_should(row: Row) -> None:
    assert row.got() == row.expected


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_half_of_the_rows_are_refusals_and_no_why_is_missing(code: str) -> None:
    listed = rows(code)
    assert sum(row.refused for row in listed) * 2 >= len(listed)
    assert {row.expected.get("why") for row in listed if row.expected["reading"] == "unclear"} == set(Why)


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_every_kind_of_reading_has_its_rows(code: str) -> None:
    kinds = Counter(row.expected["reading"] for row in rows(code))
    assert set(kinds) == {
        "crisis",
        "stop",
        "start",
        "help",
        "score",
        "scores",
        "correction",
        "skip",
        "back",
        "later",
        "unclear",
        "comment",
    }


def test_no_row_stands_twice() -> None:
    keys = Counter((row.text, row.language, row.remaining, row.answered) for row in EVERY_ROW)
    assert [one for one, times in keys.items() if times > 1] == []
