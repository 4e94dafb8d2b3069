"""Every catalogue holds every text that people read: with its gaps, its line breaks, its words to write."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message

from bot import commands, wording
from bot.languages import LANGUAGES, Language
from bot.plain import fold
from bot.replies import Expecting, Points, Steer, Why, command, read, says
from bot.safety import at_risk
from tests.bot.test_wording import TWILIO_TAKES
from tests.catalogue import ROOT, catalogue_of, texts
from tests.segments import strangers

CODES = sorted(set(LANGUAGES) - {"en"})

ONLY_GAPS: Mapping[str, str] = {
    "{weekday} {day} {month}": "names of days and months, which Babel translates",
    "{label}: {points}": "a label and a number",
    "{rule}: {was} to {now}": "a rule without words, by its key",
    "{number}: {code}, {raised}{urgent}": "figures and a code",
    "{number}/{of} {question}": "figures before a question of measures.toml",
    "{number}/{of} {question}\n0 = {low}, {top} = {high}": "figures around a question of measures.toml",
    "{number}. {question} (0 = {low}, {top} = {high})": "figures around a question of measures.toml",
}
"""Which texts may be the same in every language, and why."""

SAME: Mapping[tuple[str, str], str] = {
    ("es", "NO"): "the same word",
    ("fr", " URGENT"): "the same word",
}
"""Which others are the same as the English in one language, and why."""

WHOLE_IN_GSM = ("da", "de")
"""Languages of which every letter is in the alphabet of a text message."""

KEPT = re.compile(r"\b(?:STOP|START|HELP|ACK|REOPEN|CLOSED|ALERTS|attune alert list)\b")
"""What is written the same in every language."""

COSTLY = re.compile(r"[\u2010-\u2015\u2018-\u201f\u2026\u00a0\u202f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""Typographic signs, and marks that nobody sees: a plain sign stands for each."""


@dataclass(frozen=True, slots=True)
class Told:
    """The words that clients are told to write; `ready` opens what waits on a shared phone."""

    agree: str
    no: str
    skip: str
    back: str
    go_on: str
    ok: str
    ready: str
    take_break: str


TOLD: Mapping[str, Told] = {
    "ar": Told("أوافق", "لا", "تخطي", "رجوع", "متابعة", "نعم", "افتح", "استراحة"),
    "da": Told("samtykke", "nej", "spring over", "tilbage", "fortsæt", "ok", "klar", "pause"),
    "de": Told("zustimmen", "nein", "überspringen", "zurück", "weitermachen", "ok", "bereit", "pause"),
    "es": Told("acepto", "no", "saltar", "volver", "continuar", "ok", "abrir", "pausa"),
    "fr": Told("accepter", "non", "passer", "retour", "continuer", "ok", "ouvrir", "pause"),
    "nl": Told("akkoord", "nee", "overslaan", "terug", "doorgaan", "ok", "open", "pauze"),
}

ASKED: Mapping[str, str] = {
    "agree": r"\bAGREE\b",
    "no": r"\bNO\b|\bwrite no\b",
    "skip": r"\b[Ss]kip\b",
    "back": r"\b[Ww]rite back\b|\bskip, back\b",
    "go_on": r"\bwrite continue\b",
    "ok": r"\b[Ww]rite ok\b",
    "ready": r"\bOPEN\b",
    "take_break": r"\bwrite break\b",
}
"""Which English texts tell of each word."""


@pytest.fixture(params=CODES)
def language(request: pytest.FixtureRequest) -> Language:
    """Give each language but English."""
    return LANGUAGES[request.param]


@pytest.fixture
def catalogue(language: Language) -> Catalog:
    """Give its catalogue."""
    return catalogue_of(language.code)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (one for one in catalogue if one.id)


def _forms(said: object) -> tuple[str, ...]:
    """Give a text's forms: one, or as many as it is counted in."""
    return (said,) if isinstance(said, str) else tuple(said) if isinstance(said, (tuple, list)) else ()


