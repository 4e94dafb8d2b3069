"""A measure is data: what ships says what its sources say, and a wrong file is told what to write instead."""

from __future__ import annotations

import pytest

from scoring.instrument import (
    RULE_SETS,
    AgeGroup,
    Asked,
    Gauge,
    InstrumentError,
    Norms,
)
from scoring.instruments import INSTRUMENTS, read

SOUND = """
key = "sleep"
name = "Sleep"
gauges = "trend"
higher_is = "better"
asked = "between"
items = ["falling", "staying"]
"""


def test_the_ors_says_what_its_sources_say() -> None:
    ors = INSTRUMENTS["ors"]
    assert (ors.key, ors.gauges, ors.asked) == ("ors", Gauge.OUTCOME, Asked.BEFORE)
    assert ors.items == ("individual", "interpersonal", "social", "overall")  # corc.uk.net
    assert ors.higher_is_better
    assert ors.total_max == 400


def test_the_srs_says_what_its_sources_say() -> None:
    srs = INSTRUMENTS["srs"]
    assert (srs.key, srs.gauges, srs.asked) == ("srs", Gauge.ALLIANCE, Asked.AFTER)
    assert srs.items == ("relationship", "goals", "approach", "overall")  # corc.uk.net
    assert srs.higher_is_better
    assert srs.total_max == 400


@pytest.mark.parametrize(
    ("measure", "ruleset", "norms"),
    [
        pytest.param(
            "ors",
            "icce",
            Norms(
                50,
                {AgeGroup.ADULT: 250, AgeGroup.ADOLESCENT: 280, AgeGroup.CHILD: 320},
                cutoff_is_functional=True,
            ),
            id="25/28/32, at the cutoff functional: OpenFIT KA-01031; 5.0: Miller/ICCE",
        ),
        pytest.param(
            "ors",
            "pcoms",
            Norms(
                60,
                {AgeGroup.ADULT: 250, AgeGroup.ADOLESCENT: 280, AgeGroup.CHILD: 280},
                cutoff_is_functional=False,
            ),
            id="25/28/28, at the cutoff clinical, 6.0: bluewinginc",
        ),
        pytest.param(
            "srs",
            "icce",
            Norms(concern_total=360, concern_item=90, concern_drop=10),
            id="36.0 and 1.0: OpenFIT; 9.0: secondary",
        ),
        pytest.param(
            "srs", "pcoms", Norms(concern_total=360, concern_item=90, concern_drop=10), id="the same"
        ),
    ],
)
def test_the_numbers_are_those_of_the_sources(measure: str, ruleset: str, norms: Norms) -> None:
    assert INSTRUMENTS[measure].norms[ruleset] == norms


def test_every_measure_is_found_by_its_own_key_and_knows_every_rule_set() -> None:
    for key, instrument in INSTRUMENTS.items():
        assert instrument.key == key
        assert set(instrument.norms) == set(RULE_SETS)


def test_a_measure_needs_no_numbers() -> None:
    assert read(SOUND, "sleep.toml").norms == {"icce": Norms(), "pcoms": Norms()}


def test_a_measure_may_be_one_where_higher_is_worse() -> None:
    assert not read(SOUND.replace("better", "worse"), "sleep.toml").higher_is_better


def test_numbers_are_refused_where_higher_is_worse() -> None:
    """The rules compare as if higher were better: the other way round they would judge upside down."""
    text = SOUND.replace("better", "worse") + "[icce]\nreliable_change = 60\n"
    with pytest.raises(InstrumentError, match="leave out icce and pcoms"):
        read(text, "worry.toml")


KNOWN = "asked, gauges, higher_is, icce, items, key, name, pcoms"
KNOWN_NORMS = "at_cutoff, concern_drop, concern_item, concern_total, cutoff, reliable_change"
WHOLE = "must be a whole number of tenths above 0 (50 for 5.0)"
CUTOFFS = "cutoff must be tenths by age group: { adult = 250, adolescent = 280 }"
ITEMS = 'items must be different names, such as ["individual", "overall"]'


@pytest.mark.parametrize(
    ("instead_of", "written", "told"),
    [
        ('key = "sleep"', "", "key must be a text"),
        ('key = "sleep"', 'key = ""', "key must be a text"),
        ('key = "sleep"', "key = 7", "key must be a text"),
        ('name = "Sleep"', "", "name must be a text"),
        ('"trend"', '"mood"', "gauges must be one of outcome, alliance, trend"),
        ('gauges = "trend"', "", "gauges must be one of outcome, alliance, trend"),
        ('"better"', '"bigger"', "higher_is must be one of better, worse"),
        ('"between"', '"later"', "asked must be one of before, after, between"),
        ('items = ["falling", "staying"]', "", "items must be a list of texts"),
        ('["falling", "staying"]', '"falling"', "items must be a list of texts"),
        ('["falling", "staying"]', '["falling", 7]', "items must be a list of texts"),
        ('["falling", "staying"]', '["falling", ""]', "items must be a list of texts"),
        ('["falling", "staying"]', "[]", ITEMS),
        ('["falling", "staying"]', '["falling", "falling"]', ITEMS),
        ('name = "Sleep"', 'name = "Sleep"\ncolour = "blue"', f"unknown key 'colour'; known are {KNOWN}"),
        ('name = "Sleep"', 'name = "Sleep"\nicce = 50', "[icce] must be a table of numbers in tenths"),
    ],
)
def test_a_wrong_file_is_told_what_to_write(instead_of: str, written: str, told: str) -> None:
    assert instead_of in SOUND
    with pytest.raises(InstrumentError) as raised:
        read(SOUND.replace(instead_of, written), "sleep.toml")
    assert str(raised.value) == f"sleep.toml: {told}"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("reliable = 50", f"[pcoms] knows no 'reliable'; known are {KNOWN_NORMS}"),
        ("reliable_change = 5.0", f"[pcoms]: reliable_change {WHOLE}"),
        ("reliable_change = true", f"[pcoms]: reliable_change {WHOLE}"),
        ('reliable_change = "50"', f"[pcoms]: reliable_change {WHOLE}"),
        ("reliable_change = 0", f"[pcoms]: reliable_change {WHOLE}"),
        ("reliable_change = -50", f"[pcoms]: reliable_change {WHOLE}"),
        ("concern_total = 36.0", f"[pcoms]: concern_total {WHOLE}"),
        ("concern_item = 9.0", f"[pcoms]: concern_item {WHOLE}"),
        ("concern_drop = 1.0", f"[pcoms]: concern_drop {WHOLE}"),
        ('at_cutoff = "above"', "[pcoms]: at_cutoff must be one of functional, clinical"),
        ("cutoff = 250", f"[pcoms] {CUTOFFS}"),
        ("cutoff = { toddler = 250 }", f"[pcoms] {CUTOFFS}"),
        ("cutoff = { adult = 25.0 }", f"[pcoms]: adult {WHOLE}"),
    ],
)
def test_wrong_numbers_are_told_with_their_table(written: str, told: str) -> None:
    with pytest.raises(InstrumentError) as raised:
        read(f"{SOUND}[pcoms]\n{written}\n", "sleep.toml")
    assert str(raised.value) == f"sleep.toml: {told}"


def test_a_file_that_is_no_toml_is_told_where() -> None:
    with pytest.raises(InstrumentError, match=r"^sleep\.toml: .*line 3"):
        read('key = "sleep"\nname = "Sleep"\nitems = [,]\n', "sleep.toml")
