"""Which suggestions go with what was found; the words stand with each language.

Ours, brief and ask-first; never a diagnosis. Where both alliance and outcome speak, alliance comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scoring.instrument import Gauge
from scoring.rules import Finding, ItemChange

Suggestion = tuple[str, str]
"""A key into the languages' guidance: (which table, which entry)."""

Fallen = Mapping[Gauge, ItemChange | None]
"""The item of each measure that got worse by most, if any."""

POINT = 10
"""One point, in tenths."""

WHOLE = "overall"
"""The entry that stands where no item can be named."""

_BY_RULE: Mapping[str, Suggestion] = {
    "off_track": ("outcome", "plateau"),
    "no_improvement": ("outcome", "plateau"),
    "sawtooth": ("outcome", "sawtooth"),
    "improved": ("outcome", "improved"),
    "recovered": ("outcome", "recovered"),
    "alliance_ceiling": ("alliance", "ceiling"),
    "missed": ("contact", "missed"),
    "dropout_risk": ("contact", "dropout_risk"),
}
"""The suggestion of each rule that names no item."""

_BY_ITEM: Mapping[str, Gauge] = {
    "alliance_strained": Gauge.ALLIANCE,
    "alliance_low": Gauge.ALLIANCE,
    "alliance_drop": Gauge.ALLIANCE,
    "alliance_item_low": Gauge.ALLIANCE,
    "deterioration": Gauge.OUTCOME,
    "drop": Gauge.OUTCOME,
    "below_best": Gauge.OUTCOME,
    "crossed_below": Gauge.OUTCOME,
    "item_drop": Gauge.OUTCOME,
}
"""The rules whose suggestion is about an item, and of which measure."""


def suggestions(findings: Iterable[Finding], fallen: Fallen) -> tuple[Suggestion, ...]:
    """Choose what to talk about, alliance first, then in the order of the findings; each once.

    Args:
        findings: what was found, most important first.
        fallen: by measure, the item that got worse by most.
    """
    listed = tuple(findings)
    chosen = [one for one in (_suggestion(finding, listed, fallen) for finding in listed) if one is not None]
    ordered = sorted(dict.fromkeys(chosen), key=lambda one: one[0] != Gauge.ALLIANCE)
    return tuple(ordered)


def _suggestion(finding: Finding, findings: Sequence[Finding], fallen: Fallen) -> Suggestion | None:
    if (fixed := _BY_RULE.get(finding.rule)) is not None:
        return fixed
    if (gauge := _BY_ITEM.get(finding.rule)) is None:
        return None
    return (gauge.value, finding.item or _item(gauge, findings, fallen.get(gauge)))


def _item(gauge: Gauge, findings: Sequence[Finding], change: ItemChange | None) -> str:
    """Name the item that changed by a point or more, or a first score's lowest; else one that was found."""
    if change is not None and (change.was is None or abs(change.was - change.now) >= POINT):
        return change.item
    found = (one.item for one in findings if one.item is not None and _BY_ITEM.get(one.rule) is gauge)
    return next(found, WHOLE)


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
