"""Where a value is written, so that it lies on no other value and, if it can be helped, on no line."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.charts.sheet import Point

_TALL: Final = 24.0
"""How tall a value is, in pixels."""

_CLOSE: Final = 14.0
"""How far a value stays from its point, in pixels."""

_SPARE: Final = 9.0
"""How far it stays from a line, if it can be helped."""

_THROUGH: Final = 10
"""How many lines beside it are as bad as one through it."""

_SIDES: Final = ((0, -1), (0, 1), (-0.55, -1), (0.55, -1), (-0.55, 1), (0.55, 1))
"""Where it may stand: how far aside, in its own widths, and whether above (-1) or below (1)."""


@dataclass(frozen=True, slots=True)
class Box:
    """What a value covers, in pixels; `top` is the smaller number."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Box) -> bool:
        """Tell whether two boxes share any of their room."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def inside(self, other: Box) -> bool:
        """Tell whether the box lies whole in another."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )

    def meets(self, one: Point, other: Point) -> bool:
        """Tell whether the line between two points runs through the box."""
        (left, up), (right, down) = sorted((one, other))
        if right < self.left or left > self.right:
            return False
        slope = (down - up) / (right - left) if right > left else 0.0
        enters = up + slope * (max(left, self.left) - left)
        leaves = up + slope * (min(right, self.right) - left) if right > left else down
        return min(enters, leaves) <= self.bottom and max(enters, leaves) >= self.top


@dataclass(slots=True)
class Labels:
    """The values written on a panel so far, and the lines they avoid.

    Attributes:
        within: where they may stand.
    """

    within: Box
    _lines: list[tuple[Point, Point]] = field(default_factory=list)
    _boxes: list[Box] = field(default_factory=list)

    def avoid(self, line: Sequence[Point]) -> None:
        """Keep values off a line, if it can be helped."""
        self._lines += itertools.pairwise(line)

    def place(self, at: Point, wide: float) -> Box | None:
        """Find the room for a value so many pixels wide beside its point; None where others take it all."""
        boxes = [_beside(at, wide, aside, down) for aside, down in _SIDES]
        free = [one for one in boxes if one.inside(self.within) and not any(map(one.covers, self._boxes))]
        if not free:
            return None
        best = min(free, key=self._crossed)
        self._boxes.append(best)
        return best

    def _crossed(self, box: Box) -> int:
        """Weigh what is in a box's way: a line through it counts far more than one beside it."""
        wide = Box(box.left - _SPARE, box.top - _SPARE, box.right + _SPARE, box.bottom + _SPARE)
        through = sum(box.meets(*line) for line in self._lines)
        return _THROUGH * through + sum(wide.meets(*line) for line in self._lines)


def _beside(at: Point, wide: float, aside: float, down: float) -> Box:
    middle = at[0] + aside * wide
    top = at[1] + _CLOSE if down > 0 else at[1] - _CLOSE - _TALL
    return Box(middle - wide / 2, top, middle + wide / 2, top + _TALL)
