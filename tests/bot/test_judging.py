"""A reply is judged once a shape: what is remembered is what judging the reply itself gives."""

from __future__ import annotations

import pytest

from bot.plain import fold
from bot.replies import judging
from bot.replies.grammar import grammar_of
from bot.replies.lexing import lexemes
from tests.bot.reader.rows import EVERY_ROW, LANGUAGE_CODES


@pytest.mark.parametrize("code", LANGUAGE_CODES)
@pytest.mark.parametrize("remaining", [1, 2, 4])
def test_a_shape_is_judged_as_the_reply_is(code: str, remaining: int) -> None:
    for row in (row for row in EVERY_ROW if row.language == code):
        for comma_lists in (False, True):
            found = lexemes(fold(row.text), grammar_of(code), comma_lists=comma_lists)
            assert judging.judge(found, remaining) == judging._judged(found, remaining), row.text  # noqa: SLF001 (what judge would give without a memory)
