"""Which suggestion goes with what was found; the words stand with each language.

Ours, brief and ask-first; never a diagnosis. Where both alliance and outcome speak, alliance comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import Gauge
from scoring.rules import Finding, ItemChange

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
