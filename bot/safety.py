"""Finding danger in what somebody wrote. Every text passes here before anything else is done with it."""

from __future__ import annotations

import re

from bot.languages import LANGUAGES
from bot.plain import fold

_NOT_A_LETTER = re.compile(r"[\W_]+")


def _squeezed(text: str) -> str:
    """Reduce a text to its words: no apostrophes, one space between."""
    return f" {_NOT_A_LETTER.sub(' ', fold(text).replace(chr(39), '')).strip()} "


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    ordered = sorted((_squeezed(phrase) for phrase in phrases), key=len, reverse=True)
    return re.compile("|".join(f"(?={re.escape(phrase)})" + re.escape(phrase[:-1]) for phrase in ordered))


_PHRASES = _any_of([phrase for language in LANGUAGES.values() for phrase in language.risk.phrases])
_HARMLESS = _any_of([phrase for language in LANGUAGES.values() for phrase in language.risk.harmless])


def at_risk(text: str) -> bool:
    """Tell whether a text holds a phrase of danger to the writer's life, in any shipped language.

    It aims at recall: it would rather call a therapist once too often.
    """
    return _PHRASES.search(_HARMLESS.sub(" ", _squeezed(text))) is not None
