"""The texts that taught the weights, with their labels, one a line: taught/<code>/<label>.<kind>.txt.

`risk`: the writer's life or body is in danger now; `concern`: something else that the therapist should hear;
`safe`: neither. taught/README.md says what the kinds are and where the texts come from.

A text of the kind `slots` stands for many: words in brackets may stand in one another's place, "(I|we) left".
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TAUGHT = Path(__file__).parent / "taught"
REPLIES = "replies"
"""The kind of ordinary answers and of words that steer."""


SLOTS = "slots"
"""The kind of sentences that stand for many."""
DRAWN = 10
"""How many texts are drawn from each of them, at most."""
_CHOICES = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Taught:
    """One labelled text."""

    text: str
    language: str
    label: str
    kind: str

    @property
    def risk(self) -> bool:
        """Whether it shows danger to the writer's life."""
        return self.label == "risk"


def taught() -> Iterator[Taught]:
    """Read every text, in a fixed order, each once."""
    seen: set[tuple[str, str]] = set()
    for file in sorted(TAUGHT.glob("*/*.txt")):
        label, kind = file.stem.split(".")
        lines = file.read_text(encoding="utf-8").splitlines()
        for text in drawn(lines) if kind == SLOTS else lines:
            if text and (text, label) not in seen:
                seen.add((text, label))
                yield Taught(text, file.parent.name, label, kind)


def drawn(sentences: Iterable[str]) -> Iterator[str]:
    """Draw texts from sentences with words to choose from, the same ones each time."""
    for sentence in sentences:
        chance = random.Random(sentence)
        yield from sorted({_one_of(sentence, chance) for _ in range(DRAWN)})


def _one_of(sentence: str, chance: random.Random) -> str:
    text = _CHOICES.sub(lambda found: chance.choice(found[1].split("|")), sentence)
    return " ".join(text.split()).replace(" ,", ",")


def agreed(texts: Iterable[Taught]) -> list[Taught]:
    """Leave out texts that stand for danger in one place and for none in another."""
    listed = list(texts)
    risky = {row.text.casefold() for row in listed if row.risk}
    disputed = risky & {row.text.casefold() for row in listed if not row.risk}
    return [row for row in listed if row.text.casefold() not in disputed]
