"""Weighing words: how much a text as a whole speaks of danger, by what texts that people labelled taught.

Phrases find what somebody thought of; this finds what is said in other words. A text is taken apart into
features: its words and the letters in them, words side by side, pairs of stems, and the concepts that words
stand for (bot/languages/<code>/concepts.toml) alone and in pairs, so that what was learnt in one language
helps in all. Each feature has a weight (bot/languages/danger.weights, made by tests/bot/risk/training.py),
the sum is compared with a limit that grows with the root of the text's length, and that is all: it is a table
of numbers that anybody can look into, and it is pure.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.concepts import Concepts, bare
from bot.packed import Hashed, Pairs

START, END = "^", "$"
"""Stand before the first word and behind the last."""
STEM = 5
"""A word's stem is its first letters, so many."""
REACH = 6
"""How many words a pair of stems may lie apart."""
CONCEPT_REACH = 6
"""How many words a pair of concepts may lie apart."""
WINDOW = 32
"""A longer text is weighed in stretches of so many words, that what lies in its middle is not thinned out."""
STEP = 16
EASE = 4
"""The limit grows with the root of the number of words and so many more: a few words weigh little."""
SHORTEST_GRAM, LONGEST_GRAM = 3, 5
"""Of how many letters the pieces of a word are."""


_REMEMBERED = 1 << 15


def plain(words: Iterable[str]) -> list[str]:
    """Give words as they are weighed: a number is one digit or more, a letter held down is written twice."""
    return list(map(_plain, words))


@lru_cache(maxsize=_REMEMBERED)
def _plain(word: str) -> str:
    if word.isdigit():
        return "0" if len(word) == 1 else "00"
    return _HELD.sub(r"\1\1", word)


_HELD = re.compile(r"(.)\1{2,}")
"""A letter held down."""


def grams(word: str) -> Iterator[str]:
    """Give the pieces of a word, with its ends marked."""
    marked = f"<{word}>"
    for length in range(SHORTEST_GRAM, LONGEST_GRAM + 1):
        for place in range(len(marked) - length + 1):
            yield marked[place : place + length]


def features(words: Sequence[str], concepts: Concepts) -> Iterator[str]:
    """Give every feature of a text of plain words, named as in the table of weights; for training and tests.

    "w" a word, "g" a piece of one, "b" two words side by side, "s" two stems, "c" a concept, "p" two of them.
    """
    for word in words:
        yield f"w{word}"
        yield from (f"g{gram}" for gram in grams(word))
    ends = [START, *words, END]
    yield from (f"b{one} {other}" for one, other in itertools.pairwise(ends))
    stems = [bare(word)[:STEM] for word in ends]
    for place, stem in enumerate(stems):
        yield from (f"s{stem} {other}" for other in stems[place + 1 : place + 1 + REACH])
    along = concepts.along(words)
    for place, here in enumerate(along):
        for one in here:
            yield f"c{one}"
            for there in along[place + 1 : place + 1 + CONCEPT_REACH]:
                yield from (f"p{one} {other}" for other in there)


