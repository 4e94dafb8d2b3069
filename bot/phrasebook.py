"""Which of many patterns a text may hold, found by its words, so that it is compared with those alone.

What is looked up is plain values (`Index`): made once from all patterns, which takes seconds, and kept
(bot/danger.py). A pattern itself is read, and its regular expression compiled, when a text may first hold it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

from bot.phrases import AND, Pattern, words_of
from bot.plain import fold


class Index(NamedTuple):
    """Where patterns, by their numbers, are found.

    Attributes:
        needs: by pattern, sets of words by their numbers; a text that holds it has a word of each.
        sets: by word, the sets that it is in.
        words: patterns by the words of which a text that holds them has one.
        begins: the same by beginnings of words.
        known: every word that a pattern may hold.
        near: such words by their misspellings.
        idle: words that are left out.
    """

    needs: tuple[tuple[int, ...], ...]
    sets: Mapping[str, tuple[int, ...]]
    words: Mapping[str, tuple[int, ...]]
    begins: Mapping[str, tuple[int, ...]]
    known: frozenset[str]
    near: Mapping[str, str]
    idle: frozenset[str]

    def with_patterns(self, patterns: Iterable[Pattern]) -> Index:
        """Add patterns behind those there are."""
        more = indexed(
            patterns, first=len(self.needs), first_set=1 + max(map(max, self.sets.values()), default=-1)
        )
        known = self.known | more.known
        return Index(
            self.needs + more.needs,
            _joined(self.sets, more.sets),
            _joined(self.words, more.words),
            _joined(self.begins, more.begins),
            known,
            {form: word for form, word in self.near.items() if form not in more.known},
            self.idle - known,
        )


def indexed(
    patterns: Iterable[Pattern],
    near: Iterable[str] = (),
    idle: Iterable[str] = (),
    *,
    first: int = 0,
    first_set: int = 0,
) -> Index:
    """Index patterns, numbered from `first` on, and the sets of words that they need, from `first_set` on.

    Words `near` those given are taken for them; `idle` ones that no pattern holds are left out.
    """
    listed = tuple(patterns)
    known = {word: word for pattern in listed for word in pattern.words}  # each is held in memory once
    numbers = _Numbers(known, first_set)
    words: defaultdict[str, list[int]] = defaultdict(list)
    begins: defaultdict[str, list[int]] = defaultdict(list)
    for number, pattern in enumerate(listed, first):
        for anchor in pattern.anchors:
            plain = anchor.removesuffix("*")
            (begins if anchor.endswith("*") else words)[known.get(plain, plain)].append(number)
    needs = tuple(tuple(map(numbers.of, pattern.needs)) for pattern in listed)
    misspelt = {form: known.get(word, word) for word in near for form in _misspellings(word)}
    return Index(
        needs,
        _frozen(numbers.sets),
        _frozen(words),
        _frozen(begins),
        frozenset(known),
        {form: word for form, word in misspelt.items() if form not in known},
        frozenset(idle) - known.keys(),
    )


class _Numbers:
    """Gives sets of words a number each, and keeps by word the sets that it is in."""

    def __init__(self, known: Mapping[str, str], first: int) -> None:
        self._known = known
        self._first = first
        self._numbers: dict[frozenset[str], int] = {}
        self.sets: defaultdict[str, list[int]] = defaultdict(list)

    def of(self, words: frozenset[str]) -> int:
        """Give a set's number."""
        if (found := self._numbers.get(words)) is not None:
            return found
        number = self._numbers[words] = self._first + len(self._numbers)
        for word in words:
            self.sets[self._known.get(word, word)].append(number)
        return number


def _frozen(index: Mapping[str, Sequence[int]]) -> Mapping[str, tuple[int, ...]]:
    return {word: tuple(numbers) for word, numbers in index.items()}


def _joined(
    one: Mapping[str, tuple[int, ...]], other: Mapping[str, tuple[int, ...]]
) -> Mapping[str, tuple[int, ...]]:
    return {**one, **{word: one.get(word, ()) + numbers for word, numbers in other.items()}}


