"""`attune model …`: expected trajectories from a site's own closed episodes, and how well they foretell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import ConfigOption, err, in_office, one_line, out, refuse, settings_of
from bot.cli.modelled import json_of, pages, taken
from bot.cli.replaying import read_table
from bot.office import policy_of
from bot.policy import Policy
from bot.service import Service
from bot.settings import Settings
from scoring.evaluation import PARTS, Evaluation, evaluate
from scoring.fit import FitError, fit
from scoring.histories import Histories
from scoring.instrument import AgeGroup, Gauge
from scoring.model import FEWEST, Model, dumps
from scoring.past import Usable, usable
from scoring.rules import Setup

app = typer.Typer(
    help="Expected trajectories from the site's own closed episodes: fit a model, see how well it foretells.",
    no_args_is_help=True,
)

Table = Annotated[
    str | None,
    typer.Argument(
        help="A table of past scores, as docs/replay.md shows it, or - for stdin; without it the site's"
        " database.",
        show_default=False,
    ),
]
Measure = Annotated[str, typer.Option(help="The outcome measure.")]
Age = Annotated[AgeGroup, typer.Option("--age-group", help="Whose episodes.")]


@dataclass(frozen=True, slots=True)
class Learned:
    """What there is to learn from.

    Attributes:
        setup: what the site judges by, without a curve.
        usable: the episodes, and how many were left out.
        partial: how many forms lacked an answer.
    """

    setup: Setup
    usable: Usable
    partial: int


@app.command("fit", epilog="Example: attune model fit --age-group adult --out ors-adult.model.json")
def fit_command(
    file: Table = None,
    *,
    measure: Measure = "ors",
    age_group: Age = AgeGroup.ADULT,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="The model's file; MEASURE-AGE.model.json where none is named."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Fit a model to closed episodes and write it to a file.

    It takes 100 closed episodes of one measure and age group, each with two scores or more and a first one
    that leaves room to change. Needs statsmodels: pip install attune[model]. Some vendors' licences forbid
    norms made from their scales' scores: read yours first.
    """
    settings = settings_of(config)
    learned = _learned(file, settings, config, measure=measure, age_group=age_group)
    model = _fitted(learned)
    path = to or Path(f"{measure}-{age_group}.model.json")
    _write(path, model)
    out.print(taken(learned.usable, learned.partial), markup=False)
    out.print(
        f"Fitted to {model.episodes} closed episodes; written to {path}. Before it is shown to anyone, see"
        " how well it foretells: attune model evaluate",
        markup=False,
    )


@app.command("evaluate", epilog="Example: attune model evaluate old-scores.csv --age-group adult")
def evaluate_command(
    file: Table = None,
    *,
    measure: Measure = "ors",
    age_group: Age = AgeGroup.ADULT,
    parts: Annotated[int, typer.Option(help="Into so many parts clients are dealt.", min=2, max=20)] = PARTS,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
    config: ConfigOption = None,
) -> None:
    """See how well closed episodes foretell others: each part of the clients by what the rest teach.

    Says how far last scores were from what was foretold, beside carrying the latest score forward and a
    straight line on the first score; how many lay within the nominal 80 % band; and how warnings stood to
    deteriorations, beside the rational rules. Nothing is kept.
    """
    settings = settings_of(config)
    learned = _learned(file, settings, config, measure=measure, age_group=age_group)
    found = _evaluated(learned, parts)
    if as_json:
        typer.echo(json.dumps(json_of(found, learned.setup, learned.usable, learned.partial)))
        return
    out.print(taken(learned.usable, learned.partial), markup=False)
    for page in pages(found):
        out.print(page, soft_wrap=False)


def _learned(
    file: str | None, settings: Settings, config: Path | None, *, measure: str, age_group: AgeGroup
) -> Learned:
    with one_line():
        policy = policy_of(settings)
    outcome = [key for key, one in policy.instruments.items() if one.gauges is Gauge.OUTCOME]
    if measure not in outcome:
        refuse(f"--measure is one of {', '.join(outcome)}")
    instrument = policy.instruments[measure]
    setup = Setup(instrument, instrument.norms[policy.ruleset], age_group)
    histories = _histories(file, policy, config, measure)
    found = usable(histories.episodes, instrument, setup.norms, age_group)
    return Learned(setup, found, histories.partial)


def _histories(file: str | None, policy: Policy, config: Path | None, measure: str) -> Histories:
    if file is not None:
        return read_table(file, policy.instruments)

    async def closed(service: Service, _settings: Settings) -> Histories:
        async with service.store.reading() as tx:
            return Histories(await tx.episodes.closed(measure))

    return in_office(config, closed)


def _fitted(learned: Learned) -> Model:
    setup = learned.setup
    totals = [one.totals for one in learned.usable.past]
    try:
        return fit(totals, setup.instrument, setup.age_group, datetime.now(UTC).date())
    except FitError as error:
        refuse(_why(error, learned))


def _evaluated(learned: Learned, parts: int) -> Evaluation:
    setup = learned.setup
    try:
        with err.status("Fitting to each part's rest"):
            return evaluate(learned.usable.past, setup.instrument, setup.norms, setup.age_group, parts=parts)
    except FitError as error:
        refuse(_why(error, learned))


def _why(error: FitError, learned: Learned) -> str:
    """Say why nothing was fitted, and what was left out, where that is the reason."""
    few = len(learned.usable.past) < FEWEST
    return f"{error}. {taken(learned.usable, learned.partial)}" if few else str(error)


def _write(path: Path, model: Model) -> None:
    """Write a model's file whole or not at all: it may be read while it is made anew."""
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_text(dumps(model), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        refuse(f"{path}: {error.strerror or 'it cannot be written'}; name another file with --out", 1)