def _pairs(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """Give each translated form beside the English; of several, beside the English plural."""
    for one in _messages(catalogue):
        for form in _forms(one.string):
            yield _forms(one.id)[-1], form


def _gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _asked_for() -> Iterator[str]:
    """Find what the bot's code has translated, wherever it stands."""
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                for said in node.args[: {"text": 1, "plural": 2}.get(node.func.attr, 0)]:
                    if isinstance(said, ast.Constant) and isinstance(said.value, str):
                        yield said.value


def test_every_text_that_is_translated_is_collected() -> None:
    collected = {form for one in _messages(texts()) for form in _forms(one.id)}
    assert set(_asked_for()) - collected == set(), "it stands outside bot/wording, or inside an f-string"


def test_a_catalogue_has_every_text_and_no_other(catalogue: Catalog) -> None:
    assert {one.id for one in _messages(texts())} == {one.id for one in _messages(catalogue)}
    assert not catalogue.obsolete


def test_every_text_is_translated(catalogue: Catalog) -> None:
    forms = {one.id: _forms(one.string) for one in _messages(catalogue)}
    assert [text for text, written in forms.items() if not written or not all(written)] == []
    assert [one.id for one in _messages(catalogue) if one.fuzzy] == []


def test_every_gap_survives(catalogue: Catalog) -> None:
    assert [said for english, said in _pairs(catalogue) if said and _gaps(said) != _gaps(english)] == []


def test_line_breaks_and_blank_ends_survive(catalogue: Catalog) -> None:
    for english, said in _pairs(catalogue):
        if said:
            assert said.count("\n") == english.count("\n"), said
            assert (said[0].isspace(), said[-1].isspace()) == (english[0].isspace(), english[-1].isspace())
            assert "  " not in said


def test_what_is_written_the_same_everywhere_stays(catalogue: Catalog) -> None:
    for english, said in _pairs(catalogue):
        if said:
            assert sorted(set(KEPT.findall(said))) == sorted(set(KEPT.findall(english))), said


def test_nothing_is_left_in_english(language: Language, catalogue: Catalog) -> None:
    same = {english for english, said in _pairs(catalogue) if said == english}
    assert same - set(ONLY_GAPS) == {text for code, text in SAME if code == language.code}


def test_signs_are_plain(language: Language, catalogue: Catalog) -> None:
    for _, said in _pairs(catalogue):
        assert not COSTLY.search(said), said
        if language.code in WHOLE_IN_GSM:
            assert strangers(said) == set(), said


def test_plural_forms_are_the_languages_own(language: Language, catalogue: Catalog) -> None:
    # Source: CLDR's plural rules, as Babel ships them; a form of the catalogue is one category of theirs.
    which, category = gettext.c2py(catalogue.plural_expr), Locale.parse(language.code).plural_form
    pairs = {(which(number), category(number)) for number in range(1000)}
    assert len(pairs) == len({form for form, _ in pairs}) == len({name for _, name in pairs})
    assert {form for form, _ in pairs} == set(range(catalogue.num_plurals))


@pytest.mark.parametrize("name", ASKED)
def test_the_texts_tell_the_words_that_are_listed_here(
    language: Language, catalogue: Catalog, name: str
) -> None:
    word = re.compile(rf"(?<!\w){re.escape(fold(getattr(TOLD[language.code], name)))}(?!\w)")
    asking = [said for english, said in _pairs(catalogue) if re.search(ASKED[name], english)]
    assert asking
    assert [said for said in asking if not word.search(fold(said))] == []


def _typed(word: str) -> tuple[str, ...]:
    """Give a word as phones write it: as it stands, shouted, with a capital, with a full stop."""
    return word, word.upper(), word.capitalize(), f"{word}. "


def test_the_words_that_clients_are_told_to_write_are_understood(language: Language) -> None:
    told = TOLD[language.code]
    asked = Expecting(language, suggested=65, remaining=2, answered=1)
    for word in _typed(told.skip):
        assert read(word, asked).reply is Steer.SKIP
    for word in _typed(told.back):
        assert read(word, asked).reply is Steer.BACK
    for word in _typed(told.ok):
        assert read(word, asked).reply == Points(65)
    for word in _typed(told.go_on):
        assert read(word, Expecting(language, held=True)).reply is Steer.GO_ON
    for word in _typed(told.take_break):
        assert read(word, asked).reply is Steer.BREAK
        assert read(word, Expecting(language, remaining=0, held=True)).reply is Steer.BREAK
    for word in _typed(told.agree):
        assert says(word, language, "agree")
        assert not says(word, language, "decline")
    for word in _typed(told.no):
        assert says(word, language, "decline")
        assert says(word, language, "nothing")
        assert not says(word, language, "agree")


@pytest.mark.parametrize("name", ASKED)
def test_no_word_that_clients_are_told_to_write_means_anything_else(language: Language, name: str) -> None:
    word = getattr(TOLD[language.code], name)
    for written in _typed(word):
        assert command(written, language) is None, "STOP, START or HELP of some language"
        assert not at_risk(written)
    assert word.upper() not in TWILIO_TAKES


def test_numbers_as_the_example_writes_them_are_understood(language: Language) -> None:
    written = re.findall(r"\d+(?:[.,]\d)?", wording.example(language))
    assert [read(one, Expecting(language)).reply for one in written] == [Points(70), Points(65)]


def test_the_example_of_closing_an_alert_is_understood(language: Language) -> None:
    told = wording.close_how(language, 41)
    closing = commands.read(told[told.index("CLOSED") :], language)
    assert isinstance(closing, commands.Close)
    assert closing.number == 41
    assert closing.done


def test_a_mild_word_is_said_again_as_it_is_spelt_and_is_no_danger(language: Language) -> None:
    english = "good, great, fine, ok, okay, well, all right, alright, not bad, so so, meh, not great"
    mild = [one.strip() for one in language.text(english).split(",")]
    assert len(mild) >= 5
    assert all(mild)
    assert [one for one in mild if at_risk(one)] == []
    item = language.measures["ors"].items["overall"]
    for one in mild:
        again = wording.again(language, item, Why.WORDS, None, said=fold(one))
        assert again.startswith(f"{one[0].upper()}{one[1:]}. "), "as the language writes it"
