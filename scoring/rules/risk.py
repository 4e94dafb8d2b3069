"""What a single answer tells of danger, whatever the total."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import Instrument, Mark
from scoring.rules.findings import Finding, Severity


def crisis(instrument: Instrument, marks: Sequence[Mark]) -> tuple[Finding, ...]:
    """Find the risk items that are answered at or above their mark.

    It stands apart from `RULES`: it speaks of a form that is not finished too, it can't be switched off, and
    what it finds goes the way of every cry for help, not that of a score.

    Args:
        instrument: the measure.
        marks: the answers so far, in the order of the items.

    Source: PHQ-9, item 9 at 1 or more, whatever the total: CLINICAL, Measures.
    """
    return tuple(
        Finding("crisis", Severity.URGENT, item, None, mark)
        for position, (item, mark) in enumerate(zip(instrument.items, marks, strict=False))
        if instrument.is_risk(position, mark)
    )