class Phrasebook:
    """Patterns by kind, found by the words that a text holds."""

    def __init__(
        self, kinds: Sequence[str], shapes: Sequence[Callable[[], re.Pattern[str]]], index: Index
    ) -> None:
        """Keep an index, and by the number of each pattern its kind and what gives its shape."""
        self._kinds = tuple(kinds)
        self._shapes = tuple(shapes)
        self._index = index
        self._lengths = tuple(sorted({len(begin) for begin in index.begins}))
        self._word = functools.lru_cache(maxsize=_REMEMBERED)(self._looked_up)

    @classmethod
    def of(
        cls, patterns: Iterable[tuple[str, Pattern]], near: Iterable[str] = (), idle: Iterable[str] = ()
    ) -> Self:
        """Make a book of patterns, each with its kind; `near` and `idle` are as in `indexed`."""
        listed = tuple(patterns)
        index = indexed((pattern for _, pattern in listed), near, idle)
        return cls([kind for kind, _ in listed], [pattern.spell for _, pattern in listed], index)

    def with_patterns(self, patterns: Sequence[tuple[str, Pattern]]) -> Phrasebook:
        """Give a book that holds these patterns too, behind its own."""
        return Phrasebook(
            (*self._kinds, *(kind for kind, _ in patterns)),
            (*self._shapes, *(pattern.spell for _, pattern in patterns)),
            self._index.with_patterns(pattern for _, pattern in patterns),
        )

    def found(self, words: Sequence[str]) -> tuple[str, list[tuple[str, re.Pattern[str]]]]:
        """Give the text as it is compared, and the patterns that it may hold, by kind."""
        numbers: set[int] = set()
        there: set[int] = set()
        normal: list[str] = []
        apart: list[str] = []
        for word in words:
            plain, held, sets = self._word(word)
            normal += plain[:1]
            apart += plain[1:] or plain
            numbers.update(held)
            there.update(sets)
        if not numbers:
            return "", []
        if len(apart) > len(normal):
            normal += ["/", *apart]
        text = f" {' '.join(normal)} "
        needs = self._index.needs
        return text, [
            (self._kinds[number], self._shapes[number]())
            for number in sorted(numbers)
            if there.issuperset(needs[number])
        ]

    def _looked_up(self, word: str) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
        """Give a word as compared and the words run together in it, what they may anchor, and their sets."""
        if word in self._index.idle:
            return (), (), ()
        plain = self._normal(word)
        meant = [plain, plain[1:]] if plain[0] in AND else [plain]
        numbers = {number for one in meant for number in self._numbers(one)}
        apart = () if numbers or plain in self._index.known else self._apart(plain)
        numbers.update(number for part in apart for number in self._numbers(part))
        meant += [*apart, *(part[1:] for part in apart if part[0] in AND)]
        sets = {number for one in meant for number in self._index.sets.get(one, ())}
        return (plain, *apart), tuple(numbers), tuple(sets)

    def _apart(self, word: str) -> tuple[str, ...]:
        """Take words apart that were written without spaces ("iwanttodie"); the fewest that do."""
        if not _RUN_TOGETHER <= len(word) <= _LONGEST:
            return ()
        best: list[tuple[str, ...] | None] = [(), *(None for _ in word)]
        for end in range(1, len(word) + 1):
            for start in range(end):
                before, part = best[start], word[start:end]
                if before is None or not self._stands(part):
                    continue
                held = best[end]
                if held is None or len(before) + 1 < len(held):
                    best[end] = (*before, part)
        return best[-1] or ()

    def _stands(self, part: str) -> bool:
        return part in self._index.known and (len(part) > 1 or part in "ia")

    def _numbers(self, word: str) -> Iterator[int]:
        yield from self._index.words.get(word, ())
        for length in self._lengths:
            if length > len(word):
                break
            yield from self._index.begins.get(word[:length], ())

    def _normal(self, word: str) -> str:
        """Undo a disguise or a slip, where that makes a word that a pattern holds."""
        known = self._index.known
        if word in known:
            return word
        mixed = word.isalnum() and not word.isalpha() and not word.isdigit()
        if mixed and (plain := word.translate(_LEET)) in known:
            return plain
        for pattern, instead in ((_THRICE, r"\1"), (_THRICE, r"\1\1")):
            if (plain := pattern.sub(instead, word)) in known:
                return plain
        return self._index.near.get(word, word)


_RUN_TOGETHER = 6
_LONGEST = 32
"""Words of these lengths, in letters, may be several that were written without spaces."""


_REMEMBERED = 1 << 14
"""How many words are remembered with what was found for them."""
_LEET = str.maketrans("013457", "oieast")
_THRICE = re.compile(r"(.)\1{2,}")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _KEYS
    for place, key in enumerate(row)
}


def _misspellings(word: str) -> Iterator[str]:
    """Give a word with one letter left out, doubled, exchanged with the next, or typed beside its key."""
    plain = " ".join(words_of(fold(word)))
    for place in range(1, len(plain)):
        for key in _BESIDE.get(plain[place], ""):
            yield plain[:place] + key + plain[place + 1 :]
        yield plain[:place] + plain[place + 1 :]
        yield plain[:place] + plain[place] + plain[place:]
        yield plain[: place - 1] + plain[place] + plain[place - 1] + plain[place + 1 :]
