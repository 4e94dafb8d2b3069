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


class Concepts:
    """What words and phrases stand for, in all languages at once."""

    def __init__(self, dictionaries: Iterable[Mapping[str, Sequence[str]]]) -> None:
        """Index dictionaries: by concept, its words and phrases as bot/phrases.py splits them.

        A word that ends in "*" stands for every word that begins so.
        """
        self._words: dict[str, set[str]] = {}
        self._begins: dict[str, set[str]] = {}
        self._phrases: dict[tuple[str, str], dict[tuple[str, ...], set[str]]] = {}
        for dictionary in dictionaries:
            for concept, listed in dictionary.items():
                for phrase in listed:
                    self._add(concept, phrase.split())
        self._lengths = sorted({len(begin) for begin in self._begins})
        self.of_word = lru_cache(maxsize=_REMEMBERED)(self._of_word)

    def _add(self, concept: str, words: Sequence[str]) -> None:
        first = words[0]
        if len(words) > 1:
            begun = self._phrases.setdefault((first, words[1]), {})
            begun.setdefault(tuple(words[2:]), set()).add(concept)
        elif first.endswith("*"):
            self._begins.setdefault(first[:-1], set()).add(concept)
        else:
            self._words.setdefault(first, set()).add(concept)

    def _of_word(self, word: str) -> tuple[str, ...]:
        """Give the concepts that a word stands for."""
        found: set[str] = set()
        for form in {word, bare(word)}:
            found |= self._words.get(form, _NO_CONCEPTS)
            for length in self._lengths:
                if length > len(form):
                    break
                found |= self._begins.get(form[:length], _NO_CONCEPTS)
        return tuple(sorted(found))

    def phrases(self, words: Sequence[str]) -> Iterator[tuple[int, frozenset[str]]]:
        """Find phrases: the place of the first word of each, and what it stands for."""
        for place, pair in enumerate(itertools.pairwise(words)):
            if (begun := self._phrases.get(pair)) is not None:
                for rest, concepts in begun.items():
                    if tuple(words[place + 2 : place + 2 + len(rest)]) == rest:
                        yield place, frozenset(concepts)

    def along(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """Give the concepts at each word, those of a phrase at its first."""
        found = [self.of_word(word) for word in words]
        for place, concepts in self.phrases(words):
            found[place] = tuple(sorted({*found[place], *concepts}))
        return found


_NO_CONCEPTS: frozenset[str] = frozenset()
_REMEMBERED = 1 << 15
_PROCLITICS = ("وال", "فال", "بال", "كال", "لل", "ال", "و", "ف")
_SHORTEST_STEM = 3


def bare(word: str) -> str:
    """Give an Arabic word without the article and what is written onto it; any other word as it is."""
    if not "\u0600" <= word[0] <= "\u06ff":
        return word
    for proclitic in _PROCLITICS:
        if word.startswith(proclitic) and len(word) - len(proclitic) >= _SHORTEST_STEM:
            return word[len(proclitic) :]
    return word


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


class _Known(NamedTuple):
    """A word's weight with that of its pieces, its stem's number (0: none), and those of its concepts."""

    weight: int
    stem: int
    concepts: tuple[int, ...]


class Scale:
    """A table of weights, ready to weigh with."""

    def __init__(self, weights: Mapping[str, int], limit: int, concepts: Concepts) -> None:
        """Take weights by feature and the limit, in thousandths; it is multiplied by a root of the length."""
        self._concepts = concepts
        self._words = _of_kind(weights, "w")
        self._grams = _of_kind(weights, "g")
        self._beside = _of_kind(weights, "b")
        stems, concept_pairs = _of_kind(weights, "s"), _of_kind(weights, "p")
        single = _of_kind(weights, "c")
        self._stem_numbers = _numbered(stems)
        self._concept_numbers = _numbered([*concept_pairs, *single])
        self._stems = _paired(stems, self._stem_numbers)
        self._pairs = _paired(concept_pairs, self._concept_numbers)
        self._single = {self._concept_numbers[name]: weight for name, weight in single.items()}
        self._known = lru_cache(maxsize=_REMEMBERED)(self._looked_up)
        self._limits = [round(limit * math.sqrt(count + EASE)) for count in range(WINDOW + 1)]
        self._start, self._end = self._stem_numbers.get(START, 0), self._stem_numbers.get(END, 0)

    def tips(self, words: Sequence[str]) -> bool:
        """Tell whether a text of plain words, or a stretch of it, speaks of danger."""
        count = len(words)
        if count <= WINDOW:
            return count >= _FEWEST and self.weight(words) >= self._limits[count]
        return any(self.weight(one) >= self._limits[len(one)] for one in stretches(words))

    def weight(self, words: Sequence[str]) -> int:
        """Give the sum of a stretch's weights, in thousandths."""
        beside, known = self._beside, self._known
        total, before = 0, START
        stems = [self._start]
        along: list[tuple[int, ...]] = []
        none = True
        for word in words:
            weight, stem, concepts = known(word)
            total += weight + beside.get(f"{before} {word}", 0)
            before = word
            stems.append(stem)
            along.append(concepts)
            none = none and not concepts
        total += beside.get(f"{before} {END}", 0)
        stems.append(self._end)
        total += _sum_of_pairs(stems, self._stems)
        for place, found in self._concepts.phrases(words):
            numbers = (self._concept_numbers.get(concept, 0) for concept in found)
            along[place] = tuple(sorted({*along[place], *numbers} - {0}))
            none = False
        return total if none else total + self._of_concepts(along)

    def _of_concepts(self, along: Sequence[tuple[int, ...]]) -> int:
        single, pairs = self._single, self._pairs
        total = 0
        for place, here in enumerate(along):
            for one in here:
                total += single.get(one, 0)
                base = one << _SHIFT
                for there in along[place + 1 : place + 1 + CONCEPT_REACH]:
                    for other in there:
                        total += pairs.get(base | other, 0)
        return total

    def _looked_up(self, word: str) -> _Known:
        weight = self._words.get(word, 0) + sum(self._grams.get(gram, 0) for gram in grams(word))
        concepts = (self._concept_numbers.get(one, 0) for one in self._concepts.of_word(word))
        stem = self._stem_numbers.get(bare(word)[:STEM], 0)
        return _Known(weight, stem, tuple(sorted(set(concepts) - {0})))


_FEWEST = 2
"""A word alone is left to the phrases: out of any sentence it weighs too little to be weighed."""
_SHIFT = 20


def _of_kind(weights: Mapping[str, int], kind: str) -> dict[str, int]:
    return {name[1:]: weight for name, weight in weights.items() if name[0] == kind}


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """Give what features name a number each, from 1."""
    return {
        name: number for number, name in enumerate(sorted({one for name in names for one in name.split()}), 1)
    }


def _paired(weights: Mapping[str, int], numbers: Mapping[str, int]) -> dict[int, int]:
    pairs = ((name.split(), weight) for name, weight in weights.items())
    return {numbers[one] << _SHIFT | numbers[other]: weight for (one, other), weight in pairs}


def _sum_of_pairs(numbers: Sequence[int], weights: Mapping[int, int]) -> int:
    total = 0
    for place, number in enumerate(numbers, 1):
        if number:
            base = number << _SHIFT
            for other in numbers[place : place + REACH]:
                total += weights.get(base | other, 0)
    return total
