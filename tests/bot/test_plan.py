"""A config in words: what somebody should still see to is said."""

from __future__ import annotations

import dataclasses

import pytest

from bot import plan
from bot.languages import LANGUAGES
from bot.settings import ClinicSettings, Settings


def drafts(settings: Settings) -> list[str]:
    """Give what is said of languages that nobody has reviewed."""
    return [notice for notice in plan.notices(settings) if "drafts" in notice]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_language_of_a_config_is_a_draft_until_somebody_has_read_it(code: str) -> None:
    said = drafts(Settings(clinic=ClinicSettings(language=code)))
    assert bool(said) == LANGUAGES[code].draft
    if said:
        assert LANGUAGES[code].name in said[0]
        others = {one.name for one in LANGUAGES.values()} - {LANGUAGES[code].name}
        assert not [name for name in others if name in said[0]], "only those in use"


def test_a_reviewer_makes_a_language_no_draft() -> None:
    assert not dataclasses.replace(LANGUAGES["en"], reviewer="A. Person, 2026-11-20").draft
