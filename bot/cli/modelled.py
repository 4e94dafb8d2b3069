"""What `attune model` prints: how far off, how often within the band, how warnings stood, and its limits."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.common import table
from scoring.cases import Json
from scoring.evaluation import FORETOLD, WARNING, Errors, Evaluation, Held, Warned
from scoring.expected import BAND
from scoring.hindsight import FEW
from scoring.past import Usable
from scoring.rules import Setup

KNOWN: Mapping[str, str] = {
    "first": "the first score",
    "half": "the first half of the scores",
    "rest": "all scores but the last",
}
"""From what a last score is foretold, by the first word of its way."""

LIMITS = (
    "Other clients, or other years. These episodes were foretold by others of the same time and place.",
    (
        "That a warning does good. Nobody was warned by these bands while the scores were given; and an early"
        " fall that lasts is both the warning and the deterioration, so all ways of warning look better than"
        " they are."
    ),
    (
        "How a client would end who stays. Last scores are those of clients who ended then, as agreed or by"
        " staying away; the session of the last score is told to every line and forecast, and nobody knows"
        " it beforehand."
    ),
)
"""What the evaluation can't show."""


def taken(found: Usable, partial: int) -> str:
    """Say how many episodes there were to learn from, and what was left out and why."""
    left_out = (
        (found.still_open, "not ended yet"),
        (found.too_short, "with one score only"),
        (found.too_high, "begun too high for an expectation"),
    )
    words = ", ".join(f"{count} {why}" for count, why in left_out if count) or "none"
    forms = f"; {partial} forms lacked an answer and are no scores" if partial else ""
    return f"{len(found.past)} closed episodes can be learned from; left out: {words}{forms}."


def pages(found: Evaluation) -> Iterator[RenderableType]:
    """Give what is printed, part by part."""
    yield _heading(f"How far last scores were off, in points ({found.parts} parts)")
    yield _errors(found.errors)
    yield _heading(f"Last scores within the nominal {BAND} % band")
    yield _bands(found)
    yield _heading("Warning of a deterioration at the last score, at a score before it")
    yield _warnings(found.warned)
    deteriorated = found.warned["rules"].caught + found.warned["rules"].missed
    if deteriorated < FEW:
        yield Text(f"With {deteriorated} deteriorations, fewer than {FEW}, sensitivity is too few to say.")
    yield _heading("What this can't show")
    for limit in LIMITS:
        yield Padding(Text(f"- {limit}"), (0, 0, 0, 2))


def json_of(found: Evaluation, setup: Setup, learned: Usable, partial: int) -> Json:
    """Give the figures as a JSON object; a share of nothing is null."""
    return {
        "measure": setup.instrument.key,
        "age_group": str(setup.age_group),
        "episodes": found.episodes,
        "left_out": {
            "open": learned.still_open,
            "one_score": learned.too_short,
            "first_too_high": learned.too_high,
        },
        "partial": partial,
        "parts": found.parts,
        "band": BAND,
        "errors": {
            way: {key: _or_null(one) for key, one in dataclasses.asdict(errors).items()}
            for way, errors in found.errors.items()
        },
        "held": {way: _held_json(held) for way, held in found.held.items()},
        "held_by_first": [_held_json(held) for held in found.by_first],
        "held_on_the_way": _held_json(found.on_the_way),
        "warned": {way: _warned_json(warned) for way, warned in found.warned.items()},
    }


def _held_json(held: Held) -> Json:
    return {**dataclasses.asdict(held), "of": held.of, "share": _or_null(held.share)}


def _warned_json(warned: Warned) -> Json:
    shares = {"sensitivity": _or_null(warned.sensitivity), "specificity": _or_null(warned.specificity)}
    return {**dataclasses.asdict(warned), **shares}


def _or_null(number: float) -> float | None:
    if not math.isfinite(number):
        return None
    return number if isinstance(number, int) else round(number, 4)


def _heading(words: str) -> RenderableType:
    return Padding(Text(words, style="bold underline"), (1, 0, 0, 0))


def _figures(*columns: str) -> Table:
    """Make a table whose figures stand to the right."""
    made = table(*columns[:1])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


def _errors(errors: Mapping[str, Errors]) -> RenderableType:
    rows = _figures("foretold by", "mean\nerror", "root mean\nsquare", "of")
    before = ""
    for way, one in errors.items():
        known = way.partition("_")[0]
        if known != before:
            rows.add_row(f"from {KNOWN[known]}:")
        before = known
        rows.add_row(
            f"  {FORETOLD[way]}", _points(one.mean_absolute), _points(one.root_mean_square), str(one.of)
        )
    return rows


def _bands(found: Evaluation) -> RenderableType:
    rows = _figures("", "within", "below", "above", "of")
    thirds = ("begun lowest, a third", "begun between, a third", "begun highest, a third")
    for name, held in (
        ("the fitted model's band", found.held["model"]),
        *((f"  {name}", held) for name, held in zip(thirds, found.by_first, strict=True)),
        ("  every score from the second on", found.on_the_way),
        ("similar clients' band", found.held["similar"]),
    ):
        parts = (held.within, held.below, held.above)
        rows.add_row(name, *(_percent(part, held.of) for part in parts), str(held.of))
    return rows


def _warnings(warned: Mapping[str, Warned]) -> RenderableType:
    rows = _figures(
        "warned by", "of the deteriorated,\nwarned (sensitivity)", "of the others,\nnot (specificity)"
    )
    for way, one in warned.items():
        rows.add_row(
            WARNING[way],
            _of(one.caught, one.caught + one.missed),
            _of(one.spared, one.spared + one.alarmed),
        )
    return rows


def _points(number: float) -> str:
    return f"{number:.2f}" if math.isfinite(number) else "-"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}\u00a0%" if whole else "-"


def _of(part: int, whole: int) -> str:
    return f"{_percent(part, whole)} ({part} of {whole})" if whole else "-"
