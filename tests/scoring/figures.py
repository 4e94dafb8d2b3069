"""The tables of docs/clinical.md on expected trajectories: `python -m tests.scoring.figures` prints them.

With a number it draws other cohorts of the same kinds: how much of a figure is chance.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from scoring.evaluation import FORETOLD, WARNING, Evaluation, Held, evaluate
from scoring.instrument import AgeGroup
from scoring.past import usable
from tests.scoring.cohorts import COHORTS, cohort
from tests.scoring.series import ORS

FROM = {"first": "first score", "half": "first half", "rest": "all but the last"}


def evaluations(seed: int | None = None) -> Mapping[str, Evaluation]:
    """Evaluate on each cohort, as `attune model evaluate` does."""
    norms = ORS.norms["icce"]
    return {
        name: evaluate(
            usable(cohort(name, seed=seed), ORS, norms, AgeGroup.ADULT).past, ORS, norms, AgeGroup.ADULT
        )
        for name in COHORTS
    }


def tables(found: Mapping[str, Evaluation]) -> Iterator[str]:
    """Give the lines of the three tables, as Markdown."""
    names = tuple(found)
    yield from _head("known", "foretold by", *names)
    for way, words in FORETOLD.items():
        errors = [one.errors[way] for one in found.values()]
        cells = [f"{one.mean_absolute:.1f} / {one.root_mean_square:.1f}" for one in errors]
        yield _row(FROM[way.partition("_")[0]], words, *cells)
    yield ""
    yield from _head("band, and which scores", *names)
    for words, held in _bands(found):
        yield _row(words, *(f"{100 * one.share:.1f} % ({one.below} / {one.above})" for one in held))
    yield ""
    yield from _head("warned by", *names)
    for way, words in WARNING.items():
        warned = [one.warned[way] for one in found.values()]
        yield _row(words, *(f"{100 * one.sensitivity:.0f} / {100 * one.specificity:.0f}" for one in warned))


def _bands(found: Mapping[str, Evaluation]) -> Iterator[tuple[str, Sequence[Held]]]:
    yield "fitted model, last scores", [one.held["model"] for one in found.values()]
    for place, third in enumerate(("lowest", "middle", "highest")):
        yield f"… of the third that began {third}", [one.by_first[place] for one in found.values()]
    yield "fitted model, every score from the second on", [one.on_the_way for one in found.values()]
    yield "similar clients, last scores", [one.held["similar"] for one in found.values()]


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield "|" + " --- |" * len(cells)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    for line in tables(evaluations(int(sys.argv[1]) if len(sys.argv) > 1 else None)):
        print(line)  # noqa: T201 (what it is for)
