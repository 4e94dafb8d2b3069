"""What a language folder holds is whole: wording, guidance, and words that are heard as they are meant."""

from __future__ import annotations

from itertools import combinations

import pytest

from bot.languages import LANGUAGES, RISK_KINDS, ItemWords, Language, MeasureWords, measure_words
from bot.replies import command, says
from bot.safety import at_risk
from bot.service.telling import guidance
from scoring.guidance import suggestions
from scoring.instrument import Gauge
from scoring.instruments import INSTRUMENTS
from scoring.rules import RULES, Finding, ItemChange, Severity
from tests.segments import segments, strangers

CODES = sorted(LANGUAGES)
SETS = ("stop", "start", "help", "skip", "back", "agree", "decline", "accept", "go_on", "nothing")
COMMANDS = ("stop", "start", "help")
MAY_SHARE = {
    frozenset(pair)
    for pair in (
        *(("agree", "accept"), ("agree", "nothing"), ("accept", "nothing"), ("decline", "nothing")),
        *(("go_on", "skip"), ("decline", "skip")),
    )
}
"""What is never listened for at the same time."""

IN_TWO_PARTS = 2 * 67
"""What two text messages hold of an alphabet that is not GSM-7."""


@pytest.fixture(params=CODES)
def language(request: pytest.FixtureRequest) -> Language:
    """Give each language that ships."""
    return LANGUAGES[request.param]


def test_english_ships() -> None:
    assert "en" in CODES


OFFICIAL = ("gad7", "phq9")
"""The measures that may be put in their official texts only."""
OURS = sorted(set(INSTRUMENTS) - set(OFFICIAL))


def _check_words(words: MeasureWords, measure: str) -> None:
    assert tuple(words.items) == INSTRUMENTS[measure].items
    assert all((words.intro, words.about, words.title))
    for item in words.items.values():
        assert all((item.label, item.question, item.low, item.high))
        assert item.low != item.high
        assert len(item.label) <= 30, "it stands in a list on a phone"


@pytest.mark.parametrize("measure", OURS)
def test_every_item_of_every_measure_is_worded(language: Language, measure: str) -> None:
    words = language.measures[measure]
    _check_words(words, measure)
    assert words.ours
    assert not words.official
    assert (words.stem, words.options) == ("", ())
    assert all(item.question.endswith(("?", "\u061f")) for item in words.items.values())
    assert all(("{goal}" in item.question) is (measure == "goals") for item in words.items.values())


@pytest.mark.parametrize("measure", ["ors", "srs"])
def test_children_are_asked_of_every_area_in_words_of_their_own(language: Language, measure: str) -> None:
    words, adults = language.to_children[measure], language.measures[measure]
    _check_words(words, measure)
    assert language.simply.measures[measure] is words
    assert words.ours
    assert (words.title, words.about) == (adults.title, adults.about)
    for key, item in words.items.items():
        assert item.question.endswith(("?", "\u061f"))
        assert item.question != adults.items[key].question
    assert language.simply.measures["between"] is language.measures["between"]


@pytest.mark.parametrize("measure", OFFICIAL)
def test_an_official_text_stands_in_the_languages_that_are_certain_and_no_other(measure: str) -> None:
    assert [code for code in CODES if measure in LANGUAGES[code].measures] == ["en"]
    words = LANGUAGES["en"].measures[measure]
    _check_words(words, measure)
    assert words.official
    assert not words.ours, "its cutoffs are not merely indicative"
    assert words.options == ("Not at all", "Several days", "More than half the days", "Nearly every day")
    assert len(words.options) == INSTRUMENTS[measure].scale.top // 10 + 1


def test_the_official_texts_are_unaltered() -> None:
    """Word by word as at phqscreeners.com; a hyphen stands for the dash."""
    english = LANGUAGES["en"].measures
    assert [item.question for item in english["phq9"].items.values()] == [
        "Little interest or pleasure in doing things",
        "Feeling down, depressed, or hopeless",
        "Trouble falling or staying asleep, or sleeping too much",
        "Feeling tired or having little energy",
        "Poor appetite or overeating",
        "Feeling bad about yourself - or that you are a failure or have let yourself or your family down",
        "Trouble concentrating on things, such as reading the newspaper or watching television",
        (
            "Moving or speaking so slowly that other people could have noticed? Or the opposite - being so"
            " fidgety or restless that you have been moving around a lot more than usual"
        ),
        "Thoughts that you would be better off dead or of hurting yourself in some way",
    ]
    assert [item.question for item in english["gad7"].items.values()] == [
        "Feeling nervous, anxious or on edge",
        "Not being able to stop or control worrying",
        "Worrying too much about different things",
        "Trouble relaxing",
        "Being so restless that it is hard to sit still",
        "Becoming easily annoyed or irritable",
        "Feeling afraid as if something awful might happen",
    ]
    bothered = "Over the last 2 weeks, how often have you been bothered by {} following problems?"
    assert english["phq9"].stem == bothered.format("any of the")
    assert english["gad7"].stem == bothered.format("the")


