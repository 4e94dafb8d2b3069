"""`attune replay`: a clinic's old scores, run through the rules as if they had come in then."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import USAGE, ConfigOption, err, one_line, out, refuse, settings_of
from bot.cli.replay_tables import Swept
from bot.cli.replayed import pages
from bot.office import policy_of
from bot.policy import Policy
from bot.settings import Settings
from bot.thresholds import DECIDES, Threshold, thresholds
from scoring.cases import Json
from scoring.hindsight import (
    OF_ALLIANCE,
    OF_OUTCOME,
    Endings,
    Foresight,
    Hindsight,
    Load,
    by_therapist,
    look_back,
    rule_counts,
)
from scoring.histories import Episode, Histories, HistoriesError, read
from scoring.instrument import RULE_SETS, Instrument
from scoring.replay import Told, ending


class RuleSet(StrEnum):
    """The named sets of numbers."""

    ICCE = "icce"
    PCOMS = "pcoms"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", epilog="Example: attune replay docs/examples/scores.csv")(replay_command)


def replay_command(
    file: Annotated[
        str, typer.Argument(help="A table of past scores, as docs/replay.md shows it; - for stdin.")
    ],
    *,
    ruleset: Annotated[
        RuleSet | None, typer.Option(help="Whose numbers judge; without it those of the config.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON lines.")] = False,
    config: ConfigOption = None,
) -> None:
    """Run a clinic's past scores through the rules, as if they had come in one by one.

    Says which drop-outs and which deteriorations an alert would have come before, how many sessions earlier,
    how many alerts there would have been a week, and what other thresholds would have done. Nothing is kept,
    and nobody is told.
    """
    settings = settings_of(config)
    with one_line():
        site = _under(settings, ruleset or settings.rules.ruleset)
        others = [_under(settings, name) for name in RULE_SETS if name != site.ruleset]
    histories = read_table(file, site.instruments)
    if not histories.episodes:
        source = "stdin" if file == "-" else file
        refuse(f"{source}: no row is a whole score; docs/replay.md shows what a table looks like")
    found = look_back(histories.episodes, site)
    swept = list(sweep(histories.episodes, found, site, others))
    if as_json:
        for line in _json(histories, found, site, swept):
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    for page in pages(histories, found, site, swept):
        out.print(page, soft_wrap=False)


def read_table(file: str, measures: Mapping[str, Instrument]) -> Histories:
    """Read a table of past scores, from stdin where the file is "-"; ends the command where it can't be."""
    try:
        if file == "-":
            lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="")
            histories = read(lines, "stdin", measures)
            lines.detach()
            return histories
        with Path(file).open(encoding="utf-8", newline="") as opened:
            return read(opened, file, measures)
    except OSError as error:
        refuse(f"{file}: {error.strerror or 'it cannot be read'}; name a table of scores, or - for stdin")
    except UnicodeDecodeError:
        refuse(f"{file}: it is not UTF-8; save it as CSV in UTF-8")
    except HistoriesError as error:
        for fault in error.faults:
            err.print(fault, markup=False)
        raise typer.Exit(USAGE) from None


def _under(settings: Settings, ruleset: str) -> Policy:
    """Give the site's policy under a rule set; its own numbers stand in for those of either."""
    rules = settings.rules.model_copy(update={"ruleset": str(ruleset)})
    return policy_of(settings.model_copy(update={"rules": rules}))


def sweep(
    episodes: tuple[Episode, ...], found: Hindsight, site: Policy, others: Iterable[Policy]
) -> Iterator[Swept]:
    """Look back under every other threshold; what is to be foreseen stays as the site's own numbers say."""
    with err.status("Trying other thresholds") as shown:
        for policy in (site, *others):
            as_it_is = found if policy is site else look_back(episodes, policy, found.endings)
            for threshold, changed in thresholds(policy):
                shown.update(f"Trying {threshold.number} {threshold.tenths / 10} under {threshold.ruleset}")
                same = changed is policy
                yield threshold, as_it_is if same else look_back(episodes, changed, found.endings)


def _json(
    histories: Histories, found: Hindsight, site: Policy, swept: Iterable[Swept]
) -> Iterator[Mapping[str, Json]]:
    """Give an object an episode, then the summary, then an object a threshold; scores in tenths."""
    for one in found.replayed:
        yield {"episode": _episode(one.episode, site) | {"told": [_told(told) for told in one.told]}}
    yield {
        "summary": {
            "ruleset": site.ruleset,
            "episodes": len(found.replayed),
            "incomplete_forms": histories.partial,
            "endings": {name: len(getattr(found.endings, name)) for name in Endings.__slots__},
            **_figures(found),
            "therapists": {code: _load(load) for code, load in by_therapist(found.replayed).items()},
            "rules": [
                {name: getattr(one, name) for name in type(one).__slots__}
                for one in rule_counts(found.replayed, found.endings)
            ],
        }
    }
    for threshold, seen in swept:
        decides = DECIDES[threshold.number]
        yield {
            "threshold": {
                **{name: getattr(threshold, name) for name in Threshold.__slots__},
                **_figures(seen),
                "deterioration_by_these_rules": _foresight(seen.of_deterioration(decides)),
                "drop_out_by_these_rules": _foresight(seen.of_drop_out(decides)),
                "these_rules": sorted(decides),
            }
        }


def _episode(episode: Episode, site: Policy) -> Json:
    category = ending(episode, site)
    return {
        "client": episode.client,
        "episode": episode.number,
        "therapist": episode.therapist or None,
        "age_group": str(episode.age_group),
        "ended": None if episode.ended is None else str(episode.ended),
        "category": None if category is None else str(category),
    }


def _told(told: Told) -> Json:
    return {
        "at": told.score.at.isoformat(),
        "after": told.score.instrument,
        "severity": str(told.severity),
        "sessions_left": told.left,
        "findings": [
            {
                "rule": one.rule,
                "severity": str(one.severity),
                "item": one.item,
                "from": one.was,
                "to": one.now,
                "news": one in told.fresh,
            }
            for one in told.findings
        ],
    }


def _figures(found: Hindsight) -> Json:
    return {
        "deterioration": _foresight(found.of_deterioration()),
        "deterioration_by_outcome": _foresight(found.of_deterioration(OF_OUTCOME)),
        "drop_out": _foresight(found.of_drop_out()),
        "drop_out_by_alliance": _foresight(found.of_drop_out(OF_ALLIANCE)),
        "load": _load(found.load),
    }


def _foresight(one: Foresight) -> Json:
    return {
        "flagged": one.flagged.part,
        "of": one.flagged.whole,
        "calm": one.calm.part,
        "of_others": one.calm.whole,
        "median_sessions": one.lead,
        "too_few": one.few,
    }


def _load(load: Load) -> Json:
    return {
        "alerts": load.alerts,
        "notes": load.notes,
        "weeks": load.weeks,
        "client_weeks": load.client_weeks,
        "busiest_week": load.busiest,
        "alerts_a_week_for_ten_clients": round(load.for_clients(10, load.alerts), 2),
        "notes_a_week_for_ten_clients": round(load.for_clients(10, load.notes), 2),
    }
