"""What unanswered check-ins tell of, at both edges."""

from __future__ import annotations

import dataclasses

import pytest

from scoring.instrument import RULE_SETS, Norms
from scoring.rules import Finding, Severity, silence
from tests.scoring.series import SRS

MISSED = Finding("missed", Severity.DIGEST)


@pytest.mark.parametrize("ruleset", RULE_SETS)
@pytest.mark.parametrize(
    ("missed", "alliance", "found"),
    [
        # Two in a row, and a risk of drop-out after a weak alliance: this project's own. 36.0, 1.0: OpenFIT.
        pytest.param(0, (100,), (), id="none missed, however weak the alliance"),
        pytest.param(1, (100,), (), id="one"),
        pytest.param(2, (), (MISSED,), id="two, and nothing known of the alliance"),
        pytest.param(
            2, (400, 360), (Finding("dropout_risk", Severity.SOON, None, 400, 360), MISSED), id="fell"
        ),
        pytest.param(2, (369, 360), (MISSED,), id="two, the alliance at the line, a fall of 0.9"),
        pytest.param(
            2,
            (359,),
            (Finding("dropout_risk", Severity.SOON, None, None, 359), MISSED),
            id="two, a tenth below",
        ),
        pytest.param(
            9, (350, 359), (Finding("dropout_risk", Severity.SOON, None, 350, 359), MISSED), id="nine, low"
        ),
        pytest.param(2, (359, 360), (MISSED,), id="two, the alliance mended"),
    ],
)
def test_silence(ruleset: str, missed: int, alliance: tuple[int, ...], found: tuple[Finding, ...]) -> None:
    assert silence(missed, alliance, SRS.norms[ruleset]) == found


@pytest.mark.parametrize(("missed", "found"), [(2, ()), (3, (MISSED,))])
def test_how_many_are_a_finding_is_a_number(missed: int, found: tuple[Finding, ...]) -> None:
    norms = dataclasses.replace(SRS.norms["icce"], missed_in_a_row=3)
    assert silence(missed, (400,), norms) == found


def test_without_numbers_no_alliance_is_weak() -> None:
    assert silence(2, (100, 0), Norms()) == (MISSED,)
