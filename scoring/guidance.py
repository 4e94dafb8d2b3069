"""Which suggestion goes with what was found; the words stand with each language.

Ours, brief and ask-first; never a diagnosis. Where both alliance and outcome speak, alliance comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import Gauge
from scoring.rules import POINT, Finding, ItemChange

Suggestion = tuple[str, str]
"""A key into the language's guidance: (what kind, which item)."""


def suggest(gauge: Gauge, findings: Sequence[Finding], change: ItemChange | None) -> Suggestion:
    """Choose one way to open the conversation.

    Args:
        gauge: what the measure tells of.
        findings: what was found, most important first.
        change: the item that fell most, if any.
    """
    item = change.item if change else next((one.item for one in findings if one.item), None)
    return (gauge.value, item or "overall")


def ask_about(gauge: Gauge, findings: Sequence[Finding], change: ItemChange | None) -> str | None:
    """Name the item of an alliance measure of which the client is asked one open question more.

    It is the one that fell most, where it fell by a point or more, else the lowest of those that are low.
    That a tenth is no fall is this project's own.

    Args:
        gauge: what the measure tells of.
        findings: what was found.
        change: the item that fell most, if any.
    """
    if gauge is not Gauge.ALLIANCE:
        return None
    if change is not None and change.was is not None and change.was - change.now >= POINT:
        return change.item
    low = [one for one in findings if one.rule == "alliance_item_low" and one.now is not None]
    return min(low, key=lambda one: one.now or 0).item if low else None
