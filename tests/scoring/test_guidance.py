"""Of which item of an alliance measure one more question is asked."""

from __future__ import annotations

import pytest

from scoring.guidance import ask_about
from scoring.instrument import Gauge
from scoring.rules import Finding, ItemChange, Severity

LOW = (
    Finding("alliance_low", Severity.SOON, None, None, 300),
    Finding("alliance_item_low", Severity.DIGEST, "goals", 90, 80),
    Finding("alliance_item_low", Severity.DIGEST, "approach", 80, 70),
)


@pytest.mark.parametrize(
    ("gauge", "found", "change", "item"),
    [
        pytest.param(Gauge.ALLIANCE, (), None, None, id="all is well"),
        pytest.param(Gauge.ALLIANCE, (), ItemChange("goals", 100, 90), "goals", id="fell by a point"),
        pytest.param(Gauge.ALLIANCE, (), ItemChange("goals", 100, 91), None, id="by a tenth less"),
        pytest.param(Gauge.ALLIANCE, (), ItemChange("goals", None, 90), None, id="a first score never fell"),
        pytest.param(Gauge.ALLIANCE, LOW, None, "approach", id="the lowest of the low"),
        pytest.param(Gauge.ALLIANCE, LOW, ItemChange("goals", 90, 80), "goals", id="a fall before a low"),
        pytest.param(Gauge.ALLIANCE, LOW[:1], None, None, id="a low total is of no item"),
        pytest.param(Gauge.OUTCOME, (), ItemChange("social", 80, 20), None, id="only about the alliance"),
    ],
)
def test_ask_about(
    gauge: Gauge, found: tuple[Finding, ...], change: ItemChange | None, item: str | None
) -> None:
    assert ask_about(gauge, found, change) == item
