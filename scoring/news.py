"""What of the findings is news: a state that lasts is told once, until it gets worse or was let go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from scoring.change import Yardstick
from scoring.rules import Finding, Severity

Key = tuple[str, str | None]
"""What a finding is about: (rule, item)."""

STANDING = frozenset(
    {"deterioration", "below_best", "off_track", "alliance_low", "alliance_item_low", "alliance_ceiling"}
)
"""The rules that find a state, which lasts from score to score; all others find an event."""


def key_of(finding: Finding) -> Key:
    """Give what a finding is about."""
    return (finding.rule, finding.item)


SHARED = "alliance_strained"
"""The rule that finds the same with the outcome and with the alliance: once is enough."""


def news(
    found: Sequence[Finding],
    held: Collection[Key],
    told: Mapping[Key, Finding],
    measured: Yardstick,
    *,
    elsewhere: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """Give the findings that a therapist has not been told of.

    A state that held at the score before, and was told, is no news: unless it is more urgent now, or has
    got worse since it was told by a reliable change. That nothing improved is none where all got worse.

    Args:
        found: what holds with the latest score.
        held: what held with the score before.
        told: by what it is about, the finding as the therapist was last told of it.
        measured: what totals are measured with.
        elsewhere: what was told of other measures since the score before; of their totals it says nothing of
            this one's, but for the rule that looks at both.
    """
    strained = {one for one in elsewhere if one.rule == SHARED}
    worse = any(one.rule == "deterioration" for one in found)
    return tuple(
        one
        for one in found
        if _is_news(one, held, told.get(key_of(one)), measured)
        and one not in strained
        and not (worse and one.rule == "no_improvement")
    )


def _is_news(found: Finding, held: Collection[Key], told: Finding | None, measured: Yardstick) -> bool:
    if found.rule not in STANDING or told is None or key_of(found) not in held:
        return True
    order = list(Severity)
    if order.index(found.severity) < order.index(told.severity):
        return True
    if measured.reliable is None or told.now is None or found.now is None:
        return False
    return measured.gain(told.now, found.now) <= -measured.reliable


def told_by(alerts: Iterable[Sequence[Finding]]) -> Mapping[Key, Finding]:
    """Give, by what it is about, each finding as it was last told; the alerts oldest first."""
    return {key_of(finding): finding for findings in alerts for finding in findings}
