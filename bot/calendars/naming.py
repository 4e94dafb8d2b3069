"""Whom the title of an event names, by the codes that a clinic gives its clients."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from functools import cache

# A hyphen makes one word of two ("AB-12" isn't AB), and so does a point, colon or slash between digits
# ("12:30" isn't client 12).
_BEFORE = r"(?<!\w)(?<!\w-)(?<!\d[.,:/](?=\d))"
_AFTER = r"(?!-?\w)(?!(?<=\d)[.,:/]\d)"


def naming(codes: Collection[str]) -> Callable[[str], frozenset[str]]:
    """Prepare what tells which of these clients a title names.

    Capitals make no difference; where two codes differ in nothing else, a title names both.
    """
    meant = defaultdict(set)
    for code in codes:
        if code.strip():
            meant[code.strip().casefold()].add(code)
    longest_first = sorted(meant, key=len, reverse=True)
    word = re.compile(_BEFORE + "(?:" + "|".join(map(re.escape, longest_first)) + ")" + _AFTER)

    @cache
    def named(title: str) -> frozenset[str]:
        if not meant:
            return frozenset()
        return frozenset().union(*(meant[found.group()] for found in word.finditer(title.casefold())))

    return named