def stretches(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a long text into stretches that overlap; a short one is its own."""
    if len(words) <= WINDOW:
        yield words
        return
    for start in range(0, len(words) - STEP, STEP):
        yield words[start : start + WINDOW]


class Table(NamedTuple):
    """The weights of features by their kind, in thousandths: plain values, which can be kept.

    Words, stems and concepts have a number each, from 1 on, for what stands in pairs of them.
    """

    limit: int
    words: Mapping[str, int]
    grams: Hashed
    word_numbers: Mapping[str, int]
    beside: Pairs
    stem_numbers: Mapping[str, int]
    stems: Pairs
    concept_numbers: Mapping[str, int]
    single: Mapping[int, int]
    pairs: Pairs


def table_of(weights: Mapping[str, int], limit: int) -> Table:
    """Sort weights by the kind of their features; the limit is multiplied by a root of the length."""
    kinds: dict[str, dict[str, int]] = {kind: {} for kind in "wgbscp"}
    for name, weight in weights.items():
        kinds[name[0]][name[1:]] = weight
    same = {word: word for word in kinds["w"]}  # each is held in memory once
    word_numbers = {same.get(word, word): number for word, number in _numbered(kinds["b"]).items()}
    stem_numbers = _numbered(kinds["s"])
    concept_numbers = _numbered([*kinds["p"], *kinds["c"]])
    return Table(
        limit,
        kinds["w"],
        Hashed.of(kinds["g"]),
        word_numbers,
        Pairs.of(kinds["b"], word_numbers),
        stem_numbers,
        Pairs.of(kinds["s"], stem_numbers),
        concept_numbers,
        {concept_numbers[name]: weight for name, weight in kinds["c"].items()},
        Pairs.of(kinds["p"], concept_numbers),
    )


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """Give what features name a number each, from 1."""
    return {
        name: number for number, name in enumerate(sorted({one for name in names for one in name.split()}), 1)
    }


class _Known(NamedTuple):
    """A word's weight with that of its pieces, its number and its stem's (0: none), and its concepts'."""

    weight: int
    number: int
    stem: int
    concepts: tuple[int, ...]


class Scale:
    """A table of weights, ready to weigh with."""

    def __init__(self, table: Table, concepts: Concepts) -> None:
        """Weigh by this table, and find concepts by those given."""
        self._concepts = concepts
        self._table = table
        self._known = lru_cache(maxsize=_REMEMBERED)(self._looked_up)
        self._limits = [round(table.limit * math.sqrt(count + EASE)) for count in range(WINDOW + 1)]
        self._first_word, self._last_word = _ends(table.word_numbers)
        self._first_stem, self._last_stem = _ends(table.stem_numbers)

    def tips(self, words: Sequence[str]) -> bool:
        """Tell whether a text of plain words, or a stretch of it, speaks of danger."""
        count = len(words)
        if count <= WINDOW:
            return count >= _FEWEST and self.weight(words) >= self._limits[count]
        return any(self.weight(one) >= self._limits[len(one)] for one in stretches(words))

    def weight(self, words: Sequence[str]) -> int:
        """Give the sum of a stretch's weights, in thousandths."""
        found = [self._known(word) for word in words]
        numbers = [self._first_word, *(one.number for one in found), self._last_word]
        stems = [self._first_stem, *(one.stem for one in found), self._last_stem]
        total = sum(one.weight for one in found)
        total += self._table.beside.along(numbers, 1) + self._table.stems.along(stems, REACH)
        along = [one.concepts for one in found]
        for place, meant in self._concepts.phrases(words):
            more = {self._table.concept_numbers.get(concept, 0) for concept in meant}
            along[place] = tuple(sorted({*along[place], *more} - {0}))
        return total + self._of_concepts(along) if any(along) else total

    def _of_concepts(self, along: Sequence[tuple[int, ...]]) -> int:
        single, pairs = self._table.single, self._table.pairs
        total = 0
        for place, here in enumerate(along):
            for one in here:
                total += single.get(one, 0)
                for there in along[place + 1 : place + 1 + CONCEPT_REACH]:
                    total += sum(pairs.weight(one, other) for other in there)
        return total

    def _looked_up(self, word: str) -> _Known:
        table = self._table
        weight = table.words.get(word, 0) + sum(map(table.grams.weight, grams(word)))
        concepts = (table.concept_numbers.get(one, 0) for one in self._concepts.of_word(word))
        number, stem = table.word_numbers.get(word, 0), table.stem_numbers.get(bare(word)[:STEM], 0)
        return _Known(weight, number, stem, tuple(sorted(set(concepts) - {0})))


def _ends(numbers: Mapping[str, int]) -> tuple[int, int]:
    """Give the numbers of what stands before the first and behind the last."""
    return numbers.get(START, 0), numbers.get(END, 0)


_FEWEST = 2
"""A word alone is left to the phrases: out of any sentence it weighs too little to be weighed."""
