"""The number words of every language, against an oracle that nobody here wrote: num2words."""

from __future__ import annotations

import pytest
from num2words import num2words

from bot.languages import LANGUAGES
from bot.replies import Expecting, Points, Unclear, Why, read

ORACLE = {
    "ar": ("ar",),
    "da": ("da",),
    "de": ("de",),
    "en": ("en", "en_IN"),
    "es": ("es", "es_CO", "es_GT"),
    "fr": ("fr", "fr_BE", "fr_CH"),
    "nl": ("nl",),
}
"""num2words' names of each language and its regions."""

WORDS = [(code, region) for code, regions in ORACLE.items() for region in regions]
BEYOND = [*range(11, 100), 100, 200, 1000]
"""Numbers beyond the scale whose words must never be read as one on it."""


def test_every_language_that_ships_is_checked() -> None:
    assert set(ORACLE) == set(LANGUAGES)


@pytest.mark.parametrize(("code", "region"), WORDS)
@pytest.mark.parametrize("number", range(11))
def test_a_number_word_reads_as_its_number(code: str, region: str, number: int) -> None:
    written = num2words(number, lang=region)
    for text in (written, written.upper(), f"{written}!"):
        assert read(text, Expecting(LANGUAGES[code])).reply == Points(number * 10)


@pytest.mark.parametrize(("code", "region"), WORDS)
@pytest.mark.parametrize("number", BEYOND)
def test_a_word_for_a_number_beyond_the_scale_is_refused(code: str, region: str, number: int) -> None:
    written = num2words(number, lang=region)
    for text in (written, written.replace("-", " ")):
        reply = read(text, Expecting(LANGUAGES[code])).reply
        assert reply == Unclear(Why.OFF_SCALE), written


@pytest.mark.parametrize(("code", "region"), WORDS)
@pytest.mark.parametrize("number", [-1, -3, -10])
def test_a_number_below_nought_is_refused(code: str, region: str, number: int) -> None:
    written = num2words(number, lang=region)
    assert not isinstance(read(written, Expecting(LANGUAGES[code])).reply, Points), written