@pytest.mark.parametrize("measure", sorted(INSTRUMENTS))
def test_every_suggestion_has_words(language: Language, measure: str) -> None:
    instrument = INSTRUMENTS[measure]
    for item in instrument.items:
        assert (instrument.gauges.value, item) in language.guidance or measure not in {"ors", "srs"}
    stands_in = (instrument.gauges.value, "overall") in language.guidance
    assert stands_in or instrument.gauges is Gauge.TREND, "nothing is ever found in a trend"


@pytest.mark.parametrize("rule", [*RULES, "missed", "dropout_risk"])
def test_every_rule_comes_with_a_suggestion_and_an_opener(language: Language, rule: str) -> None:
    items = [(one.gauges, item) for one in INSTRUMENTS.values() for item in one.items]
    fallen = [None, *((gauge, ItemChange(item, 80, 40)) for gauge, item in items)]
    for one in fallen:
        keys = suggestions([Finding(rule, Severity.SOON)], dict([one]) if one else {})
        assert keys
        assert [key for key in keys if not guidance(language, [key]).suggest] == []


def test_no_language_has_more_or_less_guidance_than_english(language: Language) -> None:
    english = LANGUAGES["en"].guidance
    assert list(language.guidance) == list(english), "in one order, so that they can be compared"
    assert {key for key, words in language.guidance.items() if not words.suggest} == {("trend", "overall")}


def test_guidance_asks_first(language: Language) -> None:
    for words in language.guidance.values():
        assert "?" in words.ask or "\u061f" in words.ask
        assert "?" not in words.suggest
        for text in (words.suggest, words.ask):
            assert (strangers(text) != set()) is (bool(text) and language.right_to_left)
            assert len(text) <= IN_TWO_PARTS if language.right_to_left else segments(text) == 1


def test_english_data_keeps_to_the_alphabet_of_a_text_message() -> None:
    english = LANGUAGES["en"]
    texts = [text for words in english.guidance.values() for text in (words.suggest, words.ask)]
    for words in (*english.measures.values(), *english.to_children.values()):
        texts += [words.intro, words.about, words.title]
        for item in words.items.values():
            texts += [item.label, item.question, item.low, item.high]
    assert [text for text in texts if strangers(text)] == []


@pytest.mark.parametrize("name", SETS)
def test_every_word_that_is_listened_for_is_heard(language: Language, name: str) -> None:
    known = getattr(language.reader, name)
    assert known
    for word in known:
        for written in (word, word.upper(), f"  {word.title()} ", word.replace("'", "\u2019")):
            heard = command(written, language) == name if name in COMMANDS else says(written, language, name)
            assert heard, written


@pytest.mark.parametrize(("one", "other"), list(combinations(SETS, 2)))
def test_no_word_means_two_things_at_once(language: Language, one: str, other: str) -> None:
    shared = getattr(language.reader, one) & getattr(language.reader, other)
    assert shared == frozenset() or frozenset((one, other)) in MAY_SHARE


def test_courtesy_changes_nothing(language: Language) -> None:
    for word in language.reader.stop:
        for polite in language.reader.courtesy:
            assert command(f"{word} {polite}", language) == command(f"{polite}, {word}!", language) == "stop"


@pytest.mark.parametrize("name", [*SETS, "no_session", "later", "courtesy", "before", "after"])
def test_no_steering_word_is_danger(language: Language, name: str) -> None:
    assert [word for word in getattr(language.reader, name) if at_risk(word)] == []


def test_every_kind_of_danger_has_its_phrases(language: Language) -> None:
    assert [kind for kind in RISK_KINDS if not language.risk.patterns[kind]] == []
    for kind, listed in language.risk.patterns.items():
        assert len(set(listed)) == len(listed), kind


def test_a_language_says_who_reviewed_it(language: Language) -> None:
    assert language.name
    assert language.draft is (language.reviewer == "")


def test_without_a_translation_the_english_stands(language: Language) -> None:
    assert language.text("a text that nobody wrote") == "a text that nobody wrote"


ITEM = {"label": "a", "question": "b?", "low": "c", "high": "d"}


def test_a_sites_own_wording_is_read_from_its_table() -> None:
    words = measure_words({"intro": "i", "about": "j", "title": "k", "items": {"one": ITEM}}, ours=False)
    assert (words.intro, words.about, words.title, words.ours) == ("i", "j", "k", False)
    assert dict(words.items) == {"one": ItemWords("a", "b?", "c", "d")}


def test_a_wording_without_items_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^items must be a table$"):
        measure_words({"intro": "i", "about": "j", "title": "k", "items": ["one"]})
