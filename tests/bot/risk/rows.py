"""The labelled texts, and the figures of the danger check on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.safety import look

HERE = Path(__file__).parent
LANGUAGE_CODES = ("ar", "da", "de", "en", "es", "fr", "nl")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text. `explicit`: any careful reader would say danger from the words alone."""

    text: str
    language: str
    label: str
    kind: str
    explicit: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found: shares from 0 to 1."""

    risk: int
    found: int
    explicit: int
    explicit_found: int
    others: int
    false_alarms: int

    @property
    def recall(self) -> float:
        """How much of the danger was found."""
        return self.found / self.risk

    @property
    def precision(self) -> float:
        """How much of what was found is danger."""
        return self.found / (self.found + self.false_alarms)


def rows(half: str, code: str) -> list[Row]:
    """Load one language's rows of a half: "seen" or "held_out"."""
    lines = (HERE / half / f"{code}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Row(**json.loads(line)) for line in lines]


def figures(listed: Iterable[Row]) -> Figures:
    """Look for danger in rows and count."""
    looked = [(row, look(row.text).crisis) for row in listed]
    risk = [(row, found) for row, found in looked if row.label == "risk"]
    others = [found for row, found in looked if row.label != "risk"]
    return Figures(
        risk=len(risk),
        found=sum(found for _, found in risk),
        explicit=sum(row.explicit for row, _ in risk),
        explicit_found=sum(found for row, found in risk if row.explicit),
        others=len(others),
        false_alarms=sum(others),
    )


HEAD = """
| language | risk texts | found | of the explicit | others | false alarms | precision |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Print the tables; docs/safety.md holds the one of the held-out texts."""
    for half in ("held_out", "seen"):
        listed = {code: rows(half, code) for code in LANGUAGE_CODES}
        lines = [_line(code, figures(one)) for code, one in listed.items()]
        everything = _line("all", figures(row for one in listed.values() for row in one))
        sys.stdout.write("\n".join([half + HEAD.rstrip(), *lines, everything]) + "\n")


def _line(name: str, one: Figures) -> str:
    explicit = f"{one.explicit_found} of {one.explicit}"
    found = f"{one.found} ({one.recall:.0%})"
    cells = (name, one.risk, found, explicit, one.others, one.false_alarms, f"{one.precision:.2f}")
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
