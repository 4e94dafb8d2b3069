"""The texts that taught the weights, with their labels, one a line: taught/<code>/<label>.<kind>.txt.

`risk`: the writer's life or body is in danger now; `concern`: something else that the therapist should hear;
`safe`: neither. taught/README.md says what the kinds are and where the texts come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TAUGHT = Path(__file__).parent / "taught"
REPLIES = "replies"
"""The kind of ordinary answers and of words that steer."""


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
        for text in file.read_text(encoding="utf-8").splitlines():
            if text and (text, label) not in seen:
                seen.add((text, label))
                yield Taught(text, file.parent.name, label, kind)
