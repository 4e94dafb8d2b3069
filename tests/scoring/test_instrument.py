"""A measure is data: what ships says what its sources say, and a wrong file is told what to write instead."""

from __future__ import annotations

from typing import TypedDict

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


class Shared(TypedDict):
    """What both rule sets say of outcome."""

    first_too_high: int
    item_drop: int
    sawtooth_move: int
    strained_fall: int


# Above 32.0 and moves of 6.0: OpenFIT. An item's fall of 2.0, and 1.0 beside a weak alliance: this project.
OUTCOME = Shared(first_too_high=320, item_drop=20, sawtooth_move=60, strained_fall=10)


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
                **OUTCOME,
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
                **OUTCOME,
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
    assert read(SOUND, "sleep.toml").higher_is_better
    assert not read(SOUND.replace("better", "worse"), "sleep.toml").higher_is_better


def test_what_every_measure_is_judged_by_unless_its_file_says_otherwise() -> None:
    norms = Norms()
    assert norms.no_improvement_at == (3, 6)  # this project
    assert (norms.sawtooth_changes, norms.sawtooth_ratings) == (4, 5)  # OpenFIT
    assert (norms.soon_fall, norms.unusual_fall) == (20, 10)  # this project
    assert (norms.ceiling_run, norms.missed_in_a_row) == (3, 2)  # this project


@pytest.mark.parametrize("gauges", ["outcome", "trend"])
def test_numbers_are_taken_where_higher_is_worse(gauges: str) -> None:
    text = SOUND.replace("better", "worse").replace("trend", gauges) + "[icce]\nreliable_change = 60\n"
    assert read(text, "worry.toml").norms["icce"] == Norms(60)


@pytest.mark.parametrize("ruleset", RULE_SETS)
def test_numbers_of_an_alliance_measure_are_refused_where_higher_is_worse(ruleset: str) -> None:
    """The rules of alliance compare as if higher were better: they would judge upside down."""
    text = SOUND.replace("better", "worse").replace("trend", "alliance")
    assert read(text, "strain.toml").norms[ruleset] == Norms()
    with pytest.raises(InstrumentError) as raised:
        read(f"{text}[{ruleset}]\nconcern_total = 60\n", "strain.toml")
    assert str(raised.value) == (
        "strain.toml: alliance is judged as better when higher; leave out icce and pcoms"
    )


@pytest.mark.parametrize(
    ("written", "norms"),
    [
        ("reliable_change = 1", Norms(1)),
        ("ceiling_run = 1", Norms(ceiling_run=1)),
        ("no_improvement_at = [1]", Norms(no_improvement_at=(1,))),
        ("cutoff = { adult = 1 }", Norms(cutoff={AgeGroup.ADULT: 1})),
    ],
)
def test_the_smallest_numbers_are_taken(written: str, norms: Norms) -> None:
    assert read(f"{SOUND}[icce]\n{written}\n", "sleep.toml").norms["icce"] == norms


def test_every_number_of_a_rule_set_can_be_given() -> None:
    numbers = {
        "reliable_change": 41,
        "first_too_high": 42,
        "item_drop": 43,
        "sawtooth_move": 44,
        "strained_fall": 45,
        "concern_total": 46,
        "concern_item": 47,
        "concern_drop": 48,
        "soon_fall": 49,
        "unusual_fall": 50,
        "sawtooth_changes": 1,
        "sawtooth_ratings": 2,
        "ceiling_run": 3,
        "missed_in_a_row": 4,
    }
    lines = "\n".join(f"{key} = {value}" for key, value in numbers.items())
    more = 'cutoff = { child = 51 }\nat_cutoff = "clinical"\nno_improvement_at = [1, 9]'
    norms = read(f"{SOUND}[pcoms]\n{lines}\n{more}\n", "sleep.toml").norms
    assert {key: getattr(norms["pcoms"], key) for key in numbers} == numbers
    assert norms["pcoms"].cutoff == {AgeGroup.CHILD: 51}
    assert not norms["pcoms"].cutoff_is_functional
    assert norms["pcoms"].no_improvement_at == (1, 9)
    assert norms["icce"] == Norms()


KNOWN = (
    "asked, bands, clients_own, gauges, higher_is, icce, item_max, items, key, name, pcoms, risk_items, whole"
)
KNOWN_NORMS = (
    "at_cutoff, ceiling_run, concern_drop, concern_item, concern_total, cutoff, first_too_high, item_drop, "
    "missed_in_a_row, no_improvement_at, reliable_change, sawtooth_changes, sawtooth_move, sawtooth_ratings, "
    "soon_fall, strained_fall, unusual_fall"
)
COUNT = "must be a whole number above 0"
COUNTS = ("sawtooth_changes", "sawtooth_ratings", "ceiling_run", "missed_in_a_row")
WRONG_COUNTS = ("0", "-1", "2.0", "true", '"2"')
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
        *((f"{key} = {wrong}", f"[pcoms]: {key} {COUNT}") for key in COUNTS for wrong in WRONG_COUNTS),
        (
            "no_improvement_at = 3",
            "[pcoms]: no_improvement_at must be a list of whole numbers, such as [3, 6]",
        ),
        ("no_improvement_at = [3, 0]", f"[pcoms]: no_improvement_at {COUNT}"),
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
