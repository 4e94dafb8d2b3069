"""What finds danger in every shipped language, compiled to plain values that can be kept.

To read all phrases and weights and to index them takes seconds; to read what came of it takes a moment. So
it is kept beside the files that it was made from (bot/keeping.py), as Python keeps its own compiled modules.
What is kept begins with the digest of all that it was made from, files and code, and with its own: it is
passed over where either differs, so nothing outdated or damaged is ever used.
"""

from __future__ import annotations

import marshal
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from bot import phrases
from bot.concepts import Concepts, Dictionary, dictionary_of
from bot.languages import LANGUAGES, RISK_FILES, Language, RiskWords, danger_weights
from bot.packed import MACHINE, Hashed, Pairs, hashed, pairs, plain
from bot.phrasebook import Index, Phrasebook, indexed
from bot.phrases import words_of
from bot.plain import typed
from bot.weighing import Scale, Table, table_of

if TYPE_CHECKING:
    import re
    from importlib.resources.abc import Traversable

_CODE = ("concepts", "danger", "packed", "phrasebook", "phrases", "plain", "weighing", "languages/__init__")
"""The modules that have a say in what comes of the files."""

_DIGEST = 32
"""Bytes of a digest."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns by their numbers, and where they are found.

    Attributes:
        patterns: of each its kind, the number of its language, and as it is written.
        lists: by language, the lists that its patterns call by name.
        index: where they are found.
    """

    patterns: tuple[tuple[str, int, str], ...]
    lists: tuple[Mapping[str, tuple[str, ...]], ...]
    index: Index

    def book(self) -> Phrasebook:
        """Give them as what finds them in texts."""
        shapes = [partial(_shape, text, self.lists[language]) for _, language, text in self.patterns]
        return Phrasebook([kind for kind, _, _ in self.patterns], list(map(_once, shapes)), self.index)


def _shape(pattern: str, lists: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    return phrases.compiled(pattern, lists).shape


def _once(work: Callable[[], re.Pattern[str]]) -> Callable[[], re.Pattern[str]]:
    return cache(work)


class Compiled(NamedTuple):
    """All that finds danger."""

    phrases: Phrases
    dictionary: Dictionary
    table: Table


def phrases_of(languages: Iterable[RiskWords]) -> Phrases:
    """Read and index the phrases of some languages.

    Raises:
        PatternError: one of them can't be read.
    """
    words = tuple(languages)
    patterns = tuple(
        (kind, number, pattern)
        for number, language in enumerate(words)
        for kind, listed in language.patterns.items()
        for pattern in listed
    )
    index = indexed(
        (phrases.compiled(pattern, words[language].lists) for _, language, pattern in patterns),
        [word for language in words for word in language.near],
        [word for language in words for word in language.idle],
    )
    return Phrases(patterns, tuple(dict(language.lists) for language in words), index)


def compiled_now() -> Compiled:
    """Compile everything that ships, from the files, which takes seconds."""
    weights = danger_weights()
    return Compiled(
        phrases_of(language.risk for language in LANGUAGES.values()),
        all_concepts(),
        table_of(weights.of, weights.limit),
    )


def all_concepts() -> Dictionary:
    """Join what words stand for in all shipped languages."""
    return dictionary_of(map(_folded, LANGUAGES.values()))


def _folded(language: Language) -> Mapping[str, list[str]]:
    """Give a language's concepts with their words as texts are split into words; signs are no words."""
    return {
        concept: [
            words + "*" * form.endswith("*")
            for phrase in listed
            for form in typed(phrase)
            if (words := " ".join(words_of(form.removesuffix("*"))))
        ]
        for concept, listed in language.concepts.items()
    }


def compiled() -> Compiled:
    """Give everything that ships, from what is kept, or else from the files; either is the same."""
    return _compiled()[0]


def is_kept() -> bool:
    """Tell whether what `compiled` gives was had from what is kept."""
    return _compiled()[1]


@cache
def _compiled() -> tuple[Compiled, bool]:
    found = kept()
    return (compiled_now(), False) if found is None else (found, True)


class Shipped(NamedTuple):
    """What looks for danger: phrases, and words weighed."""

    book: Phrasebook
    scale: Scale


@cache
def shipped() -> Shipped:
    """Give what looks for danger in every shipped language."""
    found = compiled()
    return Shipped(found.phrases.book(), Scale(found.table, Concepts(found.dictionary)))


def kept() -> Compiled | None:
    """Read what is kept; None where nothing is, or where it was not made from the files and code of now."""
    file = place()
    return restored(file.read_bytes(), digest()) if file.is_file() else None


def place() -> Traversable:
    """Tell where it is kept."""
    return resources.files("bot.languages") / "__pycache__" / f"danger-{unicodedata.unidata_version}.kept"


def stored(found: Compiled, made_from: bytes) -> bytes:
    """Give what to keep: two digests and the values."""
    phrased = (found.phrases.patterns, found.phrases.lists, tuple(found.phrases.index))
    table = tuple(plain(one) if isinstance(one, Pairs | Hashed) else one for one in found.table)
    values = marshal.dumps((phrased, tuple(found.dictionary), table))  # type: ignore[arg-type] # plain values
    return made_from + blake2b(values, digest_size=_DIGEST).digest() + values


def restored(content: bytes, made_from: bytes) -> Compiled | None:
    """Give back what was kept; None where it was made from something else, or is damaged."""
    values = memoryview(content)[2 * _DIGEST :]
    whole = made_from + blake2b(values, digest_size=_DIGEST).digest()
    if content[: 2 * _DIGEST] != whole:
        return None
    # Only this program writes it, beside its own code, and it was just seen to be whole.
    (patterns, lists, index), dictionary, table = marshal.loads(values)  # noqa: S302
    limit, words, grams, word_numbers, beside, stem_numbers, stems, concept_numbers, single, couples = table
    return Compiled(
        Phrases(patterns, lists, Index(*index)),
        Dictionary(*dictionary),
        Table(
            limit,
            words,
            hashed(grams),
            word_numbers,
            pairs(beside),
            stem_numbers,
            pairs(stems),
            concept_numbers,
            single,
            pairs(couples),
        ),
    )


def digest() -> bytes:
    """Give the digest of all that it is made from: files, code, and how this Python sees letters."""
    found = blake2b(f"{marshal.version} {unicodedata.unidata_version}".encode(), digest_size=_DIGEST)
    found.update(MACHINE)
    for name, content in made_from():
        found.update(f"\n{name} {len(content)}\n".encode())
        found.update(content)
    return found.digest()


def made_from() -> Iterator[tuple[str, bytes]]:
    """Give everything that has a say in what is compiled, by name."""
    package = resources.files("bot")
    for module in _CODE:
        yield module, (package / f"{module}.py").read_bytes()
    yield "weights", (package / "languages" / "danger.weights").read_bytes()
    for language in LANGUAGES.values():
        for name in RISK_FILES:
            file = language.folder / name
            yield f"{language.code}/{name}", file.read_bytes() if file.is_file() else b""
