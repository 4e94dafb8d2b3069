"""What words and phrases stand for, in all languages at once: "die", "morir" and "sterben" are one concept.

So what was learnt of a text in one language helps in all (bot/weighing.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple


class Dictionary(NamedTuple):
    """What stands for which concepts, in all languages at once: plain values, which can be kept.

    Attributes:
        words: by word.
        begins: by the beginning of a word.
        phrases: by the first two words of a phrase: what is left of it, and the concepts.
    """

    words: Mapping[str, frozenset[str]]
    begins: Mapping[str, frozenset[str]]
    phrases: Mapping[tuple[str, str], tuple[tuple[tuple[str, ...], frozenset[str]], ...]]


def dictionary_of(languages: Iterable[Mapping[str, Sequence[str]]]) -> Dictionary:
    """Join languages: by concept, its words and phrases as bot/phrases.py splits them.

    A word that ends in "*" stands for every word that begins so.
    """
    words: dict[str, set[str]] = {}
    begins: dict[str, set[str]] = {}
    longer: dict[tuple[str, str], dict[tuple[str, ...], set[str]]] = {}
    for concept, phrase in ((one, phrase) for each in languages for one in each for phrase in each[one]):
        first, *rest = phrase.split()
        if rest:
            longer.setdefault((first, rest[0]), {}).setdefault(tuple(rest[1:]), set()).add(concept)
        elif first.endswith("*"):
            begins.setdefault(first[:-1], set()).add(concept)
        else:
            words.setdefault(first, set()).add(concept)
    once: dict[frozenset[str], frozenset[str]] = {}

    def same(concepts: Iterable[str]) -> frozenset[str]:
        """Give one set for all that hold the same: many words stand for the same concepts."""
        found = frozenset(concepts)
        return once.setdefault(found, found)

    return Dictionary(
        {word: same(concepts) for word, concepts in words.items()},
        {begin: same(concepts) for begin, concepts in begins.items()},
        {
            pair: tuple((rest, same(concepts)) for rest, concepts in begun.items())
            for pair, begun in longer.items()
        },
    )


class Concepts:
    """Finds what words and phrases stand for."""

    def __init__(self, dictionary: Dictionary) -> None:
        """Look things up in this dictionary."""
        self._dictionary = dictionary
        self._lengths = sorted({len(begin) for begin in dictionary.begins})
        self.of_word = lru_cache(maxsize=_REMEMBERED)(self._of_word)

    def _of_word(self, word: str) -> tuple[str, ...]:
        """Give the concepts that a word stands for."""
        found: set[str] = set()
        words, begins, _ = self._dictionary
        for form in {word, bare(word)}:
            found |= words.get(form, _NO_CONCEPTS)
            for length in self._lengths:
                if length > len(form):
                    break
                found |= begins.get(form[:length], _NO_CONCEPTS)
        return tuple(sorted(found))

    def phrases(self, words: Sequence[str]) -> Iterator[tuple[int, frozenset[str]]]:
        """Find phrases: the place of the first word of each, and what it stands for."""
        longer = self._dictionary.phrases
        for place, pair in enumerate(itertools.pairwise(words)):
            for rest, concepts in longer.get(pair, ()):
                if tuple(words[place + 2 : place + 2 + len(rest)]) == rest:
                    yield place, concepts

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
