"""The colours of pictures: one set for light chats, one for dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Theme:
    """A set of colours. What they tell apart differs in shape too.

    Attributes:
        name: what it is called.
        card: the picture's ground.
        ink: text that matters.
        faint: text that explains, and what only stands behind.
        rule: the lines of the grid.
        shade: the clinical range.
        outcome: the outcome line.
        alliance: the alliance line.
        line: cutoffs and alerts.
        warning: text that belongs to them.
        expected: what was expected.
        decision: what was decided.
    """

    name: str
    card: str
    ink: str
    faint: str
    rule: str
    shade: str
    outcome: str
    alliance: str
    line: str
    warning: str
    expected: str
    decision: str


# The colours of lines are those that colour-blind people tell apart, or a darker or a lighter shade of one
# where it would not stand out from its ground: Okabe & Ito, jfly.uni-koeln.de/color.
LIGHT: Final = Theme(
    name="light",
    card="#FCFBF8",
    ink="#22252A",
    faint="#5F656D",
    rule="#E3E0D9",
    shade="#FBF0E1",
    outcome="#0072B2",
    alliance="#009E73",
    line="#D55E00",
    warning="#A84A00",
    expected="#56B4E9",
    decision="#8E4A73",
)

DARK: Final = Theme(
    name="dark",
    card="#1B2027",
    ink="#EEF1F4",
    faint="#A7B0BA",
    rule="#343B44",
    shade="#2E2A24",
    outcome="#56B4E9",
    alliance="#16B58A",
    line="#E69F00",
    warning="#F0B440",
    expected="#0072B2",
    decision="#DDA0C4",
)
