"""A site's own numbers: each reaches the measure that it is of, and no other."""

from __future__ import annotations

import pytest

from bot.office import policy_of
from bot.settings import Settings
from scoring.instrument import AgeGroup, Norms
from scoring.instruments import INSTRUMENTS

OWN = {
    "reliable_change": ("ors", "reliable_change", 7, 70),
    "at_cutoff": ("ors", "cutoff_is_functional", "clinical", False),
    "first_too_high": ("ors", "first_too_high", 30, 300),
    "item_drop": ("ors", "item_drop", 3, 30),
    "no_improvement_at": ("ors", "no_improvement_at", [4], (4,)),
    "sawtooth_move": ("ors", "sawtooth_move", 7, 70),
    "sawtooth_changes": ("ors", "sawtooth_changes", 3, 3),
    "sawtooth_ratings": ("ors", "sawtooth_ratings", 6, 6),
    "strained_fall": ("ors", "strained_fall", 2, 20),
    "srs_total": ("srs", "concern_total", 34, 340),
    "srs_item": ("srs", "concern_item", 8.5, 85),
    "srs_drop": ("srs", "concern_drop", 2, 20),
    "srs_soon_fall": ("srs", "soon_fall", 3, 30),
    "srs_unusual_fall": ("srs", "unusual_fall", 2, 20),
    "ceiling_run": ("srs", "ceiling_run", 4, 4),
    "missed_in_a_row": ("srs", "missed_in_a_row", 3, 3),
    "phq9_reliable_change": ("phq9", "reliable_change", 5, 50),
    "gad7_reliable_change": ("gad7", "reliable_change", 5, 50),
}


def norms(numbers: dict[str, object], measure: str) -> Norms:
    """Give a measure's norms at a site with these numbers."""
    policy = policy_of(Settings.model_validate({"rules": {"numbers": numbers}}))
    return policy.instruments[measure].norms["icce"]


@pytest.mark.parametrize("name", OWN)
def test_each_number_reaches_its_measure(name: str) -> None:
    measure, norm, written, kept = OWN[name]
    assert getattr(norms({name: written}, measure), norm) == kept
    assert getattr(INSTRUMENTS[measure].norms["icce"], norm) != kept
    for other in {"phq9", "gad7"} - {measure}:
        assert norms({name: written}, other) == INSTRUMENTS[other].norms["icce"]


@pytest.mark.parametrize("age", AgeGroup)
def test_cutoffs_are_set_by_age_for_ors_and_at_once_for_the_others(age: AgeGroup) -> None:
    assert norms({f"cutoff_{age}": 27.5}, "ors").cutoff[age] == 275
    assert norms({"phq9_cutoff": 12}, "phq9").cutoff.get(age) in {120, None}
    assert norms({"gad7_cutoff": 10}, "gad7").cutoff[AgeGroup.ADULT] == 100
    assert norms({"phq9_cutoff": 12}, "ors") == INSTRUMENTS["ors"].norms["icce"]
