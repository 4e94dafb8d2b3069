"""What unanswered check-ins tell of."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import Norms
from scoring.rules.findings import Finding, Severity
from scoring.trajectory import Zone, alliance_zone


def silence(missed: int, alliance: Sequence[int], norms: Norms) -> tuple[Finding, ...]:
    """Find check-ins in a row that were not answered, and where the alliance was weak the risk of drop-out.

    Args:
        missed: how many in a row, up to now.
        alliance: the alliance totals so far, in tenths, oldest first.
        norms: of the alliance measure.

    Source: two in a row, and that a weak alliance makes it a risk, are this project's own.
    """
    if missed < norms.missed_in_a_row:
        return ()
    found = (Finding("missed", Severity.DIGEST),)
    weak = alliance_zone(alliance, line=norms.concern_total, fall=norms.concern_drop) is Zone.RED
    if not weak:
        return found
    was = alliance[-2] if len(alliance) > 1 else None
    return (Finding("dropout_risk", Severity.SOON, None, was, alliance[-1]), *found)
