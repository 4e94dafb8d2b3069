"""The tables of `attune replay`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.common import table
from bot.policy import Policy
from bot.thresholds import DECIDES, Number, Threshold
from scoring.hindsight import OF_ALLIANCE, OF_OUTCOME, Foresight, Hindsight, Load, Share, rule_counts
from scoring.replay import Replayed, ending

Swept = tuple[Threshold, Hindsight]
"""A threshold, and what is seen under it."""

MOST_EPISODES = 20
"""So many episodes are listed; --json gives every one."""

TEN = 10
"""The caseload for which messages are counted where therapists aren't known."""


def heading(words: str) -> RenderableType:
    """Make a heading, with a line before it."""
    return Padding(Text(words, style="bold underline"), (1, 0, 0, 0))


def percent(share: Share) -> str:
    """Write a share as whole percent, half up; a dash of nothing."""
    return f"{(200 * share.part + share.whole) // (2 * share.whole)}%" if share.whole else "-"


def sessions(one: Foresight) -> str:
    """Write how many sessions earlier the first alerts came, by the median; a dash where none did."""
    return "-" if one.lead is None else f"{one.lead:g}"


def _figures(*columns: str) -> Table:
    """Make a table whose first column is words and whose others are figures."""
    made = table(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


def endings(found: Hindsight) -> RenderableType:
    """Say how many endings had an alert before, and how many of the others had none."""
    rows = _figures("", "alert before\nthe end", "sessions\nearlier", "ended otherwise,\nand no alert")
    for name, one in (
        ("deteriorated: any alert", found.of_deterioration()),
        ("deteriorated: about outcome", found.of_deterioration(OF_OUTCOME)),
        ("dropped out: any alert", found.of_drop_out()),
        ("dropped out: about alliance", found.of_drop_out(OF_ALLIANCE)),
    ):
        rows.add_row(name, _of(one.flagged), sessions(one), _of(one.calm))
    return rows


def _of(share: Share) -> str:
    return f"{share.part} of {share.whole} {percent(share):>4}"


def rules(found: Hindsight) -> RenderableType:
    """Say what each rule would have told, and before which endings."""
    ended = found.endings
    well = len(ended.planned - ended.deteriorated)
    rows = _figures(
        "rule",
        "alerts",
        "notes",
        "episodes",
        f"before a\ndeterioration\n(of {len(ended.deteriorated)})",
        f"before a\ndrop-out\n(of {len(ended.dropped)})",
        f"in a good\nending\n(of {well})",
    )
    for one in rule_counts(found.replayed, ended):
        if one.episodes:
            counts = (one.alerts, one.notes, one.episodes, one.ahead, one.lost, one.well)
            rows.add_row(one.rule, *map(str, counts))
    return rows


def therapists(loads: Iterable[tuple[str, Load]]) -> RenderableType:
    """Say how many messages each therapist would have had."""
    rows = _figures("therapist", "clients\nat a time", "alerts\na week", "most in\na week", "notes\na week")
    for code, load in loads:
        rows.add_row(
            Text(code),
            f"{load.client_weeks / load.weeks:.1f}",
            f"{load.alerts / load.weeks:.1f}",
            str(load.busiest),
            f"{load.notes / load.weeks:.1f}",
        )
    return rows


def of_interest(found: Hindsight) -> Sequence[Replayed]:
    """Give the episodes that ended badly."""
    places = sorted(found.endings.deteriorated | found.endings.dropped)
    return [found.replayed[place] for place in places]


def episodes(site: Policy, listed: Sequence[Replayed]) -> Iterator[RenderableType]:
    """List episodes with the first alert of each, if there was one."""
    rows = _figures("client", "episode", "ended", "first alert", "sessions\nearlier", "for")
    rows.columns[-1].justify = "left"
    for one in listed[:MOST_EPISODES]:
        category = ending(one.episode, site)
        ended = ", ".join(filter(None, (one.episode.ended, category)))
        first = next(iter(one.alerts), None)
        rows.add_row(
            Text(one.episode.client),
            Text(one.episode.number),
            ended,
            f"{first.score.at:%Y-%m-%d}" if first else "none",
            str(first.left) if first else "",
            first.fresh[0].rule if first else "",
        )
    yield rows
    if len(listed) > MOST_EPISODES:
        yield Text(f"... and {len(listed) - MOST_EPISODES} more; --json gives every one", style="dim")


_SWEEPS: Mapping[Number, tuple[str, str, Callable[[Hindsight], Foresight]]] = {
    "reliable_change": (
        "Other numbers for the reliable change of ORS, against deterioration",
        "\nreliable\nchange",
        lambda seen: seen.of_deterioration(DECIDES["reliable_change"]),
    ),
    "concern_total": (
        "Other concern lines for the total of SRS, against drop-out",
        "\nconcern\nbelow",
        lambda seen: seen.of_drop_out(DECIDES["concern_total"]),
    ),
}


def thresholds(swept: Sequence[Swept]) -> Iterator[RenderableType]:
    """Give a table for each number, what it would have done under each rule set side by side."""
    sets = list(dict.fromkeys(threshold.ruleset for threshold, _ in swept))
    for number, (title, name, held_against) in _SWEEPS.items():
        yield heading(title)
        rows = _figures(name, *(column for one in sets for column in (f"{one}:{_COLUMNS[0]}", *_COLUMNS[1:])))
        by_value: dict[int, list[Text]] = {}
        for threshold, seen in swept:
            if threshold.number == number:
                cells = _four(held_against(seen), seen.load)
                style = "bold" if threshold.stands else ""
                by_value.setdefault(threshold.tenths, []).extend(Text(cell, style) for cell in cells)
        for tenths, row in by_value.items():
            rows.add_row(f"{tenths / 10:.1f}", *row)
        yield rows
    yield Text(_ABOUT_SWEEPS, style="dim")


_COLUMNS = ("\nsensi-\ntivity", "\nspeci-\nficity", "\nsessions\nearlier", "\nalerts\na week")

_ABOUT_SWEEPS = (
    "Sensitivity: of the bad endings, how many had an alert of a rule that goes by the number (deterioration,"
    " drop, below_best and no_improvement; alliance_low and alliance_strained). Specificity: of the others,"
    f" how many had none. Alerts a week: of every rule, for {TEN} clients. What counts as a deterioration is"
    " the same in every row: what the site's own numbers say. Bold: as it stands."
)


def _four(one: Foresight, load: Load) -> tuple[str, ...]:
    alerts = f"{load.for_clients(TEN, load.alerts):.1f}"
    return percent(one.flagged), percent(one.calm), sessions(one), alerts
