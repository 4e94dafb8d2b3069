"""A measure that an administrator adds as a file: read with clear errors, shown, asked and judged."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot import plan
from bot.languages import LANGUAGES, ItemWords
from bot.measures import MeasureFileError, own_measure, own_measures
from bot.office import policy_of
from bot.settings import ConfigError, load
from scoring.instrument import AgeGroup, Scale
from scoring.instruments import INSTRUMENTS
from tests.segments import strangers

DOCS = Path(__file__).parents[2] / "docs" / "measures.md"

SLEEP = """
key = "sleep"
name = "Sleep"
gauges = "outcome"
higher_is = "better"
asked = "between"
items = ["length", "rest"]
item_max = 40
whole = true
risk_items = { rest = 40 }

[icce]
reliable_change = 30
cutoff = { adult = 40 }

[words.en]
intro = "Two short questions about your sleep."
about = "your sleep"
title = "sleep"
options = ["Never", "Rarely", "Sometimes", "Often", "Always"]

[words.en.items.length]
label = "Length"
question = "Did you sleep long enough?"

[words.en.items.rest]
label = "Rest"
question = "Did you wake up rested?"
"""

CONFIG = """
[measures]
files = ["{file}"]
[[schedules]]
name = "weekly"
measures = ["ors", "sleep"]
day = "mon"
at = "10:00"
[rules.numbers]
reliable_change = 6.0
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a sound file."""
    written = tmp_path / "sleep.toml"
    written.write_text(SLEEP, encoding="utf-8")
    return written


@pytest.fixture
def config(tmp_path: Path, file: Path) -> Path:
    """Write a config that names it."""
    written = tmp_path / "config.toml"
    written.write_text(CONFIG.format(file=file), encoding="utf-8")
    return written


def test_a_file_holds_a_measure_and_its_words(file: Path) -> None:
    own = own_measure(file)
    assert (own.instrument.key, own.instrument.scale) == ("sleep", Scale(40, whole=True))
    assert own.words["en"].items["rest"] == ItemWords("Rest", "Did you wake up rested?", "Never", "Always")
    assert not own.words["en"].ours, "its cutoffs are its own"


def test_it_is_a_measure_of_the_site_like_any_other(config: Path) -> None:
    policy = policy_of(load(config, {}))
    sleep = policy.instruments["sleep"]
    assert list(policy.instruments) == [*INSTRUMENTS, "sleep"]
    assert policy.words("sleep", LANGUAGES["en"]).title == "sleep"
    assert policy.offered_in("sleep") == ("en",)
    assert not policy.offers("sleep", LANGUAGES["de"])
    assert policy.words("sleep", LANGUAGES["de"]).title == "sleep", "a therapist reads of it all the same"
    assert policy.setup("sleep", AgeGroup.ADULT).yardstick.reliable == 30
    assert len(policy.judging("sleep", AgeGroup.ADULT)[1]) > 0
    assert sleep.is_risk(1, 40)


def test_numbers_of_the_config_are_the_pairs_and_no_other_measures(config: Path) -> None:
    """A reliable change of 6.0 that a site sets for ORS would judge PHQ-9 and its own measures wrongly."""
    policy = policy_of(load(config, {}))
    reliable = {key: one.norms["icce"].reliable_change for key, one in policy.instruments.items()}
    assert reliable == {
        "ors": 60,
        "srs": None,
        "between": None,
        "gad7": 40,
        "goals": None,
        "phq9": 60,
        "sleep": 30,
    }


def test_check_shows_it_and_says_where_it_cannot_be_asked(config: Path) -> None:
    settings = load(config, {"ATTUNE_CLINIC__LANGUAGE": "de"})
    said = list(plan.describe(settings, policy_of(settings)))
    assert (
        "  Sleep (sleep): reliable change 3, cutoff adult 4, danger from 4 in rest; asked in English only;"
        " your own"
    ) in said
    assert any(
        one.startswith("Note: schedule weekly asks sleep, which has no text in Deutsch") for one in said
    )
    assert not any("asks ors" in one for one in said)


@pytest.mark.parametrize(
    ("instead_of", "written", "told"),
    [
        ('"sleep"\nname', '"ors"\nname', 'key: "ors" is a measure that ships; write another key'),
        ("whole = true", "clients_own = true", "clients_own is for the goals that ship; take it out"),
        ("item_max = 40", "item_max = 45", "item_max must be whole points in tenths"),
        ("reliable_change = 30", "reliable = 30", "[icce] knows no 'reliable'; known are"),
        ("[words.en", "[words.xx", "words.xx is not a language that Attune speaks; write one of ar, da"),
        ('about = "your sleep"\n', "", 'words.en.about must be a text: write about = "..."'),
        ('about = "your sleep"\n', "about = 7\n", "words.en.about must be a text"),
        (
            'about = "your sleep"\n',
            'about = "a"\ntone = "b"\n',
            "words.en.tone is not known here; known are about",
        ),
        ('label = "Rest"\n', "", 'words.en.items.rest.label must be a text: write label = "..."'),
        ('label = "Rest"\n', 'label = "R"\nhint = "h"\n', "words.en.items.rest.hint is not known here"),
        ("items.rest]", "items.deep]", "words.en.items.rest is missing: write [words.<language>.items.rest]"),
        (', "Always"]', "]", "words.en.options must be 5, one for each point from 0 to 4"),
        ("whole = true\n", "", "words.en.options name whole points; write whole = true above"),
        (
            '["Never", "Rarely"',
            '[0, "Rarely"',
            "words.en.options must be a list of texts, one for each point",
        ),
        ("key =", "key", "is no TOML file ("),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_to_write(
    file: Path, instead_of: str, written: str, told: str
) -> None:
    assert instead_of in SLEEP
    file.write_text(SLEEP.replace(instead_of, written), encoding="utf-8")
    with pytest.raises(MeasureFileError) as raised:
        own_measure(file)
    assert str(file) in str(raised.value)
    assert told in str(raised.value)


def test_ends_must_be_told_where_there_are_no_options(file: Path) -> None:
    text = SLEEP.replace('options = ["Never", "Rarely", "Sometimes", "Often", "Always"]\n', "")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MeasureFileError, match=r"words\.en\.items\.length\.low must be a text: write low = "):
        own_measure(file)


def test_a_file_without_words_or_with_an_item_too_many_is_refused(file: Path) -> None:
    file.write_text(SLEEP.partition("[words.en]")[0], encoding="utf-8")
    with pytest.raises(MeasureFileError, match=r"words is missing: write \[words\.en\]"):
        own_measure(file)
    file.write_text(SLEEP.replace('["length", "rest"]', '["rest"]'), encoding="utf-8")
    with pytest.raises(
        MeasureFileError, match=r"words\.en\.items\.length is not an item of it; write one of rest$"
    ):
        own_measure(file)


def test_a_file_that_is_not_there_and_a_key_twice_are_told(tmp_path: Path, file: Path) -> None:
    with pytest.raises(MeasureFileError, match=r"can't be read \(No such file or directory\); name a file"):
        own_measure(tmp_path / "none.toml")
    with pytest.raises(MeasureFileError, match=r'"sleep" is the key of another file too; write another key$'):
        own_measures([file, file])


def test_the_config_tells_of_a_faulty_file_by_its_own_key(config: Path, file: Path) -> None:
    """The schedule that asks the measure is not blamed as well."""
    file.write_text(SLEEP.replace("item_max = 40", "item_max = 45"), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    (fault,) = raised.value.faults
    assert (fault.key, fault.line) == ("measures.files[0]", 3)
    assert "item_max must be whole points in tenths, from 10 (1 point) to 100 (10 points)" in fault.problem
    assert fault.instead == "docs/measures.md shows a whole one"


def test_the_config_tells_of_a_key_twice_and_of_a_measure_that_is_nowhere(config: Path, file: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(f'["{file}"]', f'["{file}", "{file}"]'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r'measures\.files\[1\] .*has the key "sleep"'):
        load(config, {})
    config.write_text(text.replace('"ors", "sleep"', '"ors", "slep"'), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    (fault,) = raised.value.faults
    assert fault.key == "schedules[0].measures[1]"
    assert fault.problem == '"slep" is not a measure that Attune has'
    assert fault.instead.endswith('"phq9", "sleep"')


def test_a_file_that_went_bad_after_the_config_was_read_is_a_fault_of_the_config(
    config: Path, file: Path
) -> None:
    settings = load(config, {})
    file.unlink()
    with pytest.raises(ConfigError, match=r"^measures\.files: .*can't be read"):
        policy_of(settings)


def test_the_file_that_the_docs_show_is_sound(tmp_path: Path) -> None:
    shown = DOCS.read_text(encoding="utf-8").partition("```toml\nkey =")[2].partition("```")[0]
    written = tmp_path / "shown.toml"
    written.write_text(f"key ={shown}", encoding="utf-8")
    own = own_measure(written)
    assert own.instrument.key == "sleep"
    assert strangers(tomllib.loads(f"key ={shown}")["words"]["en"]["intro"]) == set()
