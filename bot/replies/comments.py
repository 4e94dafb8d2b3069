"""What was written beside a number, as it was written."""

from __future__ import annotations

from collections.abc import Iterable

from bot.plain import FOLDS, LENGTH, clean
from bot.replies.grammar import AROUND

_JOINS = AROUND + "".join(
    map(
        chr,
        (
            *(0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212),  # dashes
            *(0x060C, 0x061B, 0x061F),  # Arabic signs
            *(0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF01, 0xFF1F, 0xFF08, 0xFF09),  # wide signs
            0x00A0,
        ),
    )
)
"""Signs that join a number to a comment and belong to neither."""


def beside(text: str, folded: str, spans: Iterable[tuple[int, int]]) -> str:
    """Give what was written in these spans of the folded text."""
    bare = text.strip()
    if text.isascii() and len(bare) == len(folded):  # nothing was folded away: the places are the same
        parts = [bare[start:end].replace("\n", " ") for start, end in spans]
    else:
        parts = _cut(text, folded, spans)
    return " ".join(stripped for part in parts if (stripped := part.strip(_JOINS)))


def _cut(text: str, folded: str, spans: Iterable[tuple[int, int]]) -> list[str]:
    """Cut a text at places of its folded form, each of which came from some place in it."""
    plain: list[tuple[str, int]] = []
    for place, character in enumerate(text[:LENGTH]):
        for sign in FOLDS[";" if character == "\n" else character]:
            if sign != " " or (plain and plain[-1][0] != " "):
                plain.append((sign, place))
    origin = [place for _, place in plain[: len(folded)]] + [len(text)]
    return [clean(text[origin[start] : origin[end]]) for start, end in spans]
